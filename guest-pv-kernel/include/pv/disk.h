/* pv/disk.h: a disk as file systems use it, whatever it is (a frontend's device, a host's partition).
 * Calls wait; threads only. Sectors are 512 bytes. Buffers may be any mapped memory. Errors are negative
 * newlib numbers. */
#ifndef PV_DISK_H
#define PV_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pv_disk {
    uint64_t sectors;
    uint32_t granularity;       /* sectors of a block: reads and writes are whole blocks */
    bool read_only;
    int (*read)(struct pv_disk *d, uint64_t sector, void *buf, size_t bytes);
    int (*write)(struct pv_disk *d, uint64_t sector, const void *buf, size_t bytes);
    int (*flush)(struct pv_disk *d);                                    /* what was written is durable */
    int (*discard)(struct pv_disk *d, uint64_t sector, uint64_t sectors);   /* NULL: it cannot */
};

#endif
