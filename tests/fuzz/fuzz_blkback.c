/*
 * The block backend against a front end that writes what it likes into its part of the store, also between
 * two keys that are read, and into its ring, while the tools attach and take away its two devices and the
 * daemon is started again. Checked are the states that both ends must come to, that the console is not
 * filled, that everything is given back, and that another domain's device is served meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

#include "backends/block/blkback.h"
#include "kit/device.h"
#include "kit/kit.h"
#include "kit/store.h"
#include "storage/image.h"

#define DEVICES 2u
#define DISKS   4u              /* the last one is a file */
#define HELD    64u
#define SETTLING 12u            /* seconds until a front end that does not
                                 * let go is not waited for any more */

static const unsigned ids[DEVICES] = { 51712, 268435455 };
static struct { struct block_device device; int claims; bool written; } disks[DISKS];
static struct block_request *held[HELD];
static unsigned held_count;
static bool instant;

/* ---- what is around the backend ---- */

struct block_device *block_find(const char *name)
{
    for (unsigned i = 0; i < DISKS - 1; i++)
        if (strcmp(name, disks[i].device.name) == 0)
            return &disks[i].device;
    return NULL;
}

static unsigned number_of(const struct block_device *d)
{
    for (unsigned i = 0; i < DISKS; i++)
        if (d == &disks[i].device)
            return i;
    kit_wrong("no disk");
}

int block_claim(struct block_device *d, bool write)
{
    unsigned i = number_of(d);

    if (disks[i].written || (write && disks[i].claims))
        return -EBUSY;
    disks[i].claims++;
    disks[i].written = write;
    return 0;
}

void block_release(struct block_device *d, bool write)
{
    unsigned i = number_of(d);

    if (disks[i].claims-- == 0 || disks[i].written != write)
        kit_wrong("a disk is released that was not taken so");
    for (unsigned k = 0; k < held_count; k++)
        if (held[k]->device == d)
            kit_wrong("a disk is released that has a request");
    disks[i].written = false;
}

static void close_file(struct block_device *d)
{
    block_release(d, disks[DISKS - 1].written);
}

bool image_is_path(const char *target)
{
    return target[0] == '/' && strncmp(target, "/dev/", 5) != 0;
}

int image_open(const char *path, bool writable, struct block_device **out)
{
    int rc = strcmp(path, "/images/disk") == 0 ? block_claim(&disks[DISKS - 1].device, writable) : -ENOENT;

    if (rc == 0)
        *out = &disks[DISKS - 1].device;
    return rc;
}

static void complete(unsigned i, int error)
{
    struct block_request *b = held[i];
    bool on = pv_upcalls_disable();

    held[i] = held[--held_count];
    for (unsigned k = 0; k < b->segment_count && b->operation == BLOCK_READ; k++)
        memset(kit_machine(b->segments[k].machine, b->segments[k].bytes), 0xd1, b->segments[k].bytes);
    b->done(b, error);
    pv_upcalls_restore(on);
}

int block_submit(struct block_device *d, struct block_request *b)
{
    unsigned i = number_of(d);

    if (disks[i].claims == 0 ||
        (b->operation != BLOCK_READ && b->operation != BLOCK_FLUSH && !disks[i].written))
        kit_wrong("a disk is used that was not taken so");
    if (held_count == HELD)
        return -EIO;
    b->device = d;
    held[held_count++] = b;
    if (instant)
        complete(held_count - 1, 0);
    return 0;
}

static void idle(void)
{
    if (held_count)
        complete(0, 0);
}

/* ---- the tools ---- */

static void attach(domid_t domid, unsigned id, const char *params, const char *mode)
{
    if (params)
        kit_store_set(device_back(domid, id, "params"), params);
    if (mode)
        kit_store_set(device_back(domid, id, "mode"), mode);
    device_attach(domid, id);
}

static void attach_some(unsigned device)
{
    static const char *const targets[] = { "vda", "/dev/vdb", "/images/disk", "vda", "/images/other",
                                           "nothing", "", NULL };
    static const char *const modes[] = { "w", "r", "w", NULL };
    unsigned how = kit_byte();

    if (!device_is_attached(KIT_PEER, ids[device]))
        attach(KIT_PEER, ids[device], targets[how & 7], modes[how >> 3 & 3]);
}

/* ---- the front end ---- */

static const char *any_key(void)
{
    static const char *const keys[] = {
        "state", "ring-ref", "ring-ref0", "ring-ref1", "ring-ref2", "ring-ref3", "ring-page-order",
        "event-channel",
        "protocol", "multi-queue-num-queues", "queue-0/ring-ref", "queue-0/ring-ref0",
        "queue-0/event-channel",
        "state/below", "queue-0", "queue-0/ring-ref1",
    };

    return keys[kit_byte() % (sizeof(keys) / sizeof(keys[0]))];
}

static void set_front(unsigned device, const char *key, const char *value)
{
    kit_store_set(device_front(KIT_PEER, ids[device], key), value);
}

/* As a correct one connects; each device has a ring page of its own. */
static void connect(unsigned device)
{
    struct blkif_sring *sring = (struct blkif_sring *)kit_peer[device];

    SHARED_RING_INIT(sring);
    set_front(device, "ring-page-order", NULL);
    set_front(device, "queue-0", NULL);
    set_front(device, "multi-queue-num-queues", NULL);
    set_front(device, "protocol", "x86_64-abi");
    set_front(device, "ring-ref", device ? "1" : "0");
    set_front(device, "event-channel", "9");
    set_front(device, "state", "3");
}

static void request(unsigned device)
{
    struct blkif_sring *sring = (struct blkif_sring *)kit_peer[device];
    struct blkif_request r = { .operation = kit_byte() % 4, .nr_segments = 1, .sector_number = kit_byte(),
                               .seg = { { 8 + kit_byte() % 40, 0, 7 } } };

    sring->ring[sring->req_prod++ & 31].req = r;
    kit_event(kit_port(device));
}

/* Nobody acts any more: whatever was begun comes to its end. */
static void settle(void)
{
    kit_store_rest();
    for (unsigned i = 0; i < SETTLING || held_count; i++) {
        while (held_count)
            complete(0, 0);
        kit_run();
        kit_pass(1000000000);
    }
    for (unsigned i = 0; i < DEVICES; i++)
        device_check(KIT_PEER, ids[i]);
}

static void step(void)
{
    unsigned op = kit_byte(), device = op >> 4 & 1;

    switch (op % 16) {
    case 0:
        attach_some(device);
        break;
    case DEVICE_END ... DEVICE_LONG_VALUE:
        device_step(op % 16, op & 32, ids[device], any_key);
        break;
    case 6:
        connect(device);
        break;
    case 7:
        request(device);
        break;
    case 8:
        kit_plan_from_input();
        break;
    case 9:
        kit_grant(kit_byte() % 4, kit_byte() % 4, op & 32, op & 64);
        break;
    case 10:
        instant = op & 16;
        if (held_count)
            complete(kit_byte() % held_count, op & 32 ? -EIO : 0);
        break;
    case 11:
        kit_pass((uint64_t)kit_byte() << 28);
        break;
    case 12:
        if (op & 16) {
            device_anew();
            blkback_restart();
        }
        break;
    case 13:
        set_front(device, "state", (const char *[]){ "1", "4", "5", "6" }[op >> 5 & 3]);
        break;
    case 14:
        settle();
        break;
    default:
        kit_run();
        break;
    }
}

/* ---- the end ---- */

static void count(void *arg, unsigned device, const struct vbd_statistics *statistics)
{
    (void)device, (void)statistics;
    ++*(unsigned *)arg;
}

/* Another domain's device is served whatever the peer has done. */
static void check_bystander(void)
{
    attach(KIT_PEER + 1, ids[0], "vdc", "w");
    settle();
    device_check_served(KIT_PEER + 1, ids[0]);
}

static void finish(void)
{
    unsigned left = 0;

    settle();
    check_bystander();
    kit_store_set("/local/domain", NULL);
    settle();
    blkback_each(KIT_PEER, count, &left);
    blkback_each(KIT_PEER + 1, count, &left);
    for (unsigned i = 0; i < DISKS; i++)
        if (disks[i].claims)
            kit_wrong("%s is not given back", disks[i].device.name);
    if (left)
        kit_wrong("%u devices are left", left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;

    kit_input(data, size);
    kit_daemon = "vbd";
    kit_start();
    kit_idle = idle;
    device_start("vbd");
    held_count = 0;
    instant = false;
    memset(disks, 0, sizeof(disks));
    for (unsigned i = 0; i < DISKS; i++) {
        disks[i].device = (struct block_device){ .sectors = 200, .granularity = i & 1 ? 8 : 1,
                                                 .can_flush = true,
                                                 .can_discard = i & 1,
                                                 .discard_granularity = 8 };
        snprintf(disks[i].device.name, BLOCK_NAME, i == DISKS - 1 ? "file" : "vd%c", 'a' + (int)i);
    }
    disks[DISKS - 1].device.close = close_file;
    if (!started && blkback_start())
        abort();
    started = true;
    kit_run();
    while (kit_input_left())
        step();
    finish();
    kit_store_start();
    kit_end();
    return 0;
}
