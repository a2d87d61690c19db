/* inode.c: inodes, those that are open, and the list of those that a crash must not leave behind. */
#include "private.h"

#include <ext2fs/ext3_extents.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX 5                     /* of a tree of extents */

int ext4_read_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    const struct ext3_extent_header *tree = (const struct ext3_extent_header *)inode->i_block;
    int rc;

    if (ino == 0 || ino > m->fs->super->s_inodes_count)
        return -EIO;
    rc = ext4_error(ext2fs_read_inode(m->fs, ino, inode));
    if (rc == 0 && (inode->i_flags & EXT4_EXTENTS_FL) && tree->eh_depth > DEPTH_MAX)
        return -EIO;        /* libext2fs would take memory for each level */
    return rc;
}

int ext4_write_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    return ext4_error(ext2fs_write_inode(m->fs, ino, inode));
}

uint32_t ext4_now(void)
{
    return (uint32_t)time(NULL);
}

void ext4_fill_stat(struct ext4 *m, ext2_ino_t ino, const struct ext2_inode *inode, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_ino = (ino_t)ino;
    st->st_mode = inode->i_mode;
    st->st_nlink = inode->i_links_count;
    st->st_uid = (uid_t)inode_uid(*inode);
    st->st_gid = (gid_t)inode_gid(*inode);
    st->st_size = (off_t)EXT2_I_SIZE(inode);
    st->st_atime = inode->i_atime;
    st->st_mtime = inode->i_mtime;
    st->st_ctime = inode->i_ctime;
    st->st_blksize = 65536;
    st->st_blocks = (blkcnt_t)(ext2fs_get_stat_i_blocks(m->fs, (struct ext2_inode *)(uintptr_t)inode));
}

/* ---- making and freeing ---- */

int ext4_new_inode(struct ext4 *m, ext2_ino_t directory, mode_t mode, ext2_ino_t *ino)
{
    struct ext2_inode inode = { .i_mode = (uint16_t)mode, .i_links_count = 1 };
    errcode_t rc = ext2fs_new_inode(m->fs, directory, (int)mode, NULL, ino);

    if (rc)
        return ext4_error(rc);
    if (ext2fs_has_feature_extents(m->fs->super) && S_ISREG(mode)) {
        ext2_extent_handle_t handle;

        inode.i_flags = EXT4_EXTENTS_FL;
        rc = ext2fs_extent_open2(m->fs, *ino, &inode, &handle);        /* writes an empty tree into it */
        if (rc)
            return ext4_error(rc);
        ext2fs_extent_free(handle);
    }
    rc = ext2fs_write_new_inode(m->fs, *ino, &inode);
    if (rc == 0)
        ext2fs_inode_alloc_stats2(m->fs, *ino, 1, S_ISDIR(mode));
    return ext4_error(rc);
}

/* Links in the inode itself, devices and pipes have no blocks. */
static bool has_blocks(struct ext4 *m, const struct ext2_inode *inode)
{
    if (S_ISLNK(inode->i_mode))
        return !ext2fs_is_fast_symlink((struct ext2_inode *)(uintptr_t)inode) &&
               !(inode->i_flags & EXT4_INLINE_DATA_FL);
    (void)m;
    return S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode);
}

int ext4_free_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    bool directory = S_ISDIR(inode->i_mode);
    int rc = has_blocks(m, inode) ? ext4_release(m, ino, inode, 0, EXT4_END) : 0;

    m->freed = true;
    if (rc == 0)
        rc = ext4_error(ext2fs_free_ext_attr(m->fs, ino, NULL));
    if (rc == 0)
        rc = ext4_read_inode(m, ino, inode);
    if (rc)
        return rc;
    inode->i_links_count = 0;
    inode->i_size = inode->i_size_high = 0;
    inode->i_dtime = ext4_now();
    rc = ext4_write_inode(m, ino, inode);
    if (rc == 0)
        ext2fs_inode_alloc_stats2(m->fs, ino, -1, directory);
    return rc;
}

int ext4_set_size(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t size)
{
    uint64_t old = EXT2_I_SIZE(inode);
    uint32_t unit = m->cache.unit;
    int rc = 0;

    if (size && ext4_too_far(m, inode, (size - 1) / unit))
        return -EFBIG;
    if (size != old)            /* the bytes behind the end of a file are zero */
        rc = ext4_zero_tail(m, ino, inode, size < old ? size : old);
    if (rc == 0)
        rc = ext4_error(ext2fs_inode_size_set(m->fs, inode, (ext2_off64_t)size));
    inode->i_mtime = inode->i_ctime = ext4_now();
    if (rc == 0 && size < old) {
        rc = ext4_orphan_add(m, ino, inode);
        if (rc == 0)
            rc = ext4_release(m, ino, inode, (size + unit - 1) / unit, EXT4_END);
        if (rc == 0)
            rc = ext4_orphan_remove(m, ino, inode);
    }
    return rc ? rc : ext4_write_inode(m, ino, inode);
}

/* ---- orphans: a list through i_dtime, which whoever mounts the file system after a crash works off ---- */

int ext4_orphan_add(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    inode->i_dtime = m->fs->super->s_last_orphan;
    m->fs->super->s_last_orphan = ino;
    ext2fs_mark_super_dirty(m->fs);
    return ext4_write_inode(m, ino, inode);
}

int ext4_orphan_remove(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    ext2_ino_t at = m->fs->super->s_last_orphan, next = inode->i_dtime;
    struct ext2_inode other;
    int rc = 0;

    inode->i_dtime = 0;
    if (at == ino) {
        m->fs->super->s_last_orphan = next;
        ext2fs_mark_super_dirty(m->fs);
        return ext4_write_inode(m, ino, inode);
    }
    for (uint32_t i = 0; rc == 0 && i < m->fs->super->s_inodes_count; i++) {
        rc = ext4_read_inode(m, at, &other);
        if (rc == 0 && other.i_dtime == ino) {
            other.i_dtime = next;
            rc = ext4_write_inode(m, at, &other);
            return rc ? rc : ext4_write_inode(m, ino, inode);
        }
        at = other.i_dtime;
    }
    return rc ? rc : -EIO;
}

static int clean_orphan(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    uint32_t unit = m->cache.unit;
    int rc;

    if (ext2fs_test_inode_bitmap2(m->fs->inode_map, ino) == 0 || ino < EXT2_FIRST_INO(m->fs->super))
        return -EIO;
    if (inode->i_links_count == 0)
        return ext4_free_inode(m, ino, inode);
    inode->i_dtime = 0;
    rc = has_blocks(m, inode) ? ext4_release(m, ino, inode, (EXT2_I_SIZE(inode) + unit - 1) / unit, EXT4_END)
                              : 0;
    return rc ? rc : ext4_write_inode(m, ino, inode);
}

int ext4_orphans_clean(struct ext4 *m)
{
    struct ext2_super_block *s = m->fs->super;
    struct ext2_inode inode;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && s->s_last_orphan && i < s->s_inodes_count; i++) {
        ext2_ino_t ino = s->s_last_orphan;

        m->cache.reads_left = EXT4_READS_MAX;
        m->changed = true;
        rc = ext4_read_inode(m, ino, &inode);
        if (rc)
            break;
        s->s_last_orphan = inode.i_dtime;
        ext2fs_mark_super_dirty(m->fs);
        rc = clean_orphan(m, ino, &inode);
        if (rc == 0 && m->cache.dirty.count >= EXT4_DIRTY_MAX)
            rc = ext4_commit(m);
    }
    if (rc == 0 && m->changed)
        rc = ext4_commit(m);
    return rc;
}

/* ---- open inodes ---- */

struct ext4_node *ext4_node_find(struct ext4 *m, ext2_ino_t ino)
{
    struct ext4_node *n = m->nodes;

    while (n && n->ino != ino)
        n = n->next;
    return n;
}

struct ext4_node *ext4_node_get(struct ext4 *m, ext2_ino_t ino)
{
    struct ext4_node *n = ext4_node_find(m, ino);

    if (!n) {
        n = calloc(1, sizeof(*n));
        if (!n)
            return NULL;
        *n = (struct ext4_node){ .m = m, .ino = ino, .next = m->nodes };
        m->nodes = n;
    }
    n->opens++;
    return n;
}

/* Under the lock. An inode without a name goes with the last who has it open. */
int ext4_node_put(struct ext4_node *n)
{
    struct ext4 *m = n->m;
    struct ext4_node **link = &m->nodes;
    struct ext2_inode inode;
    int rc = 0;

    if (--n->opens)
        return 0;
    while (*link != n)
        link = &(*link)->next;
    *link = n->next;
    if (n->unlinked && !m->failed) {
        m->changed = true;
        rc = ext4_read_inode(m, n->ino, &inode);
        if (rc == 0)
            rc = ext4_orphan_remove(m, n->ino, &inode);
        if (rc == 0)
            rc = ext4_free_inode(m, n->ino, &inode);
    }
    free(n);
    return rc;
}
