/* block.c: reads, writes and flushes of one disk. */
#include <stdio.h>

#include <pv/blkfront.h>
#include <pv/error.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

#include "io.h"

#define DEPTH_MAX 32u
#define BYTES_MAX (128u << 10)
#define AREA      (64u << 20)
#define SECTOR    512u
#define FEW       8u            /* how much shorter the last round is */

static const struct kind {
    const char *name;
    enum pv_blk_operation operation;
    unsigned bytes, depth, count;
} kinds[] = {
    { "read of 4 KiB, one at a time",     PV_BLK_READ,  4096,      1,  256 },
    { "read of 4 KiB, 32 at a time",      PV_BLK_READ,  4096,      32, 1024 },
    { "write of 4 KiB, one at a time",    PV_BLK_WRITE, 4096,      1,  256 },
    { "write of 4 KiB, 32 at a time",     PV_BLK_WRITE, 4096,      32, 1024 },
    { "read of 128 KiB, one at a time",   PV_BLK_READ,  BYTES_MAX, 1,  128 },
    { "read of 128 KiB, 32 at a time",    PV_BLK_READ,  BYTES_MAX, 32, 512 },
    { "write of 128 KiB, one at a time",  PV_BLK_WRITE, BYTES_MAX, 1,  128 },
    { "write of 128 KiB, 32 at a time",   PV_BLK_WRITE, BYTES_MAX, 32, 512 },
    { "flush",                            PV_BLK_FLUSH, 0,         1,  256 },
};

static struct pv_blkfront *front;
static struct pv_blk_request requests[DEPTH_MAX];
static char *buffers;
static const struct kind *kind;
static unsigned wanted, submitted, finished, failed;    /* requests */
static struct pv_waitq queue = PV_WAITQ_INIT;

static void next(struct pv_blk_request *r);

static void on_done(struct pv_blk_request *r, int error)
{
    finished++;
    failed += error != 0;
    if (submitted < wanted)
        next(r);
    if (finished == wanted)
        pv_wake(&queue);
}

/* Steps of a prime number of blocks: neither in order nor often the same ones. */
static void next(struct pv_blk_request *r)
{
    uint64_t at = kind->bytes ? submitted * 61ull * kind->bytes % AREA / SECTOR : 0;

    *r = (struct pv_blk_request){
        .operation = kind->operation, .sector = at, .sectors = kind->bytes / SECTOR,
        .buf = buffers + (size_t)(r - requests) * BYTES_MAX, .done = on_done,
    };
    submitted++;
    if (pv_blkfront_submit(front, r)) {
        failed++;
        finished = wanted;          /* nobody would come back to submit the others */
    }
}

static void run(unsigned count)
{
    wanted = count;
    submitted = finished = 0;
    for (unsigned i = 0; i < kind->depth; i++)
        next(&requests[i]);
    while (finished < wanted)
        pv_wait(&queue, UINT64_MAX);
}

/* The first time is not measured. */
static int measure(void)
{
    run(kind->count);
    for (unsigned i = 0; i <= IO_ROUNDS; i++) {
        io_mark();
        run(i < IO_ROUNDS ? kind->count : kind->count / FEW);
        io_mark();
    }
    if (failed)
        printf("io: %u requests failed\n", failed);
    io_tell(kind->name, kind->count);
    return failed != 0;
}

int io_block(const char *disk)
{
    int rc = pv_blkfront_open(disk, pv_now_ns() + 20 * PV_NS_PER_SEC, &front);

    if (rc) {
        printf("io: %s: %s\n", disk, pv_errno_name(rc));
        return rc;
    }
    buffers = pv_pages_alloc(DEPTH_MAX * BYTES_MAX / PV_PAGE_SIZE);
    if (!buffers || pv_blkfront_disk(front)->sectors < AREA / SECTOR) {
        printf("io: %s\n", buffers ? "the disk is smaller than 64 MiB" : "there is no memory");
        return -1;
    }
    for (kind = kinds; kind < kinds + sizeof(kinds) / sizeof(kinds[0]) && rc == 0; kind++)
        rc = measure();
    return rc;
}
