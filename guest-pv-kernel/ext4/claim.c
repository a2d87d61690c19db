/* claim.c: files as disks. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>

#define ZEROS_MAX (128U * 1024)

static struct ext4_node *node_of(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    return f && f->ops == &ext4_file_ops ? f->node : NULL;
}

int pv_ext4_claim(int fd, bool writable, struct pv_disk **disk)
{
    struct ext4_node *n = node_of(fd);
    struct ext2_inode inode;
    int rc;

    if (!n)
        return -EINVAL;
    ext4_begin(n->m);
    rc = ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0 && (inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL)))
        rc = -EINVAL;
    if (rc == 0 && writable && (!n->m->writable || (inode.i_flags & EXT2_IMMUTABLE_FL)))
        rc = -EROFS;
    if (rc == 0 && (n->writer || n->writes || (writable && n->readers)))
        rc = -EBUSY;
    if (rc == 0) {
        n->readers += !writable;
        n->writer |= writable;
        n->claimed = true;
        *disk = n->m->disk;
    }
    return ext4_end(n->m, rc);
}

void pv_ext4_release(int fd, bool writable)
{
    struct ext4_node *n = node_of(fd);

    if (writable)
        n->writer = false;
    else
        n->readers--;
    n->claimed = n->writer || n->readers;
}

/* What the file has at `block`, and how many sectors it has in all. */
static int look(struct ext4_node *n, uint64_t block, uint64_t *sectors, struct run *run)
{
    struct ext2_inode inode;
    int rc;

    ext4_begin(n->m);
    rc = ext4_read_inode(n->m, n->ino, &inode);
    if (rc == 0) {
        *sectors = EXT2_I_SIZE(&inode) / EXT4_SECTOR;
        rc = ext4_map(n->m, n->ino, &inode, block, run);
    }
    return ext4_end(n->m, rc);
}

int pv_ext4_where(int fd, uint64_t sector, struct pv_ext4_run *out)
{
    struct ext4_node *n = node_of(fd);
    uint32_t per_block = n->m->cache.unit / EXT4_SECTOR;
    uint64_t end, offset = sector % per_block;
    struct run run;
    int rc = look(n, sector / per_block, &end, &run);

    if (rc == 0 && sector >= end)
        rc = -EINVAL;
    if (rc)
        return rc;
    out->data = run.kind == RUN_DATA;
    out->sector = run.at * per_block + offset;
    out->sectors = run.count > end / per_block ? end - sector : run.count * per_block - offset;
    if (out->sectors > end - sector)
        out->sectors = end - sector;
    return 0;
}

/* New blocks: what they held before must not be seen, also not if this host stops now. */
static int zero(struct ext4 *m, const struct run *run, uint64_t count)
{
    size_t step = ZEROS_MAX / m->cache.unit ? ZEROS_MAX / m->cache.unit : 1;
    uint8_t *zeros = calloc(step, m->cache.unit);
    int rc = zeros ? 0 : -ENOMEM;

    for (uint64_t i = 0; rc == 0 && i < count; i += step) {
        size_t n = count - i < step ? (size_t)(count - i) : step;

        cache_forget(&m->cache, run->at + i, n);
        m->unflushed = true;
        rc = cache_disk_write(&m->cache, run->at + i, zeros, n);
    }
    free(zeros);
    return rc;
}

/* One run of the file: allocated, and zero if it had nothing. *count becomes what is done. */
static int reserve_run(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                       uint64_t *count)
{
    struct run run;
    int rc = ext4_map(m, ino, inode, block, &run);

    if (rc)
        return rc;
    *count = run.count < *count ? run.count : *count;
    if (run.kind == RUN_DATA)
        return 0;
    rc = ext4_allocate(m, ino, inode, block, *count);
    for (uint64_t done = 0; rc == 0 && done < *count; done += run.count) {
        rc = ext4_map(m, ino, inode, block + done, &run);
        if (rc == 0 && run.kind != RUN_DATA)
            rc = -EIO;
        if (rc == 0)
            rc = zero(m, &run, run.count < *count - done ? run.count : *count - done);
    }
    return rc;
}

int pv_ext4_reserve(int fd, uint64_t sector, uint64_t sectors)
{
    struct ext4_node *n = node_of(fd);
    struct ext4 *m = n->m;
    uint32_t per_block = m->cache.unit / EXT4_SECTOR;
    uint64_t block = sector / per_block, end = (sector + sectors + per_block - 1) / per_block, count;
    struct ext2_inode inode;
    int rc = ext4_begin_change(m, true);

    if (rc)
        return rc;
    rc = ext4_read_inode(m, n->ino, &inode);
    for (; rc == 0 && block < end; block += count) {
        count = end - block;
        rc = reserve_run(m, n->ino, &inode, block, &count);
    }
    if (rc == 0)
        rc = ext4_write_inode(m, n->ino, &inode);
    return ext4_end_change(m, rc);
}

/* ---- less ---- */

uint32_t pv_ext4_block(int fd)
{
    return node_of(fd)->m->cache.unit;
}

/* A change of its own, so that none is too large for the journal. */
static int release_some(struct ext4_node *n, uint64_t block, uint64_t count)
{
    struct ext4 *m = n->m;
    struct ext2_inode inode;
    int rc = ext4_begin_change(m, false);

    if (rc)
        return rc;
    if (ext2fs_free_blocks_count(m->fs->super) < EXT4_TREE)
        rc = -ENOSPC;
    if (rc == 0)
        rc = ext4_read_inode(m, n->ino, &inode);
    if (rc == 0)
        rc = ext4_release(m, n->ino, &inode, block, block + count);
    return ext4_end_change(m, rc);
}

/* A run of the file, or as much of it as one change takes. */
static int release_next(struct ext4_node *n, uint64_t block, uint64_t *count)
{
    struct run run;
    uint64_t size;
    int rc = look(n, block, &size, &run);

    if (rc)
        return rc;
    if (run.count < *count)
        *count = run.count;
    if (run.kind == RUN_HOLE)
        return 0;               /* no change is begun for what is not there */
    if (*count > EXT4_RELEASE_STEP)
        *count = EXT4_RELEASE_STEP;
    return release_some(n, block, *count);
}

int pv_ext4_discard(int fd, uint64_t sector, uint64_t sectors, uint64_t *done)
{
    struct ext4_node *n = node_of(fd);
    uint32_t per_block = n->m->cache.unit / EXT4_SECTOR;
    uint64_t block = (sector + per_block - 1) / per_block, end = (sector + sectors) / per_block;
    uint64_t count = end - block;
    int rc = 0;

    *done = sectors;
    if (block < end) {
        rc = release_next(n, block, &count);
        if (block + count < end)
            *done = (block + count) * per_block - sector;
    }
    return rc;
}
