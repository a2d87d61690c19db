/* checksum.h: the Internet's checksum over pieces of memory. Pure. */
#ifndef ENSO_NET_CHECKSUM_H
#define ENSO_NET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

/* The sum of 16-bit words as they lie in memory, not inverted; an odd byte at the end counts as if a zero
 * followed. */
uint16_t checksum_memory(const void *p, size_t bytes);

/* The same of a part of a frame, which ends with the frame at the latest. */
uint16_t checksum_packet(const struct packet *p, size_t offset, size_t bytes);

/* Two sums together. */
static inline uint16_t checksum_add(uint16_t a, uint16_t b)
{
    uint32_t sum = (uint32_t)a + b;

    return (uint16_t)(sum + (sum >> 16));
}

#endif
