/*
 * Watches: what fires them, what they tell, whom they tell, and that they stay bounded.
 */
#include "xenstore_world.h"

#include <xen/io/xs_wire.h>

static void test_first_event(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 0);
    struct xsd_sockmsg hdr = { .type = XS_WATCH, .req_id = 9, .len = 5 };
    const char *bytes;
    size_t len;

    /* The answer comes first, then the event, also for a path that does not exist. */
    assert_int_equal(conn_feed(c, &hdr, sizeof(hdr)), 0);
    assert_int_equal(conn_feed(c, "/x\0t", 5), 0);
    assert_int_equal(conn_serve(c), 0);
    bytes = conn_output(c, &len);
    memcpy(&hdr, bytes, sizeof(hdr));
    assert_int_equal(hdr.type, XS_WATCH);
    conn_sent(c, len);
    bytes = conn_output(c, &len);
    memcpy(&hdr, bytes, sizeof(hdr));
    assert_int_equal(hdr.type, XS_WATCH_EVENT);
    assert_int_equal(hdr.len, 5);
    assert_memory_equal(bytes + sizeof(hdr), "/x\0t", 5);
    conn_sent(c, len);
    assert_null(conn_output(c, &len));
}

static void test_what_fires(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a/b|t|");
    assert_int_equal(events_like(w, "0 /a/b t"), 1);
    forget_events(w);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/b/c/d|1");
    assert_int_equal(events_like(w, "0 /a/b/c/d t"), 1);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/b|1");
    assert_int_equal(events_like(w, "0 /a/b t"), 1);
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/a/b/e|");
    assert_int_equal(events_like(w, "0 /a/b/e t"), 1);
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/a/b/e|n0|");
    assert_int_equal(events_like(w, "0 /a/b/e t"), 2);
    assert_ask("OK|", w, 0, XS_RM, 0, "/a/b/e|");
    assert_int_equal(events_like(w, "0 /a/b/e t"), 3);
    assert_int_equal(w->event_count, 5);
    /* Not: what changed nothing, what is beside, what only begins alike, what is read. */
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/a/b/c|");
    assert_ask("OK|", w, 0, XS_RM, 0, "/a/b/none|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/bb|1");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/c|1");
    assert_ask("1", w, 0, XS_READ, 0, "/a/b|");
    assert_int_equal(w->event_count, 5);
    /* A watch on the root hears everything but the specials. */
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/|r|");
    forget_events(w);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/q/r|1");
    assert_int_equal(events_like(w, "0 /q/r r"), 1);
    client(w, 3);
    assert_int_equal(w->event_count, 1);
}

/* If a watched node goes with one above it, the event names the watched path. */
static void test_recursive_removal(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/b/c|1");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a/b/c|deep|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a/b/x|none|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a|top|");
    forget_events(w);
    assert_ask("OK|", w, 0, XS_RM, 0, "/a/b|");
    assert_int_equal(events_like(w, "0 /a/b/c deep"), 1);
    assert_int_equal(events_like(w, "0 /a/b top"), 1);
    assert_int_equal(w->event_count, 2);
}

static void test_relative_watch(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/local/domain/3|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/local/domain/3|n3|");
    assert_ask("OK|", w, 3, XS_WATCH, 0, "dev|rel|");
    assert_ask("OK|", w, 3, XS_WATCH, 0, "/local/domain/3/dev|abs|");
    forget_events(w);
    assert_ask("OK|", w, 3, XS_WRITE, 0, "dev/state|1");
    drain(w, client(w, 3));
    assert_int_equal(events_like(w, "3 dev/state rel"), 1);
    assert_int_equal(events_like(w, "3 /local/domain/3/dev/state abs"), 1);
    /* The two forms name one path: the same token is a duplicate. */
    assert_ask("!EEXIST", w, 3, XS_WATCH, 0, "/local/domain/3/dev|rel|");
    assert_ask("OK|", w, 3, XS_UNWATCH, 0, "/local/domain/3/dev|rel|");
    assert_ask("!ENOENT", w, 3, XS_UNWATCH, 0, "dev|rel|");
}

/* What the tools ask: has the guest let go of a device? */
static void test_who_watches(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 3);
    uint64_t before = c->requests;

    assert_false(watch_any_below(c, "/back/vif/3/0"));
    assert_ask("OK|", w, 3, XS_WATCH, 0, "/back/vif/3/0/state|t|");
    assert_ask("OK|", w, 3, XS_WATCH, 0, "/back/vif/3/10|t|");
    assert_ask("OK|", w, 3, XS_WATCH, 0, "back|t|");
    assert_true(watch_any_below(c, "/back/vif/3/0"));
    assert_true(watch_any_below(c, "/back/vif/3/10"));
    assert_true(watch_any_below(c, "/back"));
    assert_true(watch_any_below(c, "/local/domain/3/back"));
    assert_false(watch_any_below(c, "/back/vif/3/1"));
    assert_false(watch_any_below(c, "/back/vif/3/10/state"));
    assert_false(watch_any_below(client(w, 0), "/back"));
    assert_ask("OK|", w, 3, XS_UNWATCH, 0, "/back/vif/3/0/state|t|");
    assert_false(watch_any_below(c, "/back/vif/3/0"));
    assert_int_equal(c->requests, before + 4);
}

static void test_arguments(void **state)
{
    struct world *w = *state;
    char token[1100];

    assert_ask("!EINVAL", w, 0, XS_WATCH, 0, "/a|");
    assert_ask("!EINVAL", w, 0, XS_WATCH, 0, "/a|t");
    assert_ask("!EINVAL", w, 0, XS_WATCH, 0, "%s", "");
    assert_ask("!EINVAL", w, 0, XS_WATCH, 0, "/a/|t|");
    assert_ask("!EINVAL", w, 0, XS_UNWATCH, 0, "/a|");
    assert_ask("!ENOENT", w, 0, XS_UNWATCH, 0, "/a|t|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a||");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a|t||");
    assert_ask("!EEXIST", w, 0, XS_WATCH, 0, "/a|t|");
    assert_ask("OK|", w, 0, XS_WATCH, 12345, "/a|tx-is-ignored|");
    memset(token, 't', sizeof(token));
    token[WATCH_TOKEN_MAX] = '\0';
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/a|%s|", token);
    token[WATCH_TOKEN_MAX] = 't';
    token[WATCH_TOKEN_MAX + 1] = '\0';
    assert_ask("!E2BIG", w, 0, XS_WATCH, 0, "/a|%s|", token);
}

/* The longest event: the longest path and the longest token fill one payload. */
static void test_longest_event(void **state)
{
    struct world *w = *state;
    char path[XENSTORE_ABS_PATH_MAX + 1], token[WATCH_TOKEN_MAX + 1];

    memset(path, 'p', sizeof(path));
    path[0] = '/';
    path[XENSTORE_ABS_PATH_MAX] = '\0';
    memset(token, 't', sizeof(token));
    token[WATCH_TOKEN_MAX] = '\0';
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/|%s|", token);
    forget_events(w);
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "%s|", path);
    assert_int_equal(w->event_count, 1);
    assert_int_equal(strlen(w->events[0]), 2 + XENSTORE_PAYLOAD_MAX - 1);
}

static void test_transactions_fire_at_commit(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_WRITE, 0, "/w/old/er|1");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/w|t|");
    forget_events(w);
    assert_ask("1|", w, 0, XS_TRANSACTION_START, 0, "|");
    assert_ask("OK|", w, 0, XS_WRITE, 1, "/w/x|1");
    assert_ask("OK|", w, 0, XS_WRITE, 1, "/w/x|2");
    assert_ask("OK|", w, 0, XS_RM, 1, "/w/old|");
    assert_ask("OK|", w, 0, XS_WRITE, 1, "/w/brief|2");
    assert_ask("OK|", w, 0, XS_RM, 1, "/w/brief|");
    assert_int_equal(w->event_count, 0);
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, 1, "T|");
    assert_int_equal(events_like(w, "0 /w/x t"), 1);
    assert_int_equal(events_like(w, "0 /w/old t"), 1);
    assert_int_equal(w->event_count, 2);
    forget_events(w);
    assert_ask("2|", w, 0, XS_TRANSACTION_START, 0, "|");
    assert_ask("OK|", w, 0, XS_WRITE, 2, "/w/x|3");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, 2, "F|");
    assert_int_equal(w->event_count, 0);
}

/* A guest hears only of nodes that it may read, now or before the change. */
static void test_who_hears(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 5);

    assert_ask("OK|", w, 5, XS_WATCH, 0, "/|root|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/s|s|");
    forget_events(w);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/s/hidden|1");
    assert_ask("OK|", w, 0, XS_RM, 0, "/s/hidden|");
    drain(w, c);
    assert_int_equal(w->event_count, 0);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/s/shown|1");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/s/shown|n0|r5|");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /s/shown s"), 1);
    assert_int_equal(events_like(w, "5 /s/shown root"), 1);
    forget_events(w);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/s/shown|2");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /s/shown s"), 1);
    forget_events(w);
    /* It is told that the node was taken from it, and that it is gone, but not what comes after. */
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/s/shown|n0|");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /s/shown s"), 1);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/s/shown|3");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /s/shown s"), 1);
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/s/shown|n0|r5|");
    assert_ask("OK|", w, 0, XS_RM, 0, "/s|");
    forget_events(w);
    drain(w, c);
    assert_int_equal(events_like(w, "5 /s/shown s"), 1);
    assert_int_equal(events_like(w, "5 /s s"), 0);
}

static void test_specials(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_WATCH, 0, "@introduceDomain|i|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "@releaseDomain|r|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "@nonsense|n|");
    assert_ask("OK|", w, 6, XS_WATCH, 0, "@releaseDomain|guest|");
    drain(w, client(w, 0));
    forget_events(w);
    assert_ask("OK|", w, 0, XS_INTRODUCE, 0, "5|1|1|");
    assert_int_equal(events_like(w, "0 @introduceDomain i"), 1);
    assert_ask("OK|", w, 0, XS_INTRODUCE, 0, "5|1|2|");
    assert_int_equal(w->event_count, 1);
    forget_events(w);
    store_domain_shutdown(&w->store, 5);
    store_domain_shutdown(&w->store, 5);
    store_domain_shutdown(&w->store, 99);
    drain(w, client(w, 0));
    assert_int_equal(events_like(w, "0 @releaseDomain r"), 1);
    assert_ask("OK|", w, 0, XS_RESUME, 0, "5|");
    store_domain_shutdown(&w->store, 5);
    drain(w, client(w, 0));
    assert_int_equal(events_like(w, "0 @releaseDomain r"), 2);
    store_domain_gone(&w->store, 5);
    drain(w, client(w, 0));
    assert_int_equal(events_like(w, "0 @releaseDomain r"), 3);
    store_domain_gone(&w->store, 5);
    drain(w, client(w, 0));
    drain(w, client(w, 6));
    assert_int_equal(w->event_count, 3);
    /* A guest hears of other domains only if it was given the right. */
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "@releaseDomain|n0|r6|");
    client(w, 7);
    assert_ask("OK|", w, 0, XS_RELEASE, 0, "7|");
    drain(w, client(w, 6));
    assert_int_equal(events_like(w, "6 @releaseDomain guest"), 1);
}

/* Of a path that changes many times before the client looks, one event waits. */
static void test_joined(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 5);

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/j|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/j|r0|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/j|a|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/j|b|");
    forget_events(w);
    for (int i = 0; i < 1000; i++)
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/j/x%d|%d", i % 3, i);
    drain(w, c);
    assert_int_equal(w->event_count, 6);
    for (int i = 0; i < 3; i++) {
        char text[32];

        snprintf(text, sizeof(text), "5 /j/x%d a", i);
        assert_int_equal(events_like(w, text), 1);
    }
    /* Once sending has begun, the next change is a new event. */
    forget_events(w);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/j/x0|1");
    size_t len;
    assert_non_null(conn_output(c, &len));
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/j/x0|2");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /j/x0 a") + events_like(w, "5 /j/x0 b"), 3);
}

/* A client that does not read: its watches end up with one event each for the watched path, and its memory
 * is bounded. */
static void test_overflow(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 5);
    uint64_t before;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/o|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/o|r0|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/o|t|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/o|u|");
    assert_ask("OK|", w, 0, XS_CONTROL, 0, "quota|set|watch-events|20|");
    forget_events(w);
    for (int i = 0; i < 1000; i++)
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/o/n%d|1", i);
    before = c->domain->used[QUOTA_BYTES];
    for (int i = 0; i < 1000; i++)
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/o/m%d|1", i);
    assert_int_equal(c->domain->used[QUOTA_BYTES], before);
    assert_string_equal(w->last_log, "xenstore: domain 5 met its quota of watch-events (20) at /o/n20");
    assert_null(store_check(&w->store));
    drain(w, c);
    assert_int_equal(w->event_count, 42);
    assert_int_equal(events_like(w, "5 /o t"), 1);
    assert_int_equal(events_like(w, "5 /o u"), 1);
    /* Then all is as before. */
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/o/n1|2");
    drain(w, c);
    assert_int_equal(events_like(w, "5 /o/n1 t"), 2);
    /* A watch that goes while it owes an event. */
    for (int i = 0; i < 100; i++)
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/o/n%d|1", i);
    watch_remove_all(c);
    forget_events(w);
    drain(w, c);
    assert_int_equal(w->event_count, 0);
}

/* Thousands of domains with their watches: what does not match costs nothing. */
static void test_many(void **state)
{
    struct world *w = *state;

    for (unsigned int d = 1; d <= 2000; d++) {
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/local/domain/%u/name|d%u", d, d);
        assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/local/domain/%u|n%u|", d, d);
        assert_ask("OK|", w, (domid_t)d, XS_WATCH, 0, "control/shutdown|t|");
        forget_events(w);
    }
    forget_events(w);
    w->wakes = 0;
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/local/domain/1234/control/shutdown|poweroff");
    assert_int_equal(w->wakes, 2);      /* the answer, and the one event */
    drain(w, client(w, 1234));
    assert_int_equal(events_like(w, "1234 control/shutdown t"), 1);
    for (unsigned int d = 1; d <= 2000; d++)
        store_domain_gone(&w->store, (domid_t)d);
    assert_int_equal(w->store.domains.count, 1);
    assert_int_equal(w->store.watches.count, 0);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(test_first_event),
        world_test(test_what_fires),
        world_test(test_recursive_removal),
        world_test(test_relative_watch),
        world_test(test_who_watches),
        world_test(test_arguments),
        world_test(test_longest_event),
        world_test(test_transactions_fire_at_commit),
        world_test(test_who_hears),
        world_test(test_specials),
        world_test(test_joined),
        world_test(test_overflow),
        world_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
