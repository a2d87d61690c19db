/* segment.c: cuts a large TCP frame into segments, as a card does. The headers are read once, into memory of
 * our own, and checked there. */
#include <string.h>

#include "checksum.h"
#include "packet.h"

#define HEADERS_MAX 256U

enum { ETHER_HEADER = 14, ETHER_VLAN = 4 };
enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_SERVICE_VLAN = 0x88a8 };
enum { IP4_HEADER = 20, IP4_LENGTH = 2, IP4_ID = 4, IP4_FRAGMENT = 6, IP4_PROTOCOL = 9, IP4_CHECKSUM = 10,
       IP4_ADDRESSES = 12 };
enum { IP6_HEADER = 40, IP6_LENGTH = 4, IP6_ADDRESSES = 8 };
enum { TCP_HEADER = 20, TCP_SEQUENCE = 4, TCP_LENGTH = 12, TCP_FLAGS = 13, TCP_CHECKSUM = 16 };
enum { FLAG_FIN = 0x01, FLAG_PSH = 0x08, FLAG_CWR = 0x80 };
#define PROTOCOL_TCP 6
#define NOT_WHOLE 0x3fff        /* more fragments, or not the first */

struct headers {
    uint8_t bytes[HEADERS_MAX];
    unsigned ip, tcp, all;      /* where these begin, and where the payload does */
    bool four;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* Where the IP header begins if the frame's type is `type`, behind two VLAN tags at the most; 0: it is
 * another. */
static unsigned find_ip(const struct headers *h, unsigned type)
{
    unsigned at = ETHER_HEADER;

    for (int tags = 0; tags < 2; tags++) {
        unsigned found = get16(h->bytes + at - 2);

        if (found != TYPE_VLAN && found != TYPE_SERVICE_VLAN)
            break;
        at += ETHER_VLAN;
    }
    return get16(h->bytes + at - 2) == type ? at : 0;
}

static bool ip4_is_right(const struct headers *h)
{
    const uint8_t *ip = h->bytes + h->ip;

    return h->ip + IP4_HEADER <= h->tcp && ip[0] >> 4 == 4 && h->ip + (ip[0] & 15U) * 4 == h->tcp &&
           ip[IP4_PROTOCOL] == PROTOCOL_TCP && (get16(ip + IP4_FRAGMENT) & NOT_WHOLE) == 0;
}

/* Extension headers stay as they are. */
static bool ip6_is_right(const struct headers *h)
{
    return h->ip + IP6_HEADER <= h->tcp && h->bytes[h->ip] >> 4 == 6;
}

/* Reads the headers. False: they are not what the packet's fields say. */
static bool read_headers(const struct packet *p, struct headers *h)
{
    h->four = p->gso == PACKET_TCP4;
    h->tcp = p->checksum_start;
    h->all = p->header_bytes;
    if (p->checksum != PACKET_BLANK || p->checksum_offset != TCP_CHECKSUM || p->gso_size < SEGMENT_MIN ||
        h->all > HEADERS_MAX || h->all > p->bytes || h->tcp + TCP_HEADER > h->all ||
        h->tcp < ETHER_HEADER + IP4_HEADER)
        return false;
    packet_read(p, 0, h->bytes, h->all);
    h->ip = find_ip(h, h->four ? TYPE_IP4 : TYPE_IP6);
    if (h->ip == 0 || !(h->four ? ip4_is_right(h) : ip6_is_right(h)))
        return false;
    return h->tcp + (h->bytes[h->tcp + TCP_LENGTH] >> 4) * 4U == h->all;
}

bool packet_gso_valid(const struct packet *p)
{
    struct headers h;

    return p->gso != PACKET_WHOLE && read_headers(p, &h);
}

/* The sum of what TCP's checksum covers beside its own bytes. */
static uint16_t pseudo_header(const struct headers *h, size_t tcp_bytes)
{
    const uint8_t *ip = h->bytes + h->ip;
    uint8_t rest[8] = { 0 };
    uint16_t sum = h->four ? checksum_memory(ip + IP4_ADDRESSES, 8) : checksum_memory(ip + IP6_ADDRESSES, 32);

    put32(rest, (uint32_t)tcp_bytes);
    put32(rest + 4, PROTOCOL_TCP);
    return checksum_add(sum, checksum_memory(rest, sizeof(rest)));
}

/* Makes h->bytes the headers of segment number i with n bytes of payload, but for TCP's checksum. */
static void adjust(struct headers *h, unsigned i, size_t offset, size_t n, bool last,
                   const struct headers *first)
{
    uint8_t *ip = h->bytes + h->ip, *tcp = h->bytes + h->tcp;
    uint16_t sum;

    if (h->four) {
        put16(ip + IP4_LENGTH, (unsigned)(h->all - h->ip + n));
        put16(ip + IP4_ID, get16(first->bytes + h->ip + IP4_ID) + i);
        put16(ip + IP4_CHECKSUM, 0);
        sum = (uint16_t)~checksum_memory(ip, h->tcp - h->ip);
        memcpy(ip + IP4_CHECKSUM, &sum, sizeof(sum));
    } else {
        put16(ip + IP6_LENGTH, (unsigned)(h->all - h->ip - IP6_HEADER + n));
    }
    put32(tcp + TCP_SEQUENCE, get32(first->bytes + h->tcp + TCP_SEQUENCE) + (uint32_t)offset);
    tcp[TCP_FLAGS] = first->bytes[h->tcp + TCP_FLAGS];
    if (i)
        tcp[TCP_FLAGS] &= (uint8_t)~FLAG_CWR;
    if (!last)
        tcp[TCP_FLAGS] &= (uint8_t)~(FLAG_FIN | FLAG_PSH);
    put16(tcp + TCP_CHECKSUM, 0);
}

/* The segment with these headers and n bytes of payload from `offset` of p's on. */
static struct packet *cut(const struct packet *p, const struct headers *h, size_t offset, size_t n)
{
    struct packet *s = packet_alloc(h->all + n);
    uint16_t sum;

    if (!s)
        return NULL;
    packet_write(s, 0, h->bytes, h->all);
    packet_copy(s, h->all, p, h->all + offset, n);
    sum = checksum_add(checksum_packet(s, h->tcp, s->bytes - h->tcp), pseudo_header(h, s->bytes - h->tcp));
    sum = (uint16_t)~sum;
    packet_write(s, h->tcp + TCP_CHECKSUM, &sum, sizeof(sum));
    s->checksum = PACKET_VERIFIED;
    return s;
}

static void free_list(struct packet *p)
{
    while (p) {
        struct packet *next = p->next;

        packet_free(p);
        p = next;
    }
}

struct packet *packet_segment(struct packet *p)
{
    struct headers first, h;
    struct packet *list = NULL, **end = &list;
    size_t offset = 0, payload;
    bool good = p->gso != PACKET_WHOLE && read_headers(p, &first);

    if (good) {
        h = first;
        payload = p->bytes - first.all;
        for (unsigned i = 0; i == 0 || offset < payload; i++) {
            size_t n = payload - offset < p->gso_size ? payload - offset : p->gso_size;

            adjust(&h, i, offset, n, offset + n == payload, &first);
            *end = cut(p, &h, offset, n);
            if (!*end) {
                good = false;
                break;
            }
            end = &(*end)->next;
            offset += n;
        }
    }
    packet_free(p);
    if (good)
        return list;
    free_list(list);
    return NULL;
}
