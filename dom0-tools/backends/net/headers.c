/* headers.c: where a frame's headers lie. They are read once, into memory of our own, and checked there. */
#include <string.h>

#include "../../net/checksum.h"
#include "../../net/port.h"
#include "netif.h"

enum { ETHERNET = 14, TYPE_AT = 12, TAG = 4 };
enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_SERVICE_VLAN = 0x88a8 };
enum { IP4_HEADER = 20, IP4_LENGTH = 2, IP4_FRAGMENT = 6, IP4_PROTOCOL = 9, IP4_ADDRESSES = 12 };
enum { IP6_HEADER = 40, IP6_LENGTH = 4, IP6_NEXT = 6, IP6_ADDRESSES = 8 };
enum { PROTOCOL_HOPS = 0, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ROUTING = 43, PROTOCOL_OPTIONS = 60 };
enum { TCP_HEADER = 20, TCP_LENGTH = 12, TCP_CHECKSUM = 16, UDP_HEADER = 8, UDP_CHECKSUM = 6 };
#define NOT_WHOLE 0x3fff        /* more fragments, or not the first */

struct headers {
    uint8_t bytes[NETIF_HEADERS];
    size_t have;                /* of them */
    unsigned ip, transport;     /* where these begin */
    unsigned end;               /* of what IP's length covers */
    bool six;
    uint8_t protocol;
};

static unsigned get16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

/* The type of what is in the frame, and where that begins: behind two tags at the most. 0: too short. */
static unsigned find_type(struct headers *h)
{
    unsigned type, at = TYPE_AT;

    for (unsigned tags = 0; at + 2 <= h->have; tags++, at += TAG) {
        type = get16(h->bytes + at);
        if ((type != TYPE_VLAN && type != TYPE_SERVICE_VLAN) || tags == 2) {
            h->ip = at + 2;
            return type;
        }
    }
    return 0;
}

static bool find_ip4(struct headers *h)
{
    const uint8_t *ip = h->bytes + h->ip;
    unsigned header = (ip[0] & 15U) * 4;

    if (h->have < h->ip + IP4_HEADER || ip[0] >> 4 != 4 || header < IP4_HEADER ||
        get16(ip + IP4_LENGTH) < header || (get16(ip + IP4_FRAGMENT) & NOT_WHOLE) != 0)
        return false;
    h->transport = h->ip + header;
    h->end = h->ip + get16(ip + IP4_LENGTH);
    h->protocol = ip[IP4_PROTOCOL];
    return true;
}

/* Extension headers are followed as far as the headers were read: each has 8 bytes at least. */
static bool find_ip6(struct headers *h)
{
    const uint8_t *ip = h->bytes + h->ip;

    if (h->have < h->ip + IP6_HEADER || ip[0] >> 4 != 6)
        return false;
    h->six = true;
    h->transport = h->ip + IP6_HEADER;
    h->end = h->transport + get16(ip + IP6_LENGTH);
    h->protocol = ip[IP6_NEXT];
    while (h->protocol == PROTOCOL_HOPS || h->protocol == PROTOCOL_ROUTING ||
           h->protocol == PROTOCOL_OPTIONS) {
        if (h->transport + 8 > h->have)
            return false;
        h->protocol = h->bytes[h->transport];
        h->transport += (h->bytes[h->transport + 1] + 1u) * 8;
    }
    return true;
}

static bool find_transport(const struct packet *p, struct headers *h)
{
    unsigned type;

    memset(h, 0, sizeof(*h));
    h->have = packet_read(p, 0, h->bytes, sizeof(h->bytes));
    type = find_type(h);
    return (type == TYPE_IP4 && find_ip4(h)) || (type == TYPE_IP6 && find_ip6(h));
}

/* The sum of what TCP's and UDP's checksums cover beside their own bytes. */
static uint16_t pseudo_header(const struct headers *h)
{
    const uint8_t *ip = h->bytes + h->ip;
    unsigned bytes = h->end - h->transport;
    uint8_t rest[4] = { (uint8_t)(bytes >> 8), (uint8_t)bytes, 0, h->protocol };
    uint16_t sum = h->six ? checksum_memory(ip + IP6_ADDRESSES, 32) : checksum_memory(ip + IP4_ADDRESSES, 8);

    return checksum_add(sum, checksum_memory(rest, sizeof(rest)));
}

/* Whoever completes the checksum sums up to the frame's end: padding behind IP's goes. */
static bool set_blank(struct packet *p, const struct headers *h)
{
    unsigned header = h->protocol == PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER;
    uint16_t sum;

    if ((h->protocol != PROTOCOL_TCP && h->protocol != PROTOCOL_UDP) || h->end > p->bytes ||
        h->transport + header > h->end || h->transport + header > h->have)
        return false;
    packet_trim(p, h->end);
    p->checksum = PACKET_BLANK;
    p->checksum_start = (uint16_t)h->transport;
    p->checksum_offset = h->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
    sum = pseudo_header(h);
    packet_write(p, h->transport + p->checksum_offset, &sum, sizeof(sum));
    return true;
}

/* One that fits into a segment is none to be cut. */
static bool set_gso(const struct netif_tx *tx, struct packet *p, const struct headers *h, unsigned mtu)
{
    unsigned all;

    if (h->protocol != PROTOCOL_TCP || h->six != (tx->gso == PACKET_TCP6))
        return false;
    all = h->transport + (h->bytes[h->transport + TCP_LENGTH] >> 4) * 4u;
    if (all < h->transport + TCP_HEADER || all > h->have || all > p->bytes ||
        all + tx->gso_size > mtu + h->ip)
        return false;
    if (p->bytes <= all + tx->gso_size)
        return true;
    p->gso = tx->gso;
    p->gso_size = tx->gso_size;
    p->header_bytes = (uint16_t)all;
    return packet_gso_valid(p);
}

bool netif_tx_finish(const struct netif_tx *tx, struct packet *p, unsigned mtu)
{
    struct headers h;

    if (!tx->blank && tx->gso == PACKET_WHOLE) {
        p->checksum = tx->validated ? PACKET_VERIFIED : PACKET_UNVERIFIED;
        return true;
    }
    return find_transport(p, &h) && set_blank(p, &h) && (tx->gso == PACKET_WHOLE || set_gso(tx, p, &h, mtu));
}

bool netif_is_ip6(const struct packet *p)
{
    struct headers h;

    memset(&h, 0, sizeof(h));
    h.have = packet_read(p, 0, h.bytes, ETHERNET + 2 * TAG);
    return find_type(&h) == TYPE_IP6;
}

static uint32_t mix(uint32_t hash, const uint8_t *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ p[i]) * 0x01000193u;
    return hash;
}

uint32_t netif_hash(const struct packet *p)
{
    struct headers h;
    uint32_t hash = 0x811c9dc5u;

    if (!find_transport(p, &h))
        return mix(hash, h.bytes, h.have < ETHERNET ? h.have : ETHERNET);
    if (h.six)
        hash = mix(hash, h.bytes + h.ip + IP6_ADDRESSES, 32);
    else
        hash = mix(hash, h.bytes + h.ip + IP4_ADDRESSES, 8);
    if ((h.protocol == PROTOCOL_TCP || h.protocol == PROTOCOL_UDP) && h.transport + 4 <= h.have)
        hash = mix(hash, h.bytes + h.transport, 4);
    return hash ^ hash >> 15;
}
