/* files.c: newlib's file calls on the kit's file tree. */
#include "internal.h"
#include "vfs/private.h"
#include "vfs/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dirent.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

/* A negative error becomes -1 with errno; anything else is the result. */
static long result(long rc)
{
    if (rc >= 0)
        return rc;
    errno = (int)-rc;
    return -1;
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return (int)result(pv_vfs_open(path, flags, mode));
}

int close(int fd)
{
    return (int)result(pv_vfs_close(fd));
}

_READ_WRITE_RETURN_TYPE read(int fd, void *buf, size_t len)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (!f || (f->flags & O_ACCMODE) == O_WRONLY)
        return result(-EBADF);
    return result(f->ops->read ? f->ops->read(f, buf, len) : -EINVAL);
}

_READ_WRITE_RETURN_TYPE write(int fd, const void *buf, size_t len)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
        return result(-EBADF);
    return result(f->ops->write ? f->ops->write(f, buf, len) : -EINVAL);
}

off_t lseek(int fd, off_t off, int whence)
{
    struct pv_file *f = pv_vfs_file(fd);

    return result(!f ? -EBADF : f->ops->lseek ? f->ops->lseek(f, off, whence) : -ESPIPE);
}

int fstat(int fd, struct stat *st)
{
    struct pv_file *f = pv_vfs_file(fd);

    return (int)result(!f ? -EBADF : f->ops->fstat ? f->ops->fstat(f, st) : -EINVAL);
}

int fsync(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    return (int)result(!f ? -EBADF : f->ops->fsync ? f->ops->fsync(f) : 0);
}

int isatty(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (f && f->ops == &pv_console_file_ops)
        return 1;
    errno = f ? ENOTTY : EBADF;
    return 0;
}

int ioctl(int fd, int request, ...)
{
    struct pv_file *f = pv_vfs_file(fd);
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    return (int)result(!f ? -EBADF : f->ops->ioctl ? f->ops->ioctl(f, (unsigned long)request, arg) : -ENOTTY);
}

int fcntl(int fd, int cmd, ...)
{
    struct pv_file *f = pv_vfs_file(fd);
    va_list args;
    int arg;

    va_start(args, cmd);
    arg = va_arg(args, int);
    va_end(args);
    if (!f)
        return (int)result(-EBADF);
    switch (cmd) {
    case F_DUPFD:
        return (int)result(pv_vfs_dup(fd, arg));
    case F_GETFL:
        return f->flags;
    case F_SETFL:
        f->flags = (f->flags & ~(O_NONBLOCK | O_APPEND)) | (arg & (O_NONBLOCK | O_APPEND));
        return 0;
    case F_GETFD:
    case F_SETFD:
        return 0;    /* nothing is ever executed, so nothing is closed on it */
    default:
        return (int)result(-EINVAL);
    }
}

int dup(int fd)
{
    return (int)result(pv_vfs_dup(fd, 0));
}

int dup2(int fd, int to)
{
    if (!pv_vfs_file(fd) || to < 0 || to >= PV_FILES_MAX)
        return (int)result(-EBADF);
    if (fd == to)
        return to;
    pv_vfs_close(to);
    return (int)result(pv_vfs_dup(fd, to));
}

int stat(const char *path, struct stat *st)
{
    return (int)result(pv_vfs_stat(path, st));
}

int lstat(const char *path, struct stat *st)
{
    return (int)result(pv_vfs_lstat(path, st));
}

ssize_t readlink(const char *path, char *target, size_t size)
{
    return result(pv_vfs_readlink(path, target, size));
}

int symlink(const char *target, const char *path)
{
    return (int)result(pv_vfs_symlink(target, path));
}

int ftruncate(int fd, off_t size)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
        return (int)result(-EBADF);
    return (int)result(f->ops->ftruncate ? f->ops->ftruncate(f, size) : -EINVAL);
}

int truncate(const char *path, off_t size)
{
    int fd = open(path, O_WRONLY), rc, saved;

    if (fd < 0)
        return -1;
    rc = ftruncate(fd, size);
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int utime(const char *path, const struct utimbuf *times)
{
    time_t now = time(NULL);

    return (int)result(pv_vfs_utime(path, times ? times->actime : now, times ? times->modtime : now));
}

void sync(void)
{
    pv_vfs_sync();
}

int access(const char *path, int mode)
{
    struct stat st;
    int rc = pv_vfs_stat(path, &st);

    if (rc == 0 && (mode & W_OK) && !(st.st_mode & 0222))
        rc = -EROFS;
    return (int)result(rc);
}

int unlink(const char *path)
{
    return (int)result(pv_vfs_unlink(path));
}

int link(const char *from, const char *to)
{
    (void)from;
    (void)to;
    return (int)result(-EMLINK);
}

int rename(const char *from, const char *to)
{
    return (int)result(pv_vfs_rename(from, to));
}

int mkdir(const char *path, mode_t mode)
{
    return (int)result(pv_vfs_mkdir(path, mode));
}

int rmdir(const char *path)
{
    return (int)result(pv_vfs_rmdir(path));
}

int chdir(const char *path)
{
    return (int)result(pv_vfs_chdir(path));
}

char *getcwd(char *buf, size_t size)
{
    const char *cwd = pv_vfs_cwd();

    if (!buf)
        return strdup(cwd);
    if (strlen(cwd) >= size) {
        errno = ERANGE;
        return NULL;
    }
    return strcpy(buf, cwd);
}

/* ---- directories ---- */

struct pv_dir {
    int fd;
    uint64_t cookie;
    char *path;             /* absolute; NULL if it was opened by descriptor */
    bool at_mounts;         /* its own entries are through: mount points follow */
    size_t mount;
    struct dirent entry;
};

DIR *fdopendir(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);
    struct stat st;
    DIR *dir;

    if (fstat(fd, &st) != 0)
        return NULL;
    if (!S_ISDIR(st.st_mode) || !f->ops->readdir) {
        errno = ENOTDIR;
        return NULL;
    }
    dir = calloc(1, sizeof(*dir));
    if (dir)
        dir->fd = fd;
    return dir;
}

DIR *opendir(const char *path)
{
    char full[PV_PATH_MAX];
    int fd = open(path, O_RDONLY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    int saved = errno;

    if (dir && pv_vfs_absolute(path, full) == 0)
        dir->path = strdup(full);

    if (fd >= 0 && !dir) {
        close(fd);
        errno = saved;
    }
    return dir;
}

struct dirent *readdir(DIR *dir)
{
    struct pv_file *f = pv_vfs_file(dir->fd);
    uint64_t ino = 0;
    int type = DT_UNKNOWN, rc;

    rc = dir->at_mounts ? 0
                        : f->ops->readdir(f, &dir->cookie, dir->entry.d_name, sizeof(dir->entry.d_name),
                                          &ino, &type);
    if (rc == 0 && dir->path) {
        dir->at_mounts = true;
        type = DT_DIR;
        rc = pv_vfs_mounted_below(dir->path, &dir->mount, dir->entry.d_name, sizeof(dir->entry.d_name));
    }
    if (result(rc) <= 0)
        return NULL;
    dir->entry.d_ino = (ino_t)ino;
    dir->entry.d_type = (unsigned char)type;
    return &dir->entry;
}

void rewinddir(DIR *dir)
{
    dir->cookie = 0;
    dir->at_mounts = false;
    dir->mount = 0;
}

int dirfd(DIR *dir)
{
    return dir->fd;
}

int closedir(DIR *dir)
{
    int fd = dir->fd;

    free(dir->path);
    free(dir);
    return close(fd);
}
