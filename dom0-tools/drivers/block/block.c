/* block.c: the list of devices, and the one place where requests are checked. */
#include "block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

#include "partition.h"

#define PAGE 4096U

static struct block_device **devices;
static size_t count;

struct block_device *block_device(size_t i)
{
    return i < count ? devices[i] : NULL;
}

struct block_device *block_find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(devices[i]->name, name) == 0)
            return devices[i];
    return NULL;
}

static int add(struct block_device *d)
{
    struct block_device **more = realloc(devices, (count + 1) * sizeof(*more));

    if (!more)
        return -ENOMEM;
    devices = more;
    devices[count++] = d;
    return 0;
}

static int add_partition(void *arg, const struct partition *p)
{
    struct block_device *disk = arg, *d = calloc(1, sizeof(*d));
    int rc;

    if (!d)
        return -ENOMEM;
    *d = *disk;
    snprintf(d->name, sizeof(d->name), "%.10s%u", disk->name, p->number);
    d->sectors = p->sectors;
    d->disk = disk;
    d->first = p->first;
    d->users = 0;
    memset(&d->statistics, 0, sizeof(d->statistics));
    rc = add(d);
    if (rc)
        free(d);
    return rc;
}

static int read_disk(void *arg, uint64_t sector, void *buf, size_t bytes)
{
    return block_read(arg, sector, buf, bytes);
}

int block_register(struct block_device *d)
{
    void *page = pv_pages_alloc(1);
    int rc = page ? add(d) : -ENOMEM;

    if (rc == 0)
        rc = partition_each(d->sectors, page, read_disk, add_partition, d);
    if (page)
        pv_pages_free(page, 1);
    return rc;
}

/* ---- users ---- */

#define WRITER 0x10000U         /* in `users`, beside a count of readers */

/* Whoever overlaps d: itself, its disk, or its partitions. */
static bool overlaps(const struct block_device *a, const struct block_device *d)
{
    return a == d || a->disk == d || d->disk == a;
}

int block_claim(struct block_device *d, bool write)
{
    if (write && d->read_only)
        return -EROFS;
    for (size_t i = 0; i < count; i++)
        if (overlaps(devices[i], d) && (write ? devices[i]->users != 0 : (devices[i]->users & WRITER) != 0))
            return -EBUSY;
    d->users += write ? WRITER : 1;
    return 0;
}

void block_release(struct block_device *d, bool write)
{
    d->users -= write ? WRITER : 1;
}

/* ---- requests ---- */

/* Bytes of all segments; 0: one of them is no good. */
static uint64_t bytes_of(const struct block_request *r)
{
    uint64_t bytes = 0;

    if (r->segment_count > BLOCK_SEGMENTS)
        return 0;
    for (unsigned i = 0; i < r->segment_count; i++) {
        const struct block_segment *s = &r->segments[i];

        if (s->bytes == 0 || s->bytes % BLOCK_SECTOR || s->machine % PAGE + s->bytes > PAGE)
            return 0;
        bytes += s->bytes;
    }
    return bytes;
}

static bool within(const struct block_device *d, uint64_t sector, uint64_t sectors)
{
    return sectors && sector <= d->sectors && sectors <= d->sectors - sector &&
           sector % d->granularity == 0 && sectors % d->granularity == 0;
}

static int check(const struct block_device *d, struct block_request *r)
{
    switch (r->operation) {
    case BLOCK_FLUSH:
        return 0;
    case BLOCK_READ:
    case BLOCK_WRITE:
        r->sectors = bytes_of(r) / BLOCK_SECTOR;
        break;
    case BLOCK_DISCARD:
        if (!d->can_discard)
            return -ENOTSUP;
        break;
    default:
        return -ENOTSUP;
    }
    if (r->operation != BLOCK_READ && d->read_only)
        return -EROFS;
    return within(d, r->sector, r->sectors) ? 0 : -EINVAL;
}

static void count_request(struct block_statistics *s, const struct block_request *r)
{
    switch (r->operation) {
    case BLOCK_READ:
        s->reads++;
        s->sectors_read += r->sectors;
        break;
    case BLOCK_WRITE:
        s->writes++;
        s->sectors_written += r->sectors;
        break;
    case BLOCK_FLUSH:
        s->flushes++;
        break;
    case BLOCK_DISCARD:
        s->discards++;
        break;
    }
}

int block_submit(struct block_device *d, struct block_request *r)
{
    struct block_device *disk = d->disk ? d->disk : d;
    int rc = check(d, r);
    bool on;

    if (rc)
        return rc;
    on = pv_upcalls_disable();
    count_request(&d->statistics, r);
    r->device = d;
    r->next = NULL;
    r->started = pv_now_ns();
    if (r->operation == BLOCK_FLUSH && !disk->can_flush) {
        r->done(r, 0);      /* a device without a cache: what was written is there */
    } else {
        r->sector += d->disk ? d->first : 0;
        disk->start(disk, r);
    }
    pv_upcalls_restore(on);
    return 0;
}

/* ---- the simple way ---- */

struct waiter {
    struct pv_waitq queue;
    bool done;
    int error;
};

static void wake_waiter(struct block_request *r, int error)
{
    struct waiter *w = r->arg;

    w->error = error;
    w->done = true;
    pv_wake(&w->queue);
}

static int submit_and_wait(struct block_device *d, struct block_request *r)
{
    struct waiter w = { .queue = PV_WAITQ_INIT };
    int rc;

    r->done = wake_waiter;
    r->arg = &w;
    rc = block_submit(d, r);
    if (rc)
        return rc;
    pv_wait_event(&w.queue, w.done);
    return w.error;
}

int block_transfer(struct block_device *d, enum block_operation operation, uint64_t sector, void *buf,
                   size_t bytes)
{
    struct block_request r = { .operation = operation, .sector = sector };

    for (size_t at = 0, n; at < bytes; at += n) {
        size_t room = PAGE - ((uintptr_t)buf + at) % PAGE;

        n = bytes - at < room ? bytes - at : room;
        if (r.segment_count == BLOCK_SEGMENTS)
            return -EINVAL;
        r.segments[r.segment_count++] = (struct block_segment){ pv_virt_to_machine((char *)buf + at),
                                                                (uint32_t)n };
    }
    return submit_and_wait(d, &r);
}

int block_read(struct block_device *d, uint64_t sector, void *buf, size_t bytes)
{
    return block_transfer(d, BLOCK_READ, sector, buf, bytes);
}

int block_write(struct block_device *d, uint64_t sector, const void *buf, size_t bytes)
{
    return block_transfer(d, BLOCK_WRITE, sector, (void *)(uintptr_t)buf, bytes);
}

int block_flush(struct block_device *d)
{
    struct block_request r = { .operation = BLOCK_FLUSH };

    return submit_and_wait(d, &r);
}
