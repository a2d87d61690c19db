/*
 * nat.h: network address translation for IPv4 between one inner network (guests) and one outer address: TCP,
 * UDP, ICMP echo, and the ICMP errors that belong to them. Frames are changed in place, headers only;
 * checksums by difference, so that BLANK and gso frames stay what they are. Pure: time comes from the caller,
 * next hops are the caller's business.
 *
 * Datagrams in fragments pass fragment by fragment, the first one first. What is not passed on: fragments
 * that come before it, IP options, other protocols; and nothing is cut (senders keep to the MTU or find the
 * path's). All tables are of fixed size, and what a guest takes of them is charged to it.
 *
 * Addresses and ports are numbers in host order. Threads only, nothing waits.
 */
#ifndef ENSO_SERVICES_NAT_H
#define ENSO_SERVICES_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "../net/packet.h"
#include "inet.h"

#define NAT_CONNECTIONS   4096U
#define NAT_PER_HOST      1024U     /* connections of one inner address */
#define NAT_PER_STATION   8U        /* inner addresses that one MAC address uses at a time */

/* Outer ports of connections. The control domain's own stack takes ports from 0xc000 on. */
#define NAT_PORT_FIRST    0x4000U
#define NAT_PORTS         0x8000U

struct nat;

struct nat_settings {
    uint32_t gateway;           /* our address in the inner network, which is its /24 */
    uint16_t mtu;               /* of both sides */
    uint64_t key[2];            /* secret: hashes and the choice of ports */
    /* Where a new connection from outside to a port of ours goes; false: nowhere. Must not wait. */
    bool (*forward)(void *arg, uint8_t protocol, uint16_t port, uint32_t *address, uint16_t *to_port);
    void *arg;
};

/* Made with everything that it will ever need; NULL without memory. */
struct nat *nat_create(const struct nat_settings *settings);
void nat_destroy(struct nat *n);

/* Our address outside (0: there is none now) and the server to which the gateway's port 53 is forwarded (0:
 * none). Another address ends all connections. */
void nat_set_outside(struct nat *n, uint32_t address);
void nat_set_dns(struct nat *n, uint32_t address);

enum nat_verdict {
    NAT_DROP,               /* counted */
    NAT_LOCAL,              /* for the control domain itself; the frame is unchanged */
    NAT_FORWARD,            /* rewritten: to be sent out on the other side */
    NAT_TIME_EXCEEDED,      /* unchanged: the sender should be told ... */
    NAT_TOO_BIG,
    NAT_NO_NETWORK,
};

/* Where a frame goes next. */
struct nat_hop {
    uint32_t address;           /* its destination address */
    bool known;                 /* inner side: this is the station that uses the address */
    uint8_t mac[ETH_MAC];
};

/* A frame that came in from the inner / the outer side, addressed to our MAC address, held by the caller
 * alone. */
enum nat_verdict nat_from_inside(struct nat *n, struct packet *p, uint64_t now_ms, struct nat_hop *hop);
enum nat_verdict nat_from_outside(struct nat *n, struct packet *p, uint64_t now_ms, struct nat_hop *hop);

/* An ICMP error about p for p's sender, complete with MAC addresses (from `from_mac`), or NULL: not deserved,
 * too many lately, or no memory. p stays the caller's. */
struct packet *nat_error(struct nat *n, const struct packet *p, enum nat_verdict why, uint32_t from,
                         const uint8_t *from_mac, uint64_t now_ms);

/* A station names an inner address as its own, with this or by sending: false, it may not. */
bool nat_is_guest(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t now_ms);

/* Gives an inner address to a station, as DHCP does: nobody else may send with it until `until_ms`. */
void nat_lease(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t until_ms);

/* Ends connections whose time is over: a part of the table each time; call it about every 100 ms. */
void nat_tick(struct nat *n, uint64_t now_ms);

struct nat_statistics {
    uint64_t to_outside, to_inside;                 /* frames passed on */
    uint64_t fragments, malformed, spoofed, unknown,
        full; /* frames dropped, and connections ended early (full) */
    uint32_t connections;                           /* now */
};
void nat_statistics(const struct nat *n, struct nat_statistics *s);

/* The connections in no particular order: the one at *cookie (0 at first) or behind it; false: no more. */
struct nat_entry {
    uint8_t protocol;
    bool replied;                       /* both sides have sent something */
    uint32_t inside, remote;            /* the guest; the other end as it is outside */
    uint16_t inside_port, outside_port, remote_port;
    uint64_t expires_ms;
};
bool nat_next(const struct nat *n, unsigned *cookie, struct nat_entry *entry);

/* Ends all connections of an inner address. */
void nat_forget(struct nat *n, uint32_t address);

#endif
