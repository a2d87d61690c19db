/* disk.c: reads and writes of any length as requests to a block device. Memory that is aligned goes to the
 * device as it is, other memory through a buffer of the mount. */
#include "disk.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <pv/memory.h>

#include "../drivers/block/block.h"

#define STEP (BLOCK_SEGMENTS * PV_PAGE_SIZE)

static struct storage_mount *mount_of(struct pv_disk *d)
{
    return (struct storage_mount *)((char *)d - offsetof(struct storage_mount, disk));
}

/* One request at most: what there is room for in a request that begins at this address. */
static size_t piece(const void *buf, size_t bytes)
{
    size_t room = STEP - (uintptr_t)buf % PV_PAGE_SIZE;

    return bytes < room ? bytes : room / 4096 * 4096;
}

static int disk_read(struct pv_disk *d, uint64_t sector, void *buf, size_t bytes)
{
    struct storage_mount *m = mount_of(d);
    bool aligned = (uintptr_t)buf % BLOCK_SECTOR == 0;
    int rc = 0;

    for (size_t done = 0, n; rc == 0 && done < bytes; done += n) {
        char *to = (char *)buf + done;

        n = aligned ? piece(to, bytes - done) : bytes - done < STEP ? bytes - done : STEP;
        rc = block_transfer(m->device, BLOCK_READ, sector + done / BLOCK_SECTOR, aligned ? to : m->bounce, n);
        if (rc == 0 && !aligned)
            memcpy(to, m->bounce, n);
    }
    return rc;
}

static int disk_write(struct pv_disk *d, uint64_t sector, const void *buf, size_t bytes)
{
    struct storage_mount *m = mount_of(d);
    bool aligned = (uintptr_t)buf % BLOCK_SECTOR == 0;
    int rc = 0;

    for (size_t done = 0, n; rc == 0 && done < bytes; done += n) {
        const char *from = (const char *)buf + done;

        n = aligned ? piece(from, bytes - done) : bytes - done < STEP ? bytes - done : STEP;
        if (!aligned)
            memcpy(m->bounce, from, n);
        rc = block_transfer(m->device, BLOCK_WRITE, sector + done / BLOCK_SECTOR,
                            aligned ? (void *)(uintptr_t)from : m->bounce, n);
    }
    return rc;
}

static int disk_flush(struct pv_disk *d)
{
    return block_flush(mount_of(d)->device);
}

void storage_disk_init(struct storage_mount *m)
{
    m->disk = (struct pv_disk){
        .sectors = m->device->sectors, .granularity = m->device->granularity,
        .read_only = m->read_only || m->device->read_only,
        .read = disk_read, .write = disk_write, .flush = disk_flush,
    };
}
