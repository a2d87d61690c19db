/*
 * The console daemon on a made-up kit: its logs, followers and input, domains that flood, and domains that
 * lie in their rings.
 */
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

#include "dom0-tools/backends/console/console.h"

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>

/* --- the made-up kit: domain d has the page `pages[d]`; its port is d --- */

#define DOMAINS 64

static struct xencons_interface *pages[DOMAINS];
static pv_event_fn *handlers[DOMAINS];
static void *handler_args[DOMAINS];
static bool masked[DOMAINS], mapped[DOMAINS];
static unsigned int sent[DOMAINS];
static uint64_t now = 1000000000;

void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    (void)writable;
    (void)errs;
    if (n != 1 || mfns[0] != 100u + domid || !pages[domid])
        return NULL;
    mapped[domid] = true;
    return pages[domid];
}

void pv_unmap(void *p, size_t n)
{
    for (int i = 0; i < DOMAINS; i++)
        if (n == 1 && pages[i] == p)
            mapped[i] = false;
}

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    (void)domid;
    (void)refs;
    (void)n;
    (void)writable;
    (void)err;
    return NULL;
}

int pv_grant_unmap(void *p, size_t n)
{
    (void)p;
    (void)n;
    return 0;
}

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    if (remote_port != 7)
        return -EINVAL;
    handlers[remote] = fn;
    handler_args[remote] = arg;
    masked[remote] = false;
    return remote;
}

int pv_event_send(evtchn_port_t port)
{
    sent[port]++;
    return 0;
}

void pv_event_mask(evtchn_port_t port)
{
    masked[port] = true;
}

void pv_event_unmask(evtchn_port_t port)
{
    masked[port] = false;
}

int pv_event_close(evtchn_port_t port)
{
    handlers[port] = NULL;
    return 0;
}

bool pv_upcalls_disable(void)
{
    return true;
}

void pv_upcalls_restore(bool were_on)
{
    (void)were_on;
}

uint64_t pv_now_ns(void)
{
    return now;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack;
    (void)arg;
    return (struct pv_thread *)(uintptr_t)fn;
}

void pv_yield(void)
{
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    (void)q;
    (void)deadline;
    return true;
}

/* --- domains --- */

static void kick(int d)
{
    if (handlers[d] && !masked[d])
        handlers[d]((evtchn_port_t)d, handler_args[d]);
}

static uint32_t add(int d, const char *name)
{
    int id;

    pages[d] = calloc(1, 4096);
    id = console_domain_add((domid_t)d, name, 100u + (unsigned int)d, 7);
    assert_true(id > 0);
    assert_true(mapped[d]);
    return (uint32_t)id;
}

/* The domain writes as much as its ring takes. */
static size_t say(int d, const char *text, size_t len)
{
    struct xencons_interface *p = pages[d];
    size_t n = 0;

    while (n < len && p->out_prod - p->out_cons < sizeof(p->out))
        p->out[MASK_XENCONS_IDX(p->out_prod++, p->out)] = text[n++];
    kick(d);
    return n;
}

static void say_all(int d, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = say(d, text, len);

        text += n;
        len -= n;
        console_turn();
    }
}

static void settle(void)
{
    for (int i = 0; i < 10; i++)
        console_turn();
}

static const char *log_of(uint32_t id)
{
    static char text[CONSOLE_LOG_BYTES + 1];
    uint64_t pos = 0;
    ssize_t n = console_read_at(id, &pos, text, sizeof(text) - 1);

    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

static int clean_up(void **state)
{
    (void)state;
    for (int d = 0; d < DOMAINS; d++)
        console_domain_gone((domid_t)d);
    settle();
    console_forget_dead();
    for (int d = 0; d < DOMAINS; d++) {
        if (mapped[d] || handlers[d])
            return -1;
        free(pages[d]);
        pages[d] = NULL;
        sent[d] = 0;
    }
    return console_list(NULL, 0) == 0 ? 0 : -1;
}

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
    assert_int_equal(sent[1], 1);
    assert_int_equal(console_turn(), UINT64_MAX);
    assert_int_equal(sent[1], 1);
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
    pages[3] = calloc(1, 4096);
    assert_int_equal(console_domain_add(3, "no port", 103, 8), -EINVAL);
    assert_false(mapped[3]);
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
    assert_false(mapped[1]);
    assert_null(handlers[1]);
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
        now += 1000;
        ids[i] = add(1 + i % 2, "d");
        if (i == 3)
            assert_int_equal(console_attach(ids[3], true, NULL, NULL, &a), 0);
        console_domain_gone((domid_t)(1 + i % 2));
        free(pages[1 + i % 2]);
        pages[1 + i % 2] = NULL;
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
    struct xencons_interface *p = pages[1];
    char text[6000], got[8192];
    size_t n = 0, given;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    assert_int_equal(console_attach(id, false, on_notify, &notified, &a), 0);
    assert_int_equal(console_attached_write(a, "key", 3), 3);
    assert_int_equal(sent[1], 1);
    assert_int_equal(p->in_prod, 3);
    assert_memory_equal(p->in, "key", 3);
    /* The domain does not read: its ring and the queue fill up, and that is all. */
    given = 0;
    while ((n = (size_t)console_attached_write(a, text + given, sizeof(text) - given)) > 0)
        given += n;
    assert_int_equal(given, sizeof(p->in) - 3 + CONSOLE_INPUT_BYTES);
    /* It reads; what was typed arrives in order. */
    notified = 0;
    for (n = 0; n < 3 + given; kick(1), settle())
        while (p->in_cons != p->in_prod)
            got[n++] = p->in[MASK_XENCONS_IDX(p->in_cons++, p->in)];
    assert_memory_equal(got + 3, text, given);
    assert_true(notified > 0);
    assert_int_equal(console_attached_write(a, text, 10), 10);
    console_detach(a);
}

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
            pages[d]->out_prod = pages[d]->out_cons + lies[i];
            kick(d);
            settle();
        } else {
            pages[d]->in_cons = pages[d]->in_prod - lies[i - 5];
            console_attached_write(a, "x", 1);
        }
        assert_int_equal(console_get(id, &info), 0);
        assert_true(info.stopped);
        assert_true(info.alive);
        assert_false(mapped[d]);
        assert_null(handlers[d]);
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
    pages[1]->out_cons = 12345;
    pages[1]->in_prod = 54321;
    memcpy(pages[1]->out, "text", 4);
    pages[1]->out_prod = 4;
    kick(1);
    settle();
    assert_string_equal(log_of(id), "text");
    assert_int_equal(pages[1]->out_cons, 4);
}

/* A ring may have been used before; indices go round. */
static void test_start_anywhere(void **state)
{
    uint32_t id;
    int rc;

    (void)state;
    pages[1] = calloc(1, 4096);
    pages[1]->out_cons = pages[1]->out_prod = 0xfffffff0;
    pages[1]->in_cons = pages[1]->in_prod = 0xfffffff0;
    rc = console_domain_add(1, "s", 101, 7);
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
    assert_true(masked[1]);
    assert_true(deadline > now && deadline < now + PV_NS_PER_SEC);
    say(2, "quick", 5);
    console_turn();
    assert_string_equal(log_of(quiet), "quick");
    /* Over ten seconds it gets its rate, no more. */
    taken = info.end;
    begin = now;
    while (now < begin + 10 * PV_NS_PER_SEC) {
        now += PV_NS_PER_MS;
        for (int i = 0; i < 5; i++) {
            say(1, junk, sizeof(junk));
            console_turn();
        }
    }
    console_get(loud, &info);
    assert_in_range(info.end - taken, 9 * 1024 * 1024, 11 * 1024 * 1024);
    /* Once it is quiet it is heard like anybody. */
    now += PV_NS_PER_SEC;
    settle();
    console_get(loud, &info);
    assert_false(info.held_back);
    assert_false(masked[1]);
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
        kicks += !masked[1];
        kick(1);
        console_turn();
    }
    assert_true(masked[1]);
    assert_in_range(kicks, 10, 30);
    say(1, "word", 4);
    console_turn();
    assert_string_equal(log_of(id), "");
    now += 20 * PV_NS_PER_MS;
    settle();
    assert_string_equal(log_of(id), "word");
    assert_false(masked[1]);
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

        now += 10 * PV_NS_PER_MS;
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
        now += 10 * PV_NS_PER_MS;
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

#define console_test(f) cmocka_unit_test_teardown(f, clean_up)

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
        console_test(test_lying_indices),
        console_test(test_our_indices_are_ours),
        console_test(test_start_anywhere),
        console_test(test_flood),
        console_test(test_idle_kicks),
        console_test(test_slow_follower),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
