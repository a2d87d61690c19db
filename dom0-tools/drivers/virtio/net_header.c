/* net_header.c: see net_header.h. */
#include "net_header.h"

#include <string.h>

enum { FLAG_CHECKSUM = 1, FLAG_VALID = 2 };
enum { GSO_NONE = 0, GSO_TCP4 = 1, GSO_TCP6 = 4, GSO_ECN = 0x80 };
enum { TCP_LENGTH = 12, TCP_FLAGS = 13, TCP_CWR = 0x80 };

static bool has_cwr(const struct packet *p)
{
    uint8_t flags = 0;

    packet_read(p, p->checksum_start + (size_t)TCP_FLAGS, &flags, 1);
    return flags & TCP_CWR;
}

void net_header_make(struct net_header *h, const struct packet *p, bool ecn)
{
    *h = (struct net_header){ 0 };
    if (p->checksum != PACKET_BLANK)
        return;
    h->flags = FLAG_CHECKSUM;
    h->checksum_start = p->checksum_start;
    h->checksum_offset = p->checksum_offset;
    if (p->gso == PACKET_WHOLE)
        return;
    h->gso_type = p->gso == PACKET_TCP4 ? GSO_TCP4 : GSO_TCP6;
    if (ecn && has_cwr(p))
        h->gso_type |= GSO_ECN;
    h->gso_size = p->gso_size;
    h->header_bytes = p->header_bytes;
}

/* The card's own word for how long the headers are is but a hint: TCP's decides. */
static bool apply_gso(const struct net_header *h, struct packet *p)
{
    unsigned type = h->gso_type & ~(unsigned)GSO_ECN;
    uint8_t length = 0;

    if (type != GSO_TCP4 && type != GSO_TCP6)
        return false;
    packet_read(p, p->checksum_start + (size_t)TCP_LENGTH, &length, 1);
    p->gso = type == GSO_TCP4 ? PACKET_TCP4 : PACKET_TCP6;
    p->gso_size = h->gso_size;
    p->header_bytes = (uint16_t)(p->checksum_start + (length >> 4) * 4);
    return true;
}

bool net_header_apply(const struct net_header *h, struct packet *p, bool checksums)
{
    p->checksum = h->flags & FLAG_VALID ? PACKET_VERIFIED : PACKET_UNVERIFIED;
    p->gso = PACKET_WHOLE;
    if (!(h->flags & FLAG_CHECKSUM))
        return h->gso_type == GSO_NONE;
    p->checksum = PACKET_BLANK;
    p->checksum_start = h->checksum_start;
    p->checksum_offset = h->checksum_offset;
    return checksums && (h->gso_type == GSO_NONE || apply_gso(h, p));
}
