/* Large TCP frames are cut: every segment is compared with one that is written down here field by field, with
 * checksums counted two bytes at a time; headers that are not what they claim are refused; nothing that the
 * fields could say does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net_host.h"

enum { FIN = 1, PSH = 8, ACK = 16, CWR = 128 };

static uint8_t frame[PACKET_MAX], segment[PACKET_MAX], expected[PACKET_MAX];

struct shape {
    bool four;
    unsigned tags, ip_bytes, tcp_bytes, payload, gso_size;
    uint8_t flags;
    uint16_t id;
    uint32_t sequence;
};

static int nothing_is_held(void **state)
{
    (void)state;
    assert_int_equal(net_host_used(), 0);
    return 0;
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

static unsigned ip_at(const struct shape *s)
{
    return 14 + 4 * s->tags;
}

static unsigned header_bytes(const struct shape *s)
{
    return ip_at(s) + s->ip_bytes + s->tcp_bytes;
}

/* Writes the headers for a frame with so many bytes of payload, checksums of its own content (the payload is
 * there). */
static void write_headers(uint8_t *f, const struct shape *s, unsigned payload, uint16_t id, uint32_t sequence, uint8_t flags)
{
    uint8_t *ip = f + ip_at(s), *tcp = ip + s->ip_bytes;
    unsigned tcp_all = s->tcp_bytes + payload, addresses = s->four ? 8 : 32;
    uint8_t pseudo[40] = { 0 };

    memset(f, 0x11, header_bytes(s));
    for (unsigned i = 0; i < s->tags; i++)
        put16(f + 12 + 4 * i, i || s->tags == 1 ? 0x8100 : 0x88a8);
    put16(ip - 2, s->four ? 0x0800 : 0x86dd);
    if (s->four) {
        ip[0] = (uint8_t)(0x40 | s->ip_bytes / 4);
        put16(ip + 2, s->ip_bytes + tcp_all);
        put16(ip + 4, id);
        put16(ip + 6, 0x4000);
        ip[9] = 6;
        put16(ip + 10, 0);
        put32(ip + 12, 0x0a000001);
        put32(ip + 16, 0xc0a8fffe);
        put16(ip + 10, net_host_checksum(ip, s->ip_bytes, 0));
    } else {
        ip[0] = 0x60;
        put16(ip + 4, s->ip_bytes - 40 + tcp_all);
        for (unsigned i = 0; i < 32; i++)
            ip[8 + i] = (uint8_t)(0xf0 + i);
    }
    put32(tcp + 4, sequence);
    tcp[12] = (uint8_t)(s->tcp_bytes / 4 << 4);
    tcp[13] = flags;
    memcpy(pseudo, ip + (s->four ? 12 : 8), addresses);
    put32(pseudo + addresses, tcp_all);
    pseudo[addresses + 7] = 6;
    put16(tcp + 16, 0);
    put16(tcp + 16, net_host_checksum(tcp, tcp_all, (uint16_t)~net_host_checksum(pseudo, addresses + 8, 0)));
}

static struct packet *make(const struct shape *s)
{
    unsigned all = header_bytes(s) + s->payload;
    struct packet *p;

    net_host_fill(frame + header_bytes(s), s->payload);
    write_headers(frame, s, s->payload & 0xff, s->id, s->sequence, s->flags);   /* lengths and sums here do not matter */
    p = packet_alloc(all);
    packet_write(p, 0, frame, all);
    p->checksum = PACKET_BLANK;
    p->checksum_start = (uint16_t)(ip_at(s) + s->ip_bytes);
    p->checksum_offset = 16;
    p->gso = s->four ? PACKET_TCP4 : PACKET_TCP6;
    p->gso_size = (uint16_t)s->gso_size;
    p->header_bytes = (uint16_t)header_bytes(s);
    return p;
}

static void check(const struct shape *s)
{
    struct packet *p = make(s), *list;
    unsigned offset = 0, i = 0, headers = header_bytes(s);

    assert_true(packet_gso_valid(p));
    packet_hold(p);                     /* a flooded frame: what others hold stays as it is */
    list = packet_segment(p);
    assert_non_null(list);
    assert_int_equal(p->refs, 1);
    assert_int_equal(packet_read(p, 0, segment, sizeof(segment)), headers + s->payload);
    assert_memory_equal(segment, frame, headers + s->payload);
    packet_free(p);
    for (; list; list = p, i++) {
        unsigned n = s->payload - offset < s->gso_size ? s->payload - offset : s->gso_size;
        bool last = offset + n == s->payload;
        uint8_t flags = s->flags & (uint8_t)~((last ? 0 : FIN | PSH) | (i ? CWR : 0));

        p = list->next;
        assert_int_equal(last, p == NULL);
        memcpy(expected + headers, frame + headers + offset, n);
        write_headers(expected, s, n, (uint16_t)(s->id + i), s->sequence + offset, flags);
        assert_int_equal(packet_read(list, 0, segment, sizeof(segment)), headers + n);
        assert_memory_equal(segment, expected, headers + n);
        assert_int_equal(list->checksum, PACKET_VERIFIED);
        assert_int_equal(list->gso, PACKET_WHOLE);
        packet_free(list);
        offset += n;
    }
    assert_int_equal(offset, s->payload);
}

static void test_random_frames(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        struct shape s = {
            .four = round % 2, .tags = net_host_random(3), .tcp_bytes = 20 + 4 * net_host_random(11),
            .payload = net_host_random(round % 8 ? 9000 : 65000), .gso_size = SEGMENT_MIN + net_host_random(3000),
            .flags = (uint8_t)net_host_random(256), .id = (uint16_t)net_host_random(65536),
            .sequence = 0xfffff000 + net_host_random(8192),
        };

        s.ip_bytes = s.four ? 20 + 4 * net_host_random(11) : 40 + 8 * net_host_random(4);
        check(&s);
    }
}

static void test_edges(void **state)
{
    struct shape s = { .four = true, .ip_bytes = 20, .tcp_bytes = 20, .gso_size = 1448, .flags = FIN | PSH | ACK | CWR, .id = 65535 };
    static const unsigned payloads[] = { 0, 1, 1447, 1448, 1449, 2896, 65481 };

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        s.payload = payloads[i];
        check(&s);
    }
}

static void test_refusals(void **state)
{
    const struct shape s = { .four = true, .ip_bytes = 20, .tcp_bytes = 32, .payload = 4000, .gso_size = 1000 };
    const struct shape six = { .ip_bytes = 40, .tcp_bytes = 32, .payload = 4000, .gso_size = 1000 };
    static const struct { unsigned at; uint8_t is; } bytes[] = {
        { 12, 0x86 }, { 14, 0x65 }, { 14, 0x46 }, { 14, 0x44 }, { 20, 0x20 }, { 21, 0x01 }, { 23, 17 }, { 46, 0x70 }, { 46, 0x90 },
    };
    struct packet *p;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        p = make(&s);
        packet_write(p, bytes[i].at, &bytes[i].is, 1);
        assert_false(packet_gso_valid(p));
        assert_null(packet_segment(p));
    }
#define REFUSED(shape, field, value)        \
    do {                                    \
        p = make(shape);                    \
        p->field = value;                   \
        assert_false(packet_gso_valid(p));  \
        assert_null(packet_segment(p));     \
    } while (0)
    REFUSED(&s, gso, PACKET_TCP6);
    REFUSED(&six, gso, PACKET_TCP4);
    REFUSED(&s, gso, PACKET_WHOLE);
    REFUSED(&s, checksum, PACKET_VERIFIED);
    REFUSED(&s, checksum_start, 33);
    REFUSED(&s, checksum_start, 65535);
    REFUSED(&s, checksum_offset, 6);
    REFUSED(&s, gso_size, 0);
    REFUSED(&s, gso_size, SEGMENT_MIN - 1);
    REFUSED(&s, header_bytes, 65);
    REFUSED(&s, header_bytes, 0);
    REFUSED(&s, header_bytes, 65535);
    REFUSED(&six, checksum_start, 53);
}

static void test_without_memory(void **state)
{
    const struct shape s = { .four = true, .ip_bytes = 20, .tcp_bytes = 20, .payload = 60000, .gso_size = 600 };
    struct packet *p = make(&s);

    (void)state;
    net_host_no_pages = true;
    for (unsigned i = 0; i < 8; i++) {
        packet_hold(p);
        assert_null(packet_segment(p));
    }
    net_host_no_pages = false;
    packet_free(p);
}

static void test_anything(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct shape s = { .four = round % 2, .ip_bytes = round % 2 ? 20 : 40, .tcp_bytes = 20, .payload = net_host_random(1000),
                           .gso_size = net_host_random(600) };
        struct packet *p = make(&s), *list, *next;
        uint8_t byte = (uint8_t)net_host_random(256);

        packet_trim(p, 14 + net_host_random(1100));
        for (unsigned i = net_host_random(3); i; i--)
            packet_write(p, 12 + net_host_random(60), &byte, 1);
        if (round % 3 == 0)
            p->header_bytes = (uint16_t)net_host_random(300);
        if (round % 5 == 0)
            p->checksum_start = (uint16_t)net_host_random(300);
        if (round % 7 == 0)
            p->gso = net_host_random(3);
        for (list = packet_segment(p); list; list = next) {
            next = list->next;
            packet_free(list);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_without_memory, nothing_is_held),     /* first: the pool is small still */
        cmocka_unit_test_teardown(test_random_frames, nothing_is_held),
        cmocka_unit_test_teardown(test_edges, nothing_is_held),
        cmocka_unit_test_teardown(test_refusals, nothing_is_held),
        cmocka_unit_test_teardown(test_anything, nothing_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
