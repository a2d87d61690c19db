/*
 * What the files of vfs/ share.
 */
#ifndef PV_VFS_PRIVATE_H
#define PV_VFS_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#define PV_PATH_MAX 1024

/* Writes the absolute form of `path` without ".", ".." and double slashes into out (PV_PATH_MAX bytes);
 * relative ones start at cwd. 0 or -ENAMETOOLONG, -ENOENT for "". */
int pv_path_normalise(const char *cwd, const char *path, char *out);

/* A read-only tree made of a cpio newc archive. Nodes are sorted by path, so that what lies below a directory
 * follows it. */
struct pv_cpio;
struct pv_cpio_node {
    const struct pv_cpio *tree;
    const char *path;         /* malloc'd; "" is the root */
    const char *data;         /* in the archive */
    size_t size;
    uint32_t mode;
    uint32_t mtime;
    uint32_t ino;
};

struct pv_cpio {
    struct pv_cpio_node *nodes;
    size_t count, room;
};

/* Parses the archive. 0; -EINVAL malformed; -ENOMEM. On error nothing is left allocated. */
int pv_cpio_parse(struct pv_cpio *tree, const void *archive, size_t len);
void pv_cpio_free(struct pv_cpio *tree);

/* The node of a normalised path without leading slash, or NULL. */
const struct pv_cpio_node *pv_cpio_find(const struct pv_cpio *tree, const char *path);

/* The first direct child of `dir` at position *cookie or behind, moving *cookie behind it; NULL at the
 * end. */
const struct pv_cpio_node *pv_cpio_child(const struct pv_cpio *tree, const struct pv_cpio_node *dir,
                                         uint64_t *cookie);

#endif
