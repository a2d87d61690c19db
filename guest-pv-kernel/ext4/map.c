/* map.c: which blocks of the disk a file has. What the file system says is checked: it may be damaged, or
 * made to harm. */
#include "private.h"
#include <ext2fs/ext3_extents.h>

#include <errno.h>

#define END_OF_FILE  0xffffffffULL      /* no file has a block of this number */

bool ext4_too_far(struct ext4 *m, const struct ext2_inode *inode, uint64_t block)
{
    uint64_t n = m->cache.unit / 4;     /* block numbers in a block */

    return block >= END_OF_FILE ||
           (!(inode->i_flags & EXT4_EXTENTS_FL) && block >= 12 + n + n * n + n * n * n);
}

static bool sane(const struct ext4 *m, blk64_t at, uint64_t count)
{
    blk64_t end = ext2fs_blocks_count(m->fs->super);

    return at >= m->fs->super->s_first_data_block && at < end && count && count <= end - at;
}

/* ---- trees of extents: read here, changed by libext2fs ---- */

#define DEPTH_MAX 5

/* Where the search in a tree is. Entries of all nodes are 12 bytes, and begin with the first block that
 * they are about. */
struct search {
    const struct ext3_extent_header *node;
    size_t room;                        /* bytes of the node */
    uint64_t end;                       /* where the next extent begins, as far as is known */
};

/* The last entry of the node that does not begin behind `block`; NULL: all do. */
static const void *last_not_behind(struct search *s, uint64_t block)
{
    const struct ext3_extent *entries = (const void *)(s->node + 1), *found = NULL;

    for (unsigned i = 0; i < s->node->eh_entries; i++) {
        if (entries[i].ee_block > block) {
            s->end = entries[i].ee_block < s->end ? entries[i].ee_block : s->end;
            break;
        }
        found = &entries[i];
    }
    return found;
}

static bool sane_node(const struct search *s, unsigned depth)
{
    return s->node->eh_magic == EXT3_EXT_MAGIC && s->node->eh_depth == depth &&
           sizeof(*s->node) + s->node->eh_entries * sizeof(struct ext3_extent) <= s->room;
}

static int go_down(struct ext4 *m, ext2_ino_t ino, struct search *s, const struct ext3_extent_idx *index)
{
    uint64_t at = index->ei_leaf | (uint64_t)index->ei_leaf_hi << 32;
    const uint8_t *bytes;
    int rc = sane(m, at, 1) ? cache_get(&m->cache, at, &bytes) : -EIO;

    if (rc)
        return rc;
    s->node = (const struct ext3_extent_header *)bytes;
    s->room = m->cache.unit;
    if (!sane_node(s, s->node->eh_depth))
        return -EIO;
    return ext2fs_extent_block_csum_verify(m->fs, ino, (struct ext3_extent_header *)(uintptr_t)s->node)
               ? 0 : -EIO;
}

static int from_extent(struct ext4 *m, const struct ext3_extent *e, uint64_t block, uint64_t end,
                       struct run *run)
{
    bool unwritten = e && e->ee_len > EXT_INIT_MAX_LEN;
    uint64_t length = !e ? 0 : unwritten ? e->ee_len - EXT_INIT_MAX_LEN : e->ee_len, offset;

    if (!e || block - e->ee_block >= length) {
        *run = (struct run){ RUN_HOLE, 0, end - block };
        return 0;
    }
    offset = block - e->ee_block;
    run->at = e->ee_start | (uint64_t)e->ee_start_hi << 32;
    if (!sane(m, run->at, length))
        return -EIO;
    run->kind = unwritten ? RUN_UNWRITTEN : RUN_DATA;
    run->at += offset;
    run->count = length - offset;
    return 0;
}

static int map_extent(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                      struct run *run)
{
    struct search s = { (const void *)inode->i_block, sizeof(inode->i_block), END_OF_FILE };
    unsigned depth = s.node->eh_depth;
    const void *entry;
    int rc = 0;

    if (depth > DEPTH_MAX || !sane_node(&s, depth))
        return -EIO;
    while ((entry = last_not_behind(&s, block)) && depth) {
        rc = go_down(m, ino, &s, entry);
        if (rc || !sane_node(&s, --depth))
            return rc ? rc : -EIO;
    }
    return from_extent(m, depth ? NULL : entry, block, s.end, run);
}

/* The classic maps, block by block: blocks that follow one another become a run. */
static int map_indirect(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                        struct run *run)
{
    blk64_t at;
    errcode_t rc;

    run->count = 0;
    do {
        rc = ext2fs_bmap2(m->fs, ino, inode, NULL, 0, block + run->count, NULL, &at);
        if (rc || (at && !sane(m, at, 1)))
            return rc ? ext4_error(rc) : -EIO;
        if (run->count == 0) {
            run->kind = at ? RUN_DATA : RUN_HOLE;
            run->at = at;
        } else if (at != (run->at ? run->at + run->count : 0)) {
            break;
        }
        run->count++;
    } while (run->count < 256 && !ext4_too_far(m, inode, block + run->count));
    return 0;
}

int ext4_map(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, struct run *run)
{
    if (ext4_too_far(m, inode, block)) {
        *run = (struct run){ RUN_HOLE, 0, UINT64_MAX - block };
        return 0;
    }
    if (inode->i_flags & EXT4_EXTENTS_FL)
        return map_extent(m, ino, inode, block, run);
    return map_indirect(m, ino, inode, block, run);
}

/* ---- more blocks ---- */

static errcode_t mark_written(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                              const struct run *run)
{
    errcode_t rc = 0;

    for (uint64_t i = 0; rc == 0 && i < run->count; i++) {
        blk64_t at = run->at + i;

        rc = ext2fs_bmap2(m->fs, ino, inode, NULL, BMAP_SET, block + i, NULL, &at);
    }
    return rc;
}

/* The tree gets one more extent, or the one before it becomes longer. ext2fs_fallocate() would fill the
 * whole hole. */
static errcode_t insert(ext2_extent_handle_t handle, struct ext2fs_extent *new)
{
    struct ext2fs_extent before;
    errcode_t rc;

    ext2fs_extent_goto(handle, new->e_lblk);    /* not found: at a neighbour */
    rc = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &before);
    if (rc == EXT2_ET_NO_CURRENT_NODE) {
        rc = ext2fs_extent_insert(handle, 0, new);
    } else if (rc == 0 && before.e_lblk + before.e_len == new->e_lblk &&
               before.e_pblk + before.e_len == new->e_pblk && !(before.e_flags & EXT2_EXTENT_FLAGS_UNINIT) &&
               before.e_len + new->e_len <= EXT_INIT_MAX_LEN) {
        before.e_len += new->e_len;
        rc = ext2fs_extent_replace(handle, 0, &before);
    } else if (rc == 0) {
        rc = ext2fs_extent_insert(handle, before.e_lblk > new->e_lblk ? 0 : EXT2_EXTENT_INSERT_AFTER, new);
    }
    return rc ? rc : ext2fs_extent_fix_parents(handle);
}

/* Blocks for a hole, in as few pieces as the disk has free. */
static errcode_t fill_hole(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                           uint64_t count)
{
    ext2_extent_handle_t handle;
    errcode_t rc = ext2fs_extent_open2(m->fs, ino, inode, &handle);
    struct ext2fs_extent e = { .e_flags = 0 };
    blk64_t goal, got;

    if (rc)
        return rc;
    goal = ext2fs_find_inode_goal(m->fs, ino, inode, block);
    for (; rc == 0 && count; block += got, count -= got) {
        rc = ext2fs_new_range(m->fs, 0, goal, count, NULL, &e.e_pblk, &got);
        if (rc)
            break;
        got = got < count ? got : count;
        e.e_lblk = block;
        e.e_len = (uint32_t)got;
        ext2fs_block_alloc_stats_range(m->fs, e.e_pblk, (blk_t)got, 1);
        rc = insert(handle, &e);
        if (rc == 0)
            rc = ext2fs_iblk_add_blocks(m->fs, inode, got);
        goal = e.e_pblk + got;
    }
    ext2fs_extent_free(handle);
    return rc ? rc : ext2fs_write_inode(m->fs, ino, inode);
}

/* A run that has no data yet gets blocks. */
static int fill(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block,
                const struct run *run)
{
    errcode_t rc = 0;

    if (run->kind == RUN_UNWRITTEN)
        rc = mark_written(m, ino, inode, block, run);
    else if (inode->i_flags & EXT4_EXTENTS_FL)
        rc = fill_hole(m, ino, inode, block, run->count);
    else
        for (uint64_t i = 0; rc == 0 && i < run->count; i++) {
            blk64_t at = 0;

            rc = ext2fs_bmap2(m->fs, ino, inode, NULL, BMAP_ALLOC, block + i, NULL, &at);
        }
    return ext4_error(rc);
}

int ext4_allocate(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, uint64_t count)
{
    struct run run;
    int rc = 0;

    if (ext4_too_far(m, inode, block + count - 1))
        return -EFBIG;
    for (uint64_t done = 0; rc == 0 && done < count; done += run.count) {
        rc = ext4_map(m, ino, inode, block + done, &run);
        if (rc)
            break;
        if (run.count > count - done)
            run.count = count - done;
        if (run.kind == RUN_HOLE && ext2fs_free_blocks_count(m->fs->super) < run.count + EXT4_TREE)
            rc = -ENOSPC;
        else if (run.kind != RUN_DATA)
            rc = fill(m, ino, inode, block + done, &run);
    }
    return rc;
}

/* ---- fewer ---- */

/* libext2fs does not free the disk's last block unless it believes that there is one more. */
static errcode_t punch(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t first,
                       const struct run *run)
{
    struct ext2_super_block *s = m->fs->super;
    blk64_t end = ext2fs_blocks_count(s);
    bool last = run->kind != RUN_HOLE && run->at + run->count == end;
    errcode_t rc;

    if (last)
        ext2fs_blocks_count_set(s, end + 1);
    rc = ext2fs_punch(m->fs, ino, inode, NULL, first, first + run->count - 1);
    if (last)
        ext2fs_blocks_count_set(s, end);
    return rc;
}

int ext4_release(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, uint64_t end)
{
    struct run run;
    int rc = 0;

    m->freed = true;
    if (!(inode->i_flags & EXT4_EXTENTS_FL))
        return ext4_error(ext2fs_punch(m->fs, ino, inode, NULL, block, end - 1));
    while (rc == 0 && block < end && !ext4_too_far(m, inode, block)) {
        rc = ext4_map(m, ino, inode, block, &run);
        if (rc || (run.kind == RUN_HOLE && run.count >= END_OF_FILE - block))
            break;
        if (run.count > end - block)
            run.count = end - block;
        if (run.count > EXT4_RELEASE_STEP)
            run.count = EXT4_RELEASE_STEP;
        if (run.kind != RUN_HOLE)
            rc = ext4_error(punch(m, ino, inode, block, &run));
        block += run.count;
        m->cache.reads_left = EXT4_READS_MAX;   /* this loop ends: files have no more than 2^32 blocks */
        pv_yield();
    }
    return rc;
}
