/* The scheduler's arithmetic: shares follow weights, whoever wakes is neither starved nor favoured for
 * ever, caps hold. The simulations pick as the scheduler does: the least virtual time runs next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sched/fair.h"

struct runner { uint64_t vtime, ran; uint16_t weight; };

static struct runner *least(struct runner *r, unsigned int n)
{
    struct runner *best = r;

    for (unsigned int i = 1; i < n; i++)
        if (r[i].vtime < best->vtime)
            best = &r[i];
    return best;
}

/* Slices of differing lengths, as when interrupts cut them short. */
static void simulate(struct runner *r, unsigned int n, unsigned int slices)
{
    for (unsigned int i = 0; i < slices; i++) {
        struct runner *one = least(r, n);
        uint64_t ns = 100000 + (unsigned int)rand() % FAIR_SLICE_NS;

        one->ran += ns;
        one->vtime += fair_charge(ns, one->weight);
    }
}

static void test_shares_follow_weights(void **state)
{
    struct runner r[] = { { .weight = 256 }, { .weight = 512 }, { .weight = 64 }, { .weight = 256 } };
    uint64_t total = 0;

    (void)state;
    srand(1);
    simulate(r, 4, 20000);
    for (unsigned int i = 0; i < 4; i++)
        total += r[i].ran;
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t due = total * r[i].weight / (256 + 512 + 64 + 256);

        assert_in_range(r[i].ran, due * 98 / 100, due * 102 / 100);
    }
}

static void test_charge_is_never_free(void **state)
{
    (void)state;
    assert_int_equal(fair_charge(0, 256), 0);
    assert_int_equal(fair_charge(1000, 256), 1000);
    assert_int_equal(fair_charge(1000, 512), 500);
    assert_int_equal(fair_charge(1, 65535), 1);
    assert_int_equal(fair_charge(1000, 0), 256000);        /* no division by a weight of 0 */
    /* A year on a CPU, with the smallest weight, does not wrap. */
    assert_true(fair_charge(365UL * 86400 * 1000000000, 256) > 0);
}

static void test_waking_gives_a_bounded_bonus(void **state)
{
    uint64_t min = 1000000000;

    (void)state;
    /* slept long: not all of it counts */
    assert_int_equal(fair_wake_vtime(5, min), min - FAIR_WAKE_BONUS_NS);
    /* slept shortly: keeps its place */
    assert_int_equal(fair_wake_vtime(min - 10, min), min - 10);
    /* a glutton does not gain by sleeping */
    assert_int_equal(fair_wake_vtime(min + 999, min), min + 999);
    assert_int_equal(fair_wake_vtime(0, FAIR_WAKE_BONUS_NS / 2), 0);
    assert_true(fair_should_preempt(min - FAIR_WAKE_BONUS_NS, min));
    assert_false(fair_should_preempt(min - FAIR_PREEMPT_NS / 2, min));
    assert_false(fair_should_preempt(min, min));
}

/* One that sleeps after each short burst against two that never do: it gets what
 * it asks for, they share the rest. */
static void test_a_sleeper_is_served(void **state)
{
    struct runner r[] = { { .weight = 256 }, { .weight = 256 } }, sleeper = { .weight = 256 };
    uint64_t min = 0;

    (void)state;
    for (unsigned int i = 0; i < 5000; i++) {
        simulate(r, 2, 3);
        min = fair_queue_min(min, r[0].vtime, r[1].vtime);
        sleeper.vtime = fair_wake_vtime(sleeper.vtime, min);
        assert_true(fair_should_preempt(sleeper.vtime, min) ||
                    sleeper.vtime <= least(r, 2)->vtime + FAIR_PREEMPT_NS);
        sleeper.vtime += fair_charge(200000, sleeper.weight);
    }
}

/* One that is always charged with a sleeper waiting, because that is what ends its slices: the queue goes
 * on all the same, and whoever comes next is not put in where the sleeper once was. */
static void test_a_sleeper_holds_nobody_back(void **state)
{
    uint64_t min = 0, busy = 0, sleeper = 0;

    (void)state;
    for (unsigned int i = 0; i < 10000; i++) {
        min = fair_queue_min(min, busy, UINT64_MAX);                /* it wakes */
        sleeper = fair_wake_vtime(sleeper, min);
        busy += fair_charge(10000000, 256);
        min = fair_queue_min(min, busy, sleeper);                   /* and takes the CPU */
        sleeper += fair_charge(200000, 256);
        assert_true(min + 10000000 + FAIR_WAKE_BONUS_NS >= busy);
    }
    assert_int_equal(fair_queue_min(5, UINT64_MAX, UINT64_MAX), 5); /* nobody is there */
    assert_int_equal(fair_queue_min(5, 3, 7), 5);
    assert_int_equal(fair_queue_min(5, UINT64_MAX, 7), 7);
}

static void test_caps(void **state)
{
    (void)state;
    assert_int_equal(fair_cap_budget(0, 4), 0);
    assert_int_equal(fair_cap_budget(50, 1), FAIR_CAP_PERIOD_NS / 2);
    assert_int_equal(fair_cap_budget(100, 2), FAIR_CAP_PERIOD_NS / 2);
    assert_int_equal(fair_cap_budget(1, 32), 100000);      /* never so little that it could not run at all */
    assert_int_equal(fair_cap_budget(50, 0), 0);
    assert_int_equal(fair_capped_slice(FAIR_SLICE_NS, 6000000, 0), FAIR_SLICE_NS);
    assert_int_equal(fair_capped_slice(FAIR_SLICE_NS, 6000000, 5000000), 1000000);
    assert_int_equal(fair_capped_slice(FAIR_SLICE_NS, 6000000, 7000000), 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_follow_weights), cmocka_unit_test(test_charge_is_never_free),
        cmocka_unit_test(test_waking_gives_a_bounded_bonus), cmocka_unit_test(test_a_sleeper_is_served),
        cmocka_unit_test(test_a_sleeper_holds_nobody_back), cmocka_unit_test(test_caps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
