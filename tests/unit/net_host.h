/* net_host.h: what the network's pure parts need of their surroundings, on the build machine. */
#ifndef TESTS_NET_HOST_H
#define TESTS_NET_HOST_H

#include "net/packet.h"

extern uint64_t net_host_now;           /* system time */
extern bool net_host_no_pages;          /* the pool gets no more */
#define NET_HOST_PAGES 16384u           /* that there are, all in all */

/* A fixed sequence of numbers, from 0 to below n. */
unsigned net_host_random(unsigned n);
void net_host_fill(uint8_t *p, size_t bytes);

/* A frame with these bytes, in one piece after the other of random sizes. */
struct packet *net_host_packet(const uint8_t *bytes, size_t n);

/* How many pages packets hold. */
size_t net_host_used(void);

/* The Internet's checksum (inverted, in network order as a number), two bytes at a time. */
uint16_t net_host_checksum(const uint8_t *p, size_t bytes, uint32_t start);

#endif
