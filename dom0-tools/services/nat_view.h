/* nat_view.h: the headers of a frame, checked once; and changes of addresses and ports that keep all
 * checksums as right as they were. */
#ifndef ENSO_SERVICES_NAT_VIEW_H
#define ENSO_SERVICES_NAT_VIEW_H

#include "nat.h"

/* How much of its datagram a frame holds. */
enum nat_part { NAT_WHOLE, NAT_FIRST_FRAGMENT, NAT_LATER_FRAGMENT };

/* Headers that lie in the frame's first piece. */
struct nat_view {
    struct packet *packet;
    uint8_t *ip, *body;         /* body: behind the IP header (20 bytes, no options) */
    unsigned body_bytes;        /* of the datagram, as far as they are in the first piece */
    enum nat_part part;
    uint8_t protocol;           /* IP_TCP, IP_UDP or IP_ICMP, with its whole header there */
    uint32_t from, to;          /* as the frame came */
    uint16_t from_port, to_port;        /* TCP, UDP */
};

/* A later fragment has no header but IP's: no ports, and nothing in its body is to be looked at. */
enum nat_fault { NAT_FINE, NAT_MALFORMED, NAT_FRAGMENT };

/* Everything that is wrong with a frame is found here. Nothing outside of what a view shows is touched
 * later. */
enum nat_fault nat_look(struct packet *p, struct nat_view *v);

/* True: longer than an IPv4 frame for this MTU may be, as a whole or in the segments that it is to be cut
 * into. */
bool nat_too_long(const struct nat_view *v, uint16_t mtu);

void nat_set_from(struct nat_view *v, uint32_t address, uint16_t port);
void nat_set_to(struct nat_view *v, uint32_t address, uint16_t port);
/* The addresses alone. */
void nat_set_address(struct nat_view *v, unsigned where, uint32_t address);
void nat_set_id(struct nat_view *v, uint16_t id);
void nat_set_icmp_id(struct nat_view *v, uint16_t id);
void nat_count_hop(struct nat_view *v);

#endif
