/* test_nat.c: address translation against a simple model: random traffic of guests and of the world, every
 * frame's checksums computed anew; and the rules that keep one guest from costing another: bounds, claims,
 * what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat_world.h"

/* ---- traffic ---- */

static enum nat_verdict send_in_flow(struct flow f, uint8_t flags, struct flow *seen)
{
    struct packet *p = make(&f, flags, 10, false);
    enum nat_verdict v = inside(p);

    if (seen)
        *seen = flow_of(p);
    packet_free(p);
    return v;
}

static enum nat_verdict send_out_flow(struct flow f, uint8_t flags, struct flow *seen)
{
    struct packet *p = make(&f, flags, 10, false);
    enum nat_verdict v = outside(p);

    if (seen)
        *seen = flow_of(p);
    packet_free(p);
    return v;
}

/* ---- random traffic ---- */

#define FLOWS 300

struct model {
    struct flow dialled, out;   /* as the guest sends it, as it is outside; protocol 0: not yet */
};

static struct flow random_flow(void)
{
    static const uint8_t protocols[] = { IP_TCP, IP_UDP, IP_ICMP };
    struct flow f = { protocols[rand() % 3], GUEST(2 + (unsigned)rand() % 60),
                      SERVER + (unsigned)rand() % 3 * 0x10000, (uint16_t)rand(),
                      (uint16_t)(1 + rand() % 100) };

    if (f.protocol == IP_ICMP)
        f.to_port = 0;
    return f;
}

static void step_out(struct model *m, struct model *all)
{
    bool first = m->dialled.protocol == 0, blank;
    struct packet *p;
    struct flow out;

    while (first) {         /* one that no other has */
        m->dialled = random_flow();
        first = false;
        for (unsigned i = 0; i < FLOWS; i++)
            if (&all[i] != m && memcmp(&all[i].dialled, &m->dialled, sizeof(struct flow)) == 0)
                first = true;
    }
    blank = m->dialled.protocol != IP_ICMP && rand() % 2;
    p = make(&m->dialled, m->out.protocol ? TCP_ACK : TCP_SYN, (unsigned)rand() % 1400, blank);
    assert_int_equal(inside(p), NAT_FORWARD);
    check_sums(p);
    out = flow_of(p);
    assert_int_equal(p->pieces[0].at[ETH_BYTES + IP4_TTL], 63);
    assert_int_equal(out.from, OUTSIDE);
    assert_in_range(out.from_port, NAT_PORT_FIRST, NAT_PORT_FIRST + NAT_PORTS - 1);
    assert_int_equal(out.to, m->dialled.to);
    assert_int_equal(out.to_port, m->dialled.to_port);
    if (m->out.protocol)
        assert_flow(out, m->out);
    else
        for (unsigned i = 0; i < FLOWS; i++)
            assert_true(memcmp(&all[i].out, &out, sizeof(out)) != 0);
    m->out = out;
    packet_free(p);
}

static void step_back(struct model *m)
{
    struct flow f = turned(m->out), seen;
    struct packet *p;

    if (f.protocol == IP_ICMP)
        f.from_port = m->out.from_port;
    p = make(&f, TCP_ACK, (unsigned)rand() % 1400, f.protocol != IP_ICMP && rand() % 2);
    if (f.protocol == IP_ICMP) {
        uint8_t *at = p->pieces[0].at + ETH_BYTES + IP4_BYTES;

        at[ICMP_TYPE] = ICMP_ECHO_REPLY;
        put16(at + ICMP_CHECKSUM, checksum_replace16(get16(at + ICMP_CHECKSUM), ICMP_ECHO << 8, 0));
    }
    assert_int_equal(outside(p), NAT_FORWARD);
    check_sums(p);
    seen = flow_of(p);
    assert_int_equal(seen.to, m->dialled.from);
    assert_int_equal(seen.from, m->dialled.to);
    assert_int_equal(f.protocol == IP_ICMP ? seen.from_port : seen.to_port, m->dialled.from_port);
    assert_true(hop.known);
    packet_free(p);
}

static void test_random_traffic(void **state)
{
    static struct model flows[FLOWS];

    (void)state;
    memset(flows, 0, sizeof(flows));
    srand(4711);
    for (unsigned i = 0; i < 40000; i++) {
        struct model *m = &flows[(unsigned)rand() % FLOWS];

        if (!m->out.protocol || rand() % 2)
            step_out(m, flows);
        else
            step_back(m);
        now++;
        nat_tick(nat, now);
    }
    assert_int_equal(statistics().connections, FLOWS);
    assert_int_equal(statistics().malformed + statistics().spoofed + statistics().unknown, 0);
}

/* ---- single rules ---- */

static void test_gso_frames_stay_what_they_are(void **state)
{
    struct flow f = { IP_TCP, GUEST(5), SERVER, 1000, 80 };
    struct packet *p;

    (void)state;
    assert_int_equal(send_in_flow(f, TCP_SYN, NULL), NAT_FORWARD);
    p = make(&f, TCP_ACK, 20000, true);
    p->gso = PACKET_TCP4;
    p->gso_size = 1460;
    p->header_bytes = 54;
    assert_int_equal(inside(p), NAT_FORWARD);
    assert_int_equal(p->gso, PACKET_TCP4);
    check_sums(p);
    p->gso_size = 1461;
    packet_free(p);
    p = make(&f, TCP_ACK, 20000, true);
    p->gso = PACKET_TCP4;
    p->gso_size = 1461;
    p->header_bytes = 54;
    assert_int_equal(inside(p), NAT_TOO_BIG);
    packet_free(p);
    p = make(&f, TCP_ACK, 1461, true);
    assert_int_equal(inside(p), NAT_TOO_BIG);
    packet_free(p);
}

static void test_dns_goes_to_the_hosts_server(void **state)
{
    struct flow f = { IP_UDP, GUEST(5), GATEWAY, 1000, 53 }, out, back;

    (void)state;
    assert_int_equal(send_in_flow(f, 0, &out), NAT_FORWARD);
    assert_int_equal(out.to, DNS);
    assert_int_equal(out.to_port, 53);
    assert_int_equal(hop.address, DNS);
    assert_int_equal(send_out_flow(turned(out), 0, &back), NAT_FORWARD);
    assert_flow(back, turned(f));
    nat_set_dns(nat, 0);
    f.from_port++;
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_LOCAL);
    f.to_port = 80;
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_LOCAL);
}

static void test_forwards(void **state)
{
    struct flow f = { IP_TCP, SERVER, OUTSIDE, 1000, 8080 }, seen, answer;

    (void)state;
    assert_int_equal(send_out_flow(f, TCP_ACK, NULL), NAT_LOCAL);       /* begins nothing */
    assert_int_equal(send_out_flow(f, TCP_SYN, &seen), NAT_FORWARD);
    assert_flow(seen, (struct flow){ IP_TCP, SERVER, GUEST(40), 1000, 80 });
    assert_false(hop.known);                                            /* it has not said anything yet */
    assert_int_equal(send_in_flow(turned(seen), TCP_SYN | TCP_ACK, &answer), NAT_FORWARD);
    assert_flow(answer, turned(f));
    assert_int_equal(send_out_flow(f, TCP_ACK, &seen), NAT_FORWARD);
    assert_true(hop.known);
    f.to_port = 8081;
    assert_int_equal(send_out_flow(f, TCP_SYN, NULL), NAT_LOCAL);
    f = (struct flow){ IP_UDP, SERVER, OUTSIDE, 1000, 8080 };
    assert_int_equal(send_out_flow(f, 0, NULL), NAT_LOCAL);
}

/* Outer header, ICMP, and the first 28 bytes of what `about` is. */
static struct packet *make_error(const struct flow *about, uint32_t from, uint32_t to)
{
    struct packet *quoted = make(about, TCP_SYN, 0, false), *p;
    struct flow f = { IP_ICMP, from, to, 0, 0 };
    uint8_t *at;

    p = make(&f, 0, 28, false);
    at = p->pieces[0].at + ETH_BYTES + IP4_BYTES;
    at[ICMP_TYPE] = ICMP_UNREACHABLE;
    at[ICMP_CODE] = 3;
    put16(at + ICMP_ID, 0);
    packet_read(quoted, ETH_BYTES, at + ICMP_BYTES, 28);
    put16(at + ICMP_CHECKSUM, 0);
    put16(at + ICMP_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, at, 36)));
    packet_free(quoted);
    return p;
}

static struct flow quoted_flow(const struct packet *p)
{
    const uint8_t *ip = p->pieces[0].at + ETH_BYTES + IP4_BYTES + ICMP_BYTES, *at = ip + IP4_BYTES;

    assert_int_equal(checksum_fold(checksum_add(0, ip, IP4_BYTES)), 0xffff);
    return (struct flow){ ip[IP4_PROTOCOL], get32(ip + IP4_FROM), get32(ip + IP4_TO), get16(at),
                          get16(at + 2) };
}

static void test_errors_are_translated(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), GATEWAY, 1000, 53 }, out, in = { IP_TCP, SERVER, OUTSIDE, 77, 8080 },
                seen;
    struct packet *p;

    (void)state;
    assert_int_equal(send_in_flow(f, 0, &out), NAT_FORWARD);
    p = make_error(&out, DNS, OUTSIDE);
    assert_int_equal(outside(p), NAT_FORWARD);
    check_sums(p);
    assert_int_equal(flow_of(p).from, GATEWAY);         /* whom the guest has dialled */
    assert_int_equal(flow_of(p).to, GUEST(7));
    assert_flow(quoted_flow(p), f);
    packet_free(p);
    out.from_port++;
    p = make_error(&out, DNS, OUTSIDE);
    assert_int_equal(outside(p), NAT_LOCAL);            /* nobody's */
    packet_free(p);

    assert_int_equal(send_out_flow(in, TCP_SYN, &seen), NAT_FORWARD);
    p = make_error(&seen, GUEST(40), SERVER);
    assert_int_equal(inside(p), NAT_FORWARD);
    check_sums(p);
    assert_int_equal(flow_of(p).from, OUTSIDE);
    assert_flow(quoted_flow(p), in);
    packet_free(p);
    p = make_error(&seen, GUEST(41), SERVER);           /* another guest speaks of it */
    assert_int_equal(inside(p), NAT_DROP);
    packet_free(p);
}

static void test_time_exceeded(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 };
    const uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };
    struct packet *p = make(&f, 0, 100, false), *error;
    unsigned errors = 0;

    (void)state;
    set_ttl(p, 1);
    assert_int_equal(inside(p), NAT_TIME_EXCEEDED);
    assert_int_equal(statistics().connections, 0);
    error = nat_error(nat, p, NAT_TIME_EXCEEDED, GATEWAY, mac, now);
    assert_non_null(error);
    check_sums(error);
    assert_int_equal(flow_of(error).from, GATEWAY);
    assert_int_equal(flow_of(error).to, GUEST(7));
    assert_flow(quoted_flow(error), f);
    assert_null(nat_error(nat, error, NAT_NO_NETWORK, GATEWAY, mac, now));      /* none about an error */
    packet_free(error);
    for (; (error = nat_error(nat, p, NAT_TIME_EXCEEDED, GATEWAY, mac, now)) != NULL; errors++)
        packet_free(error);
    assert_in_range(errors, 5, 100);
    packet_free(p);
}

static void corrupt(struct packet *p, unsigned how)
{
    uint8_t *ip = p->pieces[0].at + ETH_BYTES;

    if (how == 0)
        ip[0] = 0x46;
    else if (how == 1)
        put16(ip + IP4_TOTAL, 2000);
    else if (how == 2)
        put16(ip + IP4_TOTAL, 19);
    else if (how == 3)
        put16(ip + IP4_TOTAL, 27);
    else if (how == 4)
        ip[IP4_PROTOCOL] = 47;
    else if (how == 5)
        ip[IP4_TTL] = 9;             /* the checksum does not fit */
    else
        p->checksum_offset = 3;
    if (how != 5) {
        put16(ip + IP4_CHECKSUM, 0);
        put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
    }
}

static void test_malformed_frames_are_dropped(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 };
    struct packet *p;

    (void)state;
    for (unsigned how = 0; how < 7; how++) {
        p = make(&f, 0, 100, true);
        corrupt(p, how);
        assert_int_equal(inside(p), NAT_DROP);
        assert_int_equal(statistics().malformed, how + 1);
        packet_free(p);
    }
}

/* Random bytes where headers are: whatever comes out, nothing is touched beyond the frame (the sanitizers
 * look). */
static void test_noise(void **state)
{
    (void)state;
    srand(42);
    for (unsigned i = 0; i < 50000; i++) {
        struct flow f = random_flow();
        struct packet *p = make(&f, (uint8_t)rand(), (unsigned)rand() % 60, false);
        uint8_t *ip = p->pieces[0].at + ETH_BYTES;

        for (unsigned k = (unsigned)rand() % 6; k > 0; k--)
            ip[(unsigned)rand() % (p->bytes - ETH_BYTES)] = (uint8_t)rand();
        if (rand() % 4) {
            put16(ip + IP4_CHECKSUM, 0);
            put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
        }
        if (rand() % 2)
            inside(p);
        else
            outside(p);
        packet_free(p);
    }
}

static void test_spoofed_sources(void **state)
{
    const uint8_t other[6] = { 2, 9, 9, 9, 9, 9 };
    struct flow f = { IP_UDP, 0x01020304, SERVER, 1000, 99 };

    (void)state;
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);       /* not of the network */
    f.from = GATEWAY;
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);
    f.from = GUEST(255);
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);
    f.from = GUEST(7);
    nat_lease(nat, GUEST(7), other, UINT64_MAX);
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);       /* leased to another */
    assert_int_equal(statistics().spoofed, 4);
    f = (struct flow){ IP_UDP, GUEST(8), OUTSIDE, 1000, 99 };
    assert_int_equal(send_out_flow(f, 0, NULL), NAT_DROP);      /* a guest's address from outside */
    f = (struct flow){ IP_UDP, GUEST(8), GUEST(9), 1000, 99 };
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);       /* they have the bridge for that */
    f.to = 0x7f000001;
    assert_int_equal(send_in_flow(f, 0, NULL), NAT_DROP);
}

/* One station, under all the addresses that there are, gets eight; their connections are bounded; another
 * guest's live one survives. */
static void test_one_guest_cannot_fill_the_table(void **state)
{
    struct flow mine = { IP_TCP, GUEST(200), SERVER, 1234, 80 }, out, seen;
    unsigned allowed = 0;

    (void)state;
    assert_int_equal(send_in_flow(mine, TCP_SYN, &out), NAT_FORWARD);
    assert_int_equal(send_out_flow(turned(out), TCP_SYN | TCP_ACK, NULL), NAT_FORWARD);
    for (unsigned i = 0; i < 100; i++) {
        struct flow f = { IP_UDP, GUEST(2 + i), SERVER, 1, 1 };
        struct packet *p = make(&f, 0, 0, false);

        mac_of(GUEST(2), p->pieces[0].at + ETH_FROM);
        allowed += inside(p) == NAT_FORWARD;
        packet_free(p);
    }
    assert_int_equal(allowed, NAT_PER_STATION);
    for (unsigned host = 100; host < 108; host++)
        for (unsigned i = 0; i < 3000; i++)
            assert_int_equal(
                send_in_flow((struct flow){ IP_UDP, GUEST(host), SERVER, (uint16_t)(i + 1), 9 }, 0, NULL),
                NAT_FORWARD);
    assert_int_equal(statistics().connections, NAT_CONNECTIONS);
    assert_true(statistics().full > 0);
    assert_int_equal(send_out_flow(turned(out), TCP_ACK, &seen), NAT_FORWARD);
    assert_int_equal(seen.to, GUEST(200));
}

static void test_time_outs(void **state)
{
    struct flow f = { IP_TCP, GUEST(7), SERVER, 1000, 80 }, out;

    (void)state;
    assert_int_equal(send_in_flow(f, TCP_ACK, NULL), NAT_DROP);
    assert_int_equal(send_in_flow(f, TCP_SYN, &out), NAT_FORWARD);
    now += 31000;
    assert_int_equal(send_out_flow(turned(out), TCP_SYN | TCP_ACK, NULL), NAT_LOCAL);       /* too late */
    assert_int_equal(send_in_flow(f, TCP_SYN, &out), NAT_FORWARD);
    assert_int_equal(send_out_flow(turned(out), TCP_SYN | TCP_ACK, NULL), NAT_FORWARD);
    now += 7000000;
    assert_int_equal(send_in_flow(f, TCP_ACK, NULL), NAT_FORWARD);
    assert_int_equal(send_in_flow(f, TCP_ACK | TCP_FIN, NULL), NAT_FORWARD);
    now += 100000;
    assert_int_equal(send_out_flow(turned(out), TCP_ACK | TCP_FIN, NULL), NAT_FORWARD);
    now += 61000;
    assert_int_equal(send_in_flow(f, TCP_ACK, NULL), NAT_DROP);
    assert_int_equal(send_in_flow(f, TCP_SYN, &out), NAT_FORWARD);
    assert_int_equal(send_out_flow(turned(out), TCP_RST, NULL), NAT_FORWARD);
    now += 11000;
    for (unsigned i = 0; i < 16; i++)
        nat_tick(nat, now);
    assert_int_equal(statistics().connections, 0);
    nat_set_outside(nat, 0);
    assert_int_equal(send_in_flow(f, TCP_SYN, NULL), NAT_NO_NETWORK);
}

static void test_what_is_not_of_guests_is_left_alone(void **state)
{
    struct flow f = { IP_TCP, SERVER, OUTSIDE, 80, 0xd000 }, seen;

    (void)state;
    assert_int_equal(send_out_flow(f, TCP_ACK, &seen), NAT_LOCAL);
    assert_flow(seen, f);
    f = (struct flow){ IP_ICMP, SERVER, OUTSIDE, 5, 0 };
    assert_int_equal(send_out_flow(f, 0, NULL), NAT_LOCAL);     /* somebody pings us */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_traffic),
        TEST(test_gso_frames_stay_what_they_are),
        TEST(test_dns_goes_to_the_hosts_server),
        TEST(test_forwards),
        TEST(test_errors_are_translated),
        TEST(test_time_exceeded),
        TEST(test_malformed_frames_are_dropped),
        TEST(test_noise),
        TEST(test_spoofed_sources),
        TEST(test_one_guest_cannot_fill_the_table),
        TEST(test_time_outs),
        TEST(test_what_is_not_of_guests_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
