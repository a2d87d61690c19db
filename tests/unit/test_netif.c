/* What entries of network rings say, what answers say, and where headers lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backends/net/netif.h"
#include "net/port.h"
#include "net_host.h"

static union netif_tx_sring_entry chain[40];
static unsigned links;
static struct netif_tx tx;

static void begin(void)
{
    memset(chain, 0, sizeof(chain));
    links = 0;
}

static void fragment(unsigned offset, unsigned size, unsigned flags)
{
    chain[links].req = (struct netif_tx_request){ 100 + links, (uint16_t)offset, (uint16_t)flags, (uint16_t)(500 + links),
                                                  (uint16_t)size };
    links++;
}

static void segments(unsigned size, unsigned type, unsigned flags)
{
    struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = (uint8_t)flags };

    extra.u.gso.size = (uint16_t)size;
    extra.u.gso.type = (uint8_t)type;
    memcpy(&chain[links++], &extra, sizeof(extra));
}

/* Reads the chain: what the decoder says of it. */
static const char *decode(void)
{
    const char *why = netif_tx_first(&tx, &chain[0].req);

    while (!why && netif_tx_wants(&tx)) {
        assert_true(tx.entries < links);
        why = netif_tx_next(&tx, &chain[tx.entries]);
    }
    return why;
}

static void is_good(void)
{
    assert_null(decode());
    assert_int_equal(tx.entries, links);
}

static void test_one_fragment(void **state)
{
    struct netif_tx_response answers[NETIF_CHAIN];

    (void)state;
    begin();
    fragment(17, 60, NETTXF_csum_blank | NETTXF_data_validated);
    is_good();
    assert_true(netif_tx_usable(&tx) && tx.blank && tx.validated && tx.gso == PACKET_WHOLE);
    assert_int_equal(tx.fragment_count, 1);
    assert_int_equal(tx.fragments[0].ref, 100);
    assert_int_equal(tx.fragments[0].offset, 17);
    assert_int_equal(tx.fragments[0].bytes, 60);
    netif_tx_answers(&tx, NETIF_RSP_DROPPED, answers);
    assert_int_equal(answers[0].id, 500);
    assert_int_equal(answers[0].status, NETIF_RSP_DROPPED);
}

static void test_many(void **state)
{
    struct netif_tx_response answers[NETIF_CHAIN];

    (void)state;
    begin();
    fragment(96, 9000, NETTXF_more_data | NETTXF_extra_info);
    segments(1448, XEN_NETIF_GSO_TYPE_TCPV4, 0);
    fragment(0, 4096, NETTXF_more_data);
    fragment(4095, 1, NETTXF_more_data);
    fragment(0, 4000, 0);
    is_good();
    assert_true(netif_tx_usable(&tx) && tx.gso == PACKET_TCP4 && tx.gso_size == 1448);
    assert_int_equal(tx.fragment_count, 4);
    assert_int_equal(tx.fragments[0].bytes, 9000 - 8097);
    assert_int_equal(tx.fragments[2].ref, 103);
    netif_tx_answers(&tx, NETIF_RSP_OKAY, answers);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(answers[i].status, i == 1 ? NETIF_RSP_NULL : NETIF_RSP_OKAY);
        assert_true(i == 1 || answers[i].id == 500 + i);
    }
}

/* As many as every back end takes; a few more are refused alone, and still more end the device. */
static void test_long_chains(void **state)
{
    (void)state;
    for (unsigned n = 2; n <= NETIF_CHAIN + 1; n++) {
        begin();
        for (unsigned i = 0; i < n; i++)
            fragment(0, i ? 100 : n * 100, i + 1 < n ? NETTXF_more_data : 0);
        if (n <= NETIF_CHAIN)
            is_good();
        else
            assert_string_equal(decode(), "a packet of too many pieces");
        assert_int_equal(netif_tx_usable(&tx), n <= NETIF_FRAGMENTS);
    }
}

static void breaks(const char *why)
{
    const char *said = decode();

    assert_non_null(said);
    assert_non_null(strstr(said, why));
}

static void test_what_ends_the_device(void **state)
{
    (void)state;
    begin(), fragment(0, 4097, 0), breaks("leaves its page");
    begin(), fragment(4096, 1, 0), breaks("leaves its page");
    begin(), fragment(65535, 65535, 0), breaks("leaves its page");
    begin(), fragment(4090, 107, NETTXF_more_data), fragment(0, 100, 0), breaks("leaves its page");
    begin(), fragment(0, 200, NETTXF_more_data), fragment(4000, 100, 0), breaks("leaves its page");
    begin(), fragment(0, 9000, NETTXF_more_data), fragment(0, 100, 0), breaks("leaves its page");
    begin(), fragment(0, 200, NETTXF_more_data), fragment(0, 0, 0), breaks("without bytes");
    begin(), fragment(0, 200, NETTXF_more_data), fragment(0, 200, 0), breaks("longer than their packet");
    begin(), fragment(0, 200, NETTXF_more_data), fragment(0, 201, 0), breaks("longer than their packet");
    begin(), fragment(0, 0, NETTXF_more_data), fragment(0, 1, 0), breaks("longer than their packet");
    begin(), fragment(0, 100, NETTXF_extra_info), segments(0, XEN_NETIF_GSO_TYPE_TCPV4, 0), breaks("segments without bytes");
    begin(), fragment(0, 100, NETTXF_extra_info), segments(100, XEN_NETIF_GSO_TYPE_NONE, 0), breaks("unknown kind");
    begin(), fragment(0, 100, NETTXF_extra_info), segments(100, 77, 0), breaks("unknown kind");
    begin(), fragment(0, 100, NETTXF_extra_info), segments(100, XEN_NETIF_GSO_TYPE_TCPV6, XEN_NETIF_EXTRA_FLAG_MORE);
    segments(100, XEN_NETIF_GSO_TYPE_TCPV4, 0), breaks("twice");
    for (unsigned type = 0; type < 256; type++) {
        if (type == XEN_NETIF_EXTRA_TYPE_GSO)
            continue;
        begin(), fragment(0, 100, NETTXF_extra_info), segments(100, XEN_NETIF_GSO_TYPE_TCPV4, 0);
        ((struct netif_extra_info *)&chain[1])->type = (uint8_t)type;
        breaks("nobody was offered");
    }
}

static void test_too_short(void **state)
{
    (void)state;
    for (unsigned bytes = 0; bytes < 14; bytes++) {
        begin(), fragment(0, bytes, 0), is_good();
        assert_false(netif_tx_usable(&tx));
    }
    begin(), fragment(0, 0, NETTXF_extra_info), segments(100, XEN_NETIF_GSO_TYPE_TCPV4, 0), is_good();
    assert_false(netif_tx_usable(&tx));
}

/* Whatever comes: it ends, and what is usable lies inside of pages and adds up. */
static void test_noise(void **state)
{
    unsigned usable = 0;

    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        uint32_t bytes = 0;

        begin();
        for (unsigned i = 0; i < 30; i++) {
            if (net_host_random(8) == 0)
                net_host_fill((uint8_t *)&chain[i], sizeof(chain[i]));
            else
                fragment(net_host_random(64), i ? net_host_random(300) : net_host_random(3000), net_host_random(16));
            if (net_host_random(4) == 0)
                segments(net_host_random(3) * 700, net_host_random(3), net_host_random(2));
            links = i + 1;
        }
        links = 30;
        if (decode() || !netif_tx_usable(&tx))
            continue;
        usable++;
        for (unsigned i = 0; i < tx.fragment_count; i++) {
            assert_true(tx.fragments[i].bytes > 0 && tx.fragments[i].offset + tx.fragments[i].bytes <= NETIF_PAGE);
            bytes += tx.fragments[i].bytes;
        }
        assert_int_equal(bytes, tx.bytes);
    }
    assert_true(usable > 1000);
}

/* ---- headers ---- */

/* Ethernet, `tags` tags, IPv4 or IPv6 with options, TCP or UDP, payload and padding. How many bytes. */
static unsigned make_frame(uint8_t *f, bool six, bool tcp, unsigned tags, unsigned options, unsigned payload, unsigned padding)
{
    unsigned at = 12, transport = tcp ? 20 : 8, ip;

    net_host_fill(f, 12);
    for (; tags; tags--, at += 4)
        memcpy(f + at, "\x81\x00\x00\x05", 4);
    memcpy(f + at, six ? "\x86\xdd" : "\x08\x00", 2);
    ip = at + 2;
    memset(f + ip, 0, 256);
    if (six) {
        f[ip] = 0x60;
        f[ip + 4] = (uint8_t)((options * 8 + transport + payload) >> 8);
        f[ip + 5] = (uint8_t)(options * 8 + transport + payload);
        f[ip + 6] = options ? 0 : tcp ? 6 : 17;
        net_host_fill(f + ip + 8, 32);
        for (at = ip + 40; options; options--, at += 8)
            f[at] = options > 1 ? 60 : tcp ? 6 : 17;
    } else {
        f[ip] = (uint8_t)(0x45 + options);
        f[ip + 2] = (uint8_t)((20 + options * 4 + transport + payload) >> 8);
        f[ip + 3] = (uint8_t)(20 + options * 4 + transport + payload);
        f[ip + 9] = tcp ? 6 : 17;
        net_host_fill(f + ip + 12, 8);
        at = ip + 20 + options * 4;
    }
    net_host_fill(f + at, transport + payload + padding);
    if (tcp)
        f[at + 12] = 0x50;
    return at + transport + payload + padding;
}

static uint8_t frame[70000];

static bool finish(unsigned bytes, enum packet_gso gso, unsigned gso_size, struct packet **p)
{
    memset(&tx, 0, sizeof(tx));
    tx.bytes = bytes;
    tx.blank = true;
    tx.gso = gso;
    tx.gso_size = (uint16_t)gso_size;
    *p = packet_alloc(bytes);
    packet_write(*p, 0, frame, bytes);
    return netif_tx_finish(&tx, *p, 1500);
}

/* The sum is the receiver's to check: the whole of it must come out right, by another way of adding up. */
static void check_sum(struct packet *p, bool six, bool tcp, unsigned ip, unsigned transport)
{
    unsigned bytes = p->bytes - transport, pseudo = (tcp ? 6 : 17) + bytes;
    uint8_t all[9000];

    packet_complete_checksum(p);
    packet_read(p, 0, all, sizeof(all));
    for (unsigned i = 0; i < (six ? 32u : 8u); i += 2)
        pseudo += (unsigned)(all[ip + (six ? 8 : 12) + i] << 8 | all[ip + (six ? 8 : 12) + i + 1]);
    assert_int_equal(net_host_checksum(all + transport, bytes, pseudo), 0);
}

static void test_checksums(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        for (unsigned tags = 0; tags <= 2; tags++) {
            for (unsigned options = 0; options < 4; options++) {
                bool six = kind & 1, tcp = kind & 2;
                unsigned payload = net_host_random(1000), padding = net_host_random(2) * 18;
                unsigned bytes = make_frame(frame, six, tcp, tags, options, payload, padding), ip = 14 + tags * 4;
                unsigned transport = ip + (six ? 40 + options * 8 : 20 + options * 4);
                struct packet *p;

                assert_true(finish(bytes, PACKET_WHOLE, 0, &p));
                assert_int_equal(p->checksum, PACKET_BLANK);
                assert_int_equal(p->bytes, bytes - padding);
                assert_int_equal(p->checksum_start, transport);
                assert_int_equal(netif_is_ip6(p), six);
                check_sum(p, six, tcp, ip, transport);
                packet_free(p);
            }
        }
    }
    assert_int_equal(net_host_used(), 0);
}

static bool refused(unsigned bytes, enum packet_gso gso, unsigned gso_size)
{
    struct packet *p;
    bool good = finish(bytes, gso, gso_size, &p);

    packet_free(p);
    return !good;
}

static void test_headers_that_lie(void **state)
{
    unsigned bytes = make_frame(frame, false, true, 0, 0, 3000, 0);

    (void)state;
    assert_false(refused(bytes, PACKET_TCP4, 1460));
    assert_true(refused(bytes, PACKET_TCP4, 1461));             /* beyond the MTU */
    assert_true(refused(bytes, PACKET_TCP4, 47));               /* a flood of tiny segments */
    assert_true(refused(bytes, PACKET_TCP6, 1000));
    frame[14 + 20 + 12] = 0xf0;                                 /* TCP's header ends behind what there may be ... */
    assert_true(refused(14 + 20 + 30, PACKET_TCP4, 1000));
    frame[14 + 20 + 12] = 0x40;                                 /* ... or before it has begun */
    assert_true(refused(bytes, PACKET_TCP4, 1000));
    bytes = make_frame(frame, false, true, 0, 0, 100, 0);
    frame[14] = 0x44;
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    frame[14] = 0x65;
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    frame[14] = 0x4f;                                           /* options up to the frame's end */
    assert_true(refused(14 + 60, PACKET_WHOLE, 0));
    frame[14] = 0x45;
    frame[14 + 6] = 0x20;                                       /* a part of a datagram */
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    frame[14 + 6] = 0;
    frame[14 + 3]++;                                            /* longer than the frame */
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    frame[14 + 3] = 10;
    frame[14 + 2] = 0;
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    bytes = make_frame(frame, false, true, 0, 0, 100, 0);
    frame[14 + 9] = 1;
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    bytes = make_frame(frame, true, true, 0, 3, 100, 0);
    frame[14 + 40 + 1] = 255;                                   /* an extension that leads out of sight */
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    frame[12] = 8;
    frame[13] = 6;
    assert_true(refused(bytes, PACKET_WHOLE, 0));
    for (unsigned n = 14; n < 54; n++) {
        make_frame(frame, false, true, 0, 0, 100, 0);
        assert_true(refused(n, PACKET_WHOLE, 0));
    }
    assert_int_equal(net_host_used(), 0);
}

/* One that fits into a segment is an ordinary frame. */
static void test_segments(void **state)
{
    struct packet *p;
    unsigned bytes = make_frame(frame, false, true, 0, 2, 9000, 0);

    (void)state;
    assert_true(finish(bytes, PACKET_TCP4, 1400, &p));
    assert_true(p->gso == PACKET_TCP4 && p->gso_size == 1400 && p->header_bytes == 14 + 28 + 20);
    packet_free(p);
    bytes = make_frame(frame, true, true, 0, 0, 1000, 0);
    assert_true(finish(bytes, PACKET_TCP6, 1400, &p));
    assert_true(p->gso == PACKET_WHOLE && p->checksum == PACKET_BLANK);
    packet_free(p);
}

static void test_header_noise(void **state)
{
    struct packet *p;

    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        unsigned bytes = make_frame(frame, round & 1, round & 2, net_host_random(3), net_host_random(4), net_host_random(3000), 0);

        for (unsigned i = net_host_random(6); i; i--)
            frame[12 + net_host_random(80)] = (uint8_t)net_host_random(256);
        bytes -= net_host_random(4) ? 0 : net_host_random(bytes - 13);
        if (finish(bytes, (enum packet_gso)net_host_random(3), net_host_random(2000), &p))
            assert_true(p->checksum_start + p->checksum_offset + 2u <= p->bytes && (p->gso == PACKET_WHOLE || packet_gso_valid(p)));
        netif_hash(p);
        packet_free(p);
    }
    assert_int_equal(net_host_used(), 0);
}

/* ---- to the frontend ---- */

static void test_what_frontends_take(void **state)
{
    (void)state;
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = -1 }), 0);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = 1, .sg = true, .gso4 = true, .gso6 = true, .checksum6 = true }), 0);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = 0 }), NET_CHECKSUM);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = 0, .gso4 = true }), NET_CHECKSUM);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = -1, .sg = true }), 0);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = -1, .sg = true, .gso4 = true }), NET_CHECKSUM | NET_TSO4);
    assert_int_equal(netif_accepts(&(struct netif_wishes){ .no_checksum4 = -1, .sg = true, .gso4 = true, .gso6 = true, .checksum6 = true }),
                     NET_CHECKSUM | NET_TSO4 | NET_TSO6);
}

static void test_answers_to_receive(void **state)
{
    uint16_t ids[] = { 9, 8, 7, 6, 5 };
    union netif_rx_sring_entry answers[5];
    struct netif_extra_info extra;
    struct packet *p = packet_alloc(9000);

    (void)state;
    memset(answers, 0xee, sizeof(answers));
    p->checksum = PACKET_BLANK;
    p->gso = PACKET_TCP6;
    p->gso_size = 1234;
    assert_int_equal(netif_rx_entries(p), 4);
    netif_rx_answers(p, ids, false, answers);
    assert_int_equal(answers[0].rsp.id, 9);
    assert_int_equal(answers[0].rsp.status, 4096);
    assert_int_equal(answers[0].rsp.flags, NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info | NETRXF_more_data);
    memcpy(&extra, &answers[1], sizeof(extra));
    assert_true(extra.type == XEN_NETIF_EXTRA_TYPE_GSO && extra.flags == 0 && extra.u.gso.size == 1234);
    assert_true(extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && extra.u.gso.pad == 0 && extra.u.gso.features == 0);
    assert_int_equal(answers[2].rsp.flags, NETRXF_more_data);
    assert_int_equal(answers[3].rsp.status, 9000 - 8192);
    assert_int_equal(answers[3].rsp.flags, 0);
    netif_rx_answers(p, ids, true, answers);
    for (unsigned i = 0; i < 4; i++)
        assert_true(answers[i].rsp.id == ids[i] && answers[i].rsp.flags == 0 && answers[i].rsp.status == NETIF_RSP_ERROR);
    packet_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_fragment), cmocka_unit_test(test_many), cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_what_ends_the_device), cmocka_unit_test(test_too_short), cmocka_unit_test(test_noise),
        cmocka_unit_test(test_checksums), cmocka_unit_test(test_headers_that_lie), cmocka_unit_test(test_segments),
        cmocka_unit_test(test_header_noise), cmocka_unit_test(test_what_frontends_take),
        cmocka_unit_test(test_answers_to_receive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
