/* vfs.c: mounts and descriptors. Errors are negative newlib numbers here; newlib/files.c makes errno of
 * them. */
#include "internal.h"
#include "vfs/vfs.h"
#include "vfs/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <pv/start.h>
#include <pv/vfs.h>

struct mount {
    char *at;                      /* normalised; "/" is the root */
    const struct pv_fs_ops *ops;
    void *fs;
    struct mount *next;
};

static struct mount *mounts;
static struct pv_file *files[PV_FILES_MAX];
static char cwd[PV_PATH_MAX] = "/";

/* The part of a normalised path below the mount point, or NULL if it lies elsewhere. */
static const char *below(const char *at, const char *path)
{
    size_t len = strcmp(at, "/") == 0 ? 0 : strlen(at);

    if (strncmp(path, at, len) != 0 || (path[len] != '\0' && path[len] != '/'))
        return NULL;
    path += len;
    return *path == '/' ? path + 1 : path;
}

/* The mount that serves a path and the rest of the path, which lies in `full` (PV_PATH_MAX bytes). */
static int find_mount(const char *path, char *full, struct mount **found, const char **rest)
{
    int rc = pv_path_normalise(cwd, path, full);
    struct mount *m;

    *found = NULL;
    for (m = mounts; rc == 0 && m; m = m->next) {
        const char *r = below(m->at, full);

        if (r && (!*found || strlen(m->at) > strlen((*found)->at))) {
            *found = m;
            *rest = r;
        }
    }
    return rc != 0 ? rc : *found ? 0 : -ENOENT;
}

int pv_vfs_mount(const char *at, const struct pv_fs_ops *ops, void *fs)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    int rc = at[0] == '/' ? pv_path_normalise("/", at, full) : -EINVAL;

    if (rc != 0)
        return rc;
    for (m = mounts; m; m = m->next)
        if (strcmp(m->at, full) == 0)
            return -EBUSY;
    m = malloc(sizeof(*m));
    if (!m)
        return -ENOMEM;
    *m = (struct mount){ .at = strdup(full), .ops = ops, .fs = fs, .next = mounts };
    if (!m->at) {
        free(m);
        return -ENOMEM;
    }
    mounts = m;
    return 0;
}

int pv_vfs_umount(const char *at)
{
    char full[PV_PATH_MAX];
    struct mount **link = &mounts, *m;
    int rc = pv_path_normalise("/", at, full);

    if (rc != 0)
        return rc;
    while (*link && strcmp((*link)->at, full) != 0)
        link = &(*link)->next;
    m = *link;
    if (!m)
        return -EINVAL;
    *link = m->next;
    free(m->at);
    free(m);
    return 0;
}

const char *pv_vfs_mount_point(size_t i)
{
    struct mount *m = mounts;

    while (m && i--)
        m = m->next;
    return m ? m->at : NULL;
}

int pv_vfs_absolute(const char *path, char *full)
{
    return pv_path_normalise(cwd, path, full);
}

/* Whether the file system below a mount point has a directory entry for it too. */
static bool shown_anyway(const char *at)
{
    struct mount *m, *best = NULL;
    struct stat st;
    const char *rest = NULL;

    for (m = mounts; m; m = m->next) {
        const char *r = strcmp(m->at, at) != 0 ? below(m->at, at) : NULL;

        if (r && (!best || strlen(m->at) > strlen(best->at))) {
            best = m;
            rest = r;
        }
    }
    return best && best->ops->stat && best->ops->stat(best->fs, rest, &st) == 0;
}

bool pv_vfs_mounted_below(const char *directory, size_t *i, char *name, size_t size)
{
    const char *at;

    while ((at = pv_vfs_mount_point((*i)++)) != NULL) {
        char full[PV_PATH_MAX];
        const char *rest = below(directory, at);

        if (!rest || !*rest || strchr(rest, '/') || strlen(rest) >= size)
            continue;
        strcpy(name, rest);
        strcpy(full, at);           /* the mount may go while its neighbour is asked */
        if (!shown_anyway(full))
            return true;
    }
    return false;
}

int pv_vfs_sync(void)
{
    int rc = 0;

    for (struct mount *m = mounts; m; m = m->next) {
        int one = m->ops->sync ? m->ops->sync(m->fs) : 0;

        rc = rc ? rc : one;
    }
    return rc;
}

/* ---- descriptors ---- */

static int free_descriptor(int from)
{
    int fd;

    for (fd = from; fd < PV_FILES_MAX; fd++)
        if (!files[fd])
            return fd;
    return -EMFILE;
}

struct pv_file *pv_vfs_file(int fd)
{
    return fd >= 0 && fd < PV_FILES_MAX ? files[fd] : NULL;
}

int pv_vfs_install(const struct pv_file_ops *ops, void *node, int flags)
{
    int fd = free_descriptor(0);
    struct pv_file *f = fd < 0 ? NULL : malloc(sizeof(*f));

    if (fd < 0)
        return fd;
    if (!f)
        return -ENOMEM;
    *f = (struct pv_file){ .ops = ops, .node = node, .flags = flags, .refs = 1 };
    files[fd] = f;
    return fd;
}

int pv_vfs_open(const char *path, int flags, mode_t mode)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int fd, rc = find_mount(path, full, &m, &rest);

    if (rc != 0)
        return rc;
    fd = pv_vfs_install(NULL, NULL, flags);
    if (fd < 0)
        return fd;
    rc = m->ops->open ? m->ops->open(m->fs, rest, flags, mode, files[fd]) : -ENOENT;
    if (rc == 0)
        return fd;
    free(files[fd]);
    files[fd] = NULL;
    return rc;
}

int pv_vfs_close(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (!f)
        return -EBADF;
    files[fd] = NULL;
    if (--f->refs)
        return 0;
    if (f->ops->close)
        f->ops->close(f);
    free(f);
    return 0;
}

int pv_vfs_dup(int fd, int from)
{
    struct pv_file *f = pv_vfs_file(fd);
    int to;

    if (!f)
        return -EBADF;
    to = from < 0 || from >= PV_FILES_MAX ? -EINVAL : free_descriptor(from);
    if (to < 0)
        return to;
    files[to] = f;
    f->refs++;
    return to;
}

const void *pv_vfs_map(int fd, size_t *len)
{
    struct pv_file *f = pv_vfs_file(fd);

    *len = 0;
    return f && f->ops->map ? f->ops->map(f, len) : NULL;
}

/* ---- operations by name ---- */

int pv_vfs_stat(const char *path, struct stat *st)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    if (rc != 0)
        return rc;
    return m->ops->stat ? m->ops->stat(m->fs, rest, st) : -ENOENT;
}

int pv_vfs_unlink(const char *path)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->unlink ? m->ops->unlink(m->fs, rest) : -EROFS;
}

int pv_vfs_mkdir(const char *path, mode_t mode)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->mkdir ? m->ops->mkdir(m->fs, rest, mode) : -EROFS;
}

int pv_vfs_rmdir(const char *path)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->rmdir ? m->ops->rmdir(m->fs, rest) : -EROFS;
}

int pv_vfs_lstat(const char *path, struct stat *st)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->lstat ? m->ops->lstat(m->fs, rest, st) : pv_vfs_stat(path, st);
}

int pv_vfs_readlink(const char *path, char *target, size_t size)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->readlink ? m->ops->readlink(m->fs, rest, target, size) : -EINVAL;
}

int pv_vfs_symlink(const char *target, const char *path)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->symlink ? m->ops->symlink(m->fs, target, rest) : -EROFS;
}

int pv_vfs_utime(const char *path, time_t access, time_t modification)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->utime ? m->ops->utime(m->fs, rest, access, modification) : -EROFS;
}

int pv_vfs_statfs(const char *path, struct pv_statfs *st)
{
    char full[PV_PATH_MAX];
    struct mount *m;
    const char *rest;
    int rc = find_mount(path, full, &m, &rest);

    return rc != 0 ? rc : m->ops->statfs ? m->ops->statfs(m->fs, st) : -ENOSYS;
}

int pv_vfs_rename(const char *from, const char *to)
{
    char full_from[PV_PATH_MAX], full_to[PV_PATH_MAX];
    struct mount *m, *m_to;
    const char *rest, *rest_to;
    int rc = find_mount(from, full_from, &m, &rest);

    if (rc == 0)
        rc = find_mount(to, full_to, &m_to, &rest_to);
    if (rc != 0)
        return rc;
    if (m != m_to)
        return -EXDEV;
    return m->ops->rename ? m->ops->rename(m->fs, rest, rest_to) : -EROFS;
}

/* ---- the working directory ---- */

int pv_vfs_chdir(const char *path)
{
    char full[PV_PATH_MAX];
    struct stat st;
    int rc = pv_vfs_stat(path, &st);

    if (rc == 0 && !S_ISDIR(st.st_mode))
        rc = -ENOTDIR;
    if (rc == 0)
        rc = pv_path_normalise(cwd, path, full);
    if (rc == 0)
        strcpy(cwd, full);
    return rc;
}

const char *pv_vfs_cwd(void)
{
    return cwd;
}

/* Descriptors 0, 1, 2 and the boot archive. */
int pv_vfs_init(void)
{
    size_t len;
    const void *archive = pv_module(&len);
    int i;

    for (i = 0; i < 3; i++)
        pv_vfs_install(&pv_console_file_ops, NULL, i == 0 ? O_RDONLY : O_WRONLY);
    return archive && len >= 6 && memcmp(archive, "070701", 6) == 0 ? pv_cpio_mount("/", archive, len) : 0;
}
