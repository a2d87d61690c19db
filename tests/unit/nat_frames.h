/* nat_frames.h: frames of TCP, UDP and ICMP echo, made and looked at. */
#ifndef NAT_FRAMES_H
#define NAT_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/packet.h"
#include "services/inet.h"

struct flow {
    uint8_t protocol;
    uint32_t from, to;
    uint16_t from_port, to_port;    /* ICMP echo: from_port is the identifier */
};

/* The MAC address of a station is made of its address. */
void mac_of(uint32_t address, uint8_t mac[6]);

/* A whole frame with right checksums, or a BLANK one; the payload is random. */
struct packet *make(const struct flow *f, uint8_t tcp_flags, unsigned payload, bool blank);
void set_ttl(struct packet *p, uint8_t ttl);

struct flow flow_of(const struct packet *p);
void assert_flow(struct flow a, struct flow b);

/* Everything in a frame that can be right is right. */
void check_sums(const struct packet *p);

#endif
