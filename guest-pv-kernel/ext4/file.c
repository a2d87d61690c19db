/* file.c: open files. Their bytes go between the disk and the caller; nothing of them is kept. */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE (256U * 1024)             /* what is read or written before others have their turn */

/* ---- reading ---- */

/* Part of one block. Small reads in a row profit from the cache, but not where others write past us
 * (`direct`). */
static int read_part(struct ext4 *m, blk64_t block, size_t offset, void *buf, size_t len, bool direct)
{
    const uint8_t *bytes = m->bounce;
    int rc = direct ? cache_disk_read(&m->cache, block, m->bounce, 1) : cache_get(&m->cache, block, &bytes);

    if (rc == 0)
        memcpy(buf, bytes + offset, len);
    return rc;
}

/* Whole blocks. Some may be in the cache only: a journal that was replayed there, on a disk that stays as
 * it is. */
static int read_blocks(struct ext4 *m, blk64_t block, uint8_t *buf, size_t count)
{
    int rc = cache_disk_read(&m->cache, block, buf, count);

    for (size_t i = 0; rc == 0 && m->cache.dirty.count && i < count; i++) {
        struct cache_block *b = cache_find(&m->cache, block + i);

        if (b && b->dirty)
            memcpy(buf + i * m->cache.unit, b->data, m->cache.unit);
    }
    return rc;
}

static int read_run(struct ext4 *m, const struct run *run, size_t offset, uint8_t *buf, size_t len,
                    bool direct)
{
    uint32_t unit = m->cache.unit;

    if (run->kind != RUN_DATA) {
        memset(buf, 0, len);
        return 0;
    }
    if (offset || len < unit)
        return read_part(m, run->at, offset, buf, len, direct);
    return read_blocks(m, run->at, buf, len / unit);
}

/* How much of [at, at + len) one transfer takes: part of a block, or as many whole ones as the run has. */
static size_t stretch(uint32_t unit, uint64_t at, size_t len, const struct run *run)
{
    size_t offset = at % unit;

    if (offset || len < unit)
        return len < unit - offset ? len : unit - offset;
    return len / unit < run->count ? len - len % unit : (size_t)run->count * unit;
}

/* Files that lie in their inode. */
static ssize_t read_inline(struct ext4 *m, ext2_ino_t ino, uint64_t at, void *buf, size_t len)
{
    size_t size = 0;
    int rc = ext4_error(ext2fs_inline_data_size(m->fs, ino, &size));

    if (rc || size > m->cache.unit || at >= size)
        return rc;
    rc = ext4_error(ext2fs_inline_data_get(m->fs, ino, NULL, m->bounce, &size));
    if (rc)
        return rc;
    len = len < size - at ? len : (size_t)(size - at);
    memcpy(buf, m->bounce + at, len);
    return (ssize_t)len;
}

ssize_t ext4_read_data(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t at, void *buf,
                       size_t len, bool direct)
{
    uint64_t size = EXT2_I_SIZE(inode);
    uint32_t unit = m->cache.unit;
    struct run run;
    size_t done = 0;
    int rc = 0;

    if (at >= size)
        return 0;
    len = len < size - at ? len : (size_t)(size - at);
    if (inode->i_flags & EXT4_INLINE_DATA_FL)
        return read_inline(m, ino, at, buf, len);
    while (rc == 0 && done < len) {
        size_t n;

        rc = ext4_map(m, ino, inode, (at + done) / unit, &run);
        if (rc)
            break;
        n = stretch(unit, at + done, len - done, &run);
        rc = read_run(m, &run, (at + done) % unit, (uint8_t *)buf + done, n, direct);
        done += rc ? 0 : n;
    }
    return done ? (ssize_t)done : rc;
}

static ssize_t file_read(struct pv_file *f, void *buf, size_t len)
{
    struct ext4_node *n = f->node;
    struct ext4 *m = n->m;
    struct ext2_inode inode;
    size_t done = 0;
    ssize_t got = 1;

    while (got > 0 && done < len) {
        size_t piece = len - done < PIECE ? len - done : PIECE;

        ext4_begin(m);
        got = ext4_read_inode(m, n->ino, &inode);
        if (got == 0)
            got = ext4_read_data(m, n->ino, &inode, (uint64_t)f->pos, (char *)buf + done, piece, n->claimed);
        ext4_end(m, 0);
        if (got > 0) {
            f->pos += got;
            done += (size_t)got;
        }
    }
    return done ? (ssize_t)done : got;
}

/* ---- writing ---- */

/* Part of a block: what was there stays, or is zero if there was nothing. */
static int write_part(struct ext4 *m, blk64_t block, size_t offset, const void *buf, size_t len, bool fresh)
{
    int rc = 0;

    if (fresh)
        memset(m->bounce, 0, m->cache.unit);
    else
        rc = cache_disk_read(&m->cache, block, m->bounce, 1);
    if (rc)
        return rc;
    if (buf)
        memcpy(m->bounce + offset, buf, len);
    else
        memset(m->bounce + offset, 0, len);
    cache_forget(&m->cache, block, 1);
    m->unflushed = true;
    return cache_disk_write(&m->cache, block, m->bounce, 1);
}

/* Zeroes what the block of the byte `from` has behind it. */
int ext4_zero_tail(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t from)
{
    uint32_t unit = m->cache.unit;
    struct run run;
    int rc;

    if (from % unit == 0)
        return 0;
    rc = ext4_map(m, ino, inode, from / unit, &run);
    if (rc || run.kind != RUN_DATA)
        return rc;
    return write_part(m, run.at, from % unit, NULL, unit - from % unit, false);
}

/* What the blocks at both ends of a write were before they were allocated. */
struct ends {
    uint64_t first, last;
    bool first_fresh, last_fresh;
};

static int look_at_ends(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t at, size_t len,
                        struct ends *e)
{
    struct run run;
    int rc;

    e->first = at / m->cache.unit;
    e->last = (at + len - 1) / m->cache.unit;
    rc = ext4_map(m, ino, inode, e->first, &run);
    e->first_fresh = run.kind != RUN_DATA;
    if (rc == 0)
        rc = ext4_map(m, ino, inode, e->last, &run);
    e->last_fresh = run.kind != RUN_DATA;
    return rc;
}

static int write_runs(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t at,
                      const uint8_t *buf, size_t len, const struct ends *e)
{
    uint32_t unit = m->cache.unit;
    struct run run;
    size_t n;
    int rc = 0;

    for (size_t done = 0; rc == 0 && done < len; done += n) {
        uint64_t block = (at + done) / unit;

        rc = ext4_map(m, ino, inode, block, &run);
        if (rc || run.kind != RUN_DATA)
            return rc ? rc : -EIO;
        n = stretch(unit, at + done, len - done, &run);
        if (n < unit) {
            rc = write_part(m, run.at, (at + done) % unit, buf + done, n,
                            (block == e->first && e->first_fresh) || (block == e->last && e->last_fresh));
        } else {
            cache_forget(&m->cache, run.at, n / unit);
            m->unflushed = true;
            rc = cache_disk_write(&m->cache, run.at, buf + done, n / unit);
        }
    }
    return rc;
}

/* Under the lock, ready for changes. */
static int write_piece(struct ext4_node *n, struct ext2_inode *inode, uint64_t at, const uint8_t *buf,
                       size_t len)
{
    struct ext4 *m = n->m;
    uint64_t size = EXT2_I_SIZE(inode);
    struct ends e;
    int rc = at > size ? ext4_zero_tail(m, n->ino, inode, size) : 0;

    if (rc == 0)
        rc = look_at_ends(m, n->ino, inode, at, len, &e);
    if (rc == 0)
        rc = ext4_allocate(m, n->ino, inode, e.first, e.last - e.first + 1);
    if (rc == 0) {
        rc = write_runs(m, n->ino, inode, at, buf, len, &e);
        /* new blocks hold what somebody else left there: they must not become the file's */
        m->failed = rc != 0;
    }
    if (rc) {
        if (EXT2_I_SIZE(inode) == size && !m->failed)      /* what was taken behind the end is given back */
            ext4_release(m, n->ino, inode, (size + m->cache.unit - 1) / m->cache.unit, EXT4_END);
        return rc;
    }
    if (at + len > size)
        rc = ext4_error(ext2fs_inode_size_set(m->fs, inode, (ext2_off64_t)(at + len)));
    inode->i_mtime = inode->i_ctime = ext4_now();
    return rc ? rc : ext4_write_inode(m, n->ino, inode);
}

/* Writes as much as fits if all of it does not. */
static ssize_t write_some(struct pv_file *f, const uint8_t *buf, size_t len)
{
    struct ext4_node *n = f->node;
    struct ext2_inode inode;
    int rc = ext4_begin_change(n->m, true);

    if (rc)
        return rc;
    rc = ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0 && n->claimed)
        rc = -EBUSY;
    if (rc == 0 && (f->flags & O_APPEND))
        f->pos = (off_t)EXT2_I_SIZE(&inode);
    if (rc == 0 && f->pos + (off_t)len < f->pos)
        rc = -EFBIG;
    if (rc == 0) {
        rc = write_piece(n, &inode, (uint64_t)f->pos, buf, len);
        if (rc == -ENOSPC && len > n->m->cache.unit) {
            len = n->m->cache.unit - (size_t)f->pos % n->m->cache.unit;
            rc = ext4_read_inode(n->m, n->ino, &inode);
            if (rc == 0)
                rc = write_piece(n, &inode, (uint64_t)f->pos, buf, len);
        }
    }
    if (rc == 0)
        f->pos += (off_t)len;
    rc = ext4_end_change(n->m, rc);
    return rc ? rc : (ssize_t)len;
}

static ssize_t file_write(struct pv_file *f, const void *buf, size_t len)
{
    size_t done = 0;
    ssize_t n = 0;

    while (done < len) {
        n = write_some(f, (const uint8_t *)buf + done, len - done < PIECE ? len - done : PIECE);
        if (n < 0)
            break;
        done += (size_t)n;
    }
    return done ? (ssize_t)done : n;
}

/* ---- the rest ---- */

static int file_fstat(struct pv_file *f, struct stat *st)
{
    struct ext4_node *n = f->node;
    struct ext2_inode inode;
    int rc;

    ext4_begin(n->m);
    rc = ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0)
        ext4_fill_stat(n->m, n->ino, &inode, st);
    return ext4_end(n->m, rc);
}

static off_t file_lseek(struct pv_file *f, off_t off, int whence)
{
    struct stat st = { .st_size = 0 };
    off_t base, to;
    int rc = whence == SEEK_END ? file_fstat(f, &st) : 0;

    if (rc)
        return rc;
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->pos : st.st_size;
    if (__builtin_add_overflow(base, off, &to) || to < 0)
        return -EINVAL;
    f->pos = to;
    return to;
}

static int file_ftruncate(struct pv_file *f, off_t size)
{
    struct ext4_node *n = f->node;
    struct ext2_inode inode;
    int rc = size < 0 ? -EINVAL : ext4_begin_change(n->m, true);

    if (rc)
        return rc;
    rc = n->claimed ? -EBUSY : ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0)
        rc = ext4_set_size(n->m, n->ino, &inode, (uint64_t)size);
    return ext4_end_change(n->m, rc);
}

static int file_fsync(struct pv_file *f)
{
    struct ext4_node *n = f->node;
    int rc;

    ext4_begin(n->m);
    rc = ext4_commit(n->m);
    return ext4_end(n->m, rc);
}

static void file_close(struct pv_file *f)
{
    struct ext4_node *n = f->node;
    struct ext4 *m = n->m;

    ext4_begin(m);
    n->writes -= (f->flags & O_ACCMODE) != O_RDONLY;
    ext4_end(m, ext4_node_put(n));
}

const struct pv_file_ops ext4_file_ops = {
    .read = file_read,
    .write = file_write,
    .lseek = file_lseek,
    .fstat = file_fstat,
    .fsync = file_fsync,
    .ftruncate = file_ftruncate,
    .close = file_close,
};
