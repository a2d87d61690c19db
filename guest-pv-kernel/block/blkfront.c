/* blkfront.c: a disk's frontend and the store: finding the disk, and following the backend's state. All of it
 * happens in the frontend's thread, which sleeps until the backend notifies or its state changes. */
#include "block/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/protocols.h>
#include <pv/console.h>
#include <pv/time.h>

#define TYPE        "vbd"
#define DEVICES     "device/" TYPE
#define STACK_BYTES (24u * 1024u)

static LIST_HEAD(, pv_blkfront) fronts = LIST_HEAD_INITIALIZER(fronts);

/* ---- connecting ---- */

/* Linux's backend tells these when it is connected, not before. */
static void read_features(struct pv_blkfront *d)
{
    uint64_t segments = pv_frontend_ask(&d->fe, "feature-max-indirect-segments", 0);

    d->features.segments = segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST ? BLKIF_MAX_SEGMENTS_PER_REQUEST
                         : segments < SEGMENTS ? (unsigned)segments : SEGMENTS;
    d->features.flush = pv_frontend_ask(&d->fe, "feature-flush-cache", 0) != 0;
    d->features.barrier = pv_frontend_ask(&d->fe, "feature-barrier", 0) != 0;
    d->features.discard = pv_frontend_ask(&d->fe, "feature-discard", 0) != 0;
}

/* The backend tells these when it is connected, and again when the disk has grown. */
static int read_size(struct pv_blkfront *d)
{
    uint64_t sectors = pv_frontend_ask(&d->fe, "sectors", 0);
    uint64_t bytes = pv_frontend_ask(&d->fe, "sector-size", SECTOR);
    char *mode = pv_key_text(d->fe.back, "mode");

    d->disk.read_only = (pv_frontend_ask(&d->fe, "info", 0) & VDISK_READONLY) || (mode && mode[0] == 'r');
    free(mode);
    if (bytes < SECTOR || bytes > PV_PAGE_SIZE || (bytes & (bytes - 1)) || sectors > UINT64_MAX / SECTOR)
        return -EPROTO;
    d->disk.granularity = (uint32_t)(bytes / SECTOR);
    d->disk.sectors = sectors - sectors % d->disk.granularity;
    return 0;
}

/* The largest ring that the backend takes; there are two ways to say it. */
static unsigned ring_order(const struct pv_blkfront *d)
{
    uint64_t order = pv_frontend_ask(&d->fe, "max-ring-page-order", 0);
    uint64_t pages = pv_frontend_ask(&d->fe, "max-ring-pages", 1);

    while (order < RING_ORDER && pages >= 2u << order)
        order++;
    return order < RING_ORDER ? (unsigned)order : RING_ORDER;
}

/* A ring of one page leaves nothing of a former, larger one. */
static int write_keys(void *device, uint32_t tx)
{
    struct pv_blkfront *d = device;
    unsigned pages = 1u << d->ring_order;
    char key[16];
    int rc = d->ring_order > 0 ? pv_key_put_number(tx, d->fe.front, "ring-page-order", d->ring_order)
                               : pv_key_clear(tx, d->fe.front, "ring-page-order");

    for (unsigned i = 0; rc == 0 && i < pages; i++) {
        snprintf(key, sizeof(key), d->ring_order ? "ring-ref%u" : "ring-ref", i);
        rc = pv_key_put_number(tx, d->fe.front, key, d->ring_refs[i]);
    }
    if (rc == 0)
        rc = pv_key_put_number(tx, d->fe.front, "event-channel", (uint64_t)d->port);
    if (rc == 0)
        rc = pv_key_put_number(tx, d->fe.front, "multi-queue-num-queues", 1);
    return rc ? rc : pv_key_put(tx, d->fe.front, "protocol", XEN_IO_PROTO_ABI_X86_64);
}

static int offer(void *device)
{
    struct pv_blkfront *d = device;
    int rc = pv_blk_ring_make(d, ring_order(d));

    if (rc == 0)
        rc = pv_frontend_tell(&d->fe, write_keys, XenbusStateInitialised);
    if (rc) {
        printf("pv: %s: no ring for the backend (error %d)\n", d->fe.front, -rc);
        pv_blk_ring_drop(d);
    }
    return rc;
}

static void connect(void *device)
{
    struct pv_blkfront *d = device;

    if (read_size(d)) {
        printf("pv: %s: the backend's sectors cannot be used\n", d->fe.front);
        pv_frontend_give_up(&d->fe);
        return;
    }
    if (d->fe.connected)
        return;
    read_features(d);
    pv_blk_disk_init(d);
    d->fe.connected = true;
    d->statistics.connections++;
    pv_frontend_set_state(&d->fe, XenbusStateConnected);
    pv_wake(&d->opened);
    pv_blk_pump(d);
}

static void disconnect(void *device, bool was)
{
    (void)was;
    pv_blk_ring_drop(device);
}

static void gone(void *device)
{
    struct pv_blkfront *d = device;

    pv_blk_fail_all(d, -ENODEV);
    pv_wake(&d->opened);
}

static const struct pv_frontend_ops ops = {
    .offer = offer, .connect = connect, .disconnect = disconnect, .gone = gone, .patient = true,
};

/* ---- the thread ---- */

static bool is_idle(const struct pv_blkfront *d)
{
    return TAILQ_EMPTY(&d->active) && !d->waiting;
}

static void take_answers(struct pv_blkfront *d)
{
    int rc = 1;

    d->kicked = false;
    while (rc == 1 && d->ring.sring) {
        rc = pv_blk_take_answers(d);
        if (rc == 1)
            pv_yield();
    }
    if (rc < 0) {
        printf("pv: %s: the backend answers what was not asked\n", d->fe.front);
        pv_frontend_give_up(&d->fe);
    }
}

static void run(void *arg)
{
    struct pv_blkfront *d = arg;

    while (!d->closing || !(d->fe.gone || is_idle(d))) {
        if (d->kicked && d->ring.sring)
            take_answers(d);
        if (pv_frontend_has_news(&d->fe)) {
            if (d->ring.sring)
                take_answers(d);        /* also what came with the backend's end */
            pv_frontend_look(&d->fe);
        }
        while (!(d->kicked && d->ring.sring) && !pv_frontend_has_news(&d->fe) &&
               !(d->closing && (d->fe.gone || is_idle(d))))
            pv_wait(&d->fe.watcher.waitq, UINT64_MAX);
    }
    pv_frontend_part(&d->fe);
    pv_blk_ring_free(d);
    d->ended = true;
    pv_wake(&d->opened);
}

/* ---- finding, opening, closing ---- */

static bool is_named(const char *number, const char *name)
{
    char directory[64], *back, *dev;
    bool same = strcmp(number, name) == 0;

    if (same)
        return true;
    snprintf(directory, sizeof(directory), DEVICES "/%.10s", number);
    back = pv_key_text(directory, "backend");
    dev = back ? pv_key_text(back, "dev") : NULL;
    same = dev && strcmp(dev, name) == 0;
    free(dev);
    free(back);
    return same;
}

static int find(const char *name, unsigned *number)
{
    char **names;
    size_t n;
    int rc = pv_xs_directory(PV_XS_NIL, DEVICES, &names, &n);

    if (rc)
        return rc;
    rc = -ENOENT;
    for (size_t i = 0; i < n && rc; i++)
        if (is_named(names[i], name)) {
            *number = (unsigned)strtoul(names[i], NULL, 10);
            rc = 0;
        }
    free(names);
    return rc;
}

static int start(struct pv_blkfront *d)
{
    int rc = pv_frontend_start(&d->fe, TYPE, d->number, &ops, d);

    if (rc)
        return rc;
    if (pv_thread_create("blkfront", STACK_BYTES, run, d))
        return 0;
    pv_frontend_free(&d->fe);
    return -ENOMEM;
}

static struct pv_blkfront *make(unsigned number)
{
    struct pv_blkfront *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->number = number;
    d->disk.granularity = 1;
    pv_waitq_init(&d->opened);
    pv_blk_ring_init(d);
    return d;
}

int pv_blkfront_open(const char *name, uint64_t deadline_ns, struct pv_blkfront **disk)
{
    struct pv_blkfront *d;
    unsigned number;
    int rc = find(name, &number);

    if (rc)
        return rc;
    LIST_FOREACH(d, &fronts, link)
        if (d->number == number)
            return -EBUSY;
    d = make(number);
    if (!d)
        return -ENOMEM;
    LIST_INSERT_HEAD(&fronts, d, link);
    rc = start(d);
    if (rc) {
        LIST_REMOVE(d, link);
        free(d);
        return rc;
    }
    while (!d->fe.connected && !d->fe.gone)
        if (!pv_wait(&d->opened, deadline_ns))
            break;
    if (!d->fe.connected) {
        rc = d->fe.gone ? -ENODEV : -ETIMEDOUT;
        pv_blkfront_close(d);
        return rc;
    }
    *disk = d;
    return 0;
}

void pv_blkfront_close(struct pv_blkfront *d)
{
    d->closing = true;
    pv_wake(&d->fe.watcher.waitq);
    pv_wait_event(&d->opened, d->ended);
    LIST_REMOVE(d, link);
    pv_frontend_free(&d->fe);
    free(d);
}

/* ---- requests ---- */

static bool is_within(const struct pv_disk *disk, uint64_t sector, uint64_t sectors)
{
    return sectors > 0 && sector <= disk->sectors && sectors <= disk->sectors - sector &&
           (sector | sectors) % disk->granularity == 0;
}

static int check(const struct pv_blkfront *d, const struct pv_blk_request *r)
{
    if (d->fe.gone || d->closing)
        return -ENODEV;
    switch (r->operation) {
    case PV_BLK_FLUSH:
        return r->sectors ? -EINVAL : d->features.flush || d->features.barrier ? 0 : -ENOTSUP;
    case PV_BLK_DISCARD:
        if (!d->features.discard)
            return -ENOTSUP;
        /* fallthrough */
    case PV_BLK_WRITE:
        if (d->disk.read_only)
            return -EROFS;
        /* fallthrough */
    case PV_BLK_READ:
        return is_within(&d->disk, r->sector, r->sectors) ? 0 : -EINVAL;
    }
    return -EINVAL;
}

int pv_blkfront_submit(struct pv_blkfront *d, struct pv_blk_request *r)
{
    int rc = check(d, r);

    if (rc)
        return rc;
    r->next = NULL;
    r->issued = r->parts = 0;
    r->error = 0;
    *d->waiting_end = r;
    d->waiting_end = &r->next;
    pv_blk_pump(d);
    return 0;
}

void pv_blkfront_statistics(const struct pv_blkfront *d, struct pv_blkfront_statistics *statistics)
{
    *statistics = d->statistics;
    statistics->ring_slots = d->ring.sring ? RING_SIZE(&d->ring) : 0;
    statistics->segments = d->features.segments;
}
