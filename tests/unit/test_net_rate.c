/* Rate limits: over any stretch no more passes than its intervals allow and one frame; whoever waits as long
 * as it is told may go on; a limit is used up, not only kept; numbers of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/rate.h"

static unsigned random_below(unsigned n)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 16) % n);
}

static void test_no_limit(void **state)
{
    struct net_rate r;

    (void)state;
    net_rate_init(&r, 0, 50000, 5);
    for (int i = 0; i < 1000; i++)
        assert_true(net_rate_take(&r, UINT32_MAX, 5));
    net_rate_init(&r, 100, 0, 5);
    for (int i = 0; i < 1000; i++)
        assert_true(net_rate_take(&r, UINT32_MAX, 5));
}

static void test_one_interval(void **state)
{
    struct net_rate r;

    (void)state;
    net_rate_init(&r, 3000, 1000, 0);
    assert_true(net_rate_take(&r, 1500, 0));
    assert_true(net_rate_take(&r, 1500, 999999));
    assert_false(net_rate_take(&r, 1, 999999));
    assert_int_equal(net_rate_when(&r), 1000000);
    assert_true(net_rate_take(&r, 6001, 1000000));      /* two later intervals are gone too, and a byte */
    assert_false(net_rate_take(&r, 1, 2000000));
    assert_int_equal(net_rate_when(&r), 3000000);
    assert_true(net_rate_take(&r, 2999, 3000000));
    assert_false(net_rate_take(&r, 1, 3999999));
    assert_true(net_rate_take(&r, 3000, 100000000));    /* nothing was saved */
    assert_false(net_rate_take(&r, 1, 100000000));
}

/* A sender that always has something: what passes is what the limit says. */
static void test_greedy(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        uint64_t bytes = 1 + random_below(round % 3 ? 200000 : 200), interval_us = 1 + random_below(100000);
        uint64_t now = random_below(1000000), begin = now, passed = 0, intervals;
        uint32_t frame = 60;
        struct net_rate r;

        net_rate_init(&r, bytes, interval_us, now);
        for (int i = 0; i < 2000; i++) {
            frame = 14 + random_below(65536);
            if (net_rate_take(&r, frame, now)) {
                passed += frame;
            } else {
                uint64_t when = net_rate_when(&r);

                assert_true(when > now);
                assert_false(net_rate_take(&r, frame, when - 1));
                now = when;
                assert_true(net_rate_take(&r, frame, now));
                passed += frame;
            }
        }
        intervals = (now - begin) / (interval_us * 1000) + 1;
        assert_true(passed <= intervals * bytes + 65550);
        assert_true(passed + bytes >= intervals * bytes);
    }
}

static void test_any_numbers(void **state)
{
    static const uint64_t numbers[] = { 0, 1, 1000, INT64_MAX, UINT64_MAX };
    struct net_rate r;

    (void)state;
    for (int b = 0; b < 5; b++)
        for (int i = 0; i < 5; i++)
            for (int n = 0; n < 5; n++) {
                net_rate_init(&r, numbers[b], numbers[i], numbers[n]);
                for (int k = 0; k < 100; k++) {
                    net_rate_take(&r, random_below(2) ? UINT32_MAX : 60, numbers[random_below(5)]);
                    net_rate_when(&r);
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_one_interval),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_any_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
