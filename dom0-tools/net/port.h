/*
 * port.h: ends of the control domain's networks: physical cards (eth0), virtual interfaces of domains
 * (vif3.0), the control domain's own interfaces. Whoever makes a port fills it in and keeps it; a bridge or
 * the control domain's stack is attached above it. Threads only.
 */
#ifndef ENSO_NET_PORT_H
#define ENSO_NET_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "packet.h"

#define NET_NAME      16
#define NET_MAC       6
#define NET_ADDRESSES 4         /* IPv4 addresses that a policy can name */

/* What a port takes as it is; the rest is done by software before a frame gets there. */
enum { NET_CHECKSUM = 1, NET_TSO4 = 2, NET_TSO6 = 4 };

/* What may come in through a port. Checked before anything else is done with a frame. Constant while
 * something is above the port. */
struct net_policy {
    /* The source MAC must be `mac`, and a bridge delivers no other station's unicast. */
    bool locked;
    uint8_t mac[NET_MAC];
    /* Not 0: IPv4 and ARP may only claim these, and nothing else comes in, tagged frames neither. */
    unsigned address_count;
    uint32_t addresses[NET_ADDRESSES];  /* network byte order */
};

struct net_statistics {
    /* rx: what came in from the port; tx: what was delivered to it. */
    uint64_t rx_packets, rx_bytes, rx_drops;
    uint64_t tx_packets, tx_bytes, tx_drops;
    uint64_t spoofed;                           /* refused by the policy; counted in rx_drops too */
};

struct net_port;
/* Takes a frame (and its reference) that has come in through a port. */
typedef void net_input_fn(struct net_port *from, struct packet *p, void *arg);

struct bridge;
struct bridge_entry;
struct net_port {
    char name[NET_NAME];
    uint8_t mac[NET_MAC];               /* of the card or interface */
    uint16_t mtu;                       /* 1500 */
    unsigned accepts;                   /* NET_* */
    bool link;                          /* false: nothing is delivered */
    struct net_policy policy;
    struct net_statistics statistics;
    unsigned learn_limit;               /* addresses that a bridge learns behind it; 0: BRIDGE_LEARN_PORT */
    /* Takes a frame to send out through the port, and its reference; may drop it (and counts that in
     * tx_drops). Does not wait, and does not hand frames to net_receive(): what a frame causes is for a
     * thread of the port's owner. */
    void (*deliver)(struct net_port *port, struct packet *p);
    void *owner;

    /* net_attach()'s. */
    net_input_fn *input;
    void *input_arg;
    struct bridge *bridge;              /* the one that it belongs to, or NULL */
    TAILQ_ENTRY(net_port) link_bridge, link_all;
    TAILQ_HEAD(, bridge_entry) learnt;  /* its entries of the bridge's table, the oldest first */
    unsigned learnt_count;
};

/* Makes a port known by its name / forgets it (it must be detached). -EEXIST. */
int net_register(struct net_port *port);
void net_unregister(struct net_port *port);
struct net_port *net_find(const char *name);
struct net_port *net_next(const struct net_port *port);     /* the first one for NULL; NULL behind the last */

/* Puts something above a port; -EBUSY: there is something. net_detach() takes it away, also out of a
 * bridge. */
int net_attach(struct net_port *port, net_input_fn *input, void *arg);
void net_detach(struct net_port *port);

/* For the port's owner: a frame has come in, in memory that nobody but its holders writes. Counts it, checks
 * what is said of its length, pieces, checksum and segments, and the policy, hands it up; takes the
 * reference. */
void net_receive(struct net_port *port, struct packet *p);
/* The same for one that the owner itself finds wrong: it is counted and dropped. */
void net_refuse(struct net_port *port, struct packet *p);

/* Sends a frame out through a port: cuts and completes what the port does not take, counts, delivers; takes
 * the reference. */
void net_send(struct net_port *port, struct packet *p);

#endif
