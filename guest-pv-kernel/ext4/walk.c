/* walk.c: from paths to inodes. Symbolic links are followed, within the file system: an absolute one
 * begins at its root. */
#include "private.h"

#include <errno.h>
#include <string.h>

#define TARGET_MAX 1024                 /* of a symbolic link */

int ext4_read_link(struct ext4 *m, ext2_ino_t ino, char *target, size_t size)
{
    struct ext2_inode inode;
    uint64_t length;
    int rc = ext4_read_inode(m, ino, &inode);

    if (rc || !S_ISLNK(inode.i_mode))
        return rc ? rc : -EINVAL;
    length = EXT2_I_SIZE(&inode);
    if (length == 0 || length > m->cache.unit)
        return -EIO;
    if (ext2fs_is_fast_symlink(&inode)) {
        length = length < sizeof(inode.i_block) ? length : sizeof(inode.i_block);
        length = length < size ? length : size;
        memcpy(target, inode.i_block, length);
        return (int)length;
    }
    return (int)ext4_read_data(m, ino, &inode, 0, target, size, false);
}

struct walk {
    struct ext4 *m;
    ext2_ino_t at;                      /* a directory; in the end what was looked for */
    unsigned links;
    char rest[2 * TARGET_MAX + 2];      /* of the path: a link's target goes in front of it */
};

/* The directory's entry. */
static int look_up(struct ext4 *m, ext2_ino_t directory, const char *name, size_t length, ext2_ino_t *ino)
{
    struct ext2_inode inode;
    int rc = ext4_read_inode(m, directory, &inode);

    if (rc || !S_ISDIR(inode.i_mode))
        return rc ? rc : -ENOTDIR;
    if (length > EXT2_NAME_LEN)
        return -ENAMETOOLONG;
    return ext4_error(ext2fs_lookup(m->fs, directory, name, (int)length, NULL, ino));
}

/* Puts the target of a link in front of the rest. */
static int follow_link(struct walk *w, ext2_ino_t link, const char *rest)
{
    char target[TARGET_MAX];
    size_t length = strlen(rest);
    int n;

    if (++w->links > EXT4_LINKS_MAX)
        return -ELOOP;
    n = ext4_read_link(w->m, link, target, sizeof(target));
    if (n < 0)
        return n;
    if ((size_t)n == sizeof(target) || (size_t)n + 1 + length + 1 > sizeof(w->rest))
        return -ENAMETOOLONG;
    memmove(w->rest + n + 1, rest, length + 1);
    memcpy(w->rest, target, (size_t)n);
    w->rest[n] = '/';
    if (target[0] == '/')
        w->at = EXT2_ROOT_INO;
    return 0;
}

/* One step: the next name of the rest. */
static int step(struct walk *w, bool follow_last)
{
    char *name = w->rest + strspn(w->rest, "/");
    size_t length = strcspn(name, "/");
    char *after = name + length;
    bool last = after[strspn(after, "/")] == '\0';
    struct ext2_inode inode;
    ext2_ino_t ino;
    int rc;

    if (length == 0) {
        w->rest[0] = '\0';
        return 0;
    }
    rc = look_up(w->m, w->at, name, length, &ino);
    if (rc == 0)
        rc = ext4_read_inode(w->m, ino, &inode);
    if (rc)
        return rc;
    if (S_ISLNK(inode.i_mode) && (!last || follow_last))
        return follow_link(w, ino, after);
    w->at = ino;
    memmove(w->rest, after, strlen(after) + 1);
    return 0;
}

int ext4_walk(struct ext4 *m, const char *path, bool follow, ext2_ino_t *ino)
{
    struct walk w = { .m = m, .at = EXT2_ROOT_INO };
    int rc = 0;

    if (strlen(path) >= TARGET_MAX)
        return -ENAMETOOLONG;
    strcpy(w.rest, path);
    while (rc == 0 && w.rest[0])
        rc = step(&w, follow);
    *ino = w.at;
    return rc;
}

int ext4_walk_parent(struct ext4 *m, const char *path, ext2_ino_t *directory, char *name, ext2_ino_t *ino)
{
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    char parent[TARGET_MAX];
    int rc;

    if (!*last)
        return -EBUSY;          /* the root */
    if (strlen(last) > EXT2_NAME_LEN || strlen(path) >= TARGET_MAX)
        return -ENAMETOOLONG;
    memcpy(parent, path, (size_t)(last - path));
    parent[last - path] = '\0';
    strcpy(name, last);
    rc = ext4_walk(m, parent, true, directory);
    if (rc)
        return rc;
    rc = look_up(m, *directory, name, strlen(name), ino);
    if (rc == -ENOENT)
        *ino = 0;
    return rc == -ENOENT ? 0 : rc;
}
