/* blkback.c: a device as the store describes it, and what becomes of it when the store changes. What a front
 * end writes is read key by key, with limits, and checked; where a backend's directory is decides whose it is. */
#include "blkback_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>
#include <pv/error.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#include "../../drivers/block/block.h"
#include "../../storage/image.h"

#define TOKEN_FRONT "front"
#define TURNS       64u                     /* changes of state that a device may have */
#define TURNS_NS    (60 * PV_NS_PER_SEC)    /* in so long */

/* ---- keys ---- */

static char *read_text(const char *directory, const char *key)
{
    char path[PATH_SIZE + 40], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

static int read_number(const char *directory, const char *key, uint64_t most, uint64_t *number)
{
    char path[PATH_SIZE + 40];
    int rc;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    rc = pv_xs_read_u64(PV_XS_NIL, path, number);
    return rc == 0 && *number > most ? -EINVAL : rc;
}

static uint64_t number_or(const char *directory, const char *key, uint64_t otherwise)
{
    uint64_t number;

    return read_number(directory, key, UINT64_MAX, &number) ? otherwise : number;
}

static void put(const struct device *d, const char *key, uint64_t value)
{
    char path[PATH_SIZE + 40];

    snprintf(path, sizeof(path), "%s/%s", d->back, key);
    pv_xs_printf(PV_XS_NIL, path, "%" PRIu64, value);
}

static void put_text(const struct device *d, const char *key, const char *value)
{
    char path[PATH_SIZE + 40];

    snprintf(path, sizeof(path), "%s/%s", d->back, key);
    pv_xs_write(PV_XS_NIL, path, value, strlen(value));
}

static bool has_key(const char *directory, const char *key)
{
    char *value = read_text(directory, key);

    free(value);
    return value != NULL;
}

/* A front end that comes and goes all the time makes work for the store and for us: it is not served again. */
static void count_turn(struct device *d)
{
    uint64_t now = pv_now_ns();

    if (now - d->turns_since > TURNS_NS) {
        d->turns_since = now;
        d->turns = 0;
    }
    if (++d->turns == TURNS && !d->broken) {
        printf("enso: vbd %u of d%u: its front end comes and goes too often: the device is stopped\n",
               d->id % 1000000, d->frontend);
        d->broken = true;
    }
}

static void set_state(struct device *d, enum xenbus_state state)
{
    if (d->state == state)
        return;
    d->state = state;
    put(d, "state", state);
    count_turn(d);
}

/* ---- a device appears ---- */

/* Small front ends look at these before anything else, so all of them are there before the first state. */
static void publish(const struct device *d)
{
    const struct block_device *b = d->block;

    put(d, "sectors", b->sectors);
    put(d, "sector-size", b->granularity * BLOCK_SECTOR);
    put(d, "physical-sector-size", b->granularity * BLOCK_SECTOR);
    put(d, "info", d->read_only ? VDISK_READONLY : 0);
    put(d, "feature-flush-cache", !d->read_only);
    put(d, "feature-barrier", 0);
    put(d, "feature-persistent", 0);
    put(d, "feature-max-indirect-segments", BLOCK_SEGMENTS);
    put(d, "max-ring-page-order", VBD_RING_ORDER);
    put(d, "multi-queue-max-queues", 1);
    put(d, "feature-discard", d->discard);
    if (d->discard) {
        put(d, "discard-granularity", b->granularity * BLOCK_SECTOR);
        put(d, "discard-alignment", 0);
        put(d, "discard-secure", 0);
    }
}

static void refuse(const struct device *d, const char *params, int rc)
{
    char text[160];
    const char *why = rc == -ENOENT ? image_is_path(params) ? "there is no such file" : "there is no such disk or partition"
                    : rc == -EBUSY ? "it is in use"
                    : rc == -EINVAL ? "it is no file of a mounted file system"
                    : rc == -EFBIG ? "its size is not a multiple of sectors"
                    : rc == -EROFS ? "it cannot be written" : pv_errno_name(rc);

    snprintf(text, sizeof(text), "%.80s: %s", params, why);
    put_text(d, "hotplug-error", text);
    put_text(d, "hotplug-status", "error");
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

/* Takes the block device that the tools have named. */
static int take_block(struct device *d)
{
    char *params = read_text(d->back, "params"), *mode = read_text(d->back, "mode");
    int rc;

    d->read_only = !mode || mode[0] != 'w';
    rc = find_block(d, params ? params : "");
    if (rc)
        refuse(d, params ? params : "(no target)", rc);
    else
        d->discard = d->block->can_discard && !d->read_only && number_or(d->back, "discard-enable", 1);
    free(params);
    free(mode);
    return rc;
}

struct device *blkback_find(domid_t frontend, unsigned id)
{
    struct device *d;

    LIST_FOREACH(d, &blkback_devices, link)
        if (d->frontend == frontend && d->id == id)
            return d;
    return NULL;
}

static struct device *add(domid_t frontend, unsigned id)
{
    struct device *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->frontend = frontend;
    d->id = id;
    snprintf(d->back, sizeof(d->back), TREE "/%u/%u", frontend, id);
    snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/vbd/%u", frontend, id);
    d->state = (enum xenbus_state)number_or(d->back, "state", XenbusStateUnknown);
    LIST_INSERT_HEAD(&blkback_devices, d, link);
    return d;
}

/* ---- the two ends meet and part ---- */

/* Where the ring's keys are: with one queue below the device itself, though some write them for a queue. */
static void ring_directory(const struct device *d, char path[PATH_SIZE + 8])
{
    snprintf(path, PATH_SIZE + 8, "%s/queue-0", d->front);
    if (!has_key(path, "ring-ref") && !has_key(path, "ring-ref0"))
        snprintf(path, PATH_SIZE + 8, "%s", d->front);
}

static int read_ring(const struct device *d, struct vbd_ring *ring)
{
    uint64_t order = number_or(d->front, "ring-page-order", UINT64_MAX), value;
    char key[16], directory[PATH_SIZE + 8];
    int rc;

    if (order != UINT64_MAX && order > VBD_RING_ORDER)
        return -EINVAL;
    ring_directory(d, directory);
    ring->pages = order == UINT64_MAX ? 1 : 1u << order;
    for (unsigned i = 0; i < ring->pages; i++) {
        bool is_only = order == UINT64_MAX || (order == 0 && has_key(directory, "ring-ref"));

        snprintf(key, sizeof(key), is_only ? "ring-ref" : "ring-ref%u", i);
        rc = read_number(directory, key, UINT32_MAX, &value);
        if (rc)
            return rc;
        ring->refs[i] = (grant_ref_t)value;
    }
    rc = read_number(directory, "event-channel", UINT32_MAX, &value);
    ring->port = (evtchn_port_t)value;
    return rc;
}

/* The one layout of requests that is understood. */
static bool protocol_is_known(const struct device *d)
{
    char *protocol = read_text(d->front, "protocol");
    bool known = !protocol || strcmp(protocol, XEN_IO_PROTO_ABI_X86_64) == 0;

    free(protocol);
    return known && number_or(d->front, "multi-queue-num-queues", 1) == 1;
}

static bool connect(struct device *d)
{
    struct vbd_ring ring;
    char name[24];
    int rc = protocol_is_known(d) ? read_ring(d, &ring) : -EINVAL;

    snprintf(name, sizeof(name), "vbd %u of d%u", d->id % 1000000, d->frontend);
    if (rc == 0)
        rc = vbd_open(&d->vbd, name, d->frontend, &ring, d->block, d->read_only, d->discard);
    if (rc == 0)
        return true;
    printf("enso: %s: its front end's ring cannot be used (%s)\n", name, pv_errno_name(rc));
    d->broken = true;           /* or it could fill the console with this line */
    set_state(d, XenbusStateClosing);
    return false;
}

/* True: nothing of the front end's is in use. Else the device is looked at again when that is so. */
static bool disconnect(struct device *d)
{
    if (d->vbd && !d->ending) {
        d->ending = true;
        vbd_shut(d->vbd, true, &blkback_watcher.waitq);
    }
    return !d->vbd;
}

void blkback_release_block(struct device *d)
{
    struct block_device *block = d->block;

    d->block = NULL;
    if (block && block->close)
        block->close(block);
    else if (block)
        block_release(block, !d->read_only);
}

/* Nothing of the device is in use any more; of one that the tools are taking away, neither is the disk. */
static void close_device(struct device *d, bool online)
{
    if (!disconnect(d))
        return;
    if (!online)
        blkback_release_block(d);
    set_state(d, XenbusStateClosed);
    if (!online)
        put_text(d, "hotplug-status", "disconnected");      /* the tools wait for it */
}

static void follow(struct device *d)
{
    bool online = number_or(d->back, "online", 0) != 0;
    uint64_t state = number_or(d->front, "state", XenbusStateUnknown);

    if (!d->block || d->ending)
        return;
    switch (state) {
    case XenbusStateInitialising:
    case XenbusStateInitWait:
        if (!online)
            close_device(d, false);
        else if (disconnect(d))
            set_state(d, d->broken ? XenbusStateClosed : XenbusStateInitWait);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        if (!online)
            set_state(d, XenbusStateClosing);       /* the tools ask the front end to let go */
        else if (!d->vbd && !d->broken && d->state != XenbusStateClosing && connect(d))
            set_state(d, XenbusStateConnected);
        break;
    case XenbusStateClosing:            /* it may still have requests under way */
        if (!d->broken || d->vbd)
            set_state(d, XenbusStateClosing);
        break;
    default:
        close_device(d, online);
        break;
    }
}

/* A backend before us has served this ring: we go on where it has stopped, and the front end does not notice. */
static bool take_over(struct device *d)
{
    uint64_t state = number_or(d->front, "state", XenbusStateUnknown);

    if (state != XenbusStateConnected || (d->state != XenbusStateConnected && d->state != XenbusStateClosing))
        return false;
    if (connect(d))
        vbd_resume_notify(d->vbd);
    return true;
}

static struct device *appear(domid_t frontend, unsigned id)
{
    struct device *d = add(frontend, id);
    char state[PATH_SIZE + 8];

    if (!d || take_block(d))
        return d;
    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_watch(&blkback_watcher, state, TOKEN_FRONT);
    if (take_over(d))
        return d;
    publish(d);
    put_text(d, "hotplug-status", "connected");
    if (d->state == XenbusStateInitialising || d->state == XenbusStateUnknown)
        set_state(d, XenbusStateInitWait);
    return d;
}

static void disappear(struct device *d)
{
    char state[PATH_SIZE + 8];

    d->leaving = true;
    if (!disconnect(d))
        return;
    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_unwatch(&blkback_watcher, state, TOKEN_FRONT);
    blkback_release_block(d);
    LIST_REMOVE(d, link);
    free(d);
}

void blkback_reap(struct device *d)
{
    d->broken |= vbd_stopped(d->vbd);
    vbd_free(d->vbd);
    d->vbd = NULL;
    d->ending = false;
}

/* A device is there when its tree has all that the tools write: `online` is the last. A tree without our word
 * in it is not the one that we knew. */
void blkback_look_at(domid_t frontend, unsigned id)
{
    struct device *d = blkback_find(frontend, id);
    char path[PATH_SIZE];
    bool there;

    snprintf(path, sizeof(path), TREE "/%u/%u", frontend, id);
    there = has_key(path, "online");
    if (d && (d->leaving || !there || !has_key(path, "hotplug-status"))) {
        disappear(d);
        d = blkback_find(frontend, id);
    }
    if (there && !d)
        d = appear(frontend, id);
    if (there && d)
        follow(d);
}

int blkback_statistics(domid_t frontend, unsigned id, struct vbd_statistics *statistics)
{
    struct device *d = blkback_find(frontend, id);

    if (!d || !d->vbd)
        return -ENOENT;
    vbd_statistics(d->vbd, statistics);
    return 0;
}

void blkback_each(domid_t frontend, void (*fn)(void *arg, unsigned device, const struct vbd_statistics *statistics),
                  void *arg)
{
    struct vbd_statistics statistics;
    struct device *d;

    LIST_FOREACH(d, &blkback_devices, link) {
        if (d->frontend != frontend)
            continue;
        memset(&statistics, 0, sizeof(statistics));
        if (d->vbd)
            vbd_statistics(d->vbd, &statistics);
        fn(arg, d->id, &statistics);
    }
}
