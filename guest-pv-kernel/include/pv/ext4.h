/* pv/ext4.h: ext2, ext3 and ext4 file systems, by libext2fs (link with -lext2fs -lcom_err). Threads only. */
#ifndef PV_EXT4_H
#define PV_EXT4_H

#include <stdbool.h>
#include <pv/disk.h>

/* Mounts the disk's file system at a path of the VFS; newlib's calls reach its files. The disk stays the caller's until the umount. 0;
 * -EINVAL no such file system, or features that are not understood; -EROFS writable was asked for and cannot be; -EIO; as pv_vfs_mount(). */
int pv_ext4_mount(const char *at, struct pv_disk *disk, bool writable);
int pv_ext4_umount(const char *at);     /* -EBUSY: files are open */
int pv_ext4_sync(const char *at);       /* all that was written so far is durable */

#endif
