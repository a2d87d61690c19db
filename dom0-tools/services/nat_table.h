/* nat_table.h: what nat.c and its table know of each other. A connection is in two hash tables: by what the
 * guest sends, and by what comes from outside; and in one of its host's two lists, oldest use first: half
 * open (only one side has sent) or open. */
#ifndef ENSO_SERVICES_NAT_TABLE_H
#define ENSO_SERVICES_NAT_TABLE_H

#include <sys/queue.h>

#include "nat.h"
#include "nat_fragment.h"

#define NAT_BUCKETS 4096U

enum { NAT_REPLIED = 1, NAT_FIN_INSIDE = 2, NAT_FIN_OUTSIDE = 4, NAT_RESET = 8, NAT_FROM_OUTSIDE = 16 };

/* One side's view of a connection. ICMP echo: the identifier is the inside and outside port, the other ports
 * are 0. */
struct nat_key {
    uint32_t ours, theirs;
    uint16_t our_port, their_port;
    uint32_t protocol;
};

struct nat_connection {
    TAILQ_ENTRY(nat_connection) link;           /* of the host's list, or the free list */
    LIST_ENTRY(nat_connection) in_bucket, out_bucket;
    uint8_t protocol;                           /* 0: free */
    uint8_t flags;
    uint32_t inside, dialled, remote; /* guest; the other end as the guest sees it, and as it is outside */
    uint16_t inside_port, dialled_port, remote_port, outside_port;
    uint64_t expires_ms;
};
TAILQ_HEAD(nat_list, nat_connection);
LIST_HEAD(nat_bucket, nat_connection);

/* An inner address, by its last byte. */
struct nat_host {
    struct nat_list half, open;
    unsigned count;
    bool claimed;
    uint8_t mac[ETH_MAC];
    uint64_t leased_until_ms, seen_ms;
};

struct nat {
    struct nat_settings settings;
    uint32_t outside, dns;
    struct nat_statistics statistics;
    uint64_t draws;                             /* random numbers taken */
    uint64_t error_ms;                          /* ICMP errors: the time up to which they are used up */
    unsigned tick;
    struct nat_list free;
    struct nat_host hosts[NAT_HOSTS];
    struct nat_bucket in[NAT_BUCKETS], out[NAT_BUCKETS];
    struct nat_connection connections[NAT_CONNECTIONS];
    struct nat_fragments fragments;
};

void nat_table_init(struct nat *n);

/* With the secret key: a hash that nobody outside can foresee, and the next random number. */
uint64_t nat_hash(const struct nat *n, const void *data, size_t bytes);
uint64_t nat_draw(struct nat *n);

struct nat_connection *nat_find_inside(struct nat *n, uint8_t protocol, uint32_t inside, uint16_t inside_port,
                                       uint32_t dialled, uint16_t dialled_port, uint64_t now_ms);
struct nat_connection *nat_find_outside(struct nat *n, uint8_t protocol, uint16_t outside_port,
                                        uint32_t remote, uint16_t remote_port, uint64_t now_ms);

/* Enters a connection with the values of *want; outside_port 0: one is chosen. Makes room by the host's, else
 * by the busiest host's, oldest half-open one, else oldest one. NULL: no port is free. */
struct nat_connection *nat_add(struct nat *n, const struct nat_connection *want, uint64_t now_ms);
void nat_remove(struct nat *n, struct nat_connection *c);

/* A frame of the connection has passed: its flags, its place among its host's, and its time by protocol and
 * flags. */
void nat_touch(struct nat *n, struct nat_connection *c, uint8_t flags, uint64_t now_ms);

/* A station sends with an inner address: false, it is another's, or the station uses too many. */
bool nat_claim(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t now_ms);

static inline struct nat_host *nat_host(struct nat *n, uint32_t address)
{
    return &n->hosts[address & 0xff];
}

static inline bool nat_is_inside(const struct nat *n, uint32_t address)
{
    return (address & ~0xffU) == (n->settings.gateway & ~0xffU);
}

#endif
