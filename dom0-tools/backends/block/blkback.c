/* blkback.c: devices come and go by the store: one thread, which looks at a device whenever something below its two directories has
 * changed. What a front end writes is read key by key, with limits, and checked; where a backend's directory is decides whose it is. */
#include "blkback.h"

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
#include <pv/xenbus.h>

#include "../../drivers/block/block.h"

#define TREE        "/local/domain/0/backend/vbd"
#define PATH_SIZE   96
#define STACK_BYTES (32u * 1024u)
#define TOKEN_BACK  "back"
#define TOKEN_FRONT "front"

struct device {
    LIST_ENTRY(device) link;
    domid_t frontend;
    unsigned id;
    char back[PATH_SIZE], front[PATH_SIZE];
    struct block_device *block;
    bool read_only, discard;
    enum xenbus_state state;
    struct vbd *vbd;            /* while connected */
    bool broken;                /* its front end broke the protocol: it is not served again */
};

static LIST_HEAD(, device) devices = LIST_HEAD_INITIALIZER(devices);
static struct pv_xs_watcher watcher;

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

static void set_state(struct device *d, enum xenbus_state state)
{
    if (d->state == state)
        return;
    d->state = state;
    put(d, "state", state);
}

/* ---- a device appears ---- */

/* Small front ends look at these before anything else, so all of them are there before the first state. */
static void publish(const struct device *d)
{
    const struct block_device *b = d->block;

    put(d, "sectors", b->sectors);
    put(d, "sector-size", BLOCK_SECTOR);
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
    const char *why = rc == -ENOENT ? "there is no such disk or partition"
                    : rc == -EBUSY ? "it is in use"
                    : rc == -EROFS ? "it cannot be written" : pv_errno_name(rc);

    snprintf(text, sizeof(text), "%.80s: %s", params, why);
    put_text(d, "hotplug-error", text);
    put_text(d, "hotplug-status", "error");
}

/* Takes the block device that the tools have named. */
static int take_block(struct device *d)
{
    char *params = read_text(d->back, "params"), *mode = read_text(d->back, "mode");
    const char *name = params ? params : "";
    int rc;

    if (strncmp(name, "/dev/", 5) == 0)
        name += 5;
    d->block = block_find(name);
    d->read_only = !mode || mode[0] != 'w';
    rc = d->block ? block_claim(d->block, !d->read_only) : -ENOENT;
    if (rc) {
        refuse(d, params ? params : "(no target)", rc);
        d->block = NULL;
    } else {
        d->discard = d->block->can_discard && !d->read_only && number_or(d->back, "discard-enable", 1);
    }
    free(params);
    free(mode);
    return rc;
}

static struct device *find(domid_t frontend, unsigned id)
{
    struct device *d;

    LIST_FOREACH(d, &devices, link)
        if (d->frontend == frontend && d->id == id)
            return d;
    return NULL;
}

static void drop(struct device *d)
{
    LIST_REMOVE(d, link);
    free(d);
}

static struct device *appear(domid_t frontend, unsigned id)
{
    struct device *d = calloc(1, sizeof(*d));
    char state[PATH_SIZE + 8];

    if (!d)
        return NULL;
    d->frontend = frontend;
    d->id = id;
    snprintf(d->back, sizeof(d->back), TREE "/%u/%u", frontend, id);
    snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/vbd/%u", frontend, id);
    LIST_INSERT_HEAD(&devices, d, link);
    if (take_block(d) == 0) {
        publish(d);
        put_text(d, "hotplug-status", "connected");
        snprintf(state, sizeof(state), "%s/state", d->front);
        pv_xs_watch(&watcher, state, TOKEN_FRONT);
        set_state(d, XenbusStateInitWait);
    }
    return d;
}

/* ---- the two ends meet and part ---- */

static int read_ring(const struct device *d, struct vbd_ring *ring)
{
    uint64_t order = number_or(d->front, "ring-page-order", UINT64_MAX), value;
    char key[16];
    int rc;

    if (order != UINT64_MAX && order > VBD_RING_ORDER)
        return -EINVAL;
    ring->pages = order == UINT64_MAX ? 1 : 1u << order;
    for (unsigned i = 0; i < ring->pages; i++) {
        snprintf(key, sizeof(key), order == UINT64_MAX ? "ring-ref" : "ring-ref%u", i);
        rc = read_number(d->front, key, UINT32_MAX, &value);
        if (rc)
            return rc;
        ring->refs[i] = (grant_ref_t)value;
    }
    rc = read_number(d->front, "event-channel", UINT32_MAX, &value);
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

static void connect(struct device *d)
{
    struct vbd_ring ring;
    char name[24];
    int rc = protocol_is_known(d) ? read_ring(d, &ring) : -EINVAL;

    snprintf(name, sizeof(name), "vbd %u of d%u", d->id % 1000000, d->frontend);
    if (rc == 0)
        rc = vbd_open(&d->vbd, name, d->frontend, &ring, d->block, d->read_only, d->discard);
    if (rc) {
        printf("enso: %s: its front end's ring cannot be used (%s)\n", name, pv_errno_name(rc));
        d->broken = true;       /* or it could fill the console with this line */
        set_state(d, XenbusStateClosing);
        return;
    }
    set_state(d, XenbusStateConnected);
}

static void disconnect(struct device *d)
{
    if (!d->vbd)
        return;
    d->broken |= vbd_stopped(d->vbd);
    vbd_close(d->vbd);
    d->vbd = NULL;
}

/* Nothing of the device is in use any more; of one that the tools are taking away, neither is the disk. */
static void close_device(struct device *d, bool online)
{
    disconnect(d);
    if (!online && d->block) {
        block_release(d->block, !d->read_only);
        d->block = NULL;
    }
    set_state(d, XenbusStateClosed);
}

static void follow(struct device *d)
{
    bool online = number_or(d->back, "online", 0) != 0;
    uint64_t state = number_or(d->front, "state", XenbusStateUnknown);

    if (!d->block)
        return;
    switch (state) {
    case XenbusStateInitialising:
    case XenbusStateInitWait:
        disconnect(d);
        if (online)
            set_state(d, d->broken ? XenbusStateClosed : XenbusStateInitWait);
        else
            close_device(d, false);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        if (!online)
            set_state(d, XenbusStateClosing);       /* the tools ask the front end to let go */
        else if (!d->vbd && !d->broken && d->state != XenbusStateClosing)
            connect(d);
        break;
    case XenbusStateClosing:
        set_state(d, XenbusStateClosing);       /* it may still have requests under way */
        break;
    default:
        close_device(d, online);
        break;
    }
}

static void disappear(struct device *d)
{
    char state[PATH_SIZE + 8];

    disconnect(d);
    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_unwatch(&watcher, state, TOKEN_FRONT);
    if (d->block)
        block_release(d->block, !d->read_only);
    drop(d);
}

/* ---- events ---- */

static bool exists(const char *path)
{
    char *value;

    if (pv_xs_read(PV_XS_NIL, path, &value, NULL))
        return false;
    free(value);
    return true;
}

/* A device is there when its tree has all that the tools write: `online` is the last. */
static void look_at(domid_t frontend, unsigned id)
{
    struct device *d = find(frontend, id);
    char path[PATH_SIZE + 8];
    bool there;

    snprintf(path, sizeof(path), TREE "/%u/%u/online", frontend, id);
    there = exists(path);
    if (!there && d)
        disappear(d);
    else if (there && !d)
        d = appear(frontend, id);
    if (there && d)
        follow(d);
}

static void look_at_domain(const char *domain)
{
    char path[PATH_SIZE], **names;
    size_t n;

    snprintf(path, sizeof(path), TREE "/%.8s", domain);
    if (pv_xs_directory(PV_XS_NIL, path, &names, &n))
        return;
    for (size_t i = 0; i < n; i++)
        look_at((domid_t)strtoul(domain, NULL, 10), (unsigned)strtoul(names[i], NULL, 10));
    free(names);
}

/* Everything anew, also what is not known yet: events were joined, or a whole tree went. */
static void look_at_all(void)
{
    struct device *d, *next;
    char **domains;
    size_t n;

    for (d = LIST_FIRST(&devices); d; d = next) {
        next = LIST_NEXT(d, link);
        look_at(d->frontend, d->id);
    }
    if (pv_xs_directory(PV_XS_NIL, TREE, &domains, &n))
        return;
    for (size_t i = 0; i < n; i++)
        look_at_domain(domains[i]);
    free(domains);
}

/* The two numbers in a path below one of the trees; 0 to 2 of them are there. */
static int parse(const char *path, unsigned *frontend, unsigned *id)
{
    int n = sscanf(path, TREE "/%5u/%10u", frontend, id);

    if (n > 0)
        return n;
    return sscanf(path, "/local/domain/%5u/device/vbd/%10u", frontend, id);
}

/* Of the keys below a backend's directory only these are others' to change. */
static bool concerns_us(const char *path)
{
    const char *key = strrchr(path, '/');

    return strncmp(path, TREE, strlen(TREE)) != 0 || strspn(key + 1, "0123456789") == strlen(key + 1) ||
           strcmp(key, "/online") == 0;
}

static void run(void *arg)
{
    char *path, *token;

    (void)arg;
    while (pv_xs_watch_next(&watcher, UINT64_MAX, &path, &token) == 0) {
        unsigned frontend = 0, id = 0;

        if (parse(path, &frontend, &id) < 2)
            look_at_all();
        else if (concerns_us(path) && frontend < DOMID_FIRST_RESERVED)
            look_at((domid_t)frontend, id);
        free(path);
        free(token);
    }
}

int blkback_start(void)
{
    int rc;

    pv_xs_watcher_init(&watcher);
    rc = pv_xs_mkdir(PV_XS_NIL, TREE);
    if (rc == 0)
        rc = pv_xs_watch(&watcher, TREE, TOKEN_BACK);
    if (rc)
        return rc;
    return pv_thread_create("blkback", STACK_BYTES, run, NULL) ? 0 : -ENOMEM;
}

int blkback_statistics(domid_t frontend, unsigned id, struct vbd_statistics *statistics)
{
    struct device *d = find(frontend, id);

    if (!d || !d->vbd)
        return -ENOENT;
    vbd_statistics(d->vbd, statistics);
    return 0;
}
