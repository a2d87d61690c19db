/* bridge.c: see bridge.h. Addresses are in a hash table whose order no guest can guess; the entries of a port
 * are in the order in which they were last heard of, so that a port which has its share pushes its own oldest
 * one out, nobody else's. */
#include "bridge.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv/time.h>

#define BUCKETS 1024U

struct bridge_entry {
    TAILQ_ENTRY(bridge_entry) order;
    struct bridge_entry *next;          /* in its bucket, or in the free list */
    struct net_port *port;
    uint64_t key;
    uint64_t heard;                     /* system time; FIXED: a locked port's */
};

#define FIXED UINT64_MAX
#define AGE_NS (BRIDGE_AGE_S * PV_NS_PER_SEC)
#define HEARD_STEP PV_NS_PER_SEC        /* a station that talks all the time is put down so often */

struct bridge {
    TAILQ_ENTRY(bridge) link;
    char name[NET_NAME];
    TAILQ_HEAD(, net_port) members;
    uint64_t secret, factor, swept;
    struct bridge_entry *unused;
    struct bridge_entry *buckets[BUCKETS];
    struct bridge_entry entries[BRIDGE_TABLE];
};

static TAILQ_HEAD(, bridge) bridges = TAILQ_HEAD_INITIALIZER(bridges);

static uint64_t key_of(const uint8_t *mac)
{
    uint64_t key = 0;

    memcpy(&key, mac, NET_MAC);
    return key;
}

static struct bridge_entry **bucket_of(struct bridge *b, uint64_t key)
{
    return &b->buckets[((key ^ b->secret) * b->factor >> 32) % BUCKETS];
}

static struct bridge_entry *look_up(struct bridge *b, uint64_t key)
{
    struct bridge_entry *e = *bucket_of(b, key);

    while (e && e->key != key)
        e = e->next;
    return e;
}

static void forget(struct bridge *b, struct bridge_entry *e)
{
    struct bridge_entry **at = bucket_of(b, e->key);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    TAILQ_REMOVE(&e->port->learnt, e, order);
    e->port->learnt_count--;
    e->next = b->unused;
    b->unused = e;
}

static bool is_old(const struct bridge_entry *e, uint64_t now)
{
    return e->heard != FIXED && now - e->heard >= AGE_NS;
}

/* Takes old entries out of the full table, once a second at the most. */
static void sweep(struct bridge *b, uint64_t now)
{
    struct net_port *port;
    struct bridge_entry *e;

    if (now - b->swept < PV_NS_PER_SEC)
        return;
    b->swept = now;
    TAILQ_FOREACH(port, &b->members, link_bridge)
        while ((e = TAILQ_FIRST(&port->learnt)) != NULL && is_old(e, now))
            forget(b, e);
}

static struct bridge_entry *new_entry(struct bridge *b, struct net_port *port, uint64_t now)
{
    unsigned limit = port->learn_limit ? port->learn_limit : BRIDGE_LEARN_PORT;
    struct bridge_entry *e;

    if (!b->unused)
        sweep(b, now);
    e = TAILQ_FIRST(&port->learnt);
    if (e && e->heard != FIXED && (port->learnt_count >= limit || !b->unused))
        forget(b, e);
    e = b->unused;
    if (e)
        b->unused = e->next;
    return e;
}

static bool add(struct bridge *b, uint64_t key, struct net_port *port, uint64_t heard, uint64_t now)
{
    struct bridge_entry *e = new_entry(b, port, now), **bucket = bucket_of(b, key);

    if (!e)
        return false;
    *e = (struct bridge_entry){ .port = port, .key = key, .heard = heard, .next = *bucket };
    *bucket = e;
    TAILQ_INSERT_TAIL(&port->learnt, e, order);
    port->learnt_count++;
    return true;
}

/* False: the address is another port's for good. A full table learns nothing; frames still arrive. */
static bool learn(struct bridge *b, uint64_t key, struct net_port *port, uint64_t now)
{
    struct bridge_entry *e = look_up(b, key);

    if (e && e->heard == FIXED)
        return e->port == port;
    if (e && e->port == port) {
        if (now - e->heard < HEARD_STEP)
            return true;
        e->heard = now;
        TAILQ_REMOVE(&port->learnt, e, order);
        TAILQ_INSERT_TAIL(&port->learnt, e, order);
        return true;
    }
    if (port->policy.locked)
        return true;            /* it has its entry, and no other */
    if (e)
        forget(b, e);
    add(b, key, port, now, now);
    return true;
}

/* To all members but the one that it came from; one that is locked has no use for another station's. */
static void flood_one(struct bridge *b, struct net_port *from, struct packet *p, bool group)
{
    struct net_port *port;

    TAILQ_FOREACH(port, &b->members, link_bridge) {
        if (port == from || (!group && port->policy.locked))
            continue;
        packet_hold(p);
        net_send(port, p);
    }
    packet_free(p);
}

/* What a member might want done to the frame is done once, not for each of them. */
static void flood(struct bridge *b, struct net_port *from, struct packet *p, bool group)
{
    struct packet *next;

    if (p->gso != PACKET_WHOLE) {
        p = packet_segment(p);
    } else if (p->checksum == PACKET_BLANK && (p = packet_own(p)) != NULL) {
        packet_complete_checksum(p);
    }
    if (!p)
        from->statistics.rx_drops++;
    for (; p; p = next) {
        next = p->next;
        flood_one(b, from, p, group);
    }
}

static bool is_reserved(const uint8_t *mac)
{
    static const uint8_t reserved[] = { 0x01, 0x80, 0xc2, 0, 0 };

    return memcmp(mac, reserved, sizeof(reserved)) == 0 && mac[5] < 0x10;
}

static void refuse(struct net_port *from, struct packet *p)
{
    from->statistics.rx_drops++;
    packet_free(p);
}

static void on_frame(struct net_port *from, struct packet *p, void *arg)
{
    struct bridge *b = arg;
    uint64_t now = pv_now_ns();
    const uint8_t *macs = p->pieces[0].at;
    struct bridge_entry *e;

    if (macs[NET_MAC] & 1 || key_of(macs + NET_MAC) == 0 || is_reserved(macs)) {
        refuse(from, p);
        return;
    }
    if (!learn(b, key_of(macs + NET_MAC), from, now)) {
        from->statistics.spoofed++;
        refuse(from, p);
        return;
    }
    if (macs[0] & 1) {
        flood(b, from, p, true);
        return;
    }
    e = look_up(b, key_of(macs));
    if (!e || is_old(e, now))
        flood(b, from, p, false);
    else if (e->port == from)
        packet_free(p);         /* it has been there */
    else
        net_send(e->port, p);
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
            return false;
    return length > 0 && length < NET_NAME && isalnum((unsigned char)name[0]);
}

/* Without randomness addresses can be chosen so that they share a bucket; but a port has few entries in any
 * case. */
static void choose_secret(struct bridge *b)
{
    uint64_t numbers[2] = { pv_now_ns(), UINT64_C(0x9e3779b97f4a7c15) };

    if (getentropy(numbers, sizeof(numbers)))
        numbers[1] ^= numbers[0] << 1;
    b->secret = numbers[0];
    b->factor = numbers[1] | 1;
}

int bridge_create(const char *name, struct bridge **bridge)
{
    struct bridge *b;

    if (!is_name(name))
        return -EINVAL;
    if (bridge_find(name) || net_find(name))
        return -EEXIST;
    b = calloc(1, sizeof(*b));
    if (!b)
        return -ENOMEM;
    strcpy(b->name, name);
    TAILQ_INIT(&b->members);
    choose_secret(b);
    for (unsigned i = 0; i < BRIDGE_TABLE; i++)
        b->entries[i].next = i + 1 < BRIDGE_TABLE ? &b->entries[i + 1] : NULL;
    b->unused = b->entries;
    TAILQ_INSERT_TAIL(&bridges, b, link);
    *bridge = b;
    return 0;
}

int bridge_delete(struct bridge *b)
{
    if (!TAILQ_EMPTY(&b->members))
        return -EBUSY;
    TAILQ_REMOVE(&bridges, b, link);
    free(b);
    return 0;
}

struct bridge *bridge_find(const char *name)
{
    struct bridge *b;

    TAILQ_FOREACH(b, &bridges, link)
        if (strcmp(b->name, name) == 0)
            return b;
    return NULL;
}

struct bridge *bridge_next(const struct bridge *b)
{
    return b ? TAILQ_NEXT(b, link) : TAILQ_FIRST(&bridges);
}

const char *bridge_name(const struct bridge *b)
{
    return b->name;
}

/* Makes a locked port's address known; whoever had it until now loses it. */
static int fix_address(struct bridge *b, struct net_port *port)
{
    uint64_t key = key_of(port->policy.mac);
    struct bridge_entry *e = look_up(b, key);

    if (e && e->heard == FIXED)
        return -EADDRINUSE;
    if (e)
        forget(b, e);
    return add(b, key, port, FIXED, pv_now_ns()) ? 0 : -ENOSPC;
}

int bridge_join(struct bridge *b, struct net_port *port)
{
    int rc;

    if (port->input)
        return -EBUSY;
    TAILQ_INIT(&port->learnt);
    port->learnt_count = 0;
    rc = port->policy.locked ? fix_address(b, port) : 0;
    if (rc)
        return rc;
    net_attach(port, on_frame, b);
    port->bridge = b;
    TAILQ_INSERT_TAIL(&b->members, port, link_bridge);
    return 0;
}

void bridge_leave(struct net_port *port)
{
    struct bridge *b = port->bridge;
    struct bridge_entry *e;

    if (!b)
        return;
    while ((e = TAILQ_FIRST(&port->learnt)) != NULL)
        forget(b, e);
    TAILQ_REMOVE(&b->members, port, link_bridge);
    port->bridge = NULL;
    net_detach(port);
}

struct net_port *bridge_member(const struct bridge *b, const struct net_port *after)
{
    return after ? TAILQ_NEXT(after, link_bridge) : TAILQ_FIRST(&b->members);
}

void bridge_learnt(const struct bridge *b, bridge_learnt_fn *fn, void *arg)
{
    uint64_t now = pv_now_ns();
    struct net_port *port;
    struct bridge_entry *e;
    uint8_t mac[sizeof(uint64_t)];

    TAILQ_FOREACH(port, &b->members, link_bridge) {
        TAILQ_FOREACH(e, &port->learnt, order) {
            memcpy(mac, &e->key, sizeof(e->key));
            if (!is_old(e, now))
                fn(arg, mac, port, e->heard == FIXED ? 0 : (unsigned)((now - e->heard) / PV_NS_PER_SEC));
        }
    }
}
