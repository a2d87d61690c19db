/* nat.c: what happens to a frame between the two networks. See nat.h; nat_table.c has the connections,
 * nat_icmp.c the errors. */
#include "nat.h"

#include <stdlib.h>
#include <string.h>

#include "nat_icmp.h"
#include "nat_table.h"
#include "nat_view.h"

#define DNS_PORT 53

struct nat *nat_create(const struct nat_settings *settings)
{
    struct nat *n = calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    n->settings = *settings;
    nat_table_init(n);
    return n;
}

void nat_destroy(struct nat *n)
{
    free(n);
}

void nat_set_outside(struct nat *n, uint32_t address)
{
    if (n->outside == address)
        return;
    for (unsigned i = 0; i < NAT_CONNECTIONS; i++)
        if (n->connections[i].protocol)
            nat_remove(n, &n->connections[i]);
    for (uint32_t host = 0; host < NAT_HOSTS; host++)
        nat_forget_fragments(n, host);
    n->outside = address;
}

void nat_set_dns(struct nat *n, uint32_t address)
{
    n->dns = address;
}

static enum nat_verdict drop(uint64_t *counter)
{
    ++*counter;
    return NAT_DROP;
}

static enum nat_verdict drop_fault(struct nat *n, enum nat_fault fault)
{
    return drop(fault == NAT_FRAGMENT ? &n->statistics.fragments : &n->statistics.malformed);
}

/* No one station: this network, loopback, groups, broadcast. */
static bool is_no_station(uint32_t address)
{
    return address >> 24 == 0 || address >> 24 == 127 || address >= 0xe0000000U;
}

/* What a frame means for its connection. RST is forgotten when the one who is said to have given up goes
 * on. */
static uint8_t flags_after(const struct nat_connection *c, const struct nat_view *v, bool from_inside)
{
    bool started_here = from_inside != ((c->flags & NAT_FROM_OUTSIDE) != 0);
    uint8_t flags = c->flags;

    if (!started_here)
        flags |= NAT_REPLIED;
    if (v->protocol != IP_TCP)
        return flags;
    if (v->body[TCP_FLAGS] & TCP_RST)
        return flags | NAT_RESET;
    flags &= (uint8_t)~NAT_RESET;
    if (v->body[TCP_FLAGS] & TCP_FIN)
        flags |= from_inside ? NAT_FIN_INSIDE : NAT_FIN_OUTSIDE;
    if ((v->body[TCP_FLAGS] & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        flags &= (uint8_t)~(NAT_FIN_INSIDE | NAT_FIN_OUTSIDE);      /* the ports are used again */
    return flags;
}

/* May this frame begin a connection? */
static bool begins(const struct nat_view *v)
{
    return v->protocol != IP_TCP || (v->body[TCP_FLAGS] & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static enum nat_verdict check_passage(struct nat *n, const struct nat_view *v)
{
    if (v->ip[IP4_TTL] <= 1)
        return NAT_TIME_EXCEEDED;
    if (nat_too_long(v, n->settings.mtu))
        return get16(v->ip + IP4_FRAGMENT) & IP4_DONT_FRAGMENT ? NAT_TOO_BIG : drop(&n->statistics.fragments);
    return NAT_FORWARD;
}

/* A later fragment goes where its first one went. */
static enum nat_verdict send_later(struct nat *n, struct nat_view *v, uint64_t now_ms)
{
    const struct nat_datagram *as = nat_first_fragment(n, v, now_ms);
    enum nat_verdict verdict;

    if (!as)
        return v->to == n->settings.gateway || v->to == n->outside ? NAT_LOCAL : drop(&n->statistics.fragments);
    verdict = check_passage(n, v);
    if (verdict == NAT_FORWARD)
        nat_follow_fragment(v, as);
    return verdict;
}

/* ---- from guests ---- */

/* The other end of what a guest dials. */
struct dialled {
    uint32_t address, remote;
    uint16_t port, remote_port;
};

static enum nat_verdict where_to(struct nat *n, const struct nat_view *v, struct dialled *d)
{
    *d = (struct dialled){ v->to, v->to, v->to_port, v->to_port };
    if (v->to == n->settings.gateway) {
        if (v->protocol == IP_ICMP || v->to_port != DNS_PORT || !n->dns)
            return NAT_LOCAL;
        d->remote = n->dns;
    } else if (nat_is_inside(n, v->to) || is_no_station(v->to)) {
        return drop(&n->statistics.unknown);
    }
    if (!n->outside)
        return NAT_NO_NETWORK;
    return v->to == n->outside ? NAT_LOCAL : NAT_FORWARD;
}

/* The guest has dialled another address or port than the one that it reaches. */
static bool is_led_elsewhere(const struct nat_connection *c)
{
    return c->remote != c->dialled || c->remote_port != c->dialled_port;
}

static enum nat_verdict send_out(struct nat *n, struct nat_view *v, const struct dialled *d, uint64_t now_ms)
{
    bool echo = v->protocol == IP_ICMP;
    uint16_t port = echo ? get16(v->body + ICMP_ID) : v->from_port;
    struct nat_connection *c = nat_find_inside(n, v->protocol, v->from, port, d->address, d->port, now_ms);

    if (!c && begins(v)) {
        struct nat_connection want = { .protocol = v->protocol,
                                       .inside = v->from,
                                       .inside_port = port,
                                       .dialled = d->address,
                                       .dialled_port = d->port,
                                       .remote = d->remote,
                                       .remote_port = d->remote_port };
        c = nat_add(n, &want, now_ms);
    }
    if (!c)
        return drop(&n->statistics.unknown);
    nat_touch(n, c, flags_after(c, v, true), now_ms);
    nat_count_hop(v);
    if (echo) {
        nat_set_address(v, IP4_FROM, n->outside);
        nat_set_icmp_id(v, c->outside_port);
    } else {
        nat_set_from(v, n->outside, c->outside_port);
        if (is_led_elsewhere(c))
            nat_set_to(v, c->remote, c->remote_port);
    }
    if (v->part == NAT_FIRST_FRAGMENT)
        nat_keep_fragment(n, v, c->inside, true, now_ms);
    return NAT_FORWARD;
}

static bool is_guest(const struct nat *n, uint32_t address)
{
    return nat_is_inside(n, address) && address != n->settings.gateway && (address & 0xff) != 0 &&
           (address & 0xff) != 0xff;
}

bool nat_is_guest(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t now_ms)
{
    return is_guest(n, address) && nat_claim(n, address, mac, now_ms);
}

static enum nat_verdict from_inside(struct nat *n, struct nat_view *v, uint64_t now_ms)
{
    struct dialled d;
    enum nat_verdict verdict;

    if (v->part == NAT_LATER_FRAGMENT)
        return send_later(n, v, now_ms);
    if ((verdict = where_to(n, v, &d)) != NAT_FORWARD || (verdict = check_passage(n, v)) != NAT_FORWARD)
        return verdict;
    if (v->protocol != IP_ICMP || v->body[ICMP_TYPE] == ICMP_ECHO)
        return send_out(n, v, &d, now_ms);
    verdict = nat_icmp_from_inside(n, v, now_ms);
    return verdict == NAT_DROP ? drop(&n->statistics.unknown) : verdict;
}

enum nat_verdict nat_from_inside(struct nat *n, struct packet *p, uint64_t now_ms, struct nat_hop *hop)
{
    struct nat_view v;
    enum nat_fault fault = nat_look(p, &v);
    enum nat_verdict verdict;

    if (fault)
        return drop_fault(n, fault);
    if (!nat_is_guest(n, v.from, p->pieces[0].at + ETH_FROM, now_ms))
        return drop(&n->statistics.spoofed);
    verdict = from_inside(n, &v, now_ms);
    if (verdict == NAT_FORWARD) {
        *hop = (struct nat_hop){ .address = get32(v.ip + IP4_TO) };
        n->statistics.to_outside++;
    }
    return verdict;
}

/* ---- from outside ---- */

/* A new connection to a port that is forwarded. */
static struct nat_connection *accept_forward(struct nat *n, const struct nat_view *v, uint64_t now_ms)
{
    struct nat_connection want = { .protocol = v->protocol,
                                   .flags = NAT_FROM_OUTSIDE,
                                   .dialled = v->from,
                                   .remote = v->from,
                                   .dialled_port = v->from_port,
                                   .remote_port = v->from_port,
                                   .outside_port = v->to_port };

    if (!n->settings.forward ||
        !n->settings.forward(n->settings.arg, v->protocol, v->to_port, &want.inside, &want.inside_port))
        return NULL;
    if (!is_guest(n, want.inside) || want.inside_port == 0 || !begins(v))
        return NULL;
    if (nat_find_inside(n, v->protocol, want.inside, want.inside_port, v->from, v->from_port, now_ms))
        return NULL; /* by another of our ports, from the same place: the guest could not tell them apart */
    return nat_add(n, &want, now_ms);
}

static enum nat_verdict send_in(struct nat *n, struct nat_view *v, struct nat_connection *c, uint64_t now_ms)
{
    enum nat_verdict verdict = check_passage(n, v);

    if (verdict != NAT_FORWARD)
        return verdict;
    nat_touch(n, c, flags_after(c, v, false), now_ms);
    nat_count_hop(v);
    if (v->protocol == IP_ICMP) {
        nat_set_address(v, IP4_TO, c->inside);
        nat_set_icmp_id(v, c->inside_port);
    } else {
        nat_set_to(v, c->inside, c->inside_port);
        if (is_led_elsewhere(c))
            nat_set_from(v, c->dialled, c->dialled_port);
    }
    if (v->part == NAT_FIRST_FRAGMENT)
        nat_keep_fragment(n, v, c->inside, false, now_ms);
    return NAT_FORWARD;
}

static enum nat_verdict from_outside(struct nat *n, struct nat_view *v, uint64_t now_ms)
{
    struct nat_connection *c = NULL;

    if (v->part == NAT_LATER_FRAGMENT)
        return send_later(n, v, now_ms);
    if (v->protocol == IP_ICMP && v->body[ICMP_TYPE] != ICMP_ECHO && v->body[ICMP_TYPE] != ICMP_ECHO_REPLY)
        return nat_icmp_from_outside(n, v, now_ms);
    if (v->protocol != IP_ICMP) {
        c = nat_find_outside(n, v->protocol, v->to_port, v->from, v->from_port, now_ms);
        c = c ? c : accept_forward(n, v, now_ms);
    } else if (v->body[ICMP_TYPE] == ICMP_ECHO_REPLY) {
        c = nat_find_outside(n, IP_ICMP, get16(v->body + ICMP_ID), v->from, 0, now_ms);
    }
    return c ? send_in(n, v, c, now_ms) : NAT_LOCAL;
}

enum nat_verdict nat_from_outside(struct nat *n, struct packet *p, uint64_t now_ms, struct nat_hop *hop)
{
    struct nat_view v;
    enum nat_fault fault = nat_look(p, &v);
    enum nat_verdict verdict;

    if (fault)
        return drop_fault(n, fault);
    if (!n->outside || v.to != n->outside)
        return NAT_LOCAL;
    if (nat_is_inside(n, v.from) || is_no_station(v.from))
        return drop(&n->statistics.spoofed);
    verdict = from_outside(n, &v, now_ms);
    if (verdict == NAT_FORWARD) {
        const struct nat_host *h;

        *hop = (struct nat_hop){ .address = get32(v.ip + IP4_TO) };
        h = nat_host(n, hop->address);
        hop->known = h->claimed;
        memcpy(hop->mac, h->mac, ETH_MAC);
        n->statistics.to_inside++;
    }
    return verdict;
}

void nat_statistics(const struct nat *n, struct nat_statistics *s)
{
    *s = n->statistics;
}

bool nat_next(const struct nat *n, unsigned *cookie, struct nat_entry *entry)
{
    while (*cookie < NAT_CONNECTIONS) {
        const struct nat_connection *c = &n->connections[(*cookie)++];

        if (!c->protocol)
            continue;
        *entry = (struct nat_entry){ c->protocol,    (c->flags & NAT_REPLIED) != 0,
                                     c->inside,      c->remote,
                                     c->inside_port, c->outside_port,
                                     c->remote_port, c->expires_ms };
        return true;
    }
    return false;
}
