/* vif.c: see vif.h. */
#include "vif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

#include "../net/port.h"
#include "device.h"

#define TYPE    "vif"
#define WHAT    "interface"
#define HANDLES 65536u

/* ---- what the configuration leaves open ---- */

static bool mac_is_taken(const uint8_t mac[CONFIG_MAC_SIZE])
{
    for (const struct net_port *port = net_next(NULL); port; port = net_next(port))
        if (memcmp(port->mac, mac, CONFIG_MAC_SIZE) == 0)
            return true;
    return false;
}

/* From Xen's range of addresses. */
static int choose_mac(struct config_vif *vif)
{
    static const uint8_t prefix[] = { 0x00, 0x16, 0x3e };

    memcpy(vif->mac, prefix, sizeof(prefix));
    do {
        if (getentropy(vif->mac + sizeof(prefix), CONFIG_MAC_SIZE - sizeof(prefix)))
            return -EIO;
        vif->mac[sizeof(prefix)] &= 0x7f;
    } while (mac_is_taken(vif->mac));
    vif->has_mac = true;
    return 0;
}

static bool handle_is_taken(domid_t domid, unsigned handle)
{
    struct device_paths p = device_paths(TYPE, domid, handle);

    return pv_key_exists(p.back, "online");
}

/* The text of the directory of a domain's interfaces is the lowest number that none had yet. A guest may
 * still be at taking the last one apart when its keys have gone, and would not notice that another one has
 * the number. */
static void choose_handle(domid_t domid, struct config_vif *vif)
{
    struct device_paths p = device_paths(TYPE, domid, 0);
    uint64_t next;

    *strrchr(p.back, '/') = 0;
    if (pv_xs_read_u64(PV_XS_NIL, p.back, &next) || next >= HANDLES)
        next = 0;
    if (!vif->has_handle)
        for (vif->handle = (unsigned)next; handle_is_taken(domid, vif->handle); vif->handle++)
            ;
    vif->has_handle = true;
    if (vif->handle >= next)
        pv_xs_printf(PV_XS_NIL, p.back, "%u", vif->handle + 1);
}

static int choose(domid_t domid, struct config_vif *vif)
{
    int rc = vif->has_mac ? 0 : choose_mac(vif);

    choose_handle(domid, vif);
    return rc;
}

/* ---- keys ---- */

static void put_front(struct device_writer *w, domid_t domid, const struct config_vif *vif, const char *mac,
                      const struct device_paths *p)
{
    device_begin(w, p->front, domid, 0);
    device_put(w, "backend", p->back);
    device_put_number(w, "backend-id", 0);
    device_put_number(w, "handle", vif->handle);
    device_put(w, "mac", mac);
    device_put_number(w, "trusted", !vif->distrusted);
    if (vif->mtu)
        device_put_number(w, "mtu", vif->mtu);
    if (vif->ip[0])
        device_put(w, "ip", vif->ip);
    device_put_number(w, "state", XenbusStateInitialising);
}

static void put_back(struct device_writer *w, domid_t domid, const struct config_vif *vif, const char *mac,
                     unsigned queues, const struct device_paths *p)
{
    char text[24];

    device_begin(w, p->back, 0, domid);
    device_put(w, "frontend", p->front);
    device_put_number(w, "frontend-id", domid);
    device_put(w, "type", TYPE);
    device_put(w, "script", "");
    device_put_number(w, "handle", vif->handle);
    device_put(w, "mac", mac);
    device_put(w, "bridge", vif->bridge);
    if (vif->name[0])
        device_put(w, "vifname", vif->name);
    if (vif->ip[0])
        device_put(w, "ip", vif->ip);
    if (vif->mtu)
        device_put_number(w, "mtu", vif->mtu);
    if (vif->rate_bytes) {
        snprintf(text, sizeof(text), "%u,%u", (unsigned)vif->rate_bytes, (unsigned)vif->rate_us);
        device_put(w, "rate", text);
    }
    device_put_number(w, "antispoof", !vif->any_source);
    device_put_number(w, "multi-queue-max-queues", queues);
    device_put_number(w, "state", XenbusStateInitialising);
    device_put_number(w, "online", 1);      /* the last: the backend begins */
}

static int write_keys(domid_t domid, const struct config_vif *vif, unsigned queues,
                      const struct device_paths *p)
{
    struct device_writer w = { .rc = 0 };
    char mac[CONFIG_MAC_TEXT_SIZE];

    config_mac_text(vif->mac, mac);
    put_front(&w, domid, vif, mac, p);
    put_back(&w, domid, vif, mac, queues, p);
    return w.rc;
}

/* ---- one interface ---- */

int vif_attach(domid_t domid, struct config_vif *vif, unsigned queues, struct toolstack_error *err)
{
    struct device_paths p;
    char name[16];
    int rc = choose(domid, vif);

    snprintf(name, sizeof(name), "vif %u", vif->handle);
    if (rc)
        return toolstack_fail(err, rc, name, "no random MAC address can be made");
    if (handle_is_taken(domid, vif->handle))
        return toolstack_fail(err, -EEXIST, name, "the domain has an interface of this number");
    p = device_paths(TYPE, domid, vif->handle);
    rc = write_keys(domid, vif, queues, &p);
    return device_wait(&p, rc, (struct device_words){ name, WHAT },
                       "`bridge list` shows the bridges, `bridge create` makes one", err);
}

int vif_detach(domid_t domid, uint32_t handle, bool force, struct toolstack_error *err)
{
    struct device_paths p = device_paths(TYPE, domid, handle);
    char name[16];

    snprintf(name, sizeof(name), "vif %u", (unsigned)handle);
    if (!handle_is_taken(domid, handle))
        return toolstack_fail(err, -ENOENT, "", "domain %u has no interface %u", domid, (unsigned)handle);
    return device_detach(&p, force, (struct device_words){ name, WHAT }, "take it away with --force", err);
}

/* ---- all of a domain ---- */

void vif_remove_all(domid_t domid)
{
    device_remove_all(TYPE, domid);
}

static void look_at(domid_t domid, struct vif_status *s)
{
    struct device_paths p = device_paths(TYPE, domid, s->handle);

    s->state = (unsigned)pv_key_number_or(p.back, "state", XenbusStateUnknown);
    pv_key_copy(p.back, "mac", s->mac, sizeof(s->mac));
    pv_key_copy(p.back, "bridge", s->bridge, sizeof(s->bridge));
    pv_key_copy(p.back, "vifname", s->name, sizeof(s->name));
    pv_key_copy(p.back, "ip", s->ip, sizeof(s->ip));
    pv_key_copy(p.back, "rate", s->rate, sizeof(s->rate));
}

size_t vif_list(domid_t domid, struct vif_status *list, size_t size)
{
    char **names;
    size_t n;

    if (device_names(TYPE, domid, &names, &n))
        return 0;
    for (size_t i = 0; i < n && i < size; i++) {
        list[i].handle = (uint32_t)strtoul(names[i], NULL, 10);
        look_at(domid, &list[i]);
    }
    free(names);
    return n;
}
