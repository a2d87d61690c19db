/* netback.c: see netback.h. The port of an interface, what is published of it, and what its frontend has to
 * say, which is read key by key, with limits, and checked. */
#include "netback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/error.h>

#include "../../net/bridge.h"
#include "../../toolstack/config_vif.h"
#include "../xenbus/backend.h"

#define STACK_BYTES (32u * 1024u)
#define MTU         1500u
#define TEXT_MOST   64u         /* bytes of a key's text */

struct device {
    struct backend_device common;
    struct vif *vif;            /* NULL: it cannot be had, or was given back */
    unsigned queues;            /* most that the frontend may have */
};

static struct backend backend;

static struct device *device_of(struct backend_device *d)
{
    return (struct device *)d;
}

/* ---- the port ---- */

/* Small frontends look at these before anything else, so all of them are there before the first state. */
static void publish(const struct device *d)
{
    const char *back = d->common.back;
    static const struct { const char *key; unsigned value; } keys[] = {
        { "feature-rx-copy", 1 }, { "feature-rx-flip", 0 }, { "feature-sg", 1 }, { "feature-gso-tcpv4", 1 },
        { "feature-gso-tcpv6", 1 }, { "feature-no-csum-offload", 0 }, { "feature-ipv6-csum-offload", 1 },
        { "feature-split-event-channels", 1 }, { "feature-multicast-control", 0 },
        { "feature-dynamic-multicast-control", 0 }, { "feature-ctrl-ring", 0 },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        pv_key_put_number(PV_XS_NIL, back, keys[i].key, keys[i].value);
    pv_key_put_number(PV_XS_NIL, back, "multi-queue-max-queues", d->queues);
    pv_key_put(PV_XS_NIL, back, "vifname", vif_port(d->vif)->name);
}

/* What the tools wrote. The tools have checked it; a key that is not there or makes no sense gives the
 * strictest that there is. */
static bool read_config(const struct backend_device *d, struct vif_config *c)
{
    char text[TEXT_MOST], *rest;

    memset(c, 0, sizeof(*c));
    c->domid = d->frontend;
    c->handle = d->id;
    c->mtu = (uint16_t)pv_key_number_or(d->back, "mtu", MTU);
    if (c->mtu > MTU)
        c->mtu = MTU;
    pv_key_copy(d->back, "vifname", text, sizeof(text));
    if (text[0])
        snprintf(c->name, sizeof(c->name), "%.*s", NET_NAME - 1, text);
    else
        snprintf(c->name, sizeof(c->name), "vif%u.%u", d->frontend, d->id);
    c->policy.locked = pv_key_number_or(d->back, "antispoof", 1) != 0;
    pv_key_copy(d->back, "ip", text, sizeof(text));
    c->policy.address_count = config_ip_parse(text, c->policy.addresses);
    pv_key_copy(d->back, "rate", text, sizeof(text));
    c->rate_bytes = (uint32_t)strtoul(text, &rest, 10);
    c->rate_us = *rest == ',' ? (uint32_t)strtoul(rest + 1, NULL, 10) : 0;
    pv_key_copy(d->back, "mac", text, sizeof(text));
    return config_mac_parse(text, c->policy.mac);
}

static const char *reason(int rc)
{
    return rc == -EADDRINUSE ? "its MAC address is another interface's"
         : rc == -EEXIST ? "its name is another interface's"
         : rc == -ENOSPC ? "the bridge has no room for its address"
         : rc == -ENOMEM ? "there is no memory for its packets" : pv_errno_name(rc);
}

static int make_port(struct device *d, const struct vif_config *config, struct bridge *bridge)
{
    int rc = vif_create(&d->vif, config);

    if (rc)
        return rc;
    rc = bridge_join(bridge, vif_port(d->vif));
    if (rc) {
        vif_destroy(d->vif);
        d->vif = NULL;
    }
    return rc;
}

/* Makes the interface, on its bridge. */
static int take(struct backend_device *common)
{
    struct device *d = device_of(common);
    struct vif_config config;
    struct bridge *bridge;
    char name[TEXT_MOST];
    int rc;

    pv_key_copy(common->back, "bridge", name, sizeof(name));
    bridge = bridge_find(name);
    d->queues = (unsigned)pv_key_number_or(common->back, "multi-queue-max-queues", 1);
    if (d->queues == 0 || d->queues > VIF_QUEUES)
        d->queues = 1;
    if (!read_config(common, &config) || !bridge) {
        rc = bridge ? -EINVAL : -ENOENT;
        backend_refuse(common, rc, name[0] ? name : "(no bridge)",
                       bridge ? "the MAC address is none" : "there is no such bridge");
        return rc;
    }
    rc = make_port(d, &config, bridge);
    if (rc)
        backend_refuse(common, rc, config.name, reason(rc));
    else
        publish(d);
    return rc;
}

static void give_back(struct backend_device *common)
{
    struct device *d = device_of(common);

    vif_destroy(d->vif);
    d->vif = NULL;
}

/* ---- the frontend ---- */

/* A number of the frontend's, in the directory of its rings. */
static int queue_number(const char *directory, const char *key, uint32_t *number)
{
    uint64_t value = 0;
    int rc = pv_key_number(directory, key, UINT32_MAX, &value);

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
    uint64_t queues = pv_key_number_or(d->common.front, "multi-queue-num-queues", 1);
    char directory[PV_KEY_DIRECTORY];
    int rc = 0;

    if (queues == 0 || queues > d->queues)
        return -EINVAL;
    f->queues = (unsigned)queues;
    if (queues == 1)
        return read_queue(d->common.front, f, 0);
    for (unsigned i = 0; i < queues && rc == 0; i++) {
        snprintf(directory, sizeof(directory), "%s/queue-%u", d->common.front, i);
        rc = read_queue(directory, f, i);
    }
    return rc;
}

static bool wishes(const struct device *d, const char *key)
{
    return pv_key_number_or(d->common.front, key, 0) == 1;
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
    f->wishes.no_checksum4 = (int)pv_key_number_or(d->common.front, "feature-no-csum-offload", UINT64_MAX);
    if (f->wishes.no_checksum4 != -1 && f->wishes.no_checksum4 != 0)
        f->wishes.no_checksum4 = 1;
    return read_queues(d, f);
}

static int connect(struct backend_device *common)
{
    struct device *d = device_of(common);
    char name[BACKEND_NAME];
    struct vif_frontend f;
    int rc = read_frontend(d, &f);

    if (rc == 0)
        rc = vif_connect(d->vif, &f);
    if (rc) {
        backend_name(common, name);
        printf("enso: %s: its frontend's rings cannot be used (%s)\n", name,
               rc == -ENOTSUP ? "it does not ask for copies" : pv_errno_name(rc));
    }
    return rc;
}

static enum backend_rest disconnect(struct backend_device *common, enum backend_end end)
{
    struct device *d = device_of(common);

    (void)end;      /* nobody misses the answers to packets */
    common->broken |= vif_stopped(d->vif);
    vif_disconnect(d->vif);
    return BACKEND_NOTHING;
}

/* ---- the daemon ---- */

static const struct backend_kind kind = {
    .type = "vif", .size = sizeof(struct device), .stack_bytes = STACK_BYTES,
    .take = take, .give_back = give_back, .connect = connect, .disconnect = disconnect,
};

int netback_start(void)
{
    return backend_start(&backend, &kind);
}

int netback_statistics(domid_t frontend, unsigned handle, struct vif_statistics *statistics)
{
    struct backend_device *d = backend_find(&backend, frontend, handle);

    if (!d || !d->taken)
        return -ENOENT;
    vif_statistics(device_of(d)->vif, statistics);
    return 0;
}

void netback_each(domid_t frontend,
                  void (*fn)(void *arg, unsigned handle, const struct vif_statistics *statistics), void *arg)
{
    struct vif_statistics statistics;
    struct backend_device *d;

    LIST_FOREACH(d, &backend.devices, link) {
        if (d->frontend != frontend || !d->taken)
            continue;
        vif_statistics(device_of(d)->vif, &statistics);
        fn(arg, d->id, &statistics);
    }
}
