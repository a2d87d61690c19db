/* nat_icmp.c: see nat_icmp.h; and the errors that are our own. */
#include "nat_icmp.h"

#include <string.h>

/* Own errors: at most this many at once, and one each so many milliseconds in the long run. */
#define ERROR_BURST   20
#define ERROR_EVERY   10
#define QUOTED        8         /* bytes behind the IP header that an error quotes */

/* The datagram that an error is about. */
struct quoted {
    uint8_t *ip, *body;
    uint8_t protocol;
    uint32_t from, to;
    uint16_t from_port, to_port;        /* ICMP echo: from_port is the identifier of the one who asked */
};

static bool look_inside(struct nat_view *v, struct quoted *q)
{
    uint8_t type = v->body[ICMP_TYPE];

    if (type != ICMP_UNREACHABLE && type != ICMP_TIME_EXCEEDED && type != ICMP_PARAMETER)
        return false;
    if (v->body_bytes < ICMP_BYTES + IP4_BYTES + QUOTED)
        return false;
    q->ip = v->body + ICMP_BYTES;
    if (q->ip[0] != 0x45 || get16(q->ip + IP4_FRAGMENT) & IP4_OFFSET)
        return false;
    q->body = q->ip + IP4_BYTES;
    q->protocol = q->ip[IP4_PROTOCOL];
    q->from = get32(q->ip + IP4_FROM);
    q->to = get32(q->ip + IP4_TO);
    q->from_port = get16(q->body + PORT_FROM);
    q->to_port = get16(q->body + PORT_TO);
    if (q->protocol == IP_ICMP) {
        q->from_port = get16(q->body + ICMP_ID);
        q->to_port = 0;
        return q->body[ICMP_TYPE] == ICMP_ECHO;
    }
    return q->protocol == IP_TCP || q->protocol == IP_UDP;
}

/* Changes a word of the quotation; the checksum of the error covers it. */
static void change16(struct nat_view *v, uint8_t *at, uint16_t value)
{
    uint16_t old = get16(at);

    put16(at, value);
    put16(v->body + ICMP_CHECKSUM, checksum_replace16(get16(v->body + ICMP_CHECKSUM), old, value));
}

static void change_address(struct nat_view *v, struct quoted *q, unsigned where, uint32_t address)
{
    uint16_t sum = checksum_replace32(get16(q->ip + IP4_CHECKSUM), get32(q->ip + where), address);

    change16(v, q->ip + where, (uint16_t)(address >> 16));
    change16(v, q->ip + where + 2, (uint16_t)address);
    change16(v, q->ip + IP4_CHECKSUM, sum);
}

/* About what a guest sent: it is said to have been sent by the guest, to the one that it dialled. The
 * checksum of the quoted TCP or UDP header stays as it was on the wire. */
enum nat_verdict nat_icmp_from_outside(struct nat *n, struct nat_view *v, uint64_t now_ms)
{
    struct nat_connection *c;
    struct quoted q;

    if (!look_inside(v, &q) || q.from != n->outside)
        return NAT_LOCAL;
    c = nat_find_outside(n, q.protocol, q.from_port, q.to, q.to_port, now_ms);
    if (!c)
        return NAT_LOCAL;
    if (v->ip[IP4_TTL] <= 1 || nat_too_long(v, n->settings.mtu))
        return NAT_DROP;        /* no error about an error */
    nat_count_hop(v);
    if (v->from == c->remote)
        nat_set_address(v, IP4_FROM, c->dialled);
    nat_set_address(v, IP4_TO, c->inside);
    change_address(v, &q, IP4_FROM, c->inside);
    change_address(v, &q, IP4_TO, c->dialled);
    change16(v, q.body + (q.protocol == IP_ICMP ? ICMP_ID : PORT_FROM), c->inside_port);
    if (q.protocol != IP_ICMP)
        change16(v, q.body + PORT_TO, c->dialled_port);
    return NAT_FORWARD;
}

/* About what a guest was sent. */
enum nat_verdict nat_icmp_from_inside(struct nat *n, struct nat_view *v, uint64_t now_ms)
{
    struct nat_connection *c;
    struct quoted q;

    if (!look_inside(v, &q) || q.to != v->from || q.protocol == IP_ICMP)
        return NAT_DROP;
    c = nat_find_inside(n, q.protocol, q.to, q.to_port, q.from, q.from_port, now_ms);
    if (!c)
        return NAT_DROP;
    nat_count_hop(v);
    nat_set_address(v, IP4_FROM, n->outside);
    nat_set_address(v, IP4_TO, c->remote);
    change_address(v, &q, IP4_FROM, c->remote);
    change_address(v, &q, IP4_TO, n->outside);
    change16(v, q.body + PORT_FROM, c->remote_port);
    change16(v, q.body + PORT_TO, c->outside_port);
    return NAT_FORWARD;
}

/* ---- our own ---- */

/* Errors are answered with silence, and so is what was not sent to one station or by one. */
static bool deserves_error(const uint8_t *frame, size_t bytes)
{
    const uint8_t *ip = frame + ETH_BYTES;
    uint8_t type;

    if (bytes < ETH_BYTES + IP4_BYTES + QUOTED || frame[ETH_TO] & 1 || get16(ip + IP4_FRAGMENT) & IP4_OFFSET ||
        ip[0] != 0x45)
        return false;
    if (ip[IP4_PROTOCOL] != IP_ICMP)
        return true;
    type = ip[IP4_BYTES + ICMP_TYPE];
    return type == ICMP_ECHO || type == ICMP_ECHO_REPLY;
}

static bool may_send(struct nat *n, uint64_t now_ms)
{
    if (n->error_ms < now_ms)
        n->error_ms = now_ms;
    if (n->error_ms >= now_ms + ERROR_BURST * ERROR_EVERY)
        return false;
    n->error_ms += ERROR_EVERY;
    return true;
}

static void fill_error(uint8_t *out, const uint8_t *frame, enum nat_verdict why, uint16_t mtu, uint32_t from)
{
    uint8_t *ip = out + ETH_BYTES, *icmp = ip + IP4_BYTES;
    const unsigned total = IP4_BYTES + ICMP_BYTES + IP4_BYTES + QUOTED;

    put16(out + ETH_TYPE, ETH_IPV4);
    ip[0] = 0x45;
    put16(ip + IP4_TOTAL, total);
    ip[IP4_TTL] = 64;
    ip[IP4_PROTOCOL] = IP_ICMP;
    put32(ip + IP4_FROM, from);
    memcpy(ip + IP4_TO, frame + ETH_BYTES + IP4_FROM, 4);
    put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
    icmp[ICMP_TYPE] = why == NAT_TIME_EXCEEDED ? ICMP_TIME_EXCEEDED : ICMP_UNREACHABLE;
    icmp[ICMP_CODE] = why == NAT_TOO_BIG ? ICMP_TOO_BIG : 0;
    if (why == NAT_TOO_BIG)
        put16(icmp + ICMP_MTU, mtu);
    memcpy(icmp + ICMP_BYTES, frame + ETH_BYTES, IP4_BYTES + QUOTED);
    put16(icmp + ICMP_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, icmp, total - IP4_BYTES)));
}

struct packet *nat_error(struct nat *n, const struct packet *p, enum nat_verdict why, uint32_t from,
                         const uint8_t *from_mac, uint64_t now_ms)
{
    uint8_t frame[ETH_BYTES + IP4_BYTES + QUOTED],
        out[ETH_BYTES + IP4_BYTES + ICMP_BYTES + IP4_BYTES + QUOTED] = { 0 };
    struct packet *error;

    if (!deserves_error(frame, packet_read(p, 0, frame, sizeof(frame))) || !may_send(n, now_ms))
        return NULL;
    error = packet_alloc(sizeof(out));
    if (!error)
        return NULL;
    memcpy(out + ETH_TO, frame + ETH_FROM, ETH_MAC);
    memcpy(out + ETH_FROM, from_mac, ETH_MAC);
    fill_error(out, frame, why, n->settings.mtu, from);
    packet_write(error, 0, out, sizeof(out));
    return error;
}
