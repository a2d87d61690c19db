/* store_walk.h: goes through a part of the store's tree. */
#ifndef ENSO_CLI_STORE_WALK_H
#define ENSO_CLI_STORE_WALK_H

#include <stddef.h>

/* Called for each key: its absolute path and how far it is below the root of the walk. Nonzero ends the
 * walk. */
typedef int store_visit(const char *path, size_t depth, void *arg);

/*
 * Visits the key `root` and all keys below it, parents first, in the store's order. Keys that vanish
 * meanwhile are left out. Memory grows with the depth, not the stack: a guest decides how deep its tree
 * is. 0; what visit answered; -ENOENT no such root; -EINTR Ctrl-C; -ENOMEM; what the store answered.
 */
int store_walk(const char *root, store_visit *visit, void *arg);

#endif
