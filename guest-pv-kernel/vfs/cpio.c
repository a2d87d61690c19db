/* cpio.c: reads a cpio archive of the "newc" kind in place. Everything in it is checked before use. Runs
 * on the host too (unit tests). */
#include "vfs/private.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 110
#define TYPE_MASK 0170000
#define TYPE_DIR 0040000
#define TYPE_REG 0100000

/* Fields of eight hexadecimal digits each follow the magic. */
enum {
    F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_SIZE, F_DEV0, F_DEV1, F_RDEV0, F_RDEV1, F_NAME, F_CHECK
};

static bool get_field(const char *header, unsigned int field, uint32_t *value)
{
    const char *digit = header + 6 + field * 8;
    unsigned int i;

    *value = 0;
    for (i = 0; i < 8; i++) {
        char c = digit[i];
        uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) : 16;

        if (d == 16)
            return false;
        *value = *value << 4 | d;
    }
    return true;
}

static struct pv_cpio_node *add_node(struct pv_cpio *tree, const char *path, size_t len, uint32_t mode)
{
    struct pv_cpio_node *node;
    char *copy;

    if (tree->count == tree->room) {
        size_t room = tree->room ? tree->room * 2 : 32;

        node = realloc(tree->nodes, room * sizeof(*node));
        if (!node)
            return NULL;
        tree->nodes = node;
        tree->room = room;
    }
    copy = malloc(len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, path, len);
    copy[len] = '\0';
    node = &tree->nodes[tree->count++];
    *node = (struct pv_cpio_node){ .path = copy, .mode = mode };
    return node;
}

/* Adds the directories above `path`, so that all can be listed. Doubles are removed after sorting. */
static int add_parents(struct pv_cpio *tree, const char *path)
{
    const char *slash;

    for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        if (!add_node(tree, path, (size_t)(slash - path), TYPE_DIR | 0555))
            return -ENOMEM;
    return 0;
}

/* Takes the entry at *at, which moves behind it. 1; 0 at the trailer; a negative error. */
static int take_entry(struct pv_cpio *tree, const char *archive, size_t len, size_t *at)
{
    const char *header = archive + *at, *name = header + HEADER_BYTES;
    uint32_t mode, size, name_size, mtime;
    size_t left = *at < len ? len - *at : 0, data_at, data_end;
    char clean[PV_PATH_MAX];
    struct pv_cpio_node *node;

    if (left < HEADER_BYTES || memcmp(header, "070701", 6) != 0 || !get_field(header, F_MODE, &mode) ||
        !get_field(header, F_SIZE, &size) || !get_field(header, F_NAME, &name_size) ||
        !get_field(header, F_MTIME, &mtime))
        return -EINVAL;
    data_at = (HEADER_BYTES + (size_t)name_size + 3) & ~(size_t)3;
    data_end = data_at + size;
    if (name_size == 0 || data_end > left || name[name_size - 1] != '\0' || strlen(name) != name_size - 1)
        return -EINVAL;
    if (strcmp(name, "TRAILER!!!") == 0)
        return 0;
    if (name_size == 1 || pv_path_normalise("/", name, clean) != 0)
        return -EINVAL;
    *at += (data_end + 3) & ~(size_t)3;
    if ((mode & TYPE_MASK) != TYPE_DIR && (mode & TYPE_MASK) != TYPE_REG)
        return 1;    /* links and devices have no meaning here */
    if (add_parents(tree, clean + 1) != 0)
        return -ENOMEM;
    node = add_node(tree, clean + 1, strlen(clean + 1), mode & ~0222U);
    if (!node)
        return -ENOMEM;
    node->data = header + data_at;
    node->size = (mode & TYPE_MASK) == TYPE_REG ? size : 0;
    node->mtime = mtime;
    return 1;
}

/* Path order in which '/' comes before everything else, so that a directory's contents follow it at once; of
 * equal paths the later one in the archive (higher ino) comes last. */
static int compare(const void *a, const void *b)
{
    const struct pv_cpio_node *x = a, *y = b;
    const char *p = x->path, *q = y->path;

    while (*p && *p == *q) {
        p++;
        q++;
    }
    if (*p == *q)
        return x->ino < y->ino ? -1 : x->ino > y->ino;
    if (*p == '/' || *q == '/')
        return *p == '/' ? (*q ? -1 : 1) : (*p ? 1 : -1);
    return (unsigned char)*p < (unsigned char)*q ? -1 : 1;
}

/* Of entries with the same path the last one counts; but a real directory entry beats an invented one by
 * being later or by having a time. */
static void drop_doubles(struct pv_cpio *tree)
{
    size_t from, to = 0;

    for (from = 0; from < tree->count; from++) {
        struct pv_cpio_node *node = &tree->nodes[from];

        if (to && strcmp(tree->nodes[to - 1].path, node->path) == 0) {
            bool invented = (node->mode & TYPE_MASK) == TYPE_DIR && node->mtime == 0;
            struct pv_cpio_node *loser = invented ? node : &tree->nodes[to - 1];

            free((char *)loser->path);
            if (!invented)
                tree->nodes[to - 1] = *node;
            continue;
        }
        tree->nodes[to++] = *node;
    }
    tree->count = to;
}

int pv_cpio_parse(struct pv_cpio *tree, const void *archive, size_t len)
{
    size_t at = 0, i;
    int rc;

    *tree = (struct pv_cpio){ NULL, 0, 0 };
    rc = add_node(tree, "", 0, TYPE_DIR | 0555) ? 1 : -ENOMEM;
    while (rc == 1)
        rc = take_entry(tree, archive, len, &at);
    if (rc != 0) {
        pv_cpio_free(tree);
        return rc;
    }
    for (i = 0; i < tree->count; i++)
        tree->nodes[i].ino = (uint32_t)i + 1;
    qsort(tree->nodes, tree->count, sizeof(tree->nodes[0]), compare);
    drop_doubles(tree);
    for (i = 0; i < tree->count; i++)
        tree->nodes[i].tree = tree;
    return 0;
}

void pv_cpio_free(struct pv_cpio *tree)
{
    size_t i;

    for (i = 0; i < tree->count; i++)
        free((char *)tree->nodes[i].path);
    free(tree->nodes);
    *tree = (struct pv_cpio){ NULL, 0, 0 };
}

const struct pv_cpio_node *pv_cpio_find(const struct pv_cpio *tree, const char *path)
{
    size_t i;

    for (i = 0; i < tree->count; i++)
        if (strcmp(tree->nodes[i].path, path) == 0)
            return &tree->nodes[i];
    return NULL;
}

const struct pv_cpio_node *pv_cpio_child(const struct pv_cpio *tree, const struct pv_cpio_node *dir,
                                         uint64_t *cookie)
{
    size_t len = strlen(dir->path), i = (size_t)(dir - tree->nodes) + 1;

    for (i = *cookie > i ? (size_t)*cookie : i; i < tree->count; i++) {
        const char *path = tree->nodes[i].path;

        if (len && (strncmp(path, dir->path, len) != 0 || path[len] != '/'))
            break;
        if (strchr(path + len + (len != 0), '/'))
            continue;
        *cookie = i + 1;
        return &tree->nodes[i];
    }
    *cookie = tree->count;
    return NULL;
}
