/*
 * What the files of xenbus/ share.
 */
#ifndef PV_XENBUS_PRIVATE_H
#define PV_XENBUS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv/xenbus.h>

/* watch.c: hands a watch event's payload (NUL-terminated behind len) on; malformed ones are dropped. */
void pv_xs_watch_event(const char *payload, size_t len);
/* watch.c: wakes all watchers, because the store is gone. */
void pv_xs_watch_broken(void);
/* client.c: true after the store broke the protocol. */
bool pv_xs_is_broken(void);

/* parse.c: splits `len` bytes of NUL-terminated strings into one malloc'd block of pointers and text; *n
 * is set. An unterminated tail counts as a string. NULL without memory. */
char **pv_xs_split(const char *text, size_t len, size_t *n);

/* parse.c: finds path and token in a watch event. False if malformed. */
bool pv_xs_parse_event(const char *payload, size_t len, const char **path, const char **token);

/* parse.c: a decimal number and nothing else. False if it is none or too large. */
bool pv_xs_parse_u64(const char *text, uint64_t *value);

#endif
