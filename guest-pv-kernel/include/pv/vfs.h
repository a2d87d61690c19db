/*
 * Files. File systems are mounted at absolute paths; newlib's open(), read(), stat(), opendir() ... reach
 * them. The boot archive (cpio newc) is mounted read-only at "/". Descriptors 0, 1, 2 are the console.
 * Threads only. Operations return negative newlib errors.
 */
#ifndef PV_VFS_H
#define PV_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct pv_file;

/* Operations of an open file. NULL entries answer -EINVAL (-ESPIPE for lseek, -ENOTDIR for readdir). */
struct pv_file_ops {
    ssize_t (*read)(struct pv_file *f, void *buf, size_t len);          /* at f->pos, which it advances */
    ssize_t (*write)(struct pv_file *f, const void *buf, size_t len);
    off_t (*lseek)(struct pv_file *f, off_t off, int whence);
    int (*fstat)(struct pv_file *f, struct stat *st);
    /* The entry at position *cookie: copies name and inode number, moves *cookie on. 1, or 0 at the end. */
    int (*readdir)(struct pv_file *f, uint64_t *cookie, char *name, size_t size, uint64_t *ino, int *type);
    const void *(*map)(struct pv_file *f, size_t *len);                  /* bytes in memory, or NULL */
    int (*ioctl)(struct pv_file *f, unsigned long request, void *arg);
    int (*fsync)(struct pv_file *f);
    int (*ftruncate)(struct pv_file *f, off_t size);
    void (*close)(struct pv_file *f);
};

/* An open file: what a descriptor stands for. The file system fills it in at open. */
struct pv_file {
    const struct pv_file_ops *ops;
    void *node;               /* the file system's own */
    off_t pos;
    int flags;                /* O_* of open() */
    unsigned int refs;        /* descriptors that share it (dup) */
};

/* A file system's size and state. */
struct pv_statfs {
    const char *type;         /* "ext4", "cpio" */
    bool read_only;
    uint32_t block_size;      /* bytes */
    uint64_t blocks, free_blocks;
    uint64_t inodes, free_inodes;
};

/* Operations of a mounted file system. `path` is relative to the mount point, without a leading slash and
 * without "." and ".."; "" is the root. NULL entries answer -EROFS (lstat does as stat, readlink -EINVAL,
 * statfs -ENOSYS, sync 0). */
struct pv_fs_ops {
    int (*open)(void *fs, const char *path, int flags, mode_t mode, struct pv_file *f);
    int (*stat)(void *fs, const char *path, struct stat *st);
    int (*unlink)(void *fs, const char *path);
    int (*rename)(void *fs, const char *from, const char *to);
    int (*mkdir)(void *fs, const char *path, mode_t mode);
    int (*rmdir)(void *fs, const char *path);
    int (*lstat)(void *fs, const char *path, struct stat *st);      /* of a symbolic link itself */
    int (*readlink)(void *fs, const char *path, char *target, size_t size);     /* the length; no final 0 */
    int (*symlink)(void *fs, const char *target, const char *path);
    int (*utime)(void *fs, const char *path, time_t access, time_t modification);
    int (*statfs)(void *fs, struct pv_statfs *st);
    int (*sync)(void *fs);
};

/* Mounts a file system at an absolute path; the longest mount point that fits a path wins. 0; -EBUSY if
 * something is mounted there; -ENOMEM; -EINVAL for a path that is not absolute. `fs` is handed to the ops. */
int pv_vfs_mount(const char *at, const struct pv_fs_ops *ops, void *fs);
int pv_vfs_umount(const char *at);

/* The i-th mount: where it is, or NULL behind the last. Valid until the next mount or umount. */
const char *pv_vfs_mount_point(size_t i);

/* About the file system that serves a path. 0, or a negative error. */
int pv_vfs_statfs(const char *path, struct pv_statfs *st);

/* All that was written to all file systems is durable. 0, or the first error; the others are synced still. */
int pv_vfs_sync(void);

/* Makes a descriptor for an object that is not opened by name (a socket, a pipe). The descriptor, or
 * -EMFILE, -ENOMEM. */
int pv_vfs_install(const struct pv_file_ops *ops, void *node, int flags);

/* The pv_file of a descriptor, or NULL. */
struct pv_file *pv_vfs_file(int fd);

/* The bytes of a file of the boot archive, in place: valid as long as the domain runs, also after close().
 * NULL if this file has no such bytes. */
const void *pv_vfs_map(int fd, size_t *len);

/* Mounts a cpio newc archive that lies in memory, which must stay there unchanged. 0; -EINVAL if it is
 * malformed (nothing is mounted); -ENOMEM; or as pv_vfs_mount(). */
int pv_cpio_mount(const char *at, const void *archive, size_t len);

/* POSIX's calls, which newlib's headers have for other systems only. */
int lstat(const char *path, struct stat *st);
struct utimbuf;
int utime(const char *path, const struct utimbuf *times);

#endif
