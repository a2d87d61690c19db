/* nat_view.c: see nat_view.h. */
#include "nat_view.h"

static unsigned header_bytes(uint8_t protocol)
{
    return protocol == IP_TCP ? TCP_BYTES : protocol == IP_UDP ? UDP_BYTES : ICMP_BYTES;
}

/* What is said of checksum and segments agrees with the protocol: the changes below rely on it. */
static bool offloads_agree(const struct packet *p, uint8_t protocol)
{
    unsigned offset = protocol == IP_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;

    if (p->gso != PACKET_WHOLE &&
        (p->gso != PACKET_TCP4 || protocol != IP_TCP || p->checksum != PACKET_BLANK))
        return false;
    return p->checksum != PACKET_BLANK ||
           (protocol != IP_ICMP && p->checksum_start == ETH_BYTES + IP4_BYTES &&
            p->checksum_offset == offset);
}

static bool header_is_good(const uint8_t *ip, uint32_t in_frame)
{
    unsigned total = get16(ip + IP4_TOTAL);

    return ip[0] == 0x45 && total >= IP4_BYTES && total <= in_frame &&
           checksum_fold(checksum_add(0, ip, IP4_BYTES)) == 0xffff;
}

static enum nat_part part_of(const uint8_t *ip)
{
    unsigned field = get16(ip + IP4_FRAGMENT);

    if (field & IP4_OFFSET)
        return NAT_LATER_FRAGMENT;
    return field & IP4_MORE_FRAGMENTS ? NAT_FIRST_FRAGMENT : NAT_WHOLE;
}

/* What is left to others to be done is done to whole datagrams only; pieces are of eight bytes; no datagram is
 * longer than its length can say. */
static bool fragment_is_good(const struct packet *p, const uint8_t *ip)
{
    unsigned field = get16(ip + IP4_FRAGMENT), bytes = get16(ip + IP4_TOTAL) - IP4_BYTES;

    return p->gso == PACKET_WHOLE && p->checksum != PACKET_BLANK && bytes != 0 &&
           !(field & IP4_MORE_FRAGMENTS && bytes % 8) &&
           (field & IP4_OFFSET) * 8 + bytes <= 0xffff - IP4_BYTES;
}

/* Errors quote little: one in fragments is none that anybody sent in good faith. */
static bool may_be_fragmented(const struct nat_view *v)
{
    return v->protocol != IP_ICMP || v->body[ICMP_TYPE] == ICMP_ECHO || v->body[ICMP_TYPE] == ICMP_ECHO_REPLY;
}

enum nat_fault nat_look(struct packet *p, struct nat_view *v)
{
    uint8_t *frame = p->pieces[0].at;
    uint32_t linear = p->pieces[0].bytes;
    unsigned total;

    if (p->bytes < ETH_BYTES + IP4_BYTES || linear < ETH_BYTES + IP4_BYTES ||
        get16(frame + ETH_TYPE) != ETH_IPV4)
        return NAT_MALFORMED;
    *v = (struct nat_view){ .packet = p, .ip = frame + ETH_BYTES, .body = frame + ETH_BYTES + IP4_BYTES };
    if (!header_is_good(v->ip, p->bytes - ETH_BYTES))
        return NAT_MALFORMED;
    v->part = part_of(v->ip);
    if (v->part != NAT_WHOLE && !fragment_is_good(p, v->ip))
        return NAT_MALFORMED;
    v->protocol = v->ip[IP4_PROTOCOL];
    v->from = get32(v->ip + IP4_FROM);
    v->to = get32(v->ip + IP4_TO);
    total = get16(v->ip + IP4_TOTAL) - IP4_BYTES;
    v->body_bytes = linear - ETH_BYTES - IP4_BYTES;
    if (v->body_bytes > total)
        v->body_bytes = total;
    if (v->protocol != IP_TCP && v->protocol != IP_UDP && v->protocol != IP_ICMP)
        return NAT_MALFORMED;
    if (v->part == NAT_LATER_FRAGMENT)
        return NAT_FINE;
    if (v->body_bytes < header_bytes(v->protocol) || !offloads_agree(p, v->protocol))
        return NAT_MALFORMED;
    if (v->part == NAT_FIRST_FRAGMENT && !may_be_fragmented(v))
        return NAT_FRAGMENT;
    if (v->protocol != IP_ICMP) {
        v->from_port = get16(v->body + PORT_FROM);
        v->to_port = get16(v->body + PORT_TO);
    }
    return NAT_FINE;
}

bool nat_too_long(const struct nat_view *v, uint16_t mtu)
{
    const struct packet *p = v->packet;

    if (p->gso == PACKET_WHOLE)
        return get16(v->ip + IP4_TOTAL) > mtu || p->bytes > (uint32_t)mtu + ETH_BYTES;
    return p->header_bytes < ETH_BYTES || p->gso_size + (uint32_t)p->header_bytes - ETH_BYTES > mtu;
}

/* The checksum of TCP or UDP after a word of the pseudo header (`pseudo`) or of the ports has changed. A
 * BLANK field holds the plain sum of the pseudo header alone. In UDP 0 says that there is none. */
static void fix_body(struct nat_view *v, uint32_t old, uint32_t new, bool pseudo)
{
    uint8_t *field = v->body + (v->protocol == IP_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
    uint16_t sum = get16(field);

    if (v->packet->checksum == PACKET_BLANK) {
        if (pseudo)
            put16(field, (uint16_t)~checksum_replace32((uint16_t)~sum, old, new));
        return;
    }
    if (v->protocol == IP_UDP && sum == 0)
        return;
    sum = checksum_replace32(sum, old, new);
    put16(field, v->protocol == IP_UDP && sum == 0 ? 0xffff : sum);
}

void nat_set_address(struct nat_view *v, unsigned where, uint32_t address)
{
    uint32_t old = get32(v->ip + where);

    put32(v->ip + where, address);
    put16(v->ip + IP4_CHECKSUM, checksum_replace32(get16(v->ip + IP4_CHECKSUM), old, address));
    if (v->protocol != IP_ICMP && v->part != NAT_LATER_FRAGMENT)
        fix_body(v, old, address, true);
}

void nat_set_id(struct nat_view *v, uint16_t id)
{
    uint16_t old = get16(v->ip + IP4_ID);

    put16(v->ip + IP4_ID, id);
    put16(v->ip + IP4_CHECKSUM, checksum_replace16(get16(v->ip + IP4_CHECKSUM), old, id));
}

static void set_port(struct nat_view *v, unsigned where, uint16_t port)
{
    uint16_t old = get16(v->body + where);

    put16(v->body + where, port);
    fix_body(v, old, port, false);
}

void nat_set_from(struct nat_view *v, uint32_t address, uint16_t port)
{
    nat_set_address(v, IP4_FROM, address);
    set_port(v, PORT_FROM, port);
}

void nat_set_to(struct nat_view *v, uint32_t address, uint16_t port)
{
    nat_set_address(v, IP4_TO, address);
    set_port(v, PORT_TO, port);
}

void nat_set_icmp_id(struct nat_view *v, uint16_t id)
{
    uint16_t old = get16(v->body + ICMP_ID);

    put16(v->body + ICMP_ID, id);
    put16(v->body + ICMP_CHECKSUM, checksum_replace16(get16(v->body + ICMP_CHECKSUM), old, id));
}

void nat_count_hop(struct nat_view *v)
{
    uint16_t old = get16(v->ip + IP4_TTL);

    v->ip[IP4_TTL]--;
    put16(v->ip + IP4_CHECKSUM, checksum_replace16(get16(v->ip + IP4_CHECKSUM), old, get16(v->ip + IP4_TTL)));
}
