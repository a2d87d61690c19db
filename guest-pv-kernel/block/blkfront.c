/* blkfront.c: a disk's frontend and the store: finding the disk, and following the backend's state. All of it
 * happens in the frontend's thread, which sleeps until the backend notifies or its state changes. */
#include "block/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/protocols.h>
#include <pv/console.h>
#include <pv/time.h>

#define DEVICES     "device/vbd"
#define TOKEN       "blkfront"
#define STACK_BYTES (24u * 1024u)
#define CLOSE_NS    (5 * PV_NS_PER_SEC)     /* what a backend may take to let go */

static LIST_HEAD(, pv_blkfront) fronts = LIST_HEAD_INITIALIZER(fronts);

/* ---- keys ---- */

static char *read_text(const char *directory, const char *key)
{
    char path[192], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

static uint64_t read_number(const char *directory, const char *key, uint64_t otherwise)
{
    char path[192];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read_u64(PV_XS_NIL, path, &value) ? otherwise : value;
}

static int put(const struct pv_blkfront *d, uint32_t tx, const char *key, uint64_t value)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", d->front, key);
    return pv_xs_printf(tx, path, "%" PRIu64, value);
}

static void set_state(struct pv_blkfront *d, enum xenbus_state state)
{
    d->state = state;
    put(d, PV_XS_NIL, "state", state);
}

static enum xenbus_state backend_state(const struct pv_blkfront *d)
{
    return (enum xenbus_state)read_number(d->back, "state", XenbusStateUnknown);
}

/* ---- connecting ---- */

static void read_features(struct pv_blkfront *d)
{
    uint64_t segments = read_number(d->back, "feature-max-indirect-segments", 0);

    d->features.segments = segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST ? BLKIF_MAX_SEGMENTS_PER_REQUEST
                         : segments < SEGMENTS ? (unsigned)segments : SEGMENTS;
    d->features.flush = read_number(d->back, "feature-flush-cache", 0) != 0;
    d->features.barrier = read_number(d->back, "feature-barrier", 0) != 0;
    d->features.discard = read_number(d->back, "feature-discard", 0) != 0;
}

/* The backend tells these when it is connected, and again when the disk has grown. */
static int read_size(struct pv_blkfront *d)
{
    uint64_t sectors = read_number(d->back, "sectors", 0);
    uint64_t bytes = read_number(d->back, "sector-size", SECTOR);
    char *mode = read_text(d->back, "mode");

    d->disk.read_only = (read_number(d->back, "info", 0) & VDISK_READONLY) || (mode && mode[0] == 'r');
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
    uint64_t order = read_number(d->back, "max-ring-page-order", 0);
    uint64_t pages = read_number(d->back, "max-ring-pages", 1);

    while (order < RING_ORDER && pages >= 2u << order)
        order++;
    return order < RING_ORDER ? (unsigned)order : RING_ORDER;
}

static int write_keys(const struct pv_blkfront *d, uint32_t tx)
{
    unsigned pages = 1u << d->ring_order;
    char key[16], path[96];
    int rc = 0;

    if (d->ring_order > 0)
        rc = put(d, tx, "ring-page-order", d->ring_order);
    for (unsigned i = 0; rc == 0 && i < pages; i++) {
        snprintf(key, sizeof(key), d->ring_order ? "ring-ref%u" : "ring-ref", i);
        rc = put(d, tx, key, d->ring_refs[i]);
    }
    if (rc == 0)
        rc = put(d, tx, "event-channel", (uint64_t)d->port);
    if (rc == 0)
        rc = put(d, tx, "multi-queue-num-queues", 1);
    snprintf(path, sizeof(path), "%s/protocol", d->front);
    return rc ? rc : pv_xs_write(tx, path, XEN_IO_PROTO_ABI_X86_64, strlen(XEN_IO_PROTO_ABI_X86_64));
}

/* A ring of one page leaves nothing of a former, larger one. */
static int publish(struct pv_blkfront *d)
{
    char path[96];
    uint32_t tx;
    int rc;

    do {
        rc = pv_xs_transaction_start(&tx);
        if (rc)
            return rc;
        snprintf(path, sizeof(path), "%s/ring-page-order", d->front);
        pv_xs_rm(tx, path);
        rc = write_keys(d, tx);
        if (rc) {
            pv_xs_transaction_end(tx, false);
            return rc;
        }
        rc = pv_xs_transaction_end(tx, true);
    } while (rc == -EAGAIN);
    return rc;
}

static void offer_ring(struct pv_blkfront *d)
{
    int rc;

    d->backend = (domid_t)read_number(d->front, "backend-id", 0);
    read_features(d);
    rc = pv_blk_ring_make(d, ring_order(d));
    if (rc == 0)
        rc = publish(d);
    if (rc) {
        printf("pv: %s: no ring for the backend (error %d)\n", d->front, -rc);
        pv_blk_ring_drop(d);
        return;
    }
    set_state(d, XenbusStateInitialised);
}

static void disconnect(struct pv_blkfront *d)
{
    d->connected = false;
    pv_blk_ring_drop(d);
}

/* There is no backend any more, or one that cannot be understood. */
static void give_up(struct pv_blkfront *d)
{
    disconnect(d);
    d->gone = true;
    pv_blk_fail_all(d, -ENODEV);
    set_state(d, XenbusStateClosed);
    pv_wake(&d->opened);
}

static void connect(struct pv_blkfront *d)
{
    if (read_size(d)) {
        printf("pv: %s: the backend's sectors cannot be used\n", d->front);
        give_up(d);
        return;
    }
    if (d->connected)
        return;
    pv_blk_disk_init(d);
    d->connected = true;
    d->statistics.connections++;
    set_state(d, XenbusStateConnected);
    pv_wake(&d->opened);
    pv_blk_pump(d);
}

/* ---- the backend's state ---- */

/* It closes, for good or to come back: it is sent no more, answers what it has, and lets go of the ring. */
static void backend_closes(struct pv_blkfront *d)
{
    d->connected = false;
    if (d->state != XenbusStateClosed)
        set_state(d, XenbusStateClosed);
}

/* A backend that is there and closed is asked once to serve us again: a refusal is not asked again. */
static void backend_has_closed(struct pv_blkfront *d)
{
    if (read_number(d->back, "online", 0) == 0) {
        give_up(d);
    } else if (d->state != XenbusStateInitialising) {
        disconnect(d);
        set_state(d, XenbusStateInitialising);
    }
}

static void follow(struct pv_blkfront *d)
{
    enum xenbus_state state = backend_state(d);

    if (d->gone)
        return;
    switch (state) {
    case XenbusStateInitWait:
        disconnect(d);
        offer_ring(d);
        break;
    case XenbusStateConnected:
        if (d->ring.sring)
            connect(d);
        break;
    case XenbusStateClosing:
        backend_closes(d);
        break;
    case XenbusStateClosed:
        backend_has_closed(d);
        break;
    case XenbusStateUnknown:
        if (read_number(d->back, "online", UINT64_MAX) == UINT64_MAX)
            give_up(d);         /* its whole directory is gone */
        break;
    default:
        break;
    }
}

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
        printf("pv: %s: the backend answers what was not asked\n", d->front);
        give_up(d);
    }
}

/* The last words: the backend lets go of the ring before our memory is others'. */
static void part(struct pv_blkfront *d)
{
    uint64_t deadline = pv_now_ns() + CLOSE_NS;

    d->connected = false;
    if (!d->gone) {
        set_state(d, XenbusStateClosing);
        while (backend_state(d) == XenbusStateConnected && pv_now_ns() < deadline)
            pv_xs_watch_next(&d->watcher, deadline, NULL, NULL);
        set_state(d, XenbusStateClosed);
        while (backend_state(d) < XenbusStateClosed && backend_state(d) != XenbusStateUnknown &&
               pv_now_ns() < deadline)
            pv_xs_watch_next(&d->watcher, deadline, NULL, NULL);
    }
    pv_xs_watcher_close(&d->watcher);
    pv_blk_ring_free(d);
}

static void run(void *arg)
{
    struct pv_blkfront *d = arg;

    while (!d->closing || !(d->gone || is_idle(d))) {
        if (d->kicked && d->ring.sring)
            take_answers(d);
        if (d->watcher.queued && pv_xs_watch_next(&d->watcher, 0, NULL, NULL) == 0) {
            if (d->ring.sring)
                take_answers(d);        /* also what came with the backend's end */
            follow(d);
        }
        while (!(d->kicked && d->ring.sring) && !d->watcher.queued &&
               !(d->closing && (d->gone || is_idle(d))))
            pv_wait(&d->watcher.waitq, UINT64_MAX);
    }
    part(d);
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
    back = read_text(directory, "backend");
    dev = back ? read_text(back, "dev") : NULL;
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
    char *back = read_text(d->front, "backend"), path[160];
    int rc;

    if (!back || strlen(back) >= sizeof(d->back)) {
        free(back);
        return -ENOENT;
    }
    strcpy(d->back, back);
    free(back);
    set_state(d, XenbusStateInitialising);
    snprintf(path, sizeof(path), "%s/state", d->back);
    rc = pv_xs_watch(&d->watcher, path, TOKEN);
    if (rc)
        return rc;
    d->thread = pv_thread_create("blkfront", STACK_BYTES, run, d);
    if (d->thread)
        return 0;
    pv_xs_watcher_close(&d->watcher);
    return -ENOMEM;
}

static struct pv_blkfront *make(unsigned number)
{
    struct pv_blkfront *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->number = number;
    d->disk.granularity = 1;
    snprintf(d->front, sizeof(d->front), DEVICES "/%u", number);
    pv_waitq_init(&d->opened);
    pv_xs_watcher_init(&d->watcher);
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
    while (!d->connected && !d->gone)
        if (!pv_wait(&d->opened, deadline_ns))
            break;
    if (!d->connected) {
        rc = d->gone ? -ENODEV : -ETIMEDOUT;
        pv_blkfront_close(d);
        return rc;
    }
    *disk = d;
    return 0;
}

void pv_blkfront_close(struct pv_blkfront *d)
{
    d->closing = true;
    pv_wake(&d->watcher.waitq);
    pv_wait_event(&d->opened, d->ended);
    LIST_REMOVE(d, link);
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
    if (d->gone || d->closing)
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
