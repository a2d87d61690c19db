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
int pv_vfs_chdir(const char *path);
const char *pv_vfs_cwd(void);

#endif
