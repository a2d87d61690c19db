/* Packets against flat memory: pieces that are taken away, joined and cut; copies; references; a pool that
 * ends; checksums of any part at odd places compared with a sum of two bytes at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/checksum.h"
#include "net/pool.h"
#include "net_host.h"

static uint8_t flat[PACKET_MAX], other[PACKET_MAX];

static int nothing_is_held(void **state)
{
    (void)state;
    assert_int_equal(net_host_used(), 0);
    return 0;
}

static void check_pieces(const struct packet *p)
{
    size_t bytes = 0;

    assert_in_range(p->piece_count, 1, PACKET_PIECES);
    for (unsigned i = 0; i < p->piece_count; i++) {
        const struct packet_piece *piece = &p->pieces[i];

        assert_true((uintptr_t)piece->at % POOL_PAGE + piece->bytes <= POOL_PAGE);
        assert_int_equal(piece->machine - (uintptr_t)piece->at, UINT64_C(0x1000000000000));
        bytes += piece->bytes;
    }
    assert_int_equal(bytes, p->bytes);
}

static void check_content(const struct packet *p, const uint8_t *bytes, size_t n)
{
    check_pieces(p);
    assert_int_equal(p->bytes, n);
    assert_int_equal(packet_read(p, 0, other, sizeof(other)), n);
    assert_memory_equal(other, bytes, n);
}

static void test_alloc(void **state)
{
    static const size_t sizes[] = { 1, 14, 60, PACKET_SHORT, PACKET_SHORT + 1, 2048, 4095, 4096, 4097, 8192, 65535, PACKET_MAX };
    struct packet *p;
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        p = packet_alloc(sizes[i]);
        assert_non_null(p);
        check_pieces(p);
        assert_int_equal(p->bytes, sizes[i]);
        assert_int_equal(p->refs, 1);
        assert_int_equal(p->checksum, PACKET_UNVERIFIED);
        assert_int_equal(p->gso, PACKET_WHOLE);
        size = sizes[i] <= PACKET_SHORT ? POOL_SMALL : POOL_PAGE;
        assert_int_equal((uintptr_t)p->pieces[0].at % size, sizes[i] <= size - 64 ? 64 : 0);
        assert_int_equal(net_host_used(), (sizes[i] + 4095) / 4096);
        packet_free(p);
    }
    assert_null(packet_alloc(0));
    assert_null(packet_alloc(PACKET_MAX + 1));
    assert_null(packet_alloc(SIZE_MAX));
}

/* A large frame's pages are a guest's pages, one copy each; before a small one there is room for a header. */
static void test_where_a_frame_lies(void **state)
{
    struct packet *large = packet_alloc(3 * POOL_PAGE + 100), *small = packet_alloc(1514);

    (void)state;
    assert_int_equal(large->piece_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal((uintptr_t)large->pieces[i].at % POOL_PAGE, 0);
        assert_int_equal(large->pieces[i].bytes, i < 3 ? POOL_PAGE : 100);
    }
    assert_true((uintptr_t)small->pieces[0].at % POOL_PAGE >= PACKET_ROOM);
    packet_free(large);
    packet_free(small);
}

static void test_random_changes(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + net_host_random(round % 10 ? 3000 : 40000), at = net_host_random((unsigned)n), m = net_host_random(9000);
        size_t fits = m < n - at ? m : n - at;
        struct packet *p;

        net_host_fill(flat, n);
        p = net_host_packet(flat, n);
        check_content(p, flat, n);
        net_host_fill(other, m);
        memcpy(flat + at, other, fits);
        assert_int_equal(packet_write(p, at, other, m), fits);
        check_content(p, flat, n);
        assert_int_equal(packet_read(p, at, other, m), fits);
        assert_memory_equal(other, flat + at, fits);
        m = net_host_random(100);
        if (packet_pull(p, m < n ? m : 0)) {
            m = m < n ? m : 0;
            memmove(flat, flat + m, n -= m);
        }
        m = net_host_random((unsigned)n + 100);
        packet_trim(p, m);
        n = m < n ? m : n;
        check_content(p, flat, n);
        packet_free(p);
    }
}

static void test_append_limits(void **state)
{
    struct packet *p = packet_alloc(60000), *q = packet_alloc(6000);

    (void)state;
    assert_false(packet_append(p, q));      /* too long */
    packet_trim(q, 100);
    assert_true(packet_append(p, q));
    assert_int_equal(p->bytes, 60100);
    q = packet_alloc(4097);
    for (unsigned i = p->piece_count; i < PACKET_PIECES; i++)
        assert_true(packet_append(p, packet_alloc(1)));
    assert_false(packet_append(p, q));      /* too many */
    check_pieces(p);
    assert_false(packet_pull(p, 4097));
    packet_trim(p, 0);
    assert_int_equal(p->bytes, 0);
    assert_int_equal(p->piece_count, 1);
    packet_free(p);
    packet_free(q);
}

static void test_copy(void **state)
{
    (void)state;
    for (int round = 0; round < 1000; round++) {
        size_t n = 1 + net_host_random(9000), m = 1 + net_host_random(9000), want = net_host_random(10000);
        size_t from = net_host_random(9000), to = net_host_random(9000), fits = 0;
        struct packet *a, *b;

        net_host_fill(flat, n);
        a = net_host_packet(flat, n);
        net_host_fill(flat + 10000, m);
        b = net_host_packet(flat + 10000, m);
        if (from < n && to < m)
            fits = n - from < m - to ? n - from : m - to;
        fits = want < fits ? want : fits;
        assert_int_equal(packet_copy(b, to, a, from, want), fits);
        memcpy(flat + 10000 + to, flat + from, fits);
        check_content(b, flat + 10000, m);
        packet_free(a);
        packet_free(b);
    }
}

static void test_own(void **state)
{
    struct packet *p, *copy;

    (void)state;
    net_host_fill(flat, 5000);
    p = net_host_packet(flat, 5000);
    p->checksum = PACKET_BLANK;
    p->checksum_start = 34;
    p->checksum_offset = 16;
    p->gso = PACKET_TCP6;
    p->gso_size = 1400;
    p->header_bytes = 54;
    assert_ptr_equal(packet_own(p), p);
    packet_hold(p);
    copy = packet_own(p);
    assert_ptr_not_equal(copy, p);
    assert_int_equal(p->refs, 1);
    check_content(copy, flat, 5000);
    assert_int_equal(copy->checksum, PACKET_BLANK);
    assert_int_equal(copy->checksum_start, 34);
    assert_int_equal(copy->checksum_offset, 16);
    assert_int_equal(copy->gso, PACKET_TCP6);
    assert_int_equal(copy->gso_size, 1400);
    assert_int_equal(copy->header_bytes, 54);
    packet_free(copy);
    packet_free(p);
}

static void test_checksum(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + net_host_random(round % 10 ? 300 : 9000), at = net_host_random((unsigned)n);
        size_t m = net_host_random((unsigned)(n - at) + 1);
        struct packet *p;
        uint16_t sum;

        net_host_fill(flat, n);
        if (round % 7 == 0)
            memset(flat, round % 2 ? 0xff : 0, n);
        p = net_host_packet(flat, n);
        sum = (uint16_t)~checksum_packet(p, at, m);
        assert_int_equal(__builtin_bswap16(sum), net_host_checksum(flat + at, m, 0));
        sum = (uint16_t)~checksum_memory(flat + at, m);
        assert_int_equal(__builtin_bswap16(sum), net_host_checksum(flat + at, m, 0));
        packet_free(p);
    }
}

/* With the field as the sender left it, the sum over everything is all ones. */
static void test_completion(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        unsigned n = 60 + net_host_random(3000), start = 34 + net_host_random(8), offset = round % 2 ? 6 : 16;
        struct packet *p;

        net_host_fill(flat, n);
        p = net_host_packet(flat, n);
        p->checksum = PACKET_BLANK;
        p->checksum_start = (uint16_t)start;
        p->checksum_offset = (uint16_t)offset;
        assert_true(packet_blank_valid(p));
        packet_complete_checksum(p);
        assert_int_equal(p->checksum, PACKET_VERIFIED);
        packet_read(p, 0, other, n);
        /* What was in the field is part of the sum, and now in there a second time, inverted. */
        assert_int_equal(net_host_checksum(other + start, n - start, (uint32_t)(flat[start + offset] << 8 | flat[start + offset + 1])), 0);
        assert_true(round % 2 == 0 || other[start + offset] != 0 || other[start + offset + 1] != 0);
        memcpy(flat + start + offset, other + start + offset, 2);
        assert_memory_equal(flat, other, n);
        packet_free(p);
    }
}

static void test_udp_is_never_zero(void **state)
{
    struct packet *p;

    (void)state;
    for (unsigned offset = 6; offset <= 16; offset += 10) {
        memset(flat, 0, 100);
        flat[50] = flat[51] = 0xff;
        p = net_host_packet(flat, 100);
        p->checksum = PACKET_BLANK;
        p->checksum_start = 34;
        p->checksum_offset = (uint16_t)offset;
        packet_complete_checksum(p);
        packet_read(p, 34 + offset, other, 2);
        assert_int_equal(other[0] << 8 | other[1], offset == 6 ? 0xffff : 0);
        packet_free(p);
    }
}

static void test_completion_of_anything(void **state)
{
    (void)state;
    for (int round = 0; round < 5000; round++) {
        unsigned n = 14 + net_host_random(200);
        struct packet *p;
        bool valid;

        net_host_fill(flat, n);
        p = net_host_packet(flat, n);
        p->checksum = PACKET_BLANK;
        p->checksum_start = (uint16_t)net_host_random(round % 2 ? 65536 : 220);
        p->checksum_offset = (uint16_t)net_host_random(round % 3 ? 65536 : 40);
        valid = packet_blank_valid(p);
        packet_complete_checksum(p);
        if (valid)
            assert_int_equal(p->checksum, PACKET_VERIFIED);
        if (p->checksum == PACKET_UNVERIFIED)
            check_content(p, flat, n);
        packet_free(p);
    }
}

static void test_pool_ends(void **state)
{
    static struct packet *all[POOL_PAGES];
    size_t pages, used;
    unsigned n = 0;

    (void)state;
    while (n < POOL_PAGES && (all[n] = packet_alloc(600)) != NULL)
        n++;
    assert_int_equal(n, POOL_PAGES);
    assert_null(packet_alloc(60));
    assert_null(packet_alloc(600));
    packet_pool(&pages, &used);
    assert_int_equal(pages, POOL_PAGES);
    assert_int_equal(used, POOL_PAGES);
    packet_hold(all[0]);
    assert_null(packet_own(all[0]));        /* and its reference is gone */
    assert_int_equal(all[0]->refs, 1);
    packet_free(all[--n]);
    assert_null(packet_alloc(4097));        /* all or none of it */
    assert_int_equal(net_host_used(), n);
    while (n)
        packet_free(all[--n]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_alloc, nothing_is_held),
        cmocka_unit_test_teardown(test_where_a_frame_lies, nothing_is_held),
        cmocka_unit_test_teardown(test_random_changes, nothing_is_held),
        cmocka_unit_test_teardown(test_append_limits, nothing_is_held),
        cmocka_unit_test_teardown(test_copy, nothing_is_held),
        cmocka_unit_test_teardown(test_own, nothing_is_held),
        cmocka_unit_test_teardown(test_checksum, nothing_is_held),
        cmocka_unit_test_teardown(test_completion, nothing_is_held),
        cmocka_unit_test_teardown(test_udp_is_never_zero, nothing_is_held),
        cmocka_unit_test_teardown(test_completion_of_anything, nothing_is_held),
        cmocka_unit_test_teardown(test_pool_ends, nothing_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
