/* names.c: the operations of a mounted file system that go by name. */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define LINKS_MAX 65000U

/* ---- open ---- */

static int create_file(struct ext4 *m, ext2_ino_t directory, const char *name, mode_t mode, ext2_ino_t *ino)
{
    int rc = ext4_new_inode(m, directory, S_IFREG | (mode & 0777), ino);
    struct ext2_inode inode;

    if (rc)
        return rc;
    rc = ext4_add_name(m, directory, name, *ino, S_IFREG);
    if (rc && ext4_read_inode(m, *ino, &inode) == 0)
        ext4_free_inode(m, *ino, &inode);
    return rc;
}

/* A folder that got or lost a name. */
static int touch(struct ext4 *m, ext2_ino_t directory)
{
    struct ext2_inode inode;
    int rc = ext4_read_inode(m, directory, &inode);

    if (rc)
        return rc;
    inode.i_mtime = inode.i_ctime = ext4_now();
    return ext4_write_inode(m, directory, &inode);
}

/* The file to open, made if there is none and that is asked for. */
static int find_or_create(struct ext4 *m, const char *path, int flags, mode_t mode, ext2_ino_t *ino)
{
    char name[EXT2_NAME_LEN + 1];
    ext2_ino_t directory;
    int rc = ext4_walk(m, path, true, ino);

    if (!(flags & O_CREAT))
        return rc;
    if (rc == 0)
        return flags & O_EXCL ? -EEXIST : 0;
    if (rc == -ENOENT)
        rc = ext4_walk_parent(m, path, &directory, name, ino);
    if (rc)
        return rc;
    if (*ino)
        return flags & O_EXCL ? -EEXIST : -ENOENT;      /* a link that leads nowhere */
    rc = create_file(m, directory, name, mode, ino);
    return rc ? rc : touch(m, directory);
}

static int check_open(struct ext4 *m, const struct ext2_inode *inode, ext2_ino_t ino, int flags)
{
    bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    struct ext4_node *n = ext4_node_find(m, ino);

    if (S_ISDIR(inode->i_mode))
        return write ? -EISDIR : 0;
    if (!S_ISREG(inode->i_mode))
        return -ENXIO;          /* devices and pipes of another system */
    if (inode->i_flags & EXT4_ENCRYPT_FL)
        return -EACCES;
    if (write && !m->writable)
        return -EROFS;
    if (write && (inode->i_flags & (EXT2_IMMUTABLE_FL | EXT4_VERITY_FL | EXT4_INLINE_DATA_FL)))
        return -EPERM;
    return write && n && n->claimed ? -EBUSY : 0;
}

static int open_node(struct ext4 *m, ext2_ino_t ino, int flags, struct pv_file *f)
{
    struct ext2_inode inode;
    int rc = ext4_read_inode(m, ino, &inode);

    if (rc == 0)
        rc = check_open(m, &inode, ino, flags);
    if (rc == 0 && (flags & O_TRUNC) && S_ISREG(inode.i_mode) && EXT2_I_SIZE(&inode))
        rc = ext4_set_size(m, ino, &inode, 0);
    if (rc)
        return rc;
    f->node = ext4_node_get(m, ino);
    f->ops = S_ISDIR(inode.i_mode) ? &ext4_directory_ops : &ext4_file_ops;
    if (!f->node)
        return -ENOMEM;
    ((struct ext4_node *)f->node)->writes += (flags & O_ACCMODE) != O_RDONLY;
    return 0;
}

static int fs_open(void *fs, const char *path, int flags, mode_t mode, struct pv_file *f)
{
    struct ext4 *m = fs;
    bool change = m->writable && (flags & (O_CREAT | O_TRUNC));
    ext2_ino_t ino = 0;
    int rc = change ? ext4_begin_change(m, false) : 0;

    if (rc)
        return rc;
    if (!change)
        ext4_begin(m);
    rc = find_or_create(m, path, change ? flags : flags & ~O_CREAT, mode, &ino);
    if (rc == -ENOENT && (flags & O_CREAT) && !m->writable)
        rc = -EROFS;
    if (rc == 0)
        rc = open_node(m, ino, flags, f);
    return change ? ext4_end_change(m, rc) : ext4_end(m, rc);
}

/* ---- looking ---- */

static int stat_path(struct ext4 *m, const char *path, bool follow, struct stat *st)
{
    struct ext2_inode inode;
    ext2_ino_t ino;
    int rc;

    ext4_begin(m);
    rc = ext4_walk(m, path, follow, &ino);
    if (rc == 0)
        rc = ext4_read_inode(m, ino, &inode);
    if (rc == 0)
        ext4_fill_stat(m, ino, &inode, st);
    return ext4_end(m, rc);
}

static int fs_stat(void *fs, const char *path, struct stat *st)
{
    return stat_path(fs, path, true, st);
}

static int fs_lstat(void *fs, const char *path, struct stat *st)
{
    return stat_path(fs, path, false, st);
}

static int fs_readlink(void *fs, const char *path, char *target, size_t size)
{
    struct ext4 *m = fs;
    ext2_ino_t ino;
    int rc;

    ext4_begin(m);
    rc = ext4_walk(m, path, false, &ino);
    if (rc == 0)
        rc = ext4_read_link(m, ino, target, size);
    return ext4_end(m, rc);
}

static int fs_statfs(void *fs, struct pv_statfs *st)
{
    struct ext4 *m = fs;
    const struct ext2_super_block *s = m->fs->super;

    *st = (struct pv_statfs){
        .type = "ext4", .read_only = !m->writable || m->failed, .block_size = m->cache.unit,
        .blocks = ext2fs_blocks_count(m->fs->super), .free_blocks = ext2fs_free_blocks_count(m->fs->super),
        .inodes = s->s_inodes_count, .free_inodes = s->s_free_inodes_count,
    };
    return 0;
}

static int fs_sync(void *fs)
{
    struct ext4 *m = fs;

    ext4_begin(m);
    return ext4_end(m, ext4_commit(m));
}

/* ---- removing ---- */

/* An inode lost a name. */
static int drop_link(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    struct ext4_node *n = ext4_node_find(m, ino);

    inode->i_ctime = ext4_now();
    if (inode->i_links_count > 1 && !S_ISDIR(inode->i_mode)) {
        inode->i_links_count--;
        return ext4_write_inode(m, ino, inode);
    }
    inode->i_links_count = 0;
    if (!n)
        return ext4_free_inode(m, ino, inode);
    n->unlinked = true;
    return ext4_orphan_add(m, ino, inode);
}

/* A directory got or lost a child that is one too; 1 link means that nobody counts. */
static int count_child(struct ext4 *m, ext2_ino_t directory, int by)
{
    struct ext2_inode inode;
    int rc = ext4_read_inode(m, directory, &inode);

    if (rc || inode.i_links_count < 2)
        return rc;
    inode.i_links_count = (uint16_t)(inode.i_links_count + by);
    return ext4_write_inode(m, directory, &inode);
}

static int remove_name(struct ext4 *m, const char *path, bool folder)
{
    char name[EXT2_NAME_LEN + 1];
    struct ext2_inode inode;
    ext2_ino_t directory, ino;
    struct ext4_node *n;
    int rc = ext4_walk_parent(m, path, &directory, name, &ino);

    if (rc == 0)
        rc = ino ? ext4_read_inode(m, ino, &inode) : -ENOENT;
    if (rc)
        return rc;
    if (S_ISDIR(inode.i_mode) != folder)
        return folder ? -ENOTDIR : -EISDIR;
    n = ext4_node_find(m, ino);
    if (n && n->claimed)
        return -EBUSY;
    rc = folder ? ext4_directory_empty(m, ino) : 1;
    if (rc <= 0)
        return rc ? rc : -ENOTEMPTY;
    rc = ext4_error(ext2fs_unlink(m->fs, directory, name, ino, 0));
    if (rc == 0)
        rc = touch(m, directory);
    if (rc == 0 && folder)
        rc = count_child(m, directory, -1);
    return rc ? rc : drop_link(m, ino, &inode);
}

static int fs_unlink(void *fs, const char *path)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, remove_name(fs, path, false));
}

static int fs_rmdir(void *fs, const char *path)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, remove_name(fs, path, true));
}

/* ---- making ---- */

static int make_folder(struct ext4 *m, const char *path, mode_t mode)
{
    char name[EXT2_NAME_LEN + 1];
    struct ext2_inode parent, inode;
    ext2_ino_t directory, ino;
    int rc = ext4_walk_parent(m, path, &directory, name, &ino);

    if (rc == -EBUSY || (rc == 0 && ino))
        return -EEXIST;
    if (rc == 0)
        rc = ext4_read_inode(m, directory, &parent);
    if (rc == 0 && parent.i_links_count >= LINKS_MAX)
        rc = -EMLINK;
    if (rc == 0)
        rc = ext4_error(ext2fs_new_inode(m->fs, directory, LINUX_S_IFDIR | 0755, NULL, &ino));
    if (rc == 0)
        rc = ext4_error(ext2fs_mkdir(m->fs, directory, ino, NULL));     /* counts in the parent's links */
    if (rc)
        return rc;
    rc = ext4_add_name(m, directory, name, ino, S_IFDIR);
    if (rc == 0)
        rc = ext4_read_inode(m, ino, &inode);
    if (rc == 0) {
        inode.i_mode = (uint16_t)(S_IFDIR | (mode & 0777));
        rc = ext4_write_inode(m, ino, &inode);
    } else if (ext4_read_inode(m, ino, &inode) == 0) {
        ext4_free_inode(m, ino, &inode);
        count_child(m, directory, -1);
    }
    if (rc == 0 && parent.i_links_count == 1 && ext4_read_inode(m, directory, &parent) == 0) {
        parent.i_links_count = 1;
        rc = ext4_write_inode(m, directory, &parent);
    }
    return rc ? rc : touch(m, directory);
}

static int fs_mkdir(void *fs, const char *path, mode_t mode)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, make_folder(fs, path, mode));
}

static int make_link(struct ext4 *m, const char *target, const char *path)
{
    char name[EXT2_NAME_LEN + 1];
    ext2_ino_t directory, ino;
    int rc = ext4_walk_parent(m, path, &directory, name, &ino);

    if (rc == -EBUSY || (rc == 0 && ino))
        return -EEXIST;
    if (rc == 0 && (!*target || strlen(target) >= m->cache.unit))
        rc = -ENAMETOOLONG;
    if (rc == 0)
        rc = ext4_error(ext2fs_new_inode(m->fs, directory, LINUX_S_IFLNK | 0777, NULL, &ino));
    if (rc == 0)
        rc = ext4_error(ext2fs_symlink(m->fs, directory, ino, NULL, target));
    if (rc == 0)
        rc = ext4_add_name(m, directory, name, ino, S_IFLNK);
    return rc ? rc : touch(m, directory);
}

static int fs_symlink(void *fs, const char *target, const char *path)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, make_link(fs, target, path));
}

static int set_times(struct ext4 *m, const char *path, time_t access, time_t modification)
{
    struct ext2_inode inode;
    ext2_ino_t ino;
    int rc = ext4_walk(m, path, true, &ino);

    if (rc == 0)
        rc = ext4_read_inode(m, ino, &inode);
    if (rc)
        return rc;
    inode.i_atime = (uint32_t)access;
    inode.i_mtime = (uint32_t)modification;
    inode.i_ctime = ext4_now();
    return ext4_write_inode(m, ino, &inode);
}

static int fs_utime(void *fs, const char *path, time_t access, time_t modification)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, set_times(fs, path, access, modification));
}

/* ---- renaming ---- */

struct names {
    ext2_ino_t from_directory, from, to_directory, to;
    char from_name[EXT2_NAME_LEN + 1], to_name[EXT2_NAME_LEN + 1];
    struct ext2_inode inode, old;       /* of `from`, and of `to` if there is one */
};

/* A folder may not go into itself: no way up from the new place leads to it. */
static int check_ancestors(struct ext4 *m, const struct names *n)
{
    ext2_ino_t at = n->to_directory;
    int rc = 0;

    for (unsigned i = 0; rc == 0 && at != EXT2_ROOT_INO; i++) {
        struct ext2_inode inode;

        if (at == n->from || i > 1024)
            return -EINVAL;
        rc = ext4_read_inode(m, at, &inode);
        if (rc == 0)
            rc = ext4_error(ext2fs_lookup(m->fs, at, "..", 2, NULL, &at));
    }
    return rc;
}

static int check_rename(struct ext4 *m, struct names *n)
{
    struct ext4_node *open_from = ext4_node_find(m, n->from);
    struct ext4_node *open_to = n->to ? ext4_node_find(m, n->to) : NULL;
    bool folder;
    int rc = ext4_read_inode(m, n->from, &n->inode);

    if (rc == 0 && n->to)
        rc = ext4_read_inode(m, n->to, &n->old);
    if (rc)
        return rc;
    folder = S_ISDIR(n->inode.i_mode);
    if ((open_from && open_from->claimed) || (open_to && open_to->claimed))
        return -EBUSY;
    if (n->to && S_ISDIR(n->old.i_mode) != folder)
        return folder ? -ENOTDIR : -EISDIR;
    if (folder)
        rc = check_ancestors(m, n);
    if (rc == 0 && n->to && folder) {
        rc = ext4_directory_empty(m, n->to);
        rc = rc < 0 ? rc : rc ? 0 : -ENOTEMPTY;
    }
    return rc;
}

/* A folder came to another one. */
static int adopt(struct ext4 *m, const struct names *n)
{
    int rc = ext4_set_name(m, n->from, "..", n->to_directory, S_IFDIR);

    if (rc == 0)
        rc = count_child(m, n->from_directory, -1);
    return rc ? rc : count_child(m, n->to_directory, 1);
}

static int do_rename(struct ext4 *m, struct names *n)
{
    bool folder = S_ISDIR(n->inode.i_mode);
    int rc = n->to ? ext4_set_name(m, n->to_directory, n->to_name, n->from, n->inode.i_mode)
                   : ext4_add_name(m, n->to_directory, n->to_name, n->from, n->inode.i_mode);

    if (rc == 0)
        rc = ext4_error(ext2fs_unlink(m->fs, n->from_directory, n->from_name, n->from, 0));
    if (rc == 0 && folder && n->from_directory != n->to_directory)
        rc = adopt(m, n);
    if (rc == 0 && n->to && folder)
        rc = count_child(m, n->to_directory, -1);
    if (rc == 0 && n->to)
        rc = drop_link(m, n->to, &n->old);
    if (rc == 0)
        rc = touch(m, n->from_directory);
    return rc ? rc : touch(m, n->to_directory);
}

static int rename_path(struct ext4 *m, const char *from, const char *to)
{
    struct names n;
    int rc = ext4_walk_parent(m, from, &n.from_directory, n.from_name, &n.from);

    if (rc == 0)
        rc = n.from ? ext4_walk_parent(m, to, &n.to_directory, n.to_name, &n.to) : -ENOENT;
    if (rc || n.from == n.to)
        return rc;
    rc = check_rename(m, &n);
    return rc ? rc : do_rename(m, &n);
}

static int fs_rename(void *fs, const char *from, const char *to)
{
    int rc = ext4_begin_change(fs, false);

    return rc ? rc : ext4_end_change(fs, rename_path(fs, from, to));
}

const struct pv_fs_ops ext4_fs_ops = {
    .open = fs_open,
    .stat = fs_stat,
    .unlink = fs_unlink,
    .rename = fs_rename,
    .mkdir = fs_mkdir,
    .rmdir = fs_rmdir,
    .lstat = fs_lstat,
    .readlink = fs_readlink,
    .symlink = fs_symlink,
    .utime = fs_utime,
    .statfs = fs_statfs,
    .sync = fs_sync,
};
