/* state.h: what the files of the services share. All of it belongs to cooperative threads: between two waits
 * nobody else looks. */
#ifndef ENSO_SERVICES_STATE_H
#define ENSO_SERVICES_STATE_H

#include "dhcpd.h"
#include "interface.h"
#include "nat.h"

#define GUESTS_BRIDGE "xenbr0"

struct services {
    struct interface guests;        /* in xenbr0: router, DHCP and DNS server of the guests */
    struct interface uplink;        /* eth0 */
    bool has_uplink;
    struct nat *nat;
    struct dhcpd *dhcpd;
    bool leased;                    /* the guests' network is in use: it keeps its number */
    struct pv_waitq wake;           /* the thread of router.c */
    uint64_t key[2];
};

extern struct services services;

/* guests.c: the guests' side: a new network address (host order, .1), with no leases and no connections. 0,
 * -ENOMEM. */
int guests_init(uint32_t address);

/* A frame of a guest / of the outer network that is for the control domain itself; takes the reference. */
void guests_local(struct packet *p, uint64_t now_ms);
void guests_frame(struct packet *p, uint64_t now_ms);
void guests_arp(struct packet *p, uint64_t now_ms);
void uplink_frame(struct packet *p, uint64_t now_ms);

/* Addresses of configured interfaces and of forwards, after something has changed. */
void guests_stations_changed(void);

/* router.c */
int router_start(void);
/* Sends a routed frame out on the uplink. */
void router_send_out(struct packet *p, uint32_t address, uint64_t now_ms);

static inline uint64_t services_ms(uint64_t ns)
{
    return ns / 1000000;
}

#endif
