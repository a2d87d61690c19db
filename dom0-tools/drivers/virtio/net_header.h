/* net_header.h: what stands before each frame in the queues of a virtio network card, and what of a packet it
 * says. Pure. */
#ifndef ENSO_DRIVERS_VIRTIO_NET_HEADER_H
#define ENSO_DRIVERS_VIRTIO_NET_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "../../net/packet.h"

struct net_header {
    uint8_t flags, gso_type;
    uint16_t header_bytes, gso_size;
    uint16_t checksum_start, checksum_offset;
    uint16_t buffers;                   /* received: how many hold the frame */
};

_Static_assert(sizeof(struct net_header) == 12, "as virtio has it");

/* What a card must be told of a frame. `ecn`: it wants to know of congestion flags in what it cuts. */
void net_header_make(struct net_header *h, const struct packet *p, bool ecn);

/* Puts down what a card says of a frame (complete, without the header); net_receive() looks at whether it is
 * true. False: it says what was not agreed on. `checksums`: the card may leave checksums to us; without it
 * there are no segments either. */
bool net_header_apply(const struct net_header *h, struct packet *p, bool checksums);

#endif
