/* A virtual block device with a front end and a disk that are played: what is asked is answered once, with
 * the right data; grants that fail, disks that fail and rings that lie cost the front end an error or its
 * device, and never a page or a slot. */
#include "vbd_world.h"

#include <errno.h>
#include <string.h>

#include <xen/abi-barrier.h>

static void test_data(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        memset(guest[10 + i], 'a' + (int)i, PAGE);
    push(BLKIF_OP_WRITE, 1, 16, 10, 4);
    push(BLKIF_OP_READ, 2, 24, 20, 2);
    push(BLKIF_OP_FLUSH_DISKCACHE, 3, 0, 0, 0);
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_OKAY);
    assert_answer(3, BLKIF_RSP_OKAY);
    assert_int_equal(medium[16 * 512], 'a');
    assert_int_equal(medium[47 * 512 + 511], 'd');
    assert_memory_equal(guest[20], guest[11], PAGE);
    assert_memory_equal(guest[21], guest[12], PAGE);
    assert_true(notified > 0);
}

/* A part of a page, and an indirect request. */
static void test_shapes(void **state)
{
    struct blkif_request_indirect *r;
    struct blkif_request_segment *list = (struct blkif_request_segment *)guest[2];

    (void)state;
    memset(guest[10], 'x', PAGE);
    push(BLKIF_OP_WRITE, 1, 100, 10, 1);
    RING_GET_REQUEST(&front, front.req_prod_pvt - 1)->seg[0] = (struct blkif_request_segment){ 10, 3, 4 };
    r = (struct blkif_request_indirect *)next_request();
    *r = (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ, .nr_segments = 20, .id = 2,
        .sector_number = 96,
        .indirect_grefs = { 2 },
    };
    for (unsigned i = 0; i < 20; i++)
        list[i] = (struct blkif_request_segment){ 40 + i, 0, 7 };
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_OKAY);
    assert_int_equal(medium[100 * 512], 'x');
    assert_int_equal(medium[102 * 512], 0);
    assert_int_equal(guest[40][4 * 512], 'x');
    assert_int_equal(guest[40][6 * 512], 0);
}

/* XSA-361, XSA-362, XSA-365, XSA-371: each grant of a request in turn is not there; the others are served. */
static void test_failing_grants(void **state)
{
    (void)state;
    for (unsigned bad = 0; bad < BLKIF_MAX_SEGMENTS_PER_REQUEST; bad++) {
        revoked[10 + bad] = true;
        push(BLKIF_OP_WRITE, 1, 0, 10, BLKIF_MAX_SEGMENTS_PER_REQUEST);
        push(BLKIF_OP_READ, 2, 0, 10, BLKIF_MAX_SEGMENTS_PER_REQUEST);
        push(BLKIF_OP_READ, 3, 0, 30, 1);
        kick();
        for (unsigned n = 0; n < 3; n++) {
            uint64_t id;
            int status = answer(&id);

            assert_int_equal(status, id == 3 ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR);
        }
        revoked[10 + bad] = false;
    }
    revoked[2] = true;          /* the list of an indirect request */
    *(struct blkif_request_indirect *)next_request() = (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_WRITE, .nr_segments = 3, .id = 4,
        .indirect_grefs = { 2 },
    };
    push(BLKIF_OP_READ, 5, 0, 100000, 1);
    kick();
    assert_answer(4, BLKIF_RSP_ERROR);
    assert_answer(5, BLKIF_RSP_ERROR);
    assert_true(bad_copies >= 2 * BLKIF_MAX_SEGMENTS_PER_REQUEST + 2);
}

static void test_failing_disk(void **state)
{
    (void)state;
    fail_from = 500;
    push(BLKIF_OP_READ, 1, 400, 10, 1);
    push(BLKIF_OP_READ, 2, 600, 11, 1);
    memset(guest[11], 'o', PAGE);
    kick();
    assert_answer(1, BLKIF_RSP_OKAY);
    assert_answer(2, BLKIF_RSP_ERROR);
    assert_int_equal(guest[11][0], 'o');        /* nothing of ours was delivered */
}

/* XSA-39's kind: counters that jump. The device stops, says so once, and answers nothing more. */
static void test_lying_ring(void **state)
{
    static const RING_IDX lies[] = { 33, 1000, 0x80000000u, 0xffffffffu };

    for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        sring->req_prod = lies[i];
        handler(33, handler_arg);
        work();
        assert_true(vbd_stopped(vbd));
        assert_int_equal(sring->rsp_prod, 0);
        sring->req_prod = 1;
        handler(33, handler_arg);
        work();
        assert_int_equal(sring->rsp_prod, 0);
        teardown(NULL);
        setup(state);
    }
}

/* More than the device takes at once: the rest waits for pages and slots, none is lost or answered twice. */
static void test_flood(void **state)
{
    bool seen[32] = { false };
    uint64_t id;

    (void)state;
    hold = true;
    for (unsigned i = 0; i < 32; i++)
        push(BLKIF_OP_WRITE, i, i * 8, 10, 11);
    kick();
    assert_true(held_count > 0 && held_count < 32);
    while (front.rsp_cons != 32) {
        while (held_count) {
            struct block_request *b = held[--held_count];

            b->done(b, do_io(b));
        }
        work();
        while (front.rsp_cons != sring->rsp_prod) {
            assert_int_equal(answer(&id), BLKIF_RSP_OKAY);
            assert_false(seen[id]);
            seen[id] = true;
        }
    }
}

/* However the disk orders them, answers come as the requests were: then the ring tells what is unanswered. */
static void test_answers_are_in_order(void **state)
{
    (void)state;
    hold = true;
    for (unsigned i = 0; i < 8; i++)
        push(BLKIF_OP_WRITE, i, i * 8, 10, 1);
    push(BLKIF_OP_RESERVED_1, 8, 0, 0, 0);      /* finished at once, and answered last */
    kick();
    assert_int_equal(held_count, 8);
    for (unsigned i = 7; i > 0; i--) {
        held[i]->done(held[i], 0);
        work();
        assert_int_equal(sring->rsp_prod, 0);
    }
    held[0]->done(held[0], -EIO);
    held_count = 0;
    work();
    assert_answer(0, BLKIF_RSP_ERROR);
    for (unsigned i = 1; i < 8; i++)
        assert_answer(i, BLKIF_RSP_OKAY);
    assert_answer(8, BLKIF_RSP_EOPNOTSUPP);
}

/* A ring of two pages has more requests than the device takes at once. When the last of these is done, all
 * are answered together; the others are taken without another notification. */
static void test_a_long_ring_goes_on(void **state)
{
    teardown(state);
    connect_with(2);
    hold = true;
    for (unsigned i = 0; i < 40; i++)
        push(BLKIF_OP_READ, i, i * 8, 10, 1);
    kick();
    assert_int_equal(held_count, 32);
    for (unsigned i = 32; i-- > 0;)
        held[i]->done(held[i], do_io(held[i]));
    held_count = 0;
    work();
    assert_int_equal(sring->rsp_prod, 32);
    assert_int_equal(held_count, 8);
}

/* Notifications without requests are heard once in a while; requests are served all the same. */
static void test_notified_for_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000 && !masked; i++) {
        handler(33, handler_arg);
        work();
    }
    assert_int_equal(masked, 1);
    push(BLKIF_OP_WRITE, 1, 0, 10, 1);
    RING_PUSH_REQUESTS(&front);
    time_passes = true;
    work();
    time_passes = false;
    assert_int_equal(masked, 0);
    handler(33, handler_arg);
    work();
    assert_answer(1, BLKIF_RSP_OKAY);
}

static void test_refused_rings(void **state)
{
    struct vbd_ring ring = { .pages = 1, .refs = { 7 }, .port = 9 };
    struct vbd *other;

    (void)state;
    assert_int_equal(vbd_open(&other, "x", 5, &ring, &disk, false, true), -EINVAL);
    ring = (struct vbd_ring){ .pages = 1, .refs = { 1 }, .port = 8 };
    assert_int_equal(vbd_open(&other, "x", 5, &ring, &disk, false, true), -EINVAL);
    assert_int_equal(mapped, 0);
    assert_int_equal(regions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_grants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lying_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_are_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_long_ring_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notified_for_nothing, setup, teardown),
        cmocka_unit_test(test_refused_rings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
