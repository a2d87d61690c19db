/* inet.h: fields of Ethernet, IPv4, TCP, UDP and ICMP by their places, and checksums. Addresses and ports are
 * numbers in host order. Pure. */
#ifndef ENSO_SERVICES_INET_H
#define ENSO_SERVICES_INET_H

#include <stddef.h>
#include <stdint.h>

enum { ETH_TO = 0, ETH_FROM = 6, ETH_TYPE = 12, ETH_BYTES = 14, ETH_MAC = 6 };
enum { ETH_IPV4 = 0x0800, ETH_ARP = 0x0806 };

enum {
    IP4_TOTAL = 2,
    IP4_ID = 4,
    IP4_FRAGMENT = 6,
    IP4_TTL = 8,
    IP4_PROTOCOL = 9,
    IP4_CHECKSUM = 10,
    IP4_FROM = 12,
    IP4_TO = 16,
    IP4_BYTES = 20
};
enum { IP4_DONT_FRAGMENT = 0x4000, IP4_MORE_FRAGMENTS = 0x2000, IP4_OFFSET = 0x1fff };
enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17 };

/* The ports are at the same places in TCP and UDP. */
enum { PORT_FROM = 0, PORT_TO = 2 };
enum { UDP_LENGTH = 4, UDP_CHECKSUM = 6, UDP_BYTES = 8 };
enum { TCP_FLAGS = 13, TCP_CHECKSUM = 16, TCP_BYTES = 20 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

enum { ICMP_TYPE = 0, ICMP_CODE = 1, ICMP_CHECKSUM = 2, ICMP_ID = 4, ICMP_MTU = 6, ICMP_BYTES = 8 };
enum {
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_ECHO = 8,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER = 12
};
enum { ICMP_NET = 0, ICMP_TOO_BIG = 4 };

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* The sum of 16-bit words (an odd last byte is a word's upper half), to be folded; `sum` is what came
 * before. */
static inline uint32_t checksum_add(uint32_t sum, const uint8_t *at, size_t bytes)
{
    for (; bytes > 1; at += 2, bytes -= 2)
        sum += get16(at);
    return bytes ? sum + ((uint32_t)at[0] << 8) : sum;
}

static inline uint16_t checksum_fold(uint32_t sum)
{
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)(sum + (sum >> 16));
}

/* The checksum after a summed word has changed (RFC 1624): a wrong checksum stays as wrong as it was. */
static inline uint16_t checksum_replace16(uint16_t checksum, uint16_t old, uint16_t new)
{
    return (uint16_t)~checksum_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~old + new);
}

static inline uint16_t checksum_replace32(uint16_t checksum, uint32_t old, uint32_t new)
{
    return checksum_replace16(checksum_replace16(checksum, (uint16_t)(old >> 16), (uint16_t)(new >> 16)),
                              (uint16_t)old, (uint16_t)new);
}

#endif
