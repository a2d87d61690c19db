/* Requests of a block frontend that may say anything: every field at its edges, then random ones against
 * what must hold of whatever is let through (XSA-155, XSA-513). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backends/block/blkif.h"

#define SECTORS 1000u

static const struct blkif_limits disk = { SECTORS, false, true }, read_only = { SECTORS, true, true },
                                 plain = { SECTORS, false, false };
static struct blkif_io io;

/* A request of n segments of a page each. */
static struct blkif_request rw(uint8_t operation, uint64_t sector, uint8_t n)
{
    struct blkif_request r = { .operation = operation, .nr_segments = n, .id = 0x1234567890abcdef,
                               .sector_number = sector };

    for (unsigned i = 0; i < n && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
        r.seg[i] = (struct blkif_request_segment){ .gref = 100 + i, .first_sect = 0, .last_sect = 7 };
    return r;
}

static int decode(struct blkif_request r, const struct blkif_limits *limits)
{
    memset(&io, 0x55, sizeof(io));
    return blkif_decode(&r, limits, &io);
}

static void test_good(void **state)
{
    struct blkif_request r = rw(BLKIF_OP_WRITE, 10, 2);

    (void)state;
    r.seg[1].first_sect = 2;
    r.seg[1].last_sect = 4;
    assert_int_equal(decode(r, &disk), BLKIF_RSP_OKAY);
    assert_int_equal(io.kind, BLOCK_WRITE);
    assert_int_equal(io.operation, BLKIF_OP_WRITE);
    assert_true(io.id == 0x1234567890abcdef);
    assert_int_equal(io.sector, 10);
    assert_int_equal(io.sectors, 11);
    assert_int_equal(io.segment_count, 2);
    assert_int_equal(io.segments[1].gref, 101);
    assert_false(io.indirect);
    assert_int_equal(decode(rw(BLKIF_OP_READ, SECTORS - 88, 11), &read_only), BLKIF_RSP_OKAY);
    assert_int_equal(io.kind, BLOCK_READ);
    assert_int_equal(decode(rw(BLKIF_OP_FLUSH_DISKCACHE, 5, 0), &disk), BLKIF_RSP_OKAY);
    assert_int_equal(io.kind, BLOCK_FLUSH);
    assert_int_equal(io.segment_count, 0);
}

static void test_counts_and_ends(void **state)
{
    struct blkif_request r;

    (void)state;
    assert_int_equal(decode(rw(BLKIF_OP_READ, 0, 0), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, 0, 12), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, 0, 255), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, SECTORS - 8, 1), &disk), BLKIF_RSP_OKAY);
    assert_int_equal(decode(rw(BLKIF_OP_READ, SECTORS - 7, 1), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, SECTORS, 1), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, UINT64_MAX, 1), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_READ, UINT64_MAX - 7, 1), &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode(rw(BLKIF_OP_WRITE, 0, 1), &read_only), BLKIF_RSP_ERROR);
    r = rw(BLKIF_OP_READ, 0, 2);
    r.seg[1].last_sect = 8;
    assert_int_equal(decode(r, &disk), BLKIF_RSP_ERROR);
    r.seg[1].last_sect = 255;
    assert_int_equal(decode(r, &disk), BLKIF_RSP_ERROR);
    r.seg[1] = (struct blkif_request_segment){ .first_sect = 5, .last_sect = 4 };
    assert_int_equal(decode(r, &disk), BLKIF_RSP_ERROR);
}

static void test_operations(void **state)
{
    (void)state;
    for (unsigned op = 0; op < 256; op++) {
        int status = decode(rw((uint8_t)op, 0, 1), &disk);

        assert_int_equal(io.operation, op == BLKIF_OP_INDIRECT ? io.operation : op);
        if (op > BLKIF_OP_INDIRECT || op == BLKIF_OP_RESERVED_1 || op == BLKIF_OP_WRITE_BARRIER)
            assert_int_equal(status, BLKIF_RSP_EOPNOTSUPP);
    }
    assert_int_equal(decode(rw(BLKIF_OP_FLUSH_DISKCACHE, 0, 1), &disk), BLKIF_RSP_EOPNOTSUPP);
    assert_int_equal(decode(rw(BLKIF_OP_FLUSH_DISKCACHE, 0, 0), &read_only), BLKIF_RSP_ERROR);
}

static int decode_discard(uint64_t sector, uint64_t sectors, uint8_t flag, const struct blkif_limits *limits)
{
    struct blkif_request_discard d = {
        .operation = BLKIF_OP_DISCARD, .flag = flag, .sector_number = sector, .nr_sectors = sectors,
    };
    struct blkif_request r = { 0 };

    memcpy(&r, &d, sizeof(d));
    return decode(r, limits);
}

static void test_discard(void **state)
{
    (void)state;
    assert_int_equal(decode_discard(10, SECTORS - 10, 0, &disk), BLKIF_RSP_OKAY);
    assert_int_equal(io.kind, BLOCK_DISCARD);
    assert_int_equal(io.sectors, SECTORS - 10);
    assert_int_equal(decode_discard(10, SECTORS - 9, 0, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_discard(10, 0, 0, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_discard(10, UINT64_MAX, 0, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_discard(UINT64_MAX, 1, 0, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_discard(10, 10, BLKIF_DISCARD_SECURE, &disk), BLKIF_RSP_EOPNOTSUPP);
    assert_int_equal(decode_discard(10, 10, 0, &plain), BLKIF_RSP_EOPNOTSUPP);
    assert_int_equal(decode_discard(10, 10, 0, &read_only), BLKIF_RSP_ERROR);
}

static int decode_indirect(uint8_t operation, uint64_t sector, uint16_t n, const struct blkif_limits *limits)
{
    struct blkif_request_indirect i = {
        .operation = BLKIF_OP_INDIRECT, .indirect_op = operation, .nr_segments = n, .id = 77,
        .sector_number = sector,
        .indirect_grefs = { 5000 },
    };
    struct blkif_request r = { 0 };

    memcpy(&r, &i, sizeof(i));
    return decode(r, limits);
}

static void test_indirect(void **state)
{
    struct blkif_request_segment list[BLKIF_SEGMENTS];

    (void)state;
    for (unsigned i = 0; i < BLKIF_SEGMENTS; i++)
        list[i] = (struct blkif_request_segment){ .gref = i, .first_sect = 0, .last_sect = 7 };
    assert_int_equal(decode_indirect(BLKIF_OP_WRITE, 0, BLKIF_SEGMENTS, &disk), BLKIF_RSP_OKAY);
    assert_true(io.indirect && io.list == 5000 && io.id == 77);
    assert_int_equal(io.operation, BLKIF_OP_WRITE);     /* what the answer names */
    assert_int_equal(blkif_take_segments(&io, list, &disk), BLKIF_RSP_OKAY);
    assert_int_equal(io.sectors, BLKIF_SEGMENTS * 8);
    assert_false(io.indirect);
    assert_int_equal(decode_indirect(BLKIF_OP_READ, 0, BLKIF_SEGMENTS + 1, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_indirect(BLKIF_OP_READ, 0, UINT16_MAX, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_indirect(BLKIF_OP_READ, 0, 0, &disk), BLKIF_RSP_ERROR);
    assert_int_equal(decode_indirect(BLKIF_OP_INDIRECT, 0, 1, &disk), BLKIF_RSP_EOPNOTSUPP);
    assert_int_equal(decode_indirect(BLKIF_OP_WRITE, 0, 1, &read_only), BLKIF_RSP_ERROR);
    assert_int_equal(decode_indirect(BLKIF_OP_READ, SECTORS - 15, 2, &disk), BLKIF_RSP_OKAY);
    assert_int_equal(blkif_take_segments(&io, list, &disk), BLKIF_RSP_ERROR);      /* a sector too far */
    assert_int_equal(decode_indirect(BLKIF_OP_READ, 0, 2, &disk), BLKIF_RSP_OKAY);
    list[1].first_sect = 8;
    assert_int_equal(blkif_take_segments(&io, list, &disk), BLKIF_RSP_ERROR);
}

/* Whatever is let through lies inside of the device and of its pages. */
static void assert_safe(const struct blkif_limits *limits)
{
    uint64_t sectors = 0;

    assert_true(io.segment_count <= BLKIF_SEGMENTS);
    for (unsigned i = 0; i < io.segment_count; i++) {
        assert_true(io.segments[i].first_sect <= io.segments[i].last_sect && io.segments[i].last_sect < 8);
        sectors += io.segments[i].last_sect - io.segments[i].first_sect + 1u;
    }
    if (io.kind == BLOCK_FLUSH)
        return;
    assert_true(io.sectors > 0 && io.sector < limits->sectors && io.sectors <= limits->sectors - io.sector);
    if (io.kind != BLOCK_DISCARD)
        assert_true(io.sectors == sectors);
    assert_true(io.kind == BLOCK_READ || !limits->read_only);
}

static void test_random(void **state)
{
    static const struct blkif_limits *const all[] = { &disk, &read_only, &plain };
    struct blkif_request_segment list[BLKIF_SEGMENTS];
    unsigned through = 0;

    (void)state;
    srand(3);
    for (unsigned round = 0; round < 500000; round++) {
        const struct blkif_limits *limits = all[round % 3];
        struct blkif_request r = rw((uint8_t)(rand() % 8), (uint64_t)rand() % (SECTORS + 50),
                                    (uint8_t)(rand() % 13));
        uint8_t *bytes = (uint8_t *)&r;
        int status;

        for (int n = rand() % 4; n > 0; n--)
            bytes[(unsigned)rand() % sizeof(r)] = (uint8_t)rand();
        status = decode(r, limits);
        for (unsigned i = 0; i < BLKIF_SEGMENTS; i++)
            list[i] = (struct blkif_request_segment){ 1, (uint8_t)(rand() % 2),
                                                      (uint8_t)(rand() % 30 ? 7 : rand()) };
        if (status == BLKIF_RSP_OKAY && io.indirect)
            status = blkif_take_segments(&io, list, limits);
        if (status == BLKIF_RSP_OKAY) {
            assert_safe(limits);
            through++;
        }
    }
    assert_true(through > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_counts_and_ends),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_discard), cmocka_unit_test(test_indirect), cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
