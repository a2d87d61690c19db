/* cpiofs.c: the file system over a cpio archive in memory (cpio.c). */
#include "internal.h"
#include "vfs/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dirent.h>
#include <unistd.h>
#include <pv/vfs.h>

static void fill_stat(const struct pv_cpio_node *node, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_ino = (ino_t)node->ino;
    st->st_mode = node->mode;
    st->st_nlink = 1;
    st->st_size = (off_t)node->size;
    st->st_mtime = st->st_ctime = st->st_atime = node->mtime;
    st->st_blksize = 4096;
    st->st_blocks = (st->st_size + 511) / 512;
}

static ssize_t file_read(struct pv_file *f, void *buf, size_t len)
{
    const struct pv_cpio_node *node = f->node;
    size_t at = (size_t)f->pos;

    if (S_ISDIR(node->mode))
        return -EISDIR;
    if (at >= node->size)
        return 0;
    len = len < node->size - at ? len : node->size - at;
    memcpy(buf, node->data + at, len);
    f->pos += (off_t)len;
    return (ssize_t)len;
}

static off_t file_lseek(struct pv_file *f, off_t off, int whence)
{
    const struct pv_cpio_node *node = f->node;
    off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->pos : (off_t)node->size;
    off_t to;

    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, off, &to) || to < 0)
        return -EINVAL;
    f->pos = to;
    return to;
}

static int file_fstat(struct pv_file *f, struct stat *st)
{
    fill_stat(f->node, st);
    return 0;
}

static int file_readdir(struct pv_file *f, uint64_t *cookie, char *name, size_t size, uint64_t *ino,
                        int *type)
{
    const struct pv_cpio_node *dir = f->node, *node;
    const char *slash;

    if (!S_ISDIR(dir->mode))
        return -ENOTDIR;
    node = pv_cpio_child(dir->tree, dir, cookie);
    if (!node)
        return 0;
    slash = strrchr(node->path, '/');
    strncpy(name, slash ? slash + 1 : node->path, size - 1);
    name[size - 1] = '\0';
    *ino = node->ino;
    *type = S_ISDIR(node->mode) ? DT_DIR : DT_REG;
    return 1;
}

static const void *file_map(struct pv_file *f, size_t *len)
{
    const struct pv_cpio_node *node = f->node;

    *len = node->size;
    return S_ISDIR(node->mode) ? NULL : node->data;
}

static const struct pv_file_ops file_ops = {
    .read = file_read,
    .lseek = file_lseek,
    .fstat = file_fstat,
    .readdir = file_readdir,
    .map = file_map,
};

static int fs_open(void *fs, const char *path, int flags, mode_t mode, struct pv_file *f)
{
    const struct pv_cpio_node *node = pv_cpio_find(fs, path);

    (void)mode;
    if (!node)
        return flags & O_CREAT ? -EROFS : -ENOENT;
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
        return S_ISDIR(node->mode) ? -EISDIR : -EROFS;
    f->ops = &file_ops;
    f->node = (void *)(uintptr_t)node;
    return 0;
}

static int fs_stat(void *fs, const char *path, struct stat *st)
{
    const struct pv_cpio_node *node = pv_cpio_find(fs, path);

    if (!node)
        return -ENOENT;
    fill_stat(node, st);
    return 0;
}

static const struct pv_fs_ops fs_ops = { .open = fs_open, .stat = fs_stat };

int pv_cpio_mount(const char *at, const void *archive, size_t len)
{
    struct pv_cpio *tree = malloc(sizeof(*tree));
    int rc;

    if (!tree)
        return -ENOMEM;
    rc = pv_cpio_parse(tree, archive, len);
    if (rc == 0) {
        rc = pv_vfs_mount(at, &fs_ops, tree);
        if (rc != 0)
            pv_cpio_free(tree);
    }
    if (rc != 0)
        free(tree);
    return rc;
}
