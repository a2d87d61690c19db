/* One disk of a configuration, in the language of xl-disk-configuration. Pure. */
#ifndef ENSO_TOOLSTACK_CONFIG_DISK_H
#define ENSO_TOOLSTACK_CONFIG_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_DISKS       16   /* of a domain */
#define CONFIG_TARGET_SIZE 256
#define CONFIG_VDEV_SIZE   16

struct config_disk {
    char target[CONFIG_TARGET_SIZE];    /* a disk, partition or file of the host, as it was written */
    char vdev[CONFIG_VDEV_SIZE];        /* the guest's name for it, "xvda" */
    uint32_t number;                    /* the same as the number that the protocol has: 51712 */
    bool read_only, cdrom, no_discard;
};

/* Reads TARGET[,FORMAT[,VDEV[,ACCESS]]] and KEY=VALUE fields. True; false with what is wrong in
 * problem[size]. */
bool config_disk_parse(const char *text, struct config_disk *disk, char *problem, size_t size);

/* The number of a device's name: xvda to xvdzz, sda, hda with partitions, d0p1, or a number itself. False:
 * not a name. */
bool config_vdev_number(const char *name, uint32_t *number);

#endif
