/* directory.c: the entries of directories. */
#include "private.h"

#include <errno.h>
#include <string.h>
#include <sys/dirent.h>

static int type_of(unsigned file_type)
{
    return file_type == EXT2_FT_DIR ? DT_DIR : file_type == EXT2_FT_REG_FILE ? DT_REG :
           file_type == EXT2_FT_SYMLINK ? DT_LNK : file_type == EXT2_FT_CHRDEV ? DT_CHR : DT_UNKNOWN;
}

static unsigned file_type_of(unsigned mode)
{
    return S_ISDIR(mode) ? EXT2_FT_DIR : S_ISREG(mode) ? EXT2_FT_REG_FILE : S_ISLNK(mode) ? EXT2_FT_SYMLINK :
           S_ISCHR(mode) ? EXT2_FT_CHRDEV : EXT2_FT_UNKNOWN;
}

/* ---- reading: the cookie is the entry's place in the directory ---- */

/* The entry at `offset` of a block: its length, or -EIO. */
static int check_entry(struct ext4 *m, const struct ext2_dir_entry *entry, size_t offset)
{
    unsigned length = 0;
    size_t room = m->cache.unit - offset;

    if (room < 8 || ext2fs_get_rec_len(m->fs, (struct ext2_dir_entry *)(uintptr_t)entry, &length))
        return -EIO;
    if (length < 8 || length % 4 || length > room ||
        (entry->inode && (unsigned)ext2fs_dirent_name_len(entry) + 8 > length))
        return -EIO;
    return (int)length;
}

/* Reads the directory's block into the bounce buffer. 1; 0 for a hole. */
static int read_block(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block)
{
    struct run run;
    int rc = ext4_map(m, ino, inode, block, &run);

    if (rc || run.kind != RUN_DATA)
        return rc;
    rc = ext4_error(ext2fs_read_dir_block4(m->fs, run.at, m->bounce, 0, ino));
    return rc ? rc : 1;
}

/* The first entry in use at *cookie or behind it. 1, 0 at the end. */
static int next_entry(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t *cookie,
                      const struct ext2_dir_entry **out)
{
    uint32_t unit = m->cache.unit;
    int there = 0, length;
    bool loaded = false;

    while (*cookie < EXT2_I_SIZE(inode)) {
        const struct ext2_dir_entry *entry = (const void *)(m->bounce + *cookie % unit);

        if (!loaded || *cookie % unit == 0)
            there = read_block(m, ino, inode, *cookie / unit);
        loaded = true;
        if (there < 0 || m->cache.reads_left-- < 2)
            return there < 0 ? there : -EIO;
        if (there == 0) {
            *cookie += unit - *cookie % unit;
            continue;
        }
        length = check_entry(m, entry, *cookie % unit);
        if (length < 0)
            return length;
        *cookie += (unsigned)length;
        if (entry->inode && ext2fs_dirent_name_len(entry)) {
            *out = entry;
            return 1;
        }
    }
    return 0;
}

struct collector {
    uint64_t wanted, at;
    const char *name;
    size_t length;
    ext2_ino_t ino;
    unsigned type;
    char copy[EXT2_NAME_LEN + 1];
};

/* Directories that lie in their inode, which is small: by number. */
static int collect_inline(struct ext2_dir_entry *entry, int offset, int block_size, char *buf, void *arg)
{
    struct collector *c = arg;

    (void)offset, (void)block_size, (void)buf;
    if (c->at++ != c->wanted)
        return 0;
    c->ino = entry->inode;
    c->type = (unsigned)ext2fs_dirent_file_type(entry);
    c->length = (size_t)ext2fs_dirent_name_len(entry);
    memcpy(c->copy, entry->name, c->length);
    return DIRENT_ABORT;
}

static int next_inline(struct ext4 *m, ext2_ino_t ino, uint64_t *cookie, struct collector *c)
{
    errcode_t rc;

    *c = (struct collector){ .wanted = *cookie };
    rc = ext2fs_dir_iterate(m->fs, ino, 0, NULL, collect_inline, c);
    if (rc || !c->ino)
        return ext4_error(rc);
    ++*cookie;
    return 1;
}

static int next(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t *cookie,
                struct collector *c)
{
    const struct ext2_dir_entry *entry;
    int rc;

    if (inode->i_flags & EXT4_INLINE_DATA_FL)
        return next_inline(m, ino, cookie, c);
    rc = next_entry(m, ino, inode, cookie, &entry);
    if (rc <= 0)
        return rc;
    c->ino = entry->inode;
    c->type = (unsigned)ext2fs_dirent_file_type(entry);
    c->length = (size_t)ext2fs_dirent_name_len(entry);
    memcpy(c->copy, entry->name, c->length);
    return 1;
}

static int directory_readdir(struct pv_file *f, uint64_t *cookie, char *name, size_t size, uint64_t *ino,
                             int *type)
{
    struct ext4_node *n = f->node;
    struct ext2_inode inode;
    struct collector c;
    int rc;

    ext4_begin(n->m);
    rc = ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0)
        rc = next(n->m, n->ino, &inode, cookie, &c);
    if (rc > 0) {
        size_t length = c.length < size - 1 ? c.length : size - 1;

        memcpy(name, c.copy, length);
        name[length] = '\0';
        *ino = c.ino;
        *type = type_of(c.type);
    }
    return ext4_end(n->m, rc);
}

int ext4_directory_empty(struct ext4 *m, ext2_ino_t ino)
{
    struct ext2_inode inode;
    struct collector c;
    uint64_t cookie = 0;
    int rc = ext4_read_inode(m, ino, &inode);

    while (rc == 0 && (rc = next(m, ino, &inode, &cookie, &c)) > 0) {
        if (!(c.length == 1 && c.copy[0] == '.') && !(c.length == 2 && memcmp(c.copy, "..", 2) == 0))
            return 0;
        rc = 0;
    }
    return rc ? rc : 1;
}

/* ---- changing ---- */

int ext4_add_name(struct ext4 *m, ext2_ino_t directory, const char *name, ext2_ino_t ino, unsigned mode)
{
    int type = (int)file_type_of(mode);
    errcode_t rc = ext2fs_link(m->fs, directory, name, ino, type);

    if (rc == EXT2_ET_DIR_NO_SPACE) {
        struct ext2_inode inode;
        int error = ext4_read_inode(m, directory, &inode);

        if (error || (inode.i_flags & EXT2_INDEX_FL))   /* its index grows in ext2fs_link(), or is full */
            return error ? error : -ENOSPC;
        rc = ext2fs_expand_dir(m->fs, directory);
        if (rc == 0)
            rc = ext2fs_link(m->fs, directory, name, ino, type);
    }
    return ext4_error(rc);
}

struct replacement {
    const char *name;
    ext2_ino_t ino;
    unsigned type;
    bool done;
};

static int replace(struct ext2_dir_entry *entry, int offset, int block_size, char *buf, void *arg)
{
    struct replacement *r = arg;
    size_t length = strlen(r->name);

    (void)offset, (void)block_size, (void)buf;
    if ((size_t)ext2fs_dirent_name_len(entry) != length || memcmp(entry->name, r->name, length) != 0)
        return 0;
    entry->inode = r->ino;
    if (r->type != EXT2_FT_UNKNOWN)
        ext2fs_dirent_set_file_type(entry, (int)r->type);
    r->done = true;
    return DIRENT_ABORT | DIRENT_CHANGED;
}

/* The entry of that name leads to another inode from now on. */
int ext4_set_name(struct ext4 *m, ext2_ino_t directory, const char *name, ext2_ino_t ino, unsigned mode)
{
    struct replacement r = { name, ino, 0, false };
    errcode_t rc;

    r.type = ext2fs_has_feature_filetype(m->fs->super) ? file_type_of(mode) : EXT2_FT_UNKNOWN;
    rc = ext2fs_dir_iterate(m->fs, directory, 0, NULL, replace, &r);
    return rc ? ext4_error(rc) : r.done ? 0 : -ENOENT;
}

static int directory_fstat(struct pv_file *f, struct stat *st)
{
    return ext4_file_ops.fstat(f, st);
}

static int directory_fsync(struct pv_file *f)
{
    return ext4_file_ops.fsync(f);
}

static void directory_close(struct pv_file *f)
{
    ext4_file_ops.close(f);
}

static ssize_t directory_read(struct pv_file *f, void *buf, size_t len)
{
    (void)f, (void)buf, (void)len;
    return -EISDIR;
}

const struct pv_file_ops ext4_directory_ops = {
    .read = directory_read,
    .fstat = directory_fstat,
    .readdir = directory_readdir,
    .fsync = directory_fsync,
    .close = directory_close,
};
