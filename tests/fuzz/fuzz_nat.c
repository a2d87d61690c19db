/* Address translation: frames of guests and of the world with any header. What is passed on leaves with the
 * outer address or reaches an inner one; nothing of the pool is lost; counts keep within their bounds. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "net/pool.h"
#include "services/nat.h"

#define GATEWAY 0xc0a87a01u
#define OUTSIDE 0x0a00020fu
#define DNS     0x0a000203u

static uint64_t now;

static bool forward(void *arg, uint8_t protocol, uint16_t port, uint32_t *address, uint16_t *to_port)
{
    (void)arg;
    *address = GATEWAY + port % 8;
    *to_port = (uint16_t)(port + protocol);
    return port < 1024;
}

static uint32_t pick(unsigned i)
{
    static const uint32_t addresses[] = {
        GATEWAY, GATEWAY + 1, GATEWAY + 2, GATEWAY + 200, OUTSIDE, DNS, 0x08080808, 0x0a0002ff,
        0xffffffff, 0xe0000001, GATEWAY + 254, 0, 0x7f000001, GATEWAY + 3, 0x08080404, DNS,
    };

    return addresses[i % 16];
}

/* A frame with a plausible head, of which bytes of the input may change some. */
static struct packet *make(void)
{
    unsigned kind = kit_byte(), sizes = kit_byte(), ends = kit_byte();
    unsigned bytes = sizes & 128 ? 34 + (sizes & 127) : 34 + 8 + (sizes & 127) * 12;
    static const uint8_t protocols[] = { 6, 17, 1, 6, 17, 1, 58, 47 };
    struct packet *p = packet_alloc(bytes);
    uint8_t *eth, *ip, *at;

    if (!p)
        return NULL;
    eth = p->pieces[0].at;
    ip = eth + 14;
    at = ip + 20;
    memset(eth, 0, bytes < 2048 ? bytes : 2048);
    eth[6] = 2;
    eth[11] = (uint8_t)(ends & 7);
    put16(eth + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(bytes - 14));
    ip[8] = (uint8_t)(kind & 64 ? 1 : 64);
    ip[9] = protocols[kind & 7];
    put32(ip + 12, pick(ends & 15));
    put32(ip + 16, pick(ends >> 4));
    if (kind & 8)
        put16(ip + 6, kind & 16 ? 0x4000 : kit_u16());
    if (bytes >= 34 + 8) {
        put16(at, kit_u16());
        put16(at + 2, kit_u16());
        if (ip[9] == 17)
            put16(at + 4, (uint16_t)(bytes - 34));
        if (ip[9] == 1)
            at[0] = kind & 128 ? 3 : 8;
    }
    if (bytes >= 34 + 20 && ip[9] == 6) {
        at[12] = 0x50;
        at[13] = kit_byte();
    }
    for (unsigned n = kind >> 5 & 1 ? 4 : 0; n; n--)
        eth[kit_byte() % bytes] = kit_byte();
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~checksum_fold(checksum_add(0, ip, 20)));
    return p;
}

static void pass(struct nat *n, bool inside)
{
    struct packet *p = make(), *error;
    static const uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };
    struct nat_hop hop;
    enum nat_verdict verdict;

    if (!p)
        return;
    memset(&hop, 0, sizeof(hop));
    verdict = inside ? nat_from_inside(n, p, now, &hop) : nat_from_outside(n, p, now, &hop);
    if (verdict == NAT_FORWARD && inside && get32(p->pieces[0].at + 26) != OUTSIDE)
        kit_wrong("%08x goes outside", get32(p->pieces[0].at + 26));
    if (verdict == NAT_FORWARD && !inside && (get32(p->pieces[0].at + 30) ^ GATEWAY) >> 8)
        kit_wrong("%08x is reached from outside", get32(p->pieces[0].at + 30));
    if (verdict >= NAT_TIME_EXCEEDED) {
        error = nat_error(n, p, verdict, GATEWAY, mac, now);
        if (error)
            packet_free(error);
    }
    packet_free(p);
}

static void check(const struct nat *n)
{
    struct nat_statistics s;
    struct nat_entry e;
    unsigned cookie = 0, count = 0;

    nat_statistics(n, &s);
    while (nat_next(n, &cookie, &e)) {
        if ((e.inside ^ GATEWAY) >> 8)
            kit_wrong("a connection of %08x", e.inside);
        count++;
    }
    if (count != s.connections || count > NAT_CONNECTIONS)
        kit_wrong("%u connections, %u are told", count, s.connections);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nat_settings settings = { .gateway = GATEWAY, .mtu = 1500, .key = { 1, 2 }, .forward = forward };
    struct nat *n = nat_create(&settings);
    uint8_t mac[6] = { 2, 0, 0, 0, 0, 0 };
    size_t pages, used;

    kit_input(data, size);
    now = 1000;
    nat_set_outside(n, OUTSIDE);
    nat_set_dns(n, DNS);
    while (kit_input_left()) {
        unsigned op = kit_byte();

        mac[5] = op >> 5;
        if (op % 8 < 3)
            pass(n, true);
        else if (op % 8 < 5)
            pass(n, false);
        else if (op % 8 == 5)
            nat_lease(n, pick(op >> 4), mac, now + kit_byte() * 100u);
        else if (op % 8 == 6)
            nat_forget(n, pick(op >> 4));
        else
            nat_tick(n, now += kit_u16());
    }
    check(n);
    nat_destroy(n);
    packet_pool(&pages, &used);
    if (used)
        kit_wrong("%zu pages of packets are left", used);
    return 0;
}
