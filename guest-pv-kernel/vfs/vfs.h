/*
 * The file operations behind newlib's system calls, with negative newlib errors.
 */
#ifndef PV_VFS_VFS_H
#define PV_VFS_VFS_H

#include <sys/stat.h>
#include <sys/types.h>
#include <pv/vfs.h>

/* Descriptors that can be open at once. */
#define PV_FILES_MAX 256

extern const struct pv_file_ops pv_console_file_ops;

int pv_vfs_open(const char *path, int flags, mode_t mode);
int pv_vfs_close(int fd);

/* The lowest free descriptor not below `from`, standing for the same open file. */
int pv_vfs_dup(int fd, int from);
int pv_vfs_stat(const char *path, struct stat *st);
int pv_vfs_unlink(const char *path);
int pv_vfs_mkdir(const char *path, mode_t mode);
int pv_vfs_rmdir(const char *path);
int pv_vfs_rename(const char *from, const char *to);
int pv_vfs_lstat(const char *path, struct stat *st);
int pv_vfs_readlink(const char *path, char *target, size_t size);
int pv_vfs_symlink(const char *target, const char *path);
int pv_vfs_utime(const char *path, time_t access, time_t modification);

/* The absolute form of a path (PV_PATH_MAX bytes). */
int pv_vfs_absolute(const char *path, char *full);

/* The next mount point (*i counts them, from 0) right below an absolute directory that reading the
 * directory does not show. */
bool pv_vfs_mounted_below(const char *directory, size_t *i, char *name, size_t size);
int pv_vfs_chdir(const char *path);
const char *pv_vfs_cwd(void);

#endif
