/* test_nat_fragment.c: datagrams in fragments through address translation. What the receiver would put together
 * has to be what a whole datagram would have become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat_world.h"
#include "services/nat_fragment.h"

#define MOST_PIECES 40
#define IP_OF(p)    ((p)->pieces[0].at + ETH_BYTES)
#define BODY_OF(p)  (IP_OF(p) + IP4_BYTES)

struct pieces {
    struct packet *at[MOST_PIECES];
    unsigned count;
};

static void fix_ip_sum(struct packet *p)
{
    put16(IP_OF(p) + IP4_CHECKSUM, 0);
    put16(IP_OF(p) + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, IP_OF(p), IP4_BYTES)));
}

/* `bytes` of a datagram's body from `offset` on, in a frame of their own. */
static struct packet *piece(const struct packet *whole, uint16_t id, unsigned offset, unsigned bytes, bool more)
{
    struct packet *p = packet_alloc(ETH_BYTES + IP4_BYTES + bytes);

    packet_copy(p, 0, whole, 0, ETH_BYTES + IP4_BYTES);
    packet_copy(p, ETH_BYTES + IP4_BYTES, whole, ETH_BYTES + IP4_BYTES + offset, bytes);
    put16(IP_OF(p) + IP4_TOTAL, IP4_BYTES + bytes);
    put16(IP_OF(p) + IP4_ID, id);
    put16(IP_OF(p) + IP4_FRAGMENT, offset / 8 | (more ? IP4_MORE_FRAGMENTS : 0));
    fix_ip_sum(p);
    return p;
}

/* Cuts a datagram anywhere, and shuffles all pieces but the first. */
static struct pieces cut(const struct packet *whole, uint16_t id)
{
    unsigned bytes = whole->bytes - ETH_BYTES - IP4_BYTES, at = 0, part;
    struct pieces s = { .count = 0 };

    for (; at < bytes; at += part) {
        part = 24 + (unsigned)rand() % 100 * 8;
        if (part > bytes - at)
            part = bytes - at;
        s.at[s.count++] = piece(whole, id, at, part, at + part < bytes);
    }
    for (unsigned i = s.count - 1; i > 1; i--) {
        unsigned other = 1 + (unsigned)rand() % i;
        struct packet *p = s.at[i];

        s.at[i] = s.at[other];
        s.at[other] = p;
    }
    return s;
}

/* What a receiver makes of the pieces, which are given back. */
static struct packet *put_together(struct pieces *s, unsigned bytes)
{
    struct packet *whole = packet_alloc(bytes);

    packet_copy(whole, 0, s->at[0], 0, ETH_BYTES + IP4_BYTES);
    for (unsigned i = 0; i < s->count; i++) {
        const uint8_t *ip = IP_OF(s->at[i]), *first = IP_OF(s->at[0]);

        assert_int_equal(checksum_fold(checksum_add(0, ip, IP4_BYTES)), 0xffff);
        assert_int_equal(get16(ip + IP4_ID), get16(first + IP4_ID));
        assert_int_equal(ip[IP4_TTL], first[IP4_TTL]);
        assert_memory_equal(ip + IP4_FROM, first + IP4_FROM, 8);
        packet_copy(whole, ETH_BYTES + IP4_BYTES + (get16(ip + IP4_FRAGMENT) & IP4_OFFSET) * 8, s->at[i],
                    ETH_BYTES + IP4_BYTES, s->at[i]->bytes - ETH_BYTES - IP4_BYTES);
        if (i)
            packet_free(s->at[i]);
    }
    packet_free(s->at[0]);
    put16(IP_OF(whole) + IP4_TOTAL, bytes - ETH_BYTES);
    put16(IP_OF(whole) + IP4_FRAGMENT, 0);
    fix_ip_sum(whole);
    return whole;
}

static struct packet *through(const struct packet *whole, uint16_t id,
                              enum nat_verdict (*pass)(struct packet *p))
{
    struct pieces s = cut(whole, id);

    for (unsigned i = 0; i < s.count; i++)
        assert_int_equal(pass(s.at[i]), NAT_FORWARD);
    return put_together(&s, whole->bytes);
}

static void test_what_arrives_is_what_was_sent(void **state)
{
    static const uint8_t protocols[] = { IP_UDP, IP_ICMP, IP_TCP };

    (void)state;
    srand(7);
    for (unsigned i = 0; i < 3000; i++) {
        struct flow f = { protocols[i % 3], GUEST(2 + (unsigned)rand() % 60), SERVER, (uint16_t)rand(),
                          i % 3 == 1 ? 0 : 99 };
        struct packet *p = make(&f, TCP_SYN, 40 + (unsigned)rand() % 3000, false), *seen, *back;
        struct flow out;

        seen = through(p, (uint16_t)rand(), inside);
        check_sums(seen);
        out = flow_of(seen);
        assert_int_equal(out.from, OUTSIDE);
        assert_int_equal(IP_OF(seen)[IP4_TTL], 63);
        assert_memory_equal(BODY_OF(seen) + 20, BODY_OF(p) + 20, p->bytes - ETH_BYTES - IP4_BYTES - 20);
        packet_free(p);
        packet_free(seen);

        out = f.protocol == IP_ICMP ? (struct flow){ IP_ICMP, SERVER, OUTSIDE, out.from_port, 0 } : turned(out);
        p = make(&out, TCP_SYN | TCP_ACK, 40 + (unsigned)rand() % 3000, false);
        if (f.protocol == IP_ICMP) {
            BODY_OF(p)[ICMP_TYPE] = ICMP_ECHO_REPLY;
            put16(BODY_OF(p) + ICMP_CHECKSUM,
                  checksum_replace16(get16(BODY_OF(p) + ICMP_CHECKSUM), ICMP_ECHO << 8, 0));
        }
        back = through(p, (uint16_t)rand(), outside);
        check_sums(back);
        assert_int_equal(flow_of(back).to, f.from);
        assert_int_equal(f.protocol == IP_ICMP ? flow_of(back).from_port : flow_of(back).to_port, f.from_port);
        assert_memory_equal(BODY_OF(back) + 20, BODY_OF(p) + 20, p->bytes - ETH_BYTES - IP4_BYTES - 20);
        packet_free(p);
        packet_free(back);
        now += 10;
    }
    assert_int_equal(statistics().fragments + statistics().malformed + statistics().unknown, 0);
}

/* Both ends are changed. */
static void test_a_forwarded_name_server(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), GATEWAY, 1000, 53 }, out;
    struct packet *p = make(&f, 0, 2000, false), *seen;

    (void)state;
    seen = through(p, 1, inside);
    out = flow_of(seen);
    assert_int_equal(out.to, DNS);
    check_sums(seen);
    packet_free(seen);
    packet_free(p);
    out = turned(out);
    p = make(&out, 0, 2000, false);
    seen = through(p, 2, outside);
    assert_flow(flow_of(seen), turned(f));
    check_sums(seen);
    packet_free(seen);
    packet_free(p);
}

/* One fragment, made and passed; its number after that in *id. */
static enum nat_verdict pass_piece(struct flow f, uint16_t *id, unsigned offset,
                                   enum nat_verdict (*pass)(struct packet *p))
{
    struct packet *whole = make(&f, 0, 72, false), *p = piece(whole, *id, offset, 40, true);
    enum nat_verdict verdict = pass(p);

    *id = get16(IP_OF(p) + IP4_ID);
    packet_free(whole);
    packet_free(p);
    return verdict;
}

static enum nat_verdict first(struct flow f, uint16_t id)
{
    return pass_piece(f, &id, 0, inside);
}

static enum nat_verdict later(struct flow f, uint16_t id)
{
    return pass_piece(f, &id, 40, inside);
}

/* Outside they all come from one address: their numbers have to differ. */
static void test_guests_with_the_same_numbers(void **state)
{
    bool used[0x10000] = { false };

    (void)state;
    for (unsigned i = 2; i < 40; i++) {
        struct flow f = { IP_UDP, GUEST(i), SERVER, 1000, 99 };
        uint16_t id = 5, again = 5;

        assert_int_equal(pass_piece(f, &id, 0, inside), NAT_FORWARD);
        assert_false(used[id]);
        used[id] = true;
        assert_int_equal(pass_piece(f, &again, 40, inside), NAT_FORWARD);
        assert_int_equal(again, id);
    }
}

static void test_the_first_one_has_to_be_there(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 }, to_us = { IP_ICMP, GUEST(7), GATEWAY, 1, 0 },
                spoofed = { IP_UDP, 0x01020304, SERVER, 1000, 99 };
    uint16_t id = 9;

    (void)state;
    assert_int_equal(later(f, 1), NAT_DROP);
    assert_int_equal(statistics().fragments, 1);
    assert_int_equal(later(to_us, 1), NAT_LOCAL);
    to_us.to = OUTSIDE;
    assert_int_equal(later(to_us, 1), NAT_LOCAL);
    assert_int_equal(later(spoofed, 1), NAT_DROP);
    assert_int_equal(statistics().spoofed, 1);
    assert_int_equal(pass_piece((struct flow){ IP_UDP, SERVER, OUTSIDE, 1, 2 }, &id, 40, outside), NAT_LOCAL);

    assert_int_equal(first(f, 1), NAT_FORWARD);
    assert_int_equal(later(f, 1), NAT_FORWARD);
    assert_int_equal(later(f, 2), NAT_DROP);
    f.protocol = IP_ICMP;
    assert_int_equal(later(f, 1), NAT_DROP);
    f.protocol = IP_UDP;
    now += 20000;
    assert_int_equal(later(f, 1), NAT_DROP);
    assert_int_equal(first(f, 1), NAT_FORWARD);
    nat_forget(nat, GUEST(7));
    assert_int_equal(later(f, 1), NAT_DROP);
    assert_int_equal(first(f, 1), NAT_FORWARD);
    nat_set_outside(nat, OUTSIDE + 1);
    assert_int_equal(later(f, 1), NAT_DROP);
}

static void test_hops_are_counted(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 };
    struct packet *whole = make(&f, 0, 72, false), *p = piece(whole, 1, 40, 40, false), *error;
    const uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };

    (void)state;
    assert_int_equal(first(f, 1), NAT_FORWARD);
    set_ttl(p, 1);
    assert_int_equal(inside(p), NAT_TIME_EXCEEDED);
    error = nat_error(nat, p, NAT_TIME_EXCEEDED, GATEWAY, mac, now);
    assert_null(error);                     /* it has nothing that the error could quote */
    packet_free(p);
    packet_free(whole);
}

/* A guest that begins datagrams without end loses its own. */
static void test_places_are_each_ones_own(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 }, g = { IP_UDP, GUEST(8), SERVER, 1000, 99 };

    (void)state;
    assert_int_equal(first(g, 1), NAT_FORWARD);
    for (unsigned id = 0; id < 3000; id++)
        assert_int_equal(first(f, (uint16_t)id), NAT_FORWARD);
    for (unsigned id = 0; id < 3000; id++)
        assert_int_equal(later(f, (uint16_t)id), id < 3000 - NAT_FRAGMENTED ? NAT_DROP : NAT_FORWARD);
    assert_int_equal(later(g, 1), NAT_FORWARD);
}

/* A remote end begins anew with the same number, for another guest. */
static void test_a_number_that_is_used_again(void **state)
{
    struct flow f[2] = { { IP_UDP, GUEST(7), SERVER, 1000, 99 }, { IP_UDP, GUEST(8), SERVER, 1000, 99 } };
    struct packet *p, *seen;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct flow out;

        p = make(&f[i % 2], 0, 10, false);
        assert_int_equal(inside(p), NAT_FORWARD);
        out = turned(flow_of(p));
        packet_free(p);
        p = make(&out, 0, 2000, false);
        seen = through(p, 77, outside);
        assert_flow(flow_of(seen), turned(f[i % 2]));
        packet_free(seen);
        packet_free(p);
    }
}

static void drops(struct packet *p, uint64_t malformed, uint64_t fragments)
{
    assert_int_equal(inside(p), NAT_DROP);
    assert_int_equal(statistics().malformed, malformed);
    assert_int_equal(statistics().fragments, fragments);
    packet_free(p);
}

static void test_lying_fragments(void **state)
{
    struct flow f = { IP_UDP, GUEST(7), SERVER, 1000, 99 }, ping = { IP_ICMP, GUEST(7), SERVER, 1, 0 };
    struct packet *whole = make(&f, 0, 1000, false), *p;

    (void)state;
    drops(piece(whole, 1, 0, 41, true), 1, 0);              /* what follows could not say where it begins */
    p = piece(whole, 1, 0, 40, true);
    p->checksum = PACKET_BLANK;
    p->checksum_start = ETH_BYTES + IP4_BYTES;
    p->checksum_offset = UDP_CHECKSUM;
    drops(p, 2, 0);
    p = piece(whole, 1, 0, 40, false);
    put16(IP_OF(p) + IP4_FRAGMENT, IP4_OFFSET);
    fix_ip_sum(p);
    drops(p, 3, 0);                                         /* ends behind the longest datagram */
    p = piece(whole, 1, 0, 40, true);
    packet_trim(p, ETH_BYTES + IP4_BYTES);
    put16(IP_OF(p) + IP4_TOTAL, IP4_BYTES);
    fix_ip_sum(p);
    drops(p, 4, 0);
    packet_free(whole);
    whole = make(&ping, 0, 1000, false);
    p = piece(whole, 1, 0, 40, true);
    BODY_OF(p)[ICMP_TYPE] = ICMP_UNREACHABLE;
    drops(p, 4, 1);
    packet_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_arrives_is_what_was_sent),
        TEST(test_a_forwarded_name_server),
        TEST(test_guests_with_the_same_numbers),
        TEST(test_the_first_one_has_to_be_there),
        TEST(test_hops_are_counted),
        TEST(test_places_are_each_ones_own),
        TEST(test_a_number_that_is_used_again),
        TEST(test_lying_fragments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
