/* store_host.h: a store that is played, for a backend's daemon, which runs in work() until it waits.
 * Nothing is told to it but by store_tell(). */
#ifndef TESTS_UNIT_STORE_HOST_H
#define TESTS_UNIT_STORE_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pv/xenbus.h>

void store_set(const char *path, const char *value);
const char *store_get(const char *path);        /* "" for none */
void store_forget(const char *prefix);          /* all below it */
void store_tell(const char *path);              /* an event */
void store_clear(void);
extern bool store_conflicts;                    /* no transaction succeeds */
extern void (*store_read_hook)(const char *path);       /* NULL, or called behind each read */

extern struct pv_xs_watcher *watcher;           /* the daemon's */
extern uint64_t now;
void work(void);

#endif
