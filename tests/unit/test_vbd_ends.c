/* How a virtual block device ends: its disk is free as soon as the disk is through with it, and yet no
 * front end waits for an answer for ever, or keeps the device for ever; another backend finds in the ring
 * what it has to do. */
#include "vbd_world.h"

#include <errno.h>
#include <string.h>

#include <pv/time.h>

/* Ends the device without answers, as a backend that dies; another one begins with the ring alone. */
static void change_backends(void)
{
    struct vbd_ring ring = { .pages = 1, .refs = { 1 }, .port = 9 };

    drop(VBD_HAND_OVER);
    assert_int_equal(vbd_open(&vbd, "vbd 51712 of d5", 5, &ring, &disk, false, true), 0);
}

static void test_another_takes_over(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {     /* around the ring, more than once */
        memset(guest[10], 'a' + (int)round % 26, PAGE);
        push(BLKIF_OP_WRITE, 100 + round, 8, 10, 1);
        kick();
        assert_answer(100 + round, BLKIF_RSP_OKAY);
        hold = true;
        for (unsigned i = 0; i < 7; i++)
            push(i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i, i * 8, 20 + i, 1);
        kick();
        for (unsigned i = 3; i < 7; i++)        /* the first two answered, the others done and not answered */
            held[i]->done(held[i], 0);
        held[0]->done(held[0], do_io(held[0]));
        held[1]->done(held[1], do_io(held[1]));
        held[0] = held[2];
        held_count = 1;
        work();
        assert_answer(0, BLKIF_RSP_OKAY);
        assert_answer(1, BLKIF_RSP_OKAY);
        assert_true(front.rsp_cons == sring->rsp_prod);
        hold = false;
        memset(medium, 0, sizeof(medium));      /* what the new one does not do anew is missed */
        memset(guest[22], 'w', PAGE);
        change_backends();
        work();
        for (unsigned i = 2; i < 7; i++)
            assert_answer(i, BLKIF_RSP_OKAY);
        assert_true(front.rsp_cons == sring->rsp_prod);
        assert_int_equal(medium[2 * 8 * 512], 'w');
    }
}

/* An index that another backend cannot have left: the device stops as for any other lie. */
static void test_nothing_to_take_over(void **state)
{
    (void)state;
    sring->req_prod = 3;
    sring->rsp_prod = 100;
    change_backends();
    work();
    assert_true(vbd_stopped(vbd));
    assert_int_equal(sring->rsp_prod, 100);
}

/* More requests than the device takes at once, all of them with the disk or in the ring. */
static void fill_ring(void)
{
    teardown(NULL);
    connect_with(2);
    hold = true;
    for (unsigned i = 0; i < 40; i++)
        push(BLKIF_OP_WRITE, i, i * 8, 10, 1);
    kick();
    assert_int_equal(held_count, 32);
    assert_false(held[0]->hurry || held[31]->hurry);
}

static void assert_refused(uint64_t id)
{
    push(BLKIF_OP_READ, id, 0, 10, 1);
    kick();
    assert_answer(id, BLKIF_RSP_ERROR);
    assert_int_equal(held_count, 0);
}

/* The disk does what it has; what it was not given yet, and what comes later, is answered with errors. */
static void test_all_are_answered(void **state)
{
    static const enum vbd_end ends[] = { VBD_CLOSE, VBD_TAKE_AWAY };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        fill_ring();
        vbd_shut(vbd, ends[i], NULL);
        work();
        assert_false(vbd_is_idle(vbd));
        assert_int_equal(sring->rsp_prod, 0);
        for (unsigned k = 0; k < 32; k++)
            assert_true(held[k]->hurry);
        complete_all();
        work();
        assert_true(vbd_is_idle(vbd));
        for (unsigned id = 0; id < 40; id++)
            assert_answer(id, id < 32 ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR);
        assert_refused(40);
        assert_refused(41);
        assert_false(vbd_ended(vbd));
    }
}

/* One that says that it has closed is believed when it is quiet. */
static void test_closed_when_quiet(void **state)
{
    uint64_t begin = now;

    (void)state;
    vbd_shut(vbd, VBD_CLOSE, NULL);
    work();
    assert_true(vbd_ended(vbd));                /* it has been quiet all the time */
    assert_true(now == begin);
    fill_ring();
    vbd_shut(vbd, VBD_CLOSE, NULL);
    complete_all();
    work();
    assert_false(vbd_ended(vbd));
    time_passes = true;
    work();
    assert_true(vbd_ended(vbd));
    assert_true(now - begin > 50 * PV_NS_PER_MS && now - begin < PV_NS_PER_SEC);
}

/* One that was not asked may take its time, and then some seconds more, and no longer. */
static void test_taken_away(void **state)
{
    uint64_t begin = now;

    (void)state;
    vbd_shut(vbd, VBD_TAKE_AWAY, NULL);
    work();
    assert_refused(1);
    now += PV_NS_PER_SEC;
    assert_refused(2);
    front_has_left = true;
    work();
    assert_true(vbd_ended(vbd));
    front_has_left = false;
    drop(VBD_TAKE_AWAY);
    connect_with(1);
    begin = now;
    vbd_shut(vbd, VBD_TAKE_AWAY, NULL);
    time_passes = true;
    work();
    assert_true(vbd_ended(vbd));
    assert_true(now - begin > PV_NS_PER_SEC && now - begin < 60 * PV_NS_PER_SEC);
}

/* It was taken away, and then says that it is through. */
static void test_another_end(void **state)
{
    uint64_t begin = now;

    (void)state;
    vbd_shut(vbd, VBD_TAKE_AWAY, NULL);
    work();
    assert_refused(1);
    vbd_shut(vbd, VBD_CLOSE, NULL);
    time_passes = true;
    work();
    assert_true(vbd_ended(vbd));
    assert_true(now - begin < PV_NS_PER_SEC);
}

/* A ring that lies while it is given up. */
static void test_lies_at_the_end(void **state)
{
    (void)state;
    vbd_shut(vbd, VBD_TAKE_AWAY, NULL);
    work();
    sring->req_prod = 1000;
    work();
    assert_true(vbd_stopped(vbd) && vbd_ended(vbd));
    assert_int_equal(sring->rsp_prod, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_another_takes_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_take_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_are_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_when_quiet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_at_the_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
