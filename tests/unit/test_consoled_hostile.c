/* The console daemon with domains that flood, and domains that lie in their rings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pv/time.h>

#include "console_world.h"

/* Every way in which an index can lie. The console stops; the others do not notice. */
static void test_lying_indices(void **state)
{
    static const uint32_t lies[] = { 2049, 4096, 0x7fffffff, 0x80000000, UINT32_MAX };
    uint32_t good = add(40, "good");
    struct console_attachment *a;
    struct console_info info;

    (void)state;
    for (int i = 0; i < 10; i++) {
        int d = 1 + i;
        uint32_t id = add(d, "bad");

        settle();
        say(d, "fine ", 5);
        settle();
        assert_int_equal(console_attach(id, false, NULL, NULL, &a), 0);
        if (i < 5) {
            page(d)->out_prod = page(d)->out_cons + lies[i];
            rings_kick(d);
            settle();
        } else {
            page(d)->in_cons = page(d)->in_prod - lies[i - 5];
            console_attached_write(a, "x", 1);
        }
        assert_int_equal(console_get(id, &info), 0);
        assert_true(info.stopped);
        assert_true(info.alive);
        assert_false(rings_by_frame[d]);
        assert_false(rings_is_bound(d));
        assert_non_null(strstr(log_of(id), "fine "));
        assert_non_null(strstr(log_of(id), "console stopped"));
        assert_int_equal(console_attached_write(a, "x", 1), -EIO);
        console_detach(a);
        say_all(40, ".", 1);
    }
    settle();
    assert_string_equal(log_of(good), "..........");
}

/* Our own indices are not read back. */
static void test_our_indices_are_ours(void **state)
{
    uint32_t id = add(1, "o");

    (void)state;
    page(1)->out_cons = 12345;
    page(1)->in_prod = 54321;
    memcpy(page(1)->out, "text", 4);
    page(1)->out_prod = 4;
    rings_kick(1);
    settle();
    assert_string_equal(log_of(id), "text");
    assert_int_equal(page(1)->out_cons, 4);
}

/* A ring may have been used before; indices go round. */
static void test_start_anywhere(void **state)
{
    uint32_t id;
    int rc;

    (void)state;
    rings_page[1] = calloc(1, 4096);
    page(1)->out_cons = page(1)->out_prod = 0xfffffff0;
    page(1)->in_cons = page(1)->in_prod = 0xfffffff0;
    rc = console_domain_add(1, "s", RINGS_FRAME(1), RINGS_PORT);
    assert_true(rc > 0);
    id = (uint32_t)rc;
    say_all(1, "0123456789012345678901234567890123456789", 40);
    settle();
    assert_string_equal(log_of(id), "0123456789012345678901234567890123456789");
}

/* A domain that never stops printing: each turn takes one ringful, and after its burst it is held back,
 * deaf, while a quiet one is served at once. */
static void test_flood(void **state)
{
    static char junk[2048];
    uint32_t loud = add(1, "loud"), quiet = add(2, "quiet");
    struct console_info info;
    uint64_t begin, deadline = 0, taken;
    int turns;

    (void)state;
    memset(junk, 'x', sizeof(junk));
    settle();
    for (turns = 0; turns < 1000; turns++) {
        console_get(loud, &info);
        begin = info.end;
        say(1, junk, sizeof(junk));
        deadline = console_turn();
        console_get(loud, &info);
        assert_true(info.end - begin <= sizeof(junk));
        if (info.held_back)
            break;
    }
    assert_in_range(info.end, 200000, 300000);
    assert_true(rings_masked[1]);
    assert_true(deadline > rings_now && deadline < rings_now + PV_NS_PER_SEC);
    say(2, "quick", 5);
    console_turn();
    assert_string_equal(log_of(quiet), "quick");
    /* Over ten seconds it gets its rate, no more. */
    taken = info.end;
    begin = rings_now;
    while (rings_now < begin + 10 * PV_NS_PER_SEC) {
        rings_now += PV_NS_PER_MS;
        for (int i = 0; i < 5; i++) {
            say(1, junk, sizeof(junk));
            console_turn();
        }
    }
    console_get(loud, &info);
    assert_in_range(info.end - taken, 9 * 1024 * 1024, 11 * 1024 * 1024);
    /* Once it is quiet it is heard like anybody. */
    rings_now += PV_NS_PER_SEC;
    settle();
    console_get(loud, &info);
    assert_false(info.held_back);
    assert_false(rings_masked[1]);
}

/* A domain that rings without a word is not listened to for a while; what it
 * says then is heard a moment later. */
static void test_idle_kicks(void **state)
{
    uint32_t id = add(1, "bell");
    unsigned int kicks = 0;

    (void)state;
    settle();
    for (int i = 0; i < 1000; i++) {
        kicks += !rings_masked[1];
        rings_kick(1);
        console_turn();
    }
    assert_true(rings_masked[1]);
    assert_in_range(kicks, 10, 30);
    say(1, "word", 4);
    console_turn();
    assert_string_equal(log_of(id), "");
    rings_now += 20 * PV_NS_PER_MS;
    settle();
    assert_string_equal(log_of(id), "word");
    assert_false(rings_masked[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        console_test(test_lying_indices),
        console_test(test_our_indices_are_ours),
        console_test(test_start_anywhere),
        console_test(test_flood),
        console_test(test_idle_kicks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
