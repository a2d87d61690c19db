/* storage.h: file systems of the host's disks in the control domain's file tree. Threads only;
 * errors are negative newlib numbers. */
#ifndef ENSO_STORAGE_STORAGE_H
#define ENSO_STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <pv/disk.h>

struct block_device;

#define STORAGE_DATA_LABEL "enso-data"      /* the file system of this label ... */
#define STORAGE_DATA_DIR   "/data"          /* ... is mounted here at start */

/* Mounts the data file system if there is one, and says so. 0, or why it could not be mounted. */
int storage_start(void);

/* Before the host stops: all is written, and unmounted where nothing is in use. Says what fails. */
void storage_stop(void);

struct storage_mount {
    struct pv_disk disk;                    /* the device as the file system sees it */
    struct block_device *device;
    char *at;
    bool read_only;
    void *bounce;                           /* BLOCK_SEGMENTS pages */
    struct storage_mount *next;
};

/* The i-th mount, or NULL behind the last. Valid until the next call of
 * storage_mount() or storage_umount(). */
const struct storage_mount *storage_mount_at(size_t i);

/*
 * Mounts a device ("vda1", "/dev/vda1", "LABEL=name") at an absolute directory, which need not be there if
 * it lies right below "/". 0; -ENODEV no such device; -EBUSY the device is in use, or something is mounted
 * there; -ENOTDIR no such directory;
 * -EINVAL, -EROFS and others as pv_ext4_mount(), with pv_ext4_problem().
 */
int storage_mount(const char *device, const char *at, bool read_only);

/* By directory or device. -EINVAL it is not mounted; -EBUSY files are open. */
int storage_umount(const char *name);

#endif
