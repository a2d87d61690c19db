/*
 * pv/ext4.h: ext2, ext3 and ext4 file systems, by libext2fs (link with -lext2fs -lcom_err). Threads only.
 *
 * What files hold goes to the disk at once; names, sizes and the like are collected and written together, as
 * a transaction of the journal if there is one: at a sync, when there are many, and otherwise after some
 * seconds. After a crash the file system is as the last of these left it. Symbolic links are followed within
 * the file system.
 */
#ifndef PV_EXT4_H
#define PV_EXT4_H

#include <stdbool.h>
#include <pv/disk.h>

/* Mounts the disk's file system at a path of the VFS; newlib's calls reach its files. The disk stays the
 * caller's until the umount. A journal that a crash left is replayed first: on the disk, or in memory if
 * not writable. 0; -EINVAL no such file system, or features that are not understood; -EROFS writable was
 * asked for and cannot be; -EIO; -ENOMEM; as pv_vfs_mount(). */
int pv_ext4_mount(const char *at, struct pv_disk *disk, bool writable);

/* Why the last pv_ext4_mount() failed, in words ("its journal is damaged"); NULL if the errno says it all. */
const char *pv_ext4_problem(void);

/* 0; -EBUSY files are open; -EINVAL nothing of ours is mounted there; -EIO it is unmounted, but not all
 * could be written. */
int pv_ext4_umount(const char *at);
int pv_ext4_sync(const char *at);       /* all that was written so far is durable */

/*
 * A file as a disk: whoever claims it reads and writes its sectors on the disk below, without the file
 * system. Until it is released the file keeps its size, name and blocks: others may read it, and not open it
 * for writing.
 */
struct pv_ext4_run {
    bool data;                  /* else nothing was written there yet: it reads as zeros */
    uint64_t sector;            /* on the disk below */
    uint64_t sectors;           /* as many; at least 1 */
};

/* `fd` is an open file of an ext4 file system, and stays open. One may claim it for writing, or many for
 * reading. *disk is the disk below. 0; -EBUSY somebody else has it open for that; -EINVAL no such file;
 * -EROFS. */
int pv_ext4_claim(int fd, bool writable, struct pv_disk **disk);
void pv_ext4_release(int fd, bool writable);

/* Where a sector of a claimed file lies. It stays true until the release or a discard, once there is data.
 * 0; -EINVAL behind the end; -EIO. */
int pv_ext4_where(int fd, uint64_t sector, struct pv_ext4_run *run);

/* Gives sectors of a claimed file room on the disk, with zeros where they had none. A sync makes it
 * durable. -ENOSPC, -EIO. */
int pv_ext4_reserve(int fd, uint64_t sector, uint64_t sectors);

/* Takes the whole blocks (of pv_ext4_block() bytes) among these sectors of a file that is claimed for writing
 * from it: they read as zeros, and other files may get them. Nothing may be on its way to or from them. Does a
 * part, from the first sector on, and says in *done how many sectors are through: a file may have very many
 * pieces. Like other changes it is durable after a sync. 0; -ENOSPC the disk is too full to note the gap; -EIO. */
int pv_ext4_discard(int fd, uint64_t sector, uint64_t sectors, uint64_t *done);
uint32_t pv_ext4_block(int fd);

#endif
