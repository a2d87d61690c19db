/* netback.c: interfaces come and go by the store: one thread, which looks at an interface whenever something
 * below its two directories has changed. What a frontend writes is read key by key, with limits, and checked;
 * where a backend's directory is decides whose it is. */
#include "netback.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <xen/io/xenbus.h>
#include <pv/error.h>
#include <pv/thread.h>
#include <pv/xenbus.h>

#include "../../net/bridge.h"
#include "../../toolstack/config_vif.h"

#define TREE        "/local/domain/0/backend/vif"
#define PATH_SIZE   96
#define STACK_BYTES (32u * 1024u)
#define TOKEN_BACK  "back"
#define TOKEN_FRONT "front"
#define MTU         1500u
#define TEXT_MOST   64u         /* bytes of a key's text */

struct device {
    LIST_ENTRY(device) link;
    domid_t frontend;
    unsigned id;
    char back[PATH_SIZE], front[PATH_SIZE];
    struct vif *vif;            /* NULL: it cannot be had, or was given back */
    enum xenbus_state state;
    unsigned queues;            /* most that the frontend may have */
    bool broken;                /* its frontend broke the protocol: it is not served again */
};

static LIST_HEAD(, device) devices = LIST_HEAD_INITIALIZER(devices);
static struct pv_xs_watcher watcher;

/* ---- keys ---- */

/* A key's text, "" for none and for one that is too long. */
static void read_text(const char *directory, const char *key, char text[TEXT_MOST])
{
    char path[PATH_SIZE + 40], *value;
    size_t length;

    text[0] = 0;
    snprintf(path, sizeof(path), "%s/%s", directory, key);
    if (pv_xs_read(PV_XS_NIL, path, &value, &length))
        return;
    if (length < TEXT_MOST)
        strcpy(text, value);
    free(value);
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

/* ---- an interface appears ---- */

/* Small frontends look at these before anything else, so all of them are there before the first state. */
static void publish(const struct device *d)
{
    static const struct { const char *key; unsigned value; } keys[] = {
        { "feature-rx-copy", 1 }, { "feature-rx-flip", 0 }, { "feature-sg", 1 }, { "feature-gso-tcpv4", 1 },
        { "feature-gso-tcpv6", 1 }, { "feature-no-csum-offload", 0 }, { "feature-ipv6-csum-offload", 1 },
        { "feature-split-event-channels", 1 }, { "feature-multicast-control", 0 },
        { "feature-dynamic-multicast-control", 0 }, { "feature-ctrl-ring", 0 },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        put(d, keys[i].key, keys[i].value);
    put(d, "multi-queue-max-queues", d->queues);
    put_text(d, "vifname", vif_port(d->vif)->name);
}

static void refuse(const struct device *d, const char *what, const char *why)
{
    char text[160];

    snprintf(text, sizeof(text), "%s: %s", what, why);
    put_text(d, "hotplug-error", text);
    put_text(d, "hotplug-status", "error");
}

/* What the tools wrote. The tools have checked it; a key that is not there or makes no sense gives the
 * strictest that there is. */
static bool read_config(const struct device *d, struct vif_config *c)
{
    char text[TEXT_MOST], *rest;

    memset(c, 0, sizeof(*c));
    c->domid = d->frontend;
    c->handle = d->id;
    c->mtu = (uint16_t)number_or(d->back, "mtu", MTU);
    if (c->mtu > MTU)
        c->mtu = MTU;
    read_text(d->back, "vifname", text);
    if (text[0])
        snprintf(c->name, sizeof(c->name), "%.*s", NET_NAME - 1, text);
    else
        snprintf(c->name, sizeof(c->name), "vif%u.%u", d->frontend, d->id);
    c->policy.locked = number_or(d->back, "antispoof", 1) != 0;
    read_text(d->back, "ip", text);
    c->policy.address_count = config_ip_parse(text, c->policy.addresses);
    read_text(d->back, "rate", text);
    c->rate_bytes = (uint32_t)strtoul(text, &rest, 10);
    c->rate_us = *rest == ',' ? (uint32_t)strtoul(rest + 1, NULL, 10) : 0;
    read_text(d->back, "mac", text);
    return config_mac_parse(text, c->policy.mac);
}

static const char *reason(int rc)
{
    return rc == -EADDRINUSE ? "its MAC address is another interface's"
         : rc == -EEXIST ? "its name is another interface's"
         : rc == -ENOSPC ? "the bridge has no room for its address" : pv_errno_name(rc);
}

/* Makes the interface, on its bridge. */
static int take_interface(struct device *d)
{
    char name[TEXT_MOST];
    struct vif_config config;
    struct bridge *bridge;
    int rc;

    read_text(d->back, "bridge", name);
    bridge = bridge_find(name);
    if (!read_config(d, &config) || !bridge) {
        refuse(d, name[0] ? name : "(no bridge)",
               bridge ? "the MAC address is none" : "there is no such bridge");
        return -ENOENT;
    }
    rc = vif_create(&d->vif, &config);
    if (rc == 0) {
        rc = bridge_join(bridge, vif_port(d->vif));
        if (rc) {
            vif_destroy(d->vif);
            d->vif = NULL;
        }
    }
    if (rc)
        refuse(d, config.name, reason(rc));
    return rc;
}

static void give_back(struct device *d)
{
    if (!d->vif)
        return;
    vif_disconnect(d->vif);
    vif_destroy(d->vif);
    d->vif = NULL;
}

static struct device *find(domid_t frontend, unsigned id)
{
    struct device *d;

    LIST_FOREACH(d, &devices, link)
        if (d->frontend == frontend && d->id == id)
            return d;
    return NULL;
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
    snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/vif/%u", frontend, id);
    LIST_INSERT_HEAD(&devices, d, link);
    d->queues = (unsigned)number_or(d->back, "multi-queue-max-queues", 1);
    if (d->queues == 0 || d->queues > VIF_QUEUES)
        d->queues = 1;
    if (take_interface(d) == 0) {
        publish(d);
        put_text(d, "hotplug-status", "connected");
        snprintf(state, sizeof(state), "%s/state", d->front);
        pv_xs_watch(&watcher, state, TOKEN_FRONT);
        set_state(d, XenbusStateInitWait);
    }
    return d;
}

/* ---- the two ends meet and part ---- */

/* A number of the frontend's, in the directory of its rings. */
static int queue_number(const char *directory, const char *key, uint32_t *number)
{
    uint64_t value = 0;
    int rc = read_number(directory, key, UINT32_MAX, &value);

    *number = (uint32_t)value;
    return rc;
}

static int read_queue(const char *directory, struct vif_frontend *f, unsigned i)
{
    int rc = queue_number(directory, "tx-ring-ref", &f->queue[i].tx);

    if (rc == 0)
        rc = queue_number(directory, "rx-ring-ref", &f->queue[i].rx);
    if (rc)
        return rc;
    if (queue_number(directory, "event-channel-tx", &f->queue[i].tx_port) == 0)
        return queue_number(directory, "event-channel-rx", &f->queue[i].rx_port);
    rc = queue_number(directory, "event-channel", &f->queue[i].tx_port);
    f->queue[i].rx_port = f->queue[i].tx_port;
    return rc;
}

/* One pair of rings has its keys beside the others; several have a directory each. */
static int read_queues(const struct device *d, struct vif_frontend *f)
{
    uint64_t queues = number_or(d->front, "multi-queue-num-queues", 1);
    char directory[PATH_SIZE + 16];
    int rc = 0;

    if (queues == 0 || queues > d->queues)
        return -EINVAL;
    f->queues = (unsigned)queues;
    if (queues == 1)
        return read_queue(d->front, f, 0);
    for (unsigned i = 0; i < queues && rc == 0; i++) {
        snprintf(directory, sizeof(directory), "%s/queue-%u", d->front, i);
        rc = read_queue(directory, f, i);
    }
    return rc;
}

static bool wishes(const struct device *d, const char *key)
{
    return number_or(d->front, key, 0) == 1;
}

static int read_frontend(const struct device *d, struct vif_frontend *f)
{
    memset(f, 0, sizeof(*f));
    if (!wishes(d, "request-rx-copy"))
        return -ENOTSUP;
    f->rx_notify = wishes(d, "feature-rx-notify");
    f->wishes.sg = wishes(d, "feature-sg");
    f->wishes.gso4 = wishes(d, "feature-gso-tcpv4");
    f->wishes.gso6 = wishes(d, "feature-gso-tcpv6");
    f->wishes.checksum6 = wishes(d, "feature-ipv6-csum-offload");
    f->wishes.no_checksum4 = (int)number_or(d->front, "feature-no-csum-offload", UINT64_MAX);
    if (f->wishes.no_checksum4 != -1 && f->wishes.no_checksum4 != 0)
        f->wishes.no_checksum4 = 1;
    return read_queues(d, f);
}

static void connect(struct device *d)
{
    struct vif_frontend f;
    int rc = read_frontend(d, &f);

    if (rc == 0)
        rc = vif_connect(d->vif, &f);
    if (rc) {
        printf("enso: vif %u of d%u: its frontend's rings cannot be used (%s)\n", d->id, d->frontend,
               rc == -ENOTSUP ? "it does not ask for copies" : pv_errno_name(rc));
        d->broken = true;       /* or it could fill the console with this line */
        set_state(d, XenbusStateClosing);
        return;
    }
    set_state(d, XenbusStateConnected);
}

static void disconnect(struct device *d)
{
    if (!d->vif || !vif_is_connected(d->vif))
        return;
    d->broken |= vif_stopped(d->vif);
    vif_disconnect(d->vif);
}

/* Nothing of the frontend's is in use any more; of an interface that the tools are taking away, neither is
 * the port. */
static void close_device(struct device *d, bool online)
{
    disconnect(d);
    if (!online)
        give_back(d);
    set_state(d, XenbusStateClosed);
    if (!online)
        put_text(d, "hotplug-status", "disconnected");      /* the tools wait for it */
}

static void follow(struct device *d)
{
    bool online = number_or(d->back, "online", 0) != 0;
    uint64_t state = number_or(d->front, "state", XenbusStateUnknown);

    if (!d->vif)
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
            set_state(d, XenbusStateClosing);       /* the tools ask the frontend to let go */
        else if (!vif_is_connected(d->vif) && !d->broken && d->state != XenbusStateClosing)
            connect(d);
        break;
    case XenbusStateClosing:
        disconnect(d);
        set_state(d, XenbusStateClosing);
        break;
    default:
        close_device(d, online);
        break;
    }
}

static void disappear(struct device *d)
{
    char state[PATH_SIZE + 8];

    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_unwatch(&watcher, state, TOKEN_FRONT);
    give_back(d);
    LIST_REMOVE(d, link);
    free(d);
}

/* ---- events ---- */

/* An interface is there when its tree has all that the tools write: `online` is the last. */
static void look_at(domid_t frontend, unsigned id)
{
    struct device *d = find(frontend, id);
    char path[PATH_SIZE];
    bool there;

    snprintf(path, sizeof(path), TREE "/%u/%u", frontend, id);
    there = number_or(path, "online", UINT64_MAX) != UINT64_MAX;
    if (!there && d)
        disappear(d);
    else if (there && !d)
        d = appear(frontend, id);
    if (there && d)
        follow(d);
}

static void look_at_domain(domid_t frontend)
{
    char path[PATH_SIZE], **names;
    struct device *d, *next;
    size_t n;

    for (d = LIST_FIRST(&devices); d; d = next) {
        next = LIST_NEXT(d, link);
        if (d->frontend == frontend)
            look_at(frontend, d->id);
    }
    snprintf(path, sizeof(path), TREE "/%u", frontend);
    if (pv_xs_directory(PV_XS_NIL, path, &names, &n))
        return;
    for (size_t i = 0; i < n; i++)
        look_at(frontend, (unsigned)strtoul(names[i], NULL, 10));
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
        look_at_domain((domid_t)strtoul(domains[i], NULL, 10));
    free(domains);
}

/* The two numbers in a path below one of the trees; 0 to 2 of them are there. */
static int parse(const char *path, unsigned *frontend, unsigned *id)
{
    int n = sscanf(path, TREE "/%5u/%10u", frontend, id);

    if (n > 0)
        return n;
    return sscanf(path, "/local/domain/%5u/device/vif/%10u", frontend, id);
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
        int numbers = parse(path, &frontend, &id);

        if (numbers < 1)
            look_at_all();
        else if (numbers == 1 && frontend < DOMID_FIRST_RESERVED)
            look_at_domain((domid_t)frontend);
        else if (concerns_us(path) && frontend < DOMID_FIRST_RESERVED)
            look_at((domid_t)frontend, id);
        free(path);
        free(token);
        pv_yield();     /* a store that flaps costs its guest's turns */
    }
}

int netback_start(void)
{
    int rc;

    pv_xs_watcher_init(&watcher);
    rc = pv_xs_mkdir(PV_XS_NIL, TREE);
    if (rc == 0)
        rc = pv_xs_watch(&watcher, TREE, TOKEN_BACK);
    if (rc)
        return rc;
    return pv_thread_create("netback", STACK_BYTES, run, NULL) ? 0 : -ENOMEM;
}

int netback_statistics(domid_t frontend, unsigned handle, struct vif_statistics *statistics)
{
    struct device *d = find(frontend, handle);

    if (!d || !d->vif)
        return -ENOENT;
    vif_statistics(d->vif, statistics);
    return 0;
}

void netback_each(domid_t frontend, void (*fn)(void *arg, unsigned handle, const struct vif_statistics *statistics),
                  void *arg)
{
    struct vif_statistics statistics;
    struct device *d;

    LIST_FOREACH(d, &devices, link) {
        if (d->frontend != frontend || !d->vif)
            continue;
        vif_statistics(d->vif, &statistics);
        fn(arg, d->id, &statistics);
    }
}
