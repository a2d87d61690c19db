/* blkback.c: see blkback.h. The host's disk of a device, what is published of it, and the ring's keys. What a
 * front end writes is read key by key, with limits, and checked. */
#include "blkback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <pv/error.h>

#include "../../drivers/block/block.h"
#include "../../storage/image.h"
#include "../xenbus/backend.h"

#define STACK_BYTES (32u * 1024u)

struct device {
    struct backend_device common;
    struct block_device *block;
    bool read_only, discard;
    struct vbd *vbd;            /* while connected */
    bool shut;                  /* the vbd was told to end, as `end` says */
    enum vbd_end end;
};

static struct backend backend;

static struct device *device_of(struct backend_device *d)
{
    return (struct device *)d;
}

/* ---- the host's disk ---- */

/* Small front ends look at these before anything else, so all of them are there before the first state. */
static void publish(const struct device *d)
{
    uint64_t bytes = d->block->granularity * BLOCK_SECTOR;
    const struct { const char *key; uint64_t value; } keys[] = {
        { "sectors", d->block->sectors }, { "sector-size", bytes }, { "physical-sector-size", bytes },
        { "info", d->read_only ? VDISK_READONLY : 0 }, { "feature-flush-cache", !d->read_only },
        { "feature-barrier", 0 }, { "feature-persistent", 0 },
        { "feature-max-indirect-segments", BLOCK_SEGMENTS }, { "max-ring-page-order", VBD_RING_ORDER },
        { "multi-queue-max-queues", 1 }, { "feature-discard", d->discard },
        { "discard-granularity", d->block->discard_granularity * BLOCK_SECTOR }, { "discard-alignment", 0 },
        { "discard-secure", 0 },
    };
    size_t count = sizeof(keys) / sizeof(keys[0]) - (d->discard ? 0 : 3);

    for (size_t i = 0; i < count; i++)
        pv_key_put_number(PV_XS_NIL, d->common.back, keys[i].key, keys[i].value);
}

static const char *reason(int rc, const char *params)
{
    if (rc == -ENOENT)
        return image_is_path(params) ? "there is no such file" : "there is no such disk or partition";
    return rc == -EBUSY ? "it is in use"
         : rc == -EINVAL ? "it is no file of a mounted file system"
         : rc == -EFBIG ? "its size is not a multiple of sectors"
         : rc == -EROFS ? "it cannot be written" : pv_errno_name(rc);
}

/* A device of the host, or a file. */
static int find_block(struct device *d, const char *name)
{
    int rc;

    if (image_is_path(name))
        return image_open(name, !d->read_only, &d->block);
    d->block = block_find(strncmp(name, "/dev/", 5) == 0 ? name + 5 : name);
    rc = d->block ? block_claim(d->block, !d->read_only) : -ENOENT;
    if (rc)
        d->block = NULL;
    return rc;
}

static int take(struct backend_device *common)
{
    char *params = pv_key_text(common->back, "params"), *mode = pv_key_text(common->back, "mode");
    const char *name = params ? params : "(no target)";
    struct device *d = device_of(common);
    int rc;

    d->read_only = !mode || mode[0] != 'w';
    rc = find_block(d, name);
    if (rc) {
        backend_refuse(common, rc, name, reason(rc, name));
    } else {
        d->discard = d->block->can_discard && !d->read_only &&
                     pv_key_number_or(common->back, "discard-enable", 1);
        publish(d);
    }
    free(params);
    free(mode);
    return rc;
}

static void give_back(struct backend_device *common)
{
    struct device *d = device_of(common);

    if (d->block->close)
        d->block->close(d->block);
    else
        block_release(d->block, !d->read_only);
    d->block = NULL;
}

/* ---- the ring ---- */

/* Where the ring's keys are: with one queue below the device itself, though some write them for a queue. */
static void ring_directory(const char *front, char path[PV_KEY_DIRECTORY])
{
    snprintf(path, PV_KEY_DIRECTORY, "%s/queue-0", front);
    if (!pv_key_exists(path, "ring-ref") && !pv_key_exists(path, "ring-ref0"))
        snprintf(path, PV_KEY_DIRECTORY, "%s", front);
}

static int read_ring(const char *front, struct vbd_ring *ring)
{
    uint64_t order = pv_key_number_or(front, "ring-page-order", UINT64_MAX), value;
    char key[16], directory[PV_KEY_DIRECTORY];
    int rc;

    if (order != UINT64_MAX && order > VBD_RING_ORDER)
        return -EINVAL;
    ring_directory(front, directory);
    ring->pages = order == UINT64_MAX ? 1 : 1u << order;
    for (unsigned i = 0; i < ring->pages; i++) {
        bool is_only = order == UINT64_MAX || (order == 0 && pv_key_exists(directory, "ring-ref"));

        snprintf(key, sizeof(key), is_only ? "ring-ref" : "ring-ref%u", i);
        rc = pv_key_number(directory, key, UINT32_MAX, &value);
        if (rc)
            return rc;
        ring->refs[i] = (grant_ref_t)value;
    }
    rc = pv_key_number(directory, "event-channel", UINT32_MAX, &value);
    ring->port = (evtchn_port_t)value;
    return rc;
}

/* The one layout of requests that is understood. */
static bool protocol_is_known(const char *front)
{
    char *protocol = pv_key_text(front, "protocol");
    bool known = !protocol || strcmp(protocol, XEN_IO_PROTO_ABI_X86_64) == 0;

    free(protocol);
    return known && pv_key_number_or(front, "multi-queue-num-queues", 1) == 1;
}

static int connect(struct backend_device *common)
{
    struct device *d = device_of(common);
    struct vbd_ring ring;
    char name[BACKEND_NAME];
    int rc = protocol_is_known(common->front) ? read_ring(common->front, &ring) : -EINVAL;

    backend_name(common, name);
    if (rc == 0)
        rc = vbd_open(&d->vbd, name, common->frontend, &ring, d->block, d->read_only, d->discard);
    if (rc)
        printf("enso: %s: its front end's ring cannot be used (%s)\n", name, pv_errno_name(rc));
    return rc;
}

static enum backend_rest disconnect(struct backend_device *common, enum backend_end how)
{
    static const enum vbd_end ends[] = {
        [BACKEND_CLOSE] = VBD_CLOSE, [BACKEND_TAKE_AWAY] = VBD_TAKE_AWAY, [BACKEND_HAND_OVER] = VBD_HAND_OVER,
    };
    struct device *d = device_of(common);

    if (!d->shut || d->end != ends[how])
        vbd_shut(d->vbd, ends[how], backend_queue(common));
    d->shut = true;
    d->end = ends[how];
    if (!vbd_ended(d->vbd))
        return vbd_is_idle(d->vbd) ? BACKEND_RING_ONLY : BACKEND_ALL;
    common->broken |= vbd_stopped(d->vbd);
    vbd_free(d->vbd);
    d->vbd = NULL;
    d->shut = false;
    return BACKEND_NOTHING;
}

static void resume(struct backend_device *common)
{
    vbd_resume_notify(device_of(common)->vbd);
}

/* ---- the daemon ---- */

static const struct backend_kind kind = {
    .type = "vbd", .size = sizeof(struct device), .stack_bytes = STACK_BYTES,
    .take = take, .give_back = give_back, .connect = connect, .disconnect = disconnect, .resume = resume,
};

int blkback_start(void)
{
    return backend_start(&backend, &kind);
}

int blkback_restart(void)
{
    return backend_restart(&backend);
}

int blkback_statistics(domid_t frontend, unsigned id, struct vbd_statistics *statistics)
{
    struct backend_device *d = backend_find(&backend, frontend, id);

    if (!d || !d->connected)
        return -ENOENT;
    vbd_statistics(device_of(d)->vbd, statistics);
    return 0;
}

void blkback_each(domid_t frontend,
                  void (*fn)(void *arg, unsigned device, const struct vbd_statistics *statistics), void *arg)
{
    struct vbd_statistics statistics;
    struct backend_device *d;

    LIST_FOREACH(d, &backend.devices, link) {
        if (d->frontend != frontend)
            continue;
        memset(&statistics, 0, sizeof(statistics));
        if (d->connected)
            vbd_statistics(device_of(d)->vbd, &statistics);
        fn(arg, d->id, &statistics);
    }
}
