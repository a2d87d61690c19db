/* store.h: a store for the program under test: the kit's client as it is shipped
 * (xenbus/store.c, watch.c), with a tree of its own behind it. The peer and the tools write by
 * these functions, whose changes are told to whoever watches; the input may choose changes that
 * come between two of the program's requests. */
#ifndef ENSO_FUZZ_KIT_STORE_H
#define ENSO_FUZZ_KIT_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define KIT_PATH 160u

/* An empty tree; watches stay. */
void kit_store_start(void);

/* NULL: the node goes, with all below it. Silent when there is no room for it. */
void kit_store_set(const char *path, const char *value);
void kit_store_set_bytes(const char *path, const void *value, size_t len);

/* "" for a node that is not there. */
const char *kit_store_get(const char *path);
bool kit_store_has(const char *path);

/* The same as kit_store_set(), before the n-th request from now. */
void kit_store_plan(unsigned n, const char *path, const char *value);

/* No change is planned any more. */
void kit_store_rest(void);

#endif
