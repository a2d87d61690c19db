/* The arithmetic of time, dates, and the timers' heap against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "cpu/cpu.h"
#include "lib/lib.h"
#include "sched/time.h"
#include "sched/timer-heap.h"

/* What time.c needs of the machine. */
static const uint64_t measured_hz = 2000000000;
struct cpu_features cpu_features;
uint64_t boot_tsc = 12345;
uint64_t tsc_measure_hz(void) { return measured_hz; }
uint64_t cmos_seconds(void) { return 1767225600; }
void timers_init_cpu(void) {}
void preempt_set_budget(uint32_t khz) { (void)khz; }
void cpu_relax_and_answer(void) {}
void log_line(enum loglevel level, const char *fmt, ...) { (void)level; (void)fmt; }

static const uint64_t clocks[] = {
    1000000, 3579545, 999999999, 1000000000, 1000000001, 1999999999, 2000000000, 2000000001, 2445450000,
    5300000000,
};

static void test_scale(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
        struct time_scale s;

        time_scale_for(&s, clocks[i]);
        assert_true(s.mul >> 31);
        for (uint64_t seconds = 1; seconds < 100000000; seconds *= 7) {
            uint64_t ns = scale_cycles(&s, seconds * clocks[i]), want = seconds * 1000000000;
            uint64_t difference = ns > want ? ns - want : want - ns;

            /* Rounding of mul, and what a negative shift drops. */
            assert_true(difference <= want / 500000000 + 4);
        }
    }
}

/* A deadline in ns becomes a TSC value that is not earlier by more than a few ns, nor later by more than a
 * few. */
static void test_deadlines(void **state)
{
    (void)state;
    time_init();
    assert_true(ns_to_tsc(UINT64_MAX) >= ns_to_tsc(1));
    assert_int_equal(tsc_khz(), measured_hz / 1000);
    for (uint64_t ns = 1; ns < 1UL << 50; ns *= 3) {
        uint64_t back = tsc_to_ns(ns_to_tsc(ns));

        assert_true(back + 4 + ns / 100000000 >= ns && back <= ns + 4 + ns / 100000000);
    }
}

static void test_dates(void **state)
{
    (void)state;
    assert_int_equal(seconds_of_date(1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(seconds_of_date(2026, 1, 1, 0, 0, 0), 1767225600);
    srand(2);
    for (int i = 0; i < 10000; i++) {
        time_t t = (time_t)((uint64_t)rand() * 4UL % 7258118400UL);
        struct tm *d = gmtime(&t);
        unsigned int year = (unsigned int)d->tm_year + 1900, month = (unsigned int)d->tm_mon + 1;

        assert_int_equal(seconds_of_date(year, month, (unsigned int)d->tm_mday, (unsigned int)d->tm_hour,
                                         (unsigned int)d->tm_min, (unsigned int)d->tm_sec), t);
    }
}

#define TIMERS 200

static bool queued[TIMERS];

static struct timer *earliest(struct timer *timers)
{
    struct timer *best = NULL;

    for (int i = 0; i < TIMERS; i++)
        if (queued[i] && (!best || timers[i].expires < best->expires))
            best = &timers[i];
    return best;
}

static void test_heap(void **state)
{
    static struct timer timers[TIMERS];
    struct timer_heap heap = { NULL };

    (void)state;
    srand(3);
    for (int step = 0; step < 50000; step++) {
        struct timer *t = &timers[rand() % TIMERS], *best;

        if (rand() % 4 == 0 && heap.root)
            t = heap.root;
        if (queued[t - timers]) {
            timer_heap_remove(&heap, t);
            assert_null(t->child);
        } else {
            t->expires = (uint64_t)rand() % 1000;
            timer_heap_insert(&heap, t);
        }
        queued[t - timers] = !queued[t - timers];
        best = earliest(timers);
        assert_int_equal(heap.root != NULL, best != NULL);
        if (best)
            assert_int_equal(heap.root->expires, best->expires);
    }
}

/* Taken out one by one, they come in order, each once. */
static void test_heap_order(void **state)
{
    static struct timer timers[TIMERS];
    struct timer_heap heap = { NULL };
    uint64_t last = 0;
    int count = 0;

    (void)state;
    for (int i = 0; i < TIMERS; i++) {
        timers[i].expires = (uint64_t)(i * 7919 % 1009);
        timer_heap_insert(&heap, &timers[i]);
    }
    for (; heap.root; count++) {
        assert_true(heap.root->expires >= last);
        last = heap.root->expires;
        timer_heap_remove(&heap, heap.root);
    }
    assert_int_equal(count, TIMERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale), cmocka_unit_test(test_deadlines), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_heap), cmocka_unit_test(test_heap_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
