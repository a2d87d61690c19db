/* commit.c: the beginning and the end of operations, and how what they did becomes durable. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- bitmaps: libext2fs would write them all ---- */

static uint64_t hash(const uint8_t *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325, word;

    for (size_t i = 0; i + 8 <= len; i += 8) {
        memcpy(&word, bytes + i, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }
    return h;
}

/* A group's part of a bitmap, as it is on the disk: what lies behind its end is set. */
static int get_block_bits(struct ext4 *m, dgrp_t group, uint8_t *bits)
{
    struct ext2_super_block *s = m->fs->super;
    uint32_t per_group = EXT2_BLOCKS_PER_GROUP(s);
    uint64_t rest = (ext2fs_blocks_count(s) - s->s_first_data_block) % per_group;
    errcode_t rc;

    memset(bits, 0xff, m->cache.unit);
    if (group < m->fs->group_desc_count - 1)
        rest = 0;
    rc = ext2fs_get_block_bitmap_range2(m->fs->block_map, s->s_first_data_block + (uint64_t)group * per_group,
                                        per_group, bits);
    for (uint64_t i = rest; rest && i < m->cache.unit * 8; i++)
        bits[i / 8] |= (uint8_t)(1U << i % 8);
    return ext4_error(rc);
}

static int get_inode_bits(struct ext4 *m, dgrp_t group, uint8_t *bits)
{
    uint32_t per_group = EXT2_INODES_PER_GROUP(m->fs->super);

    memset(bits, 0xff, m->cache.unit);
    return ext4_error(ext2fs_get_inode_bitmap_range2(m->fs->inode_map, (uint64_t)group * per_group + 1,
                                                     per_group, bits));
}

/* Groups that were never used have no bitmaps on the disk. */
static bool unused(struct ext4 *m, dgrp_t group, uint16_t flag)
{
    return ext2fs_has_group_desc_csum(m->fs) && ext2fs_bg_flags_test(m->fs, group, flag);
}

/* A bitmap that is not on the disk has no hash: it is written once its group is used. */
static int learn_group(struct ext4 *m, dgrp_t group)
{
    int rc = get_block_bits(m, group, m->bounce);

    if (rc == 0 && !unused(m, group, EXT2_BG_BLOCK_UNINIT))
        m->hashes[2 * group] = hash(m->bounce, m->cache.unit);
    if (rc == 0)
        rc = get_inode_bits(m, group, m->bounce);
    if (rc == 0 && !unused(m, group, EXT2_BG_INODE_UNINIT))
        m->hashes[2 * group + 1] = hash(m->bounce, m->cache.unit);
    return rc;
}

int ext4_learn_bitmaps(struct ext4 *m)
{
    int rc = 0;

    m->hashes = calloc(m->fs->group_desc_count, 2 * sizeof(*m->hashes));
    if (!m->hashes)
        return -ENOMEM;
    for (dgrp_t i = 0; rc == 0 && i < m->fs->group_desc_count; i++)
        rc = learn_group(m, i);
    return rc;
}

static int write_block_bits(struct ext4 *m, dgrp_t group)
{
    ext2_filsys fs = m->fs;
    uint64_t now;
    int rc = get_block_bits(m, group, m->bounce);

    now = hash(m->bounce, m->cache.unit);
    if (rc || now == m->hashes[2 * group] || unused(m, group, EXT2_BG_BLOCK_UNINIT))
        return rc;
    m->hashes[2 * group] = now;
    ext2fs_block_bitmap_csum_set(fs, group, (char *)m->bounce, (int)EXT2_CLUSTERS_PER_GROUP(fs->super) / 8);
    ext2fs_group_desc_csum_set(fs, group);
    return ext4_error(io_channel_write_blk64(fs->io, ext2fs_block_bitmap_loc(fs, group), 1, m->bounce));
}

static int write_inode_bits(struct ext4 *m, dgrp_t group)
{
    ext2_filsys fs = m->fs;
    uint64_t now;
    int rc = get_inode_bits(m, group, m->bounce);

    now = hash(m->bounce, m->cache.unit);
    if (rc || now == m->hashes[2 * group + 1] || unused(m, group, EXT2_BG_INODE_UNINIT))
        return rc;
    m->hashes[2 * group + 1] = now;
    ext2fs_inode_bitmap_csum_set(fs, group, (char *)m->bounce, (int)EXT2_INODES_PER_GROUP(fs->super) / 8);
    ext2fs_group_desc_csum_set(fs, group);
    return ext4_error(io_channel_write_blk64(fs->io, ext2fs_inode_bitmap_loc(fs, group), 1, m->bounce));
}

static int write_bitmaps(struct ext4 *m)
{
    int rc = 0;

    for (dgrp_t i = 0; rc == 0 && i < m->fs->group_desc_count; i++) {
        if (m->fs->flags & EXT2_FLAG_BB_DIRTY)
            rc = write_block_bits(m, i);
        if (rc == 0 && (m->fs->flags & EXT2_FLAG_IB_DIRTY))
            rc = write_inode_bits(m, i);
    }
    if (rc == 0)
        m->fs->flags &= ~(EXT2_FLAG_BB_DIRTY | EXT2_FLAG_IB_DIRTY);
    return rc;
}

/* ---- commits ---- */

/* Inode tables and bitmaps, which are written before what names them. */
static bool in_tables(void *arg, uint64_t number)
{
    ext2_filsys fs = ((struct ext4 *)arg)->fs;

    for (dgrp_t i = 0; i < fs->group_desc_count; i++)
        if (number == ext2fs_block_bitmap_loc(fs, i) || number == ext2fs_inode_bitmap_loc(fs, i) ||
            number - ext2fs_inode_table_loc(fs, i) < fs->inode_blocks_per_group)
            return true;
    return false;
}

/* Without a journal, or when a change is too big for it: e2fsck mends what a crash in between leaves. */
static int write_in_order(struct ext4 *m)
{
    int rc = cache_disk_flush(&m->cache);

    if (rc == 0)
        rc = cache_write_back(&m->cache, in_tables, m);
    if (rc == 0)
        rc = cache_disk_flush(&m->cache);
    if (rc == 0)
        rc = cache_write_back(&m->cache, NULL, NULL);
    return rc ? rc : cache_disk_flush(&m->cache);
}

/* The cache gets what libext2fs still holds. */
static int collect(struct ext4 *m)
{
    int rc = write_bitmaps(m);

    if (rc == 0 && (m->fs->flags & EXT2_FLAG_DIRTY))
        rc = ext4_error(ext2fs_flush2(m->fs, EXT2_FLAG_FLUSH_NO_SYNC));
    return rc;
}

/* Changes the superblock on the disk, and nothing else there: the rest waits for its commit. */
static int mark_super(struct ext4 *m)
{
    uint64_t number = 1024 / m->cache.unit;
    struct ext2_super_block *s = (struct ext2_super_block *)(m->bounce + 1024 % m->cache.unit);
    int rc = cache_disk_read(&m->cache, number, m->bounce, 1);

    if (rc)
        return rc;
    s->s_feature_incompat = m->fs->super->s_feature_incompat;
    s->s_state = m->fs->super->s_state;
    s->s_mtime = m->fs->super->s_mtime;
    ext2fs_superblock_csum_set(m->fs, s);
    rc = cache_disk_write(&m->cache, number, m->bounce, 1);
    return rc ? rc : cache_disk_flush(&m->cache);
}

/* Before the first change since the mount: the disk says that it is in use. */
static int announce(struct ext4 *m)
{
    struct ext2_super_block *s = m->fs->super;
    int rc;

    if (m->journal.present ? m->journal.active : !(s->s_state & EXT2_VALID_FS))
        return 0;
    s->s_mtime = ext4_now();
    ext2fs_mark_super_dirty(m->fs);
    if (m->journal.present)
        ext2fs_set_feature_journal_needs_recovery(s);
    else
        s->s_state &= (uint16_t)~EXT2_VALID_FS;
    rc = mark_super(m);
    return rc == 0 && m->journal.present ? journal_activate(m) : rc;
}

static int commit(struct ext4 *m)
{
    int rc = announce(m);

    if (rc == 0)
        rc = collect(m);
    if (rc == 0 && m->cache.dirty.count) {
        rc = m->journal.present ? journal_commit(m) : -E2BIG;
        if (rc == -E2BIG)
            rc = write_in_order(m);
    }
    return rc;
}

int ext4_commit(struct ext4 *m)
{
    int rc = 0;

    m->cache.reads_left = EXT4_READS_MAX;
    if (m->failed)
        return -EIO;
    if (m->writable && m->changed)
        rc = commit(m);
    else if (m->unflushed)
        rc = cache_disk_flush(&m->cache);
    m->failed = rc != 0;
    if (rc == 0)
        m->changed = m->freed = m->unflushed = false;
    return rc;
}

int ext4_close_journal(struct ext4 *m)
{
    struct ext2_super_block *s = m->fs->super;
    int rc = m->failed ? -EIO : 0;

    if (rc == 0 && m->journal.active) {
        rc = journal_finish(m);
        ext2fs_clear_feature_journal_needs_recovery(s);
    } else if (rc == 0 && !m->journal.present && !(s->s_state & EXT2_VALID_FS)) {
        s->s_state |= EXT2_VALID_FS;
    } else {
        return rc;
    }
    ext2fs_mark_super_dirty(m->fs);
    if (rc == 0)
        rc = collect(m);
    return rc ? rc : write_in_order(m);
}

/* ---- operations ---- */

void ext4_begin(struct ext4 *m)
{
    m->users++;
    pv_mutex_lock(&m->lock);
    m->cache.reads_left = EXT4_READS_MAX;
}

void ext4_leave(struct ext4 *m)
{
    pv_mutex_unlock(&m->lock);
    m->users--;
}

int ext4_begin_change(struct ext4 *m, bool data)
{
    int rc = 0;

    ext4_begin(m);
    if (!m->writable)
        rc = -EROFS;
    else if (m->failed)
        rc = -EIO;
    else if (m->freed && data)  /* their blocks may be used again when the disk knows that they are free */
        rc = ext4_commit(m);
    if (rc) {
        ext4_leave(m);
        return rc;
    }
    if (!m->changed)
        pv_wake(&m->timer);
    m->changed = true;
    return 0;
}

/* A change that was not done to its end must not reach the disk, nor what would come after it. */
int ext4_end_change(struct ext4 *m, int rc)
{
    if (rc == -EIO || rc == -ENOMEM)
        m->failed = true;
    return ext4_end(m, rc);
}

/* As many changed blocks as should wait: bitmaps and the like come to them, and all must fit into the
 * journal. */
static size_t enough(const struct ext4 *m)
{
    return m->journal.present && m->journal.half / 2 < EXT4_DIRTY_MAX ? m->journal.half / 2 : EXT4_DIRTY_MAX;
}

int ext4_end(struct ext4 *m, int rc)
{
    int committed = 0;

    if (m->writable && !m->failed && m->cache.dirty.count >= enough(m))
        committed = ext4_commit(m);
    ext4_leave(m);
    return rc < 0 ? rc : committed ? committed : rc;
}
