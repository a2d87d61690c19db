/* disk.c: a frontend as a pv_disk: calls that wait. */
#include "block/private.h"

#include <errno.h>

struct call {
    struct pv_blk_request request;
    struct pv_waitq queue;
    bool done;
    int error;
};

static void on_done(struct pv_blk_request *r, int error)
{
    struct call *c = r->arg;

    c->error = error;
    c->done = true;
    pv_wake(&c->queue);
}

static int call(struct pv_disk *disk, enum pv_blk_operation operation, uint64_t sector, uint64_t sectors,
                void *buf)
{
    struct call c = { .request = { .operation = operation, .sector = sector, .sectors = sectors,
                                   .buf = buf, .done = on_done } };
    int rc;

    c.request.arg = &c;
    pv_waitq_init(&c.queue);
    rc = pv_blkfront_submit((struct pv_blkfront *)disk, &c.request);
    if (rc)
        return rc;
    pv_wait_event(&c.queue, c.done);
    return c.error;
}

static int disk_read(struct pv_disk *disk, uint64_t sector, void *buf, size_t bytes)
{
    return bytes % SECTOR ? -EINVAL : call(disk, PV_BLK_READ, sector, bytes / SECTOR, buf);
}

static int disk_write(struct pv_disk *disk, uint64_t sector, const void *buf, size_t bytes)
{
    return bytes % SECTOR ? -EINVAL : call(disk, PV_BLK_WRITE, sector, bytes / SECTOR, (void *)buf);
}

/* A backend that offers no flush has no cache, or does not write. */
static int disk_flush(struct pv_disk *disk)
{
    int rc = call(disk, PV_BLK_FLUSH, 0, 0, NULL);

    return rc == -ENOTSUP ? 0 : rc;
}

static int disk_discard(struct pv_disk *disk, uint64_t sector, uint64_t sectors)
{
    return call(disk, PV_BLK_DISCARD, sector, sectors, NULL);
}

void pv_blk_disk_init(struct pv_blkfront *d)
{
    d->disk.read = disk_read;
    d->disk.write = disk_write;
    d->disk.flush = disk_flush;
    d->disk.discard = d->features.discard ? disk_discard : NULL;
}

struct pv_disk *pv_blkfront_disk(struct pv_blkfront *d)
{
    return &d->disk;
}
