/* The console daemon: its logs, followers and input, and domains that come and go. */
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

static void test_output(void **state)
{
    uint32_t id = add(1, "one");
    struct console_info info;

    (void)state;
    console_turn();
    assert_string_equal(log_of(id), "");
    say(1, "hello\n", 6);
    assert_int_equal(console_turn(), 0);
    assert_string_equal(log_of(id), "hello\n");
    assert_int_equal(rings_sent[1], 1);
    assert_int_equal(console_turn(), UINT64_MAX);
    assert_int_equal(rings_sent[1], 1);
    assert_int_equal(console_get(id, &info), 0);
    assert_true(info.alive);
    assert_false(info.stopped);
    assert_int_equal(info.start, 0);
    assert_int_equal(info.end, 6);
    assert_string_equal(info.name, "one");
    assert_int_equal(console_append(1, "foreign\n", 8), 0);
    assert_string_equal(log_of(id), "hello\nforeign\n");
    assert_int_equal(console_append(2, "x", 1), -ENOENT);
    assert_int_equal(console_domain_add(1, "again", 101, 7), -EEXIST);
    assert_int_equal(console_domain_add(3, "no page", 103, 7), -EINVAL);
    rings_page[3] = calloc(1, 4096);
    assert_int_equal(console_domain_add(3, "no port", 103, 8), -EINVAL);
    assert_false(rings_by_frame[3]);
    assert_int_equal(console_list(NULL, 0), 1);
}

/* Of much output the newest 64 KiB stay, whatever the sizes of the pieces. */
static void test_log_wraps(void **state)
{
    char *all = malloc(300000), *got = malloc(CONSOLE_LOG_BYTES);
    struct console_log log;
    uint64_t pos, lost;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < 300000; i++)
        all[i] = (char)(i * 7 + i / 251);
    console_log_init(&log);
    for (size_t piece = 1; at < 300000; piece = (piece * 5 + 1) % 70001) {
        size_t n = piece < 300000 - at ? piece : 300000 - at;

        console_log_append(&log, all + at, n);
        at += n;
        assert_int_equal(log.end, at);
        assert_int_equal(log.start, at > CONSOLE_LOG_BYTES ? at - CONSOLE_LOG_BYTES : 0);
        pos = 0;
        n = console_log_read(&log, &pos, got, CONSOLE_LOG_BYTES, &lost);
        assert_int_equal(n, at < CONSOLE_LOG_BYTES ? at : CONSOLE_LOG_BYTES);
        assert_int_equal(lost, log.start);
        assert_memory_equal(got, all + at - n, n);
    }
    pos = log.end + 5;
    assert_int_equal(console_log_read(&log, &pos, got, 10, NULL), 0);
    assert_int_equal(pos, log.end);
    console_log_free(&log);
    free(all);
    free(got);
}

static void test_log_grows_with_need(void **state)
{
    struct console_log log;

    (void)state;
    console_log_init(&log);
    assert_int_equal(log.size, 0);
    console_log_append(&log, "x", 1);
    assert_true(log.size <= 2048);
    console_log_free(&log);
}

static void test_death(void **state)
{
    uint32_t id = add(1, "vm"), second;
    struct console_info info;
    char buf[16];
    uint64_t pos = 0;

    (void)state;
    say(1, "last words", 10);
    /* Not drained yet: the daemon takes it before the ring goes. */
    console_domain_gone(1);
    assert_false(rings_by_frame[1]);
    assert_false(rings_is_bound(1));
    assert_string_equal(log_of(id), "last words");
    assert_int_equal(console_get(id, &info), 0);
    assert_false(info.alive);
    console_domain_gone(1);
    /* The name lives on in a new domain: that one is meant first. */
    assert_int_equal(console_find("vm"), id);
    second = add(2, "vm");
    assert_int_equal(console_find("vm"), second);
    assert_int_equal(console_find("1"), id);
    assert_int_equal(console_find("2"), second);
    assert_int_equal(console_find("3"), -ENOENT);
    assert_int_equal(console_forget(second), -EBUSY);
    assert_int_equal(console_domain_rename(2, "other"), 0);
    assert_int_equal(console_domain_rename(1, "dead"), -ENOENT);
    assert_int_equal(console_find("vm"), id);
    assert_int_equal(console_append(1, " (crashed)", 10), 0);
    assert_string_equal(log_of(id), "last words (crashed)");
    assert_int_equal(console_forget(id), 0);
    assert_int_equal(console_forget(id), -ENOENT);
    assert_int_equal(console_find("vm"), -ENOENT);
    assert_int_equal(console_read_at(id, &pos, buf, sizeof(buf)), -ENOENT);
}

static void test_the_dead_are_bounded(void **state)
{
    struct console_attachment *a;
    uint32_t ids[50];

    (void)state;
    for (int i = 0; i < 50; i++) {
        rings_now += 1000;
        ids[i] = add(1 + i % 2, "d");
        if (i == 3)
            assert_int_equal(console_attach(ids[3], true, NULL, NULL, &a), 0);
        console_domain_gone((domid_t)(1 + i % 2));
        free(rings_page[1 + i % 2]);
        rings_page[1 + i % 2] = NULL;
    }
    assert_int_equal(console_list(NULL, 0), CONSOLE_DEAD_MAX);
    assert_int_equal(console_get(ids[0], &(struct console_info){ 0 }), -ENOENT);
    assert_int_equal(console_get(ids[49], &(struct console_info){ 0 }), 0);
    /* The one that somebody reads stayed; it goes when nobody does any more and the next one dies. */
    assert_int_equal(console_get(ids[3], &(struct console_info){ 0 }), 0);
    assert_int_equal(console_get(ids[4], &(struct console_info){ 0 }), -ENOENT);
    assert_int_equal(console_forget(ids[3]), -EBUSY);
    console_detach(a);
    assert_int_equal(console_forget_dead(), CONSOLE_DEAD_MAX);
}

static unsigned int notified;

static void on_notify(void *arg)
{
    *(unsigned int *)arg += 1;
}

static void test_following(void **state)
{
    struct console_attachment *a, *b;
    uint32_t id = add(1, "f");
    char buf[64];
    uint64_t lost;

    (void)state;
    say_all(1, "before ", 7);
    assert_int_equal(console_attach(99, true, NULL, NULL, &a), -ENOENT);
    assert_int_equal(console_attach(id, true, on_notify, &notified, &a), 0);
    assert_int_equal(console_attach(id, false, NULL, NULL, &b), 0);
    notified = 0;
    say(1, "after", 5);
    settle();
    assert_int_equal(notified, 1);
    assert_int_equal(console_attached_read(a, buf, sizeof(buf), &lost), 12);
    assert_memory_equal(buf, "before after", 12);
    assert_int_equal(lost, 0);
    assert_int_equal(console_attached_read(a, buf, sizeof(buf), NULL), 0);
    assert_int_equal(console_attached_read(b, buf, 2, NULL), 2);
    assert_int_equal(console_attached_read(b, buf, sizeof(buf), NULL), 3);
    assert_memory_equal(buf, "ter", 3);
    say(1, "end", 3);
    console_domain_gone(1);
    settle();
    assert_int_equal(notified, 2);
    assert_int_equal(console_attached_write(a, "x", 1), -EPIPE);
    assert_int_equal(console_attached_read(a, buf, sizeof(buf), NULL), 3);
    assert_int_equal(console_attached_read(a, buf, sizeof(buf), NULL), -EPIPE);
    console_detach(a);
    console_detach(b);
}

static void test_input(void **state)
{
    struct console_attachment *a;
    uint32_t id = add(1, "i");
    struct xencons_interface *p = page(1);
    char text[6000], got[8192];
    size_t n = 0, given;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    assert_int_equal(console_attach(id, false, on_notify, &notified, &a), 0);
    assert_int_equal(console_attached_write(a, "key", 3), 3);
    assert_int_equal(rings_sent[1], 1);
    assert_int_equal(p->in_prod, 3);
    assert_memory_equal(p->in, "key", 3);
    /* The domain does not read: its ring and the queue fill up, and that is all. */
    given = 0;
    while ((n = (size_t)console_attached_write(a, text + given, sizeof(text) - given)) > 0)
        given += n;
    assert_int_equal(given, sizeof(p->in) - 3 + CONSOLE_INPUT_BYTES);
    /* It reads; what was typed arrives in order. */
    notified = 0;
    for (n = 0; n < 3 + given; rings_kick(1), settle())
        while (p->in_cons != p->in_prod)
            got[n++] = p->in[MASK_XENCONS_IDX(p->in_cons++, p->in)];
    assert_memory_equal(got + 3, text, given);
    assert_true(notified > 0);
    assert_int_equal(console_attached_write(a, text, 10), 10);
    console_detach(a);
}

/* A follower that keeps reading sees everything; one that has stopped reading is not waited for. */
static void test_slow_follower(void **state)
{
    static char junk[2048], buf[4096];
    uint32_t id = add(1, "v");
    struct console_attachment *a;
    uint64_t lost, got = 0, said = 0;

    (void)state;
    memset(junk, 'y', sizeof(junk));
    assert_int_equal(console_attach(id, true, NULL, NULL, &a), 0);
    for (int i = 0; i < 2000; i++) {
        ssize_t n;

        rings_now += 10 * PV_NS_PER_MS;
        said += say(1, junk, sizeof(junk));
        console_turn();
        said += say(1, junk, sizeof(junk));
        console_turn();
        n = console_attached_read(a, buf, 1500, &lost);
        assert_true(n >= 0);
        assert_int_equal(lost, 0);
        got += (uint64_t)n;
    }
    assert_in_range(said - got, 0, CONSOLE_LOG_BYTES);
    assert_in_range(got, 2900000, 3000000);
    /* Now it sleeps. */
    for (int i = 0; i < 300; i++) {
        rings_now += 10 * PV_NS_PER_MS;
        said += say(1, junk, sizeof(junk));
        console_turn();
    }
    console_attached_read(a, buf, sizeof(buf), &lost);
    assert_true(lost > 0);
    console_detach(a);
}

static void test_start(void **state)
{
    (void)state;
    assert_int_equal(consoled_start(), 0);
    assert_int_equal(consoled_start(), -EEXIST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        console_test(test_start),
        console_test(test_output),
        console_test(test_log_wraps),
        console_test(test_log_grows_with_need),
        console_test(test_death),
        console_test(test_the_dead_are_bounded),
        console_test(test_following),
        console_test(test_input),
        console_test(test_slow_follower),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
