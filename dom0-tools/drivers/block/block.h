/*
 * block.h: the host's block devices, disks and their partitions, behind one interface:
 * requests are submitted and come back by a callback. Drivers register disks here; backends,
 * file systems and commands use them.
 *
 * Sectors are 512 bytes here, whatever the device's own are. Errors are negative newlib numbers. Threads
 * and event handlers may submit; callbacks run with upcalls off, from the device's event or from within
 * submit, and must not wait.
 */
#ifndef ENSO_DRIVERS_BLOCK_H
#define ENSO_DRIVERS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_SECTOR   512U
#define BLOCK_SEGMENTS 32       /* memory pieces of a request at the most */
#define BLOCK_NAME     16

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD };

/* Memory as the device sees it: within one page, a multiple of 512 bytes. */
struct block_segment {
    uint64_t machine;
    uint32_t bytes;
};

struct block_device;

/* One request. The submitter fills in the first part and leaves it alone until `done`, which may reuse it. */
struct block_request {
    enum block_operation operation;
    uint64_t sector;            /* reads, writes, discards */
    uint64_t sectors;           /* discards; elsewhere the segments say */
    struct block_segment segments[BLOCK_SEGMENTS];
    unsigned segment_count;
    /* error: 0; -EIO the device failed or did not answer in time */
    void (*done)(struct block_request *r, int error);
    void *arg;
    bool hurry;                 /* may be set meanwhile: what is left of a discard need not be done */

    /* From here on the device's. */
    struct block_device *device;
    void (*above)(struct block_request *r, int error);  /* `done` and `arg`, kept by a device that */
    void *above_arg;                                    /* passes the request on to another */
    struct block_request *next;
    uint64_t started;           /* system time */
};

struct block_statistics {
    uint64_t reads, writes, flushes, discards, errors;
    uint64_t sectors_read, sectors_written;
};

struct block_device {
    char name[BLOCK_NAME];              /* "vda"; a partition: "vda1" */
    uint64_t sectors;
    uint32_t granularity;               /* sectors of the device's own block: 1 or 8, mostly */
    uint32_t discard_granularity;       /* with can_discard: sectors that are given back together */
    bool read_only, can_flush, can_discard;
    unsigned users;                     /* block_claim() */
    struct block_statistics statistics;
    /* A disk's driver: takes a checked request of the whole disk. Called with upcalls off. */
    void (*start)(struct block_device *d, struct block_request *r);
    /* NULL, or called when its user is done with it: it was made for him, and is
     * not in the list (storage/image.c). */
    void (*close)(struct block_device *d);
    /* A partition: its disk and where it begins there. */
    struct block_device *disk;
    uint64_t first;
};

/* Adds a disk and then its partitions (GPT, or a classic table). The structure
 * stays the caller's. 0, or -ENOMEM. */
int block_register(struct block_device *d);

/* The i-th device: each disk is followed by its partitions. NULL behind the last. */
struct block_device *block_device(size_t i);
struct block_device *block_find(const char *name);

/* Takes a device for writing by one user, or for reading by many; a disk and its
 * partitions exclude each other likewise.
 * -EBUSY somebody has it; -EROFS. */
int block_claim(struct block_device *d, bool write);
void block_release(struct block_device *d, bool write);

/* Starts a request. 0: `done` will be called, once. -EINVAL outside of the device, not whole
 * blocks of it, or no or too many segments; -EROFS; -ENOTSUP no such operation on this
 * device: then `done` is not called. */
int block_submit(struct block_device *d, struct block_request *r);

/* The simple way: waits. `buf` is any mapped memory of this domain, aligned to 512 bytes; a multiple of
 * 512 bytes in at most BLOCK_SEGMENTS pages. Threads only. -EINVAL, or as block_submit(). */
int block_transfer(struct block_device *d, enum block_operation operation, uint64_t sector, void *buf,
                   size_t bytes);
int block_read(struct block_device *d, uint64_t sector, void *buf, size_t bytes);
int block_write(struct block_device *d, uint64_t sector, const void *buf, size_t bytes);
int block_flush(struct block_device *d);

#endif
