/* nat_frames.c: see nat_frames.h. */
#include "nat_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/pool.h"

/* ---- pages for packets ---- */

static uint8_t *kept[POOL_PAGES / POOL_STEP];

unsigned pool_source(struct pool_page *pages, unsigned n)
{
    static unsigned used;
    uint8_t *memory = NULL;

    if (used < POOL_PAGES / POOL_STEP)
        memory = aligned_alloc(POOL_PAGE, (size_t)n * POOL_PAGE);
    if (!memory)
        return 0;
    kept[used++] = memory;
    for (unsigned i = 0; i < n; i++)
        pages[i] = (struct pool_page){ memory + (size_t)i * POOL_PAGE, 0 };
    return n;
}

/* ---- frames ---- */

void mac_of(uint32_t address, uint8_t mac[6])
{
    mac[0] = 2;
    mac[1] = 0;
    put32(mac + 2, address);
}

static uint32_t pseudo(const uint8_t *ip, unsigned bytes)
{
    return checksum_add(checksum_add(0, ip + IP4_FROM, 8),
                        (uint8_t[]){ 0, ip[IP4_PROTOCOL], (uint8_t)(bytes >> 8), (uint8_t)bytes }, 4);
}

static unsigned field_of(uint8_t protocol)
{
    return protocol == IP_TCP ? TCP_CHECKSUM : protocol == IP_UDP ? UDP_CHECKSUM : ICMP_CHECKSUM;
}

struct packet *make(const struct flow *f, uint8_t tcp_flags, unsigned payload, bool blank)
{
    unsigned header = f->protocol == IP_TCP ? 20 : 8, body = header + payload;
    struct packet *p = packet_alloc(ETH_BYTES + IP4_BYTES + body);
    uint8_t *ip = p->pieces[0].at + ETH_BYTES, *at = ip + IP4_BYTES;

    memset(p->pieces[0].at, 0, p->bytes);
    mac_of(f->from, p->pieces[0].at + ETH_FROM);
    put16(p->pieces[0].at + ETH_TYPE, ETH_IPV4);
    ip[0] = 0x45;
    put16(ip + IP4_TOTAL, IP4_BYTES + body);
    put16(ip + IP4_FRAGMENT, IP4_DONT_FRAGMENT);
    ip[IP4_TTL] = 64;
    ip[IP4_PROTOCOL] = f->protocol;
    put32(ip + IP4_FROM, f->from);
    put32(ip + IP4_TO, f->to);
    put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
    for (unsigned i = 0; i < payload; i++)
        at[header + i] = (uint8_t)rand();
    if (f->protocol == IP_ICMP) {
        at[ICMP_TYPE] = ICMP_ECHO;
        put16(at + ICMP_ID, f->from_port);
    } else {
        put16(at + PORT_FROM, f->from_port);
        put16(at + PORT_TO, f->to_port);
    }
    if (f->protocol == IP_TCP) {
        at[12] = 0x50;
        at[TCP_FLAGS] = tcp_flags;
    } else if (f->protocol == IP_UDP) {
        put16(at + UDP_LENGTH, body);
    }
    p->checksum = blank ? PACKET_BLANK : PACKET_UNVERIFIED;
    p->checksum_start = ETH_BYTES + IP4_BYTES;
    p->checksum_offset = (uint16_t)field_of(f->protocol);
    if (blank)
        put16(at + field_of(f->protocol), checksum_fold(pseudo(ip, body)));
    else
        put16(at + field_of(f->protocol), (uint16_t)~checksum_fold(checksum_add(
                                              f->protocol == IP_ICMP ? 0 : pseudo(ip, body), at, body)));
    return p;
}

void set_ttl(struct packet *p, uint8_t ttl)
{
    uint8_t *ip = p->pieces[0].at + ETH_BYTES;

    ip[IP4_TTL] = ttl;
    put16(ip + IP4_CHECKSUM, 0);
    put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
}

void check_sums(const struct packet *p)
{
    const uint8_t *ip = p->pieces[0].at + ETH_BYTES, *at = ip + IP4_BYTES;
    unsigned body = get16(ip + IP4_TOTAL) - IP4_BYTES;
    uint32_t start = ip[IP4_PROTOCOL] == IP_ICMP ? 0 : pseudo(ip, body);

    assert_int_equal(checksum_fold(checksum_add(0, ip, IP4_BYTES)), 0xffff);
    if (p->checksum == PACKET_BLANK)
        assert_int_equal(get16(at + field_of(ip[IP4_PROTOCOL])), checksum_fold(start));
    else if (ip[IP4_PROTOCOL] != IP_UDP || get16(at + UDP_CHECKSUM) != 0)
        assert_int_equal(checksum_fold(checksum_add(start, at, body)), 0xffff);
}

struct flow flow_of(const struct packet *p)
{
    const uint8_t *ip = p->pieces[0].at + ETH_BYTES, *at = ip + IP4_BYTES;
    struct flow f = { ip[IP4_PROTOCOL], get32(ip + IP4_FROM), get32(ip + IP4_TO), get16(at), get16(at + 2) };

    if (f.protocol == IP_ICMP) {
        f.from_port = get16(at + ICMP_ID);
        f.to_port = 0;
    }
    return f;
}

void assert_flow(struct flow a, struct flow b)
{
    assert_int_equal(a.protocol, b.protocol);
    assert_int_equal(a.from, b.from);
    assert_int_equal(a.to, b.to);
    assert_int_equal(a.from_port, b.from_port);
    assert_int_equal(a.to_port, b.to_port);
}
