/* neighbour.h: the MAC addresses of next hops: a small cache before lwIP's ARP, and the frames that wait for
 * an answer, few and for a second. Threads only, nothing waits. */
#ifndef ENSO_SERVICES_NEIGHBOUR_H
#define ENSO_SERVICES_NEIGHBOUR_H

#include "interface.h"

/* Sends an IPv4 frame to a station on the interface's network: fills in both MAC addresses; takes the
 * reference. */
void neighbour_send(struct interface *i, struct packet *p, uint32_t address, uint64_t now_ms);

/* The same to a known one. */
void neighbour_send_to(struct interface *i, struct packet *p, const uint8_t *mac);

/* Keeps the address of the outer network's router at hand, asked for anew now and then: nobody's search
 * for other stations pushes it out. Call it often; 0: there is none. */
void neighbour_keep(struct interface *i, uint32_t address, uint64_t now_ms);

/* Tries again what waits. How many still do. */
unsigned neighbour_retry(uint64_t now_ms);

/* One of lwIP's table: the one at *cookie (0 at first) or behind it; false: no more. */
struct neighbour {
    const struct netif *netif;
    uint32_t address;
    uint8_t mac[ETH_MAC];
};
bool neighbour_next(unsigned *cookie, struct neighbour *n);

#endif
