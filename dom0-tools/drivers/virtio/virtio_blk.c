/* virtio_blk.c: virtio disks: requests of block.h become chains of a header, memory and a status
 * byte. What does not fit into the queue waits in a list. A device that does not answer for LIMIT is
 * reset, and everything it had fails. */
#include "virtio_blk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <pv/console.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

#include "../block/block.h"
#include "virtio.h"

#define F_READ_ONLY  (UINT64_C(1) << 5)
#define F_BLOCK_SIZE (UINT64_C(1) << 6)
#define F_FLUSH      (UINT64_C(1) << 9)
#define F_DISCARD    (UINT64_C(1) << 13)

enum { CONFIG_CAPACITY = 0, CONFIG_BLOCK_SIZE = 20, CONFIG_MAX_DISCARD = 36 };
enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4, TYPE_DISCARD = 11 };

#define LIMIT (30 * PV_NS_PER_SEC)
#define QUEUE 0

/* What a request has in memory beside its data. Every chain has two descriptors at the least. */
struct slot {
    struct { uint32_t type, reserved; uint64_t sector; } header;
    struct { uint64_t sector; uint32_t sectors, flags; } discard;
    uint8_t status;
    uint8_t pad[31];
};

#define SLOTS (VIRTQ_MAX / 2)
_Static_assert(sizeof(struct slot) == 64 && SLOTS * sizeof(struct slot) == 4096,
               "all slots are one page, none crosses one");

struct disk {
    struct block_device block;
    struct virtio virtio;
    struct virtq queue;
    struct slot *slots;
    struct block_request *in_slot[SLOTS];
    struct block_request *waiting, **waiting_end;
    uint32_t max_discard;       /* sectors */
    bool dead;
};

static int find_slot(const struct disk *d)
{
    for (int i = 0; i < SLOTS; i++)
        if (!d->in_slot[i])
            return i;
    return -1;
}

static const uint32_t types[] = {
    [BLOCK_READ] = TYPE_READ, [BLOCK_WRITE] = TYPE_WRITE, [BLOCK_FLUSH] = TYPE_FLUSH,
    [BLOCK_DISCARD] = TYPE_DISCARD,
};

static unsigned describe(struct slot *s, const struct block_request *r, struct virtq_part *parts)
{
    uint64_t at = pv_virt_to_machine(s);
    unsigned n = 0;

    s->header.type = types[r->operation];
    s->header.reserved = 0;
    s->header.sector = r->operation <= BLOCK_WRITE ? r->sector : 0;
    s->status = 0xff;
    parts[n++] = (struct virtq_part){ at, sizeof(s->header), false };
    if (r->operation == BLOCK_DISCARD) {
        s->discard.sector = r->sector;
        s->discard.sectors = (uint32_t)r->sectors;
        s->discard.flags = 0;
        parts[n++] = (struct virtq_part){ at + offsetof(struct slot, discard), sizeof(s->discard), false };
    }
    for (unsigned i = 0; r->operation <= BLOCK_WRITE && i < r->segment_count; i++)
        parts[n++] = (struct virtq_part){ r->segments[i].machine, r->segments[i].bytes,
                                          r->operation == BLOCK_READ };
    parts[n++] = (struct virtq_part){ at + offsetof(struct slot, status), 1, true };
    return n;
}

/* False: no room now. */
static bool send(struct disk *d, struct block_request *r)
{
    struct virtq_part parts[BLOCK_SEGMENTS + 3];
    int i = find_slot(d);

    if (i < 0 || !virtq_add(&d->queue, parts, describe(&d->slots[i], r, parts), &d->in_slot[i]))
        return false;
    d->in_slot[i] = r;
    return true;
}

static void send_waiting(struct disk *d)
{
    bool any = false;

    while (d->waiting && send(d, d->waiting)) {
        d->waiting = d->waiting->next;
        any = true;
    }
    if (!d->waiting)
        d->waiting_end = &d->waiting;
    if (any && virtq_publish(&d->queue))
        virtio_notify(&d->virtio, QUEUE);
}

static void complete(struct block_request *r, int error)
{
    r->device->statistics.errors += error != 0;
    r->done(r, error);
}

/* Upcalls are off. */
static void start(struct block_device *b, struct block_request *r)
{
    struct disk *d = (struct disk *)b;

    if (d->dead || (r->operation == BLOCK_DISCARD && r->sectors > d->max_discard)) {
        complete(r, -EIO);
        return;
    }
    *d->waiting_end = r;
    d->waiting_end = &r->next;
    send_waiting(d);
}

/* The device keeps nothing; whoever waits is told so. Upcalls are off. */
static void give_up(struct disk *d, const char *why)
{
    struct block_request **slot, *r;

    /* Not printf: this may be an event handler. */
    pv_console_emergency("enso: disk %s %s: it is given up\n", d->block.name, why);
    d->dead = true;
    virtio_reset(&d->virtio);
    while ((slot = virtq_reclaim(&d->queue)) != NULL) {
        r = *slot;
        *slot = NULL;
        complete(r, -EIO);
    }
    while ((r = d->waiting) != NULL) {
        d->waiting = r->next;
        complete(r, -EIO);
    }
    d->waiting_end = &d->waiting;
}

static void finish(struct disk *d, struct block_request **slot)
{
    struct block_request *r = *slot;
    uint8_t status = __atomic_load_n(&d->slots[slot - d->in_slot].status, __ATOMIC_RELAXED);

    *slot = NULL;
    complete(r, status == 0 ? 0 : -EIO);
}

static void on_used(evtchn_port_t port, void *arg)
{
    struct disk *d = arg;
    struct block_request **slot;
    uint32_t bytes;
    bool broken = false;

    (void)port;
    if (d->dead)
        return;
    do {
        while ((slot = virtq_take(&d->queue, &bytes, &broken)) != NULL)
            finish(d, slot);
    } while (!broken && virtq_arm(&d->queue));
    if (broken)
        give_up(d, "names requests that it does not have");
    else
        send_waiting(d);
}

/* Looks now and then whether something has been out there for too long. */
static void watch(void *arg)
{
    struct disk *d = arg;

    while (!d->dead) {
        uint64_t now;
        bool on;

        pv_sleep_ns(PV_NS_PER_SEC);
        on = pv_upcalls_disable();
        now = pv_now_ns();
        for (unsigned i = 0; i < SLOTS && !d->dead; i++)
            if (d->in_slot[i] && now - d->in_slot[i]->started > LIMIT)
                give_up(d, "does not answer");
        pv_upcalls_restore(on);
    }
}

static void read_config(struct disk *d)
{
    uint64_t features = d->virtio.features;
    uint32_t block = features & F_BLOCK_SIZE ? virtio_config32(&d->virtio, CONFIG_BLOCK_SIZE) : BLOCK_SECTOR;

    d->block.sectors = virtio_config64(&d->virtio, CONFIG_CAPACITY);
    d->block.granularity = block >= BLOCK_SECTOR && block <= 4096 ? block / BLOCK_SECTOR : 1;
    d->block.read_only = features & F_READ_ONLY;
    d->block.can_flush = features & F_FLUSH;
    d->max_discard = features & F_DISCARD ? virtio_config32(&d->virtio, CONFIG_MAX_DISCARD) : 0;
    d->block.can_discard = d->max_discard != 0;
    d->block.discard_granularity = d->block.granularity;
}

static int open_disk(struct disk *d, struct pci_function *f)
{
    int rc = virtio_open(&d->virtio, f, F_READ_ONLY | F_BLOCK_SIZE | F_FLUSH | F_DISCARD);

    if (rc)
        return rc;
    d->slots = pv_pages_alloc(1);
    if (!d->slots)
        return -ENOMEM;
    read_config(d);
    rc = virtio_queue(&d->virtio, QUEUE, &d->queue, on_used, d);
    if (rc)
        return rc;
    virtq_arm(&d->queue);
    virtio_start(&d->virtio);
    return pv_thread_create(d->block.name, 0, watch, d) ? block_register(&d->block) : -ENOMEM;
}

int virtio_blk_open(struct pci_function *f, unsigned number)
{
    struct disk *d = calloc(1, sizeof(*d));
    int rc;

    if (!d)
        return -ENOMEM;
    d->waiting_end = &d->waiting;
    d->block.start = start;
    snprintf(d->block.name, sizeof(d->block.name), "vd%c", (int)('a' + number));
    rc = open_disk(d, f);
    if (rc == 0)
        f->driver = "virtio-blk";
    else if (d->virtio.registers)
        virtio_reset(&d->virtio);       /* d stays: an event may still name it */
    return rc;
}
