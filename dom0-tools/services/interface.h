/*
 * interface.h: an interface of the control domain: between lwIP and a network. It sits on a card, or on a
 * port of its own (NAME.host) in a bridge. Frames that come in wait in a fair queue for the thread of the
 * services (router.c). Threads only.
 */
#ifndef ENSO_SERVICES_INTERFACE_H
#define ENSO_SERVICES_INTERFACE_H

#include <pv/thread.h>

#include "../net/bridge.h"
#include "fair_queue.h"
#include "inet.h"

struct netif;

struct interface {
    char name[NET_NAME];
    uint8_t mac[NET_MAC];
    struct net_port port;           /* its place in a bridge; registered while it has one */
    struct net_port *card;          /* its place on a card, or the one that it goes back to; NULL: none */
    struct netif *netif;
    bool dhcp;                      /* its address comes by DHCP */
    bool link;
    uint64_t refused;               /* frames for the control domain that it has no use for */
    struct pv_waitq *wake;          /* woken when a frame is queued */
    struct fair_queue queue;
};

/* Makes an interface that is nowhere yet. 0, -ENOMEM, or what lwIP says. */
int interface_init(struct interface *i, const char *name, const uint8_t *mac, struct pv_waitq *wake);

/* Puts it on its card, or into a bridge; it must be nowhere. -EBUSY: something is above the card;
 * bridge_join()'s; -EEXIST. */
int interface_on_card(struct interface *i);
int interface_in_bridge(struct interface *i, struct bridge *bridge);
/* Takes it away from where it is. */
void interface_away(struct interface *i);

/* Sends a frame; takes the reference. */
void interface_send(struct interface *i, struct packet *p);

/* Gives a frame to lwIP; takes the reference. */
void interface_to_stack(struct interface *i, struct packet *p);

/* Whether anything in the control domain waits for UDP at a port. */
bool interface_waits_for_udp(uint16_t port);

/* What the card says of its cable; a bridge is always there. Tells lwIP of changes. */
void interface_check_link(struct interface *i);

/* Its IPv4 address, mask and router, 0 where there is none. */
uint32_t interface_address(const struct interface *i);
uint32_t interface_mask(const struct interface *i);
uint32_t interface_router(const struct interface *i);

#endif
