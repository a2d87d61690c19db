/*
 * Paths of the store: checking, and making a client's path absolute.
 */
#ifndef XENSTORE_PATH_H
#define XENSTORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

/* Room for the longest path and its NUL. */
#define PATH_BUF (XENSTORE_ABS_PATH_MAX + 1)

/* Levels below the root; deeper paths are refused as malformed. Known users need about ten. */
#define PATH_DEPTH_MAX 128

/*
 * Checks a client's path and makes it absolute: "x/y" of domain 3 becomes "/local/domain/3/x/y". The length
 * that counts is that of the result. A path that starts with @ is taken, as it is, only if specials are
 *   allowed. base_len  receives how many bytes were put in front (0 for an absolute path); may be NULL
 * returns 0; -EINVAL for anything that is no valid path
 */
int path_resolve(domid_t domid, const char *given, bool specials, char out[PATH_BUF], size_t *base_len);

/* Length of the parent of an absolute path: "/a/b" -> 2, "/a" -> 1 (the root), "/" -> 0 (has none). */
size_t path_parent_len(const char *path, size_t len);

/* The last component of an absolute path; "" for the root. */
const char *path_leaf(const char *path, size_t len);

/* True if `path` lies strictly below `top`. */
bool path_is_below(const char *path, size_t len, const char *top, size_t top_len);

/* Appends a component: out = dir/name. Both come from checked paths; false if the result would be too long.
 * */
bool path_join(char out[PATH_BUF], const char *dir, size_t dir_len, const char *name, size_t name_len);

#endif
