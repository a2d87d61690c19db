/* Disks of domains: their keys in the store, by which backend and frontend find each other. What is read
 * back is the backend's tree alone: a guest can write anything into its own. */
#ifndef ENSO_TOOLSTACK_DISK_H
#define ENSO_TOOLSTACK_DISK_H

#include <xen/xen.h>

#include "config.h"
#include "error.h"

/* Gives a domain a disk and waits until the backend has it. On failure nothing of it is left; err says
 * why. */
int disk_attach(domid_t domid, const struct config_disk *disk, struct toolstack_error *err);

/* Takes it away again: the guest is asked to let go, for some seconds. -EBUSY it did not, and still has the
 * disk; with `force` it is not asked. -ENOENT no such disk. */
int disk_detach(domid_t domid, uint32_t number, bool force, struct toolstack_error *err);

/* After the end of a domain: all of its disks; waits until the backend has let go. */
void disk_remove_all(domid_t domid);

/* One line of `block-list`. */
struct disk_status {
    uint32_t number;
    unsigned state;             /* of the backend, XenbusState* */
    bool read_only;
    char vdev[CONFIG_VDEV_SIZE], target[CONFIG_TARGET_SIZE];
};

/* Fills list[0..size) and returns how many disks the domain has. */
size_t disk_list(domid_t domid, struct disk_status *list, size_t size);

#endif
