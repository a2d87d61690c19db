/* partition.h: what a disk's partition table says. The table is whatever somebody has
 * written there: nothing in it is believed that does not lie within the disk. Pure but for
 * reading; tested on the build machine. */
#ifndef ENSO_DRIVERS_PARTITION_H
#define ENSO_DRIVERS_PARTITION_H

#include <stddef.h>
#include <stdint.h>

struct partition {
    unsigned number;            /* as Linux numbers them */
    uint64_t first, sectors;    /* of 512 bytes */
};

#define PARTITIONS_MAX 128

/* Calls `each` for every partition of a disk of `sectors`, in the order of the table, until one returns
 * other than 0, which is returned. A GPT counts if its checksums are right (the second copy is asked if
 * the first is not), else a classic table with its logical partitions. `read` fills `page`, which is one
 * and aligned. 0 also if there is no table or it cannot be read. */
int partition_each(uint64_t sectors, void *page,
                   int (*read)(void *arg, uint64_t sector, void *buf, size_t bytes),
                   int (*each)(void *arg, const struct partition *p), void *arg);

#endif
