/*
 * Who may do what, and how much: permissions, what a domain leaves behind, quotas, and memory that runs out.
 */
#include "xenstore_world.h"

#include <errno.h>
#include <xen/io/xs_wire.h>

/* Permissions of a node, and what domain 5 is answered. */
static const struct {
    const char *perms;
    const char *read, *write, *list, *set_perms, *rm_child;
} matrix[] = {
    { "n0|",       "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES" },
    { "r0|",       "v",       "!EACCES", "c|",      "!EACCES", "!EACCES" },
    { "w0|",       "!EACCES", "OK|",     "!EACCES", "!EACCES", "OK|" },
    { "b0|",       "v",       "OK|",     "c|",      "!EACCES", "OK|" },
    { "n0|r5|",    "v",       "!EACCES", "c|",      "!EACCES", "!EACCES" },
    { "n0|w5|",    "!EACCES", "OK|",     "!EACCES", "!EACCES", "OK|" },
    { "n0|b5|",    "v",       "OK|",     "c|",      "!EACCES", "OK|" },
    { "b0|n5|",    "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES" },
    { "b0|n5|b5|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES" },
    { "n0|r6|",    "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES" },
    { "n5|",       "v",       "OK|",     "c|",      "OK|",     "OK|" },
    { "n6|b5|",    "v",       "OK|",     "c|",      "!EACCES", "OK|" },
};

static void check_row(struct world *w, size_t i, const char *path)
{
    const char *set = matrix[i].set_perms[0] == '!' ? matrix[i].set_perms : "OK|";

    assert_ask(matrix[i].read, w, 5, XS_READ, 0, "%s|", path);
    assert_ask(matrix[i].list, w, 5, XS_DIRECTORY, 0, "%s|", path);
    assert_ask(matrix[i].read[0] == '!' ? "!EACCES" : matrix[i].perms, w, 5, XS_GET_PERMS, 0, "%s|", path);
    assert_ask(matrix[i].read[0] == '!' ? "!EACCES" : "!ENOENT", w, 5, XS_READ, 0, "%s/none|", path);
    assert_ask(matrix[i].rm_child, w, 5, XS_RM, 0, "%s/c|", path);
    assert_ask(matrix[i].write, w, 5, XS_MKDIR, 0, "%s|", path);
    assert_ask(matrix[i].write, w, 5, XS_WRITE, 0, "%s|v", path);
    assert_ask(matrix[i].write, w, 5, XS_WRITE, 0, "%s/new|v", path);
    assert_ask(set, w, 5, XS_SET_PERMS, 0, "%s|n5|", path);
}

static void test_matrix(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/m|v");
        assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/m|%s", matrix[i].perms);
        assert_ask("OK|", w, 0, XS_MKDIR, 0, "/m/c|");
        check_row(w, i, "/m");
        assert_ask("OK|", w, 0, XS_RM, 0, "/m|");
    }
}

/* The root is a node like any other. */
static void test_root(void **state)
{
    struct world *w = *state;

    assert_ask("!EACCES", w, 5, XS_READ, 0, "/|");
    assert_ask("!EACCES", w, 5, XS_DIRECTORY, 0, "/|");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/|x");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/x|x");
    assert_ask("!EACCES", w, 5, XS_SET_PERMS, 0, "/|n5|");
    assert_ask("!EACCES", w, 5, XS_GET_PERMS, 0, "/|");
    assert_ask("!EINVAL", w, 5, XS_RM, 0, "/|");
    /* Bare and unfinished paths of domains: an error each, and nothing else. */
    assert_ask("!EINVAL", w, 5, XS_WRITE, 0, "/local/domain/|x");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/local/domain|x");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/local/domain/99999/x|x");
}

static void test_owner(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/box|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box|n0|b5|r6|");
    /* What an unprivileged domain makes is its own, and otherwise inherits. */
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/box/deep/er|1");
    assert_ask("n5|b5|r6|", w, 5, XS_GET_PERMS, 0, "/box/deep|");
    assert_ask("n5|b5|r6|", w, 5, XS_GET_PERMS, 0, "/box/deep/er|");
    assert_ask("1", w, 6, XS_READ, 0, "/box/deep/er|");
    assert_int_equal(domain_find(&w->store.domains, 5)->used[QUOTA_NODES], 2);
    /* It cannot give a node away, not even to domain 0, but may change the rest. */
    assert_ask("!EPERM", w, 5, XS_SET_PERMS, 0, "/box/deep|n6|");
    assert_ask("!EPERM", w, 5, XS_SET_PERMS, 0, "/box/deep|n0|");
    assert_ask("OK|", w, 5, XS_SET_PERMS, 0, "/box/deep|r5|");
    /* Domain 0 inherits the owner, and gives away as it likes. */
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/box/deep/by0|");
    assert_ask("r5|", w, 0, XS_GET_PERMS, 0, "/box/deep/by0|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box/deep/er|n6|");
    assert_int_equal(domain_find(&w->store.domains, 5)->used[QUOTA_NODES], 2);
    assert_int_equal(domain_find(&w->store.domains, 6)->used[QUOTA_NODES], 1);
}

/* What a dead domain owned goes with it; what it was allowed, its successor under the same number is not. */
static void test_domain_gone(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/box|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box|n0|b5|");
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/box/a/b/c|1");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/box/a/zero|1");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box/a/zero|n0|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/secret|1");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/secret|n0|r5|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/secret|t|");
    assert_ask("1|", w, 5, XS_TRANSACTION_START, 0, "|");
    store_domain_gone(&w->store, 5);
    assert_null(domain_find(&w->store.domains, 5));
    assert_ask("F|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "5|");
    assert_ask("", w, 0, XS_DIRECTORY, 0, "/box|");
    assert_ask("!EACCES", w, 5, XS_READ, 0, "/secret|");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/box/x|1");
    /* Not even what is made below later lets it in. */
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/secret/below|");
    assert_ask("!EACCES", w, 5, XS_READ, 0, "/secret/below|");
    assert_null(store_check(&w->store));
    store_domain_gone(&w->store, 5);
    store_domain_gone(&w->store, 5);
    store_domain_gone(&w->store, 0);
    assert_non_null(domain_find(&w->store.domains, 0));
}

/* Even a root that was given away stays. */
static void test_owner_of_the_root_gone(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/|n5|r6|");
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/mine|1");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/zero|1");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/zero|n0|");
    store_domain_gone(&w->store, 5);
    assert_ask("n0|r6|", w, 0, XS_GET_PERMS, 0, "/|");
    assert_ask("zero|", w, 0, XS_DIRECTORY, 0, "/|");
}

/* A transaction of somebody else that touches what a dying domain owned. */
static void test_domain_gone_under_a_transaction(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/box|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box|n5|");
    assert_ask("1|", w, 0, XS_TRANSACTION_START, 0, "|");
    assert_ask("2|", w, 0, XS_TRANSACTION_START, 0, "|");
    assert_ask("OK|", w, 0, XS_WRITE, 1, "/box/x|1");
    assert_ask("OK|", w, 0, XS_MKDIR, 2, "/fresh|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 2, "/fresh|n5|r6|");
    client(w, 5);
    store_domain_gone(&w->store, 5);
    assert_ask("!EAGAIN", w, 0, XS_TRANSACTION_END, 1, "T|");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, 2, "T|");
    /* There is no domain 5 to own it. */
    assert_ask("n0|r6|", w, 0, XS_GET_PERMS, 0, "/fresh|");
}

static void give_box(struct world *w, domid_t domid)
{
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/box%u|", domid);
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/box%u|n0|b%u|", domid, domid);
}

static void set_quota(struct world *w, const char *name, unsigned int value)
{
    assert_ask("OK|", w, 0, XS_CONTROL, 0, "quota|set|%s|%u|", name, value);
}

static void test_quota_of_nodes(void **state)
{
    struct world *w = *state;

    give_box(w, 5);
    set_quota(w, "nodes", 10);
    for (int i = 0; i < 10; i++)
        assert_ask("OK|", w, 5, XS_WRITE, 0, "/box5/n%d|v", i);
    assert_ask("!ENOSPC", w, 5, XS_WRITE, 0, "/box5/more|v");
    assert_int_equal(w->log_lines, 1);
    assert_string_equal(w->last_log, "xenstore: domain 5 met its quota of nodes (10) at /box5/more");
    /* Once a minute is enough. */
    assert_ask("!ENOSPC", w, 5, XS_MKDIR, 0, "/box5/more|");
    assert_int_equal(w->log_lines, 1);
    w->now += 61000000000;
    assert_ask("!ENOSPC", w, 5, XS_MKDIR, 0, "/box5/more|");
    assert_int_equal(w->log_lines, 2);
    /* Changing what is there is free; removing makes room, by exactly one. */
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/box5/n3|w");
    assert_ask("OK|", w, 5, XS_RM, 0, "/box5/n3|");
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/box5/more|v");
    assert_ask("!ENOSPC", w, 5, XS_WRITE, 0, "/box5/even-more|v");
    /* Two missing levels and room for one: neither is made. */
    assert_ask("OK|", w, 5, XS_RM, 0, "/box5/n4|");
    assert_ask("!ENOSPC", w, 5, XS_WRITE, 0, "/box5/x/y|v");
    assert_ask("!ENOENT", w, 5, XS_READ, 0, "/box5/x|");
    assert_int_equal(domain_find(&w->store.domains, 5)->used[QUOTA_NODES], 9);
    /* Domain 0 has no limit. */
    for (int i = 0; i < 30; i++)
        assert_ask("OK|", w, 0, XS_MKDIR, 0, "/zero/n%d|", i);
}

static void test_quota_of_nodes_in_a_transaction(void **state)
{
    struct world *w = *state;

    give_box(w, 5);
    set_quota(w, "nodes", 3);
    assert_ask("1|", w, 5, XS_TRANSACTION_START, 0, "|");
    assert_ask("2|", w, 5, XS_TRANSACTION_START, 0, "|");
    for (int i = 0; i < 3; i++) {
        assert_ask("OK|", w, 5, XS_MKDIR, 1, "/box5/a%d|", i);
        assert_ask("OK|", w, 5, XS_MKDIR, 2, "/box5/b%d|", i);
    }
    assert_ask("!ENOSPC", w, 5, XS_MKDIR, 1, "/box5/a3|");
    assert_ask("OK|", w, 5, XS_RM, 1, "/box5/a0|");
    assert_ask("OK|", w, 5, XS_MKDIR, 1, "/box5/a3|");
    assert_ask("OK|", w, 5, XS_TRANSACTION_END, 1, "T|");
    /* Each fitted alone; the second does not any more, and nothing of it is made. */
    assert_ask("!ENOSPC", w, 5, XS_TRANSACTION_END, 2, "T|");
    assert_ask("a1|a2|a3|", w, 0, XS_DIRECTORY, 0, "/box5|");
    /* Making and removing in circles costs nothing. */
    for (int i = 0; i < 50; i++) {
        assert_ask("OK|", w, 5, XS_RM, 0, "/box5/a1|");
        assert_ask("OK|", w, 5, XS_MKDIR, 0, "/box5/a1|");
    }
    assert_int_equal(domain_find(&w->store.domains, 5)->used[QUOTA_NODES], 3);
}

static void test_other_quotas(void **state)
{
    struct world *w = *state;

    give_box(w, 5);
    set_quota(w, "node-size", 4);
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/box5/v|1234");
    assert_ask("!ENOSPC", w, 5, XS_WRITE, 0, "/box5/v|12345");
    set_quota(w, "permissions", 2);
    assert_ask("OK|", w, 5, XS_SET_PERMS, 0, "/box5/v|n5|r1|");
    assert_ask("!ENOSPC", w, 5, XS_SET_PERMS, 0, "/box5/v|n5|r1|r2|");
    set_quota(w, "watches", 2);
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/a|t|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/b|t|");
    assert_ask("!E2BIG", w, 5, XS_WATCH, 0, "/c|t|");
    assert_ask("OK|", w, 5, XS_UNWATCH, 0, "/a|t|");
    assert_ask("OK|", w, 5, XS_WATCH, 0, "/c|t|");
    for (unsigned int i = 1; i <= 64; i++)
        assert_int_equal(atoi(ask(w, 5, XS_TRANSACTION_START, 0, "|")), i);
    assert_ask("!ENOSPC", w, 5, XS_TRANSACTION_START, 0, "|");
    assert_ask("OK|", w, 5, XS_TRANSACTION_END, 9, "F|");
    assert_int_not_equal(ask(w, 5, XS_TRANSACTION_START, 0, "|")[0], '!');
    set_quota(w, "transaction-nodes", 3);
    assert_ask("!ENOENT", w, 5, XS_READ, 1, "/box5/r1|");
    assert_ask("!ENOENT", w, 5, XS_READ, 1, "/box5/r2|");
    assert_ask("!ENOENT", w, 5, XS_READ, 1, "/box5/r1|");
    assert_ask("!ENOENT", w, 5, XS_READ, 1, "/box5/r3|");
    assert_ask("!ENOSPC", w, 5, XS_READ, 1, "/box5/r4|");
}

/* However it is spent, the bytes of a domain end. */
static void test_quota_of_bytes(void **state)
{
    struct world *w = *state;
    struct domain *d;
    uint64_t slack = XENSTORE_PAYLOAD_MAX + 4096;
    unsigned int made = 0;

    give_box(w, 5);
    client(w, 5);
    d = domain_find(&w->store.domains, 5);
    set_quota(w, "bytes", 100000);
    while (strcmp(ask(w, 5, XS_WRITE, 0, "/box5/n%u|%0500d", made, 0), "OK|") == 0)
        made++;
    assert_in_range(made, 50, 200);
    assert_in_range(d->used[QUOTA_BYTES], 90000, 100000);
    assert_ask("!E2BIG", w, 5, XS_WATCH, 0, "/%01000d|%01000d|", 0, 0);
    assert_ask("OK|", w, 5, XS_RM, 0, "/box5/n0|");
    assert_ask("1|", w, 5, XS_TRANSACTION_START, 0, "|");
    for (unsigned int i = 0; i < 100; i++)
        ask(w, 5, XS_READ, 1, "/%01000d/x%u|", 0, i);
    assert_ask("!ENOSPC", w, 5, XS_READ, 1, "/%01000d/last|", 0);
    assert_in_range(d->used[QUOTA_BYTES], 90000, 100000 + slack);
    assert_null(store_check(&w->store));
}

/* A client that asks and never fetches its answers is not served any more; nobody else notices. */
static void test_outstanding_answers(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 5);
    struct xsd_sockmsg hdr = { .type = XS_GET_DOMAIN_PATH, .len = 2 };
    unsigned int served = 0;

    for (;;) {
        hdr.req_id = served;
        assert_int_equal(conn_feed(c, &hdr, sizeof(hdr)), 0);
        assert_int_equal(conn_feed(c, "5", 2), 0);
        if (!conn_may_serve(c))
            break;
        assert_int_equal(conn_serve(c), 0);
        served++;
    }
    assert_int_equal(served, 32);
    assert_int_equal(conn_wants(c), 0);
    drain(w, c);
    assert_true(conn_may_serve(c));
    assert_int_equal(conn_serve(c), 0);
    drain(w, c);
    assert_int_equal(w->hdr.req_id, 32);
}

/* Every allocation of every request fails once: the request is refused or delayed as a whole, and changes
 * nothing. */
static void exhaust(struct world *w, uint32_t type, uint32_t tx, const char *payload, size_t len)
{
    struct conn *c = client(w, 5);
    struct xsd_sockmsg hdr = { .type = type, .req_id = 77, .tx_id = tx, .len = (uint32_t)len };

    for (unsigned long n = 1;; n++) {
        unsigned long before = allocations_failed;
        size_t nodes = w->store.tree.node_count;
        int rc;

        w->hdr.type = XS_INVALID;
        fail_allocation(n, false);
        assert_int_equal(conn_feed(c, &hdr, sizeof(hdr)), 0);
        if (len > 0)
            assert_int_equal(conn_feed(c, payload, len), 0);
        rc = conn_serve(c);
        if (rc == -ENOMEM)
            rc = conn_serve(c);
        fail_allocation(0, false);
        assert_int_equal(rc, 0);
        drain(w, c);
        assert_int_not_equal(w->hdr.type, XS_INVALID);
        assert_null(store_check(&w->store));
        if (w->hdr.type != XS_ERROR)
            return;
        assert_string_equal(w->payload, "ENOMEM");
        assert_int_equal(w->store.tree.node_count, nodes);
        assert_true(allocations_failed > before);
        assert_true(n < 100);
    }
}

static void test_no_memory(void **state)
{
    struct world *w = *state;
    uint32_t id;

    give_box(w, 5);
    client(w, 5);
    exhaust(w, XS_WRITE, 0, "/box5/a/b/c/d/e/f/g/h/i/j/k/l\0v", 32);
    exhaust(w, XS_WRITE, 0, "/box5/a/b/c/d/e/f/g/h/i/j/k/l\0w", 32);
    exhaust(w, XS_MKDIR, 0, "/box5/x/y", 10);
    exhaust(w, XS_SET_PERMS, 0, "/box5/x\0n5\0r77\0r78", 19);
    exhaust(w, XS_WATCH, 0, "/box5\0token", 12);
    exhaust(w, XS_DIRECTORY, 0, "/box5", 6);
    exhaust(w, XS_TRANSACTION_START, 0, "", 1);
    id = (uint32_t)atoi(w->payload);
    exhaust(w, XS_WRITE, id, "/box5/t/u/v\0w", 13);
    exhaust(w, XS_RM, id, "/box5/a", 8);
    exhaust(w, XS_READ, id, "/box5/x", 8);
    exhaust(w, XS_TRANSACTION_END, id, "T", 2);
    exhaust(w, XS_RM, 0, "/box5/t", 8);
    exhaust(w, XS_UNWATCH, 0, "/box5\0token", 12);
}

/* Without any memory a domain still dies in order. */
static void test_domain_gone_without_memory(void **state)
{
    struct world *w = *state;

    give_box(w, 5);
    for (int i = 0; i < 200; i++)
        assert_ask("OK|", w, 5, XS_WRITE, 0, "/box5/a%d/b/c|v", i);
    assert_ask("OK|", w, 0, XS_WATCH, 0, "/box5|t|");
    assert_ask("OK|", w, 0, XS_WATCH, 0, "@releaseDomain|t|");
    forget_events(w);
    fail_allocation(1, true);
    store_domain_gone(&w->store, 5);
    fail_allocation(0, false);
    assert_null(store_check(&w->store));
    assert_ask("", w, 0, XS_DIRECTORY, 0, "/box5|");
    /* The events could not be queued, but the watches have not forgotten. */
    assert_int_equal(events_like(w, "0 /box5 t"), 1);
    assert_int_equal(events_like(w, "0 @releaseDomain t"), 1);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(test_matrix),
        world_test(test_root),
        world_test(test_owner),
        world_test(test_domain_gone),
        world_test(test_owner_of_the_root_gone),
        world_test(test_domain_gone_under_a_transaction),
        world_test(test_quota_of_nodes),
        world_test(test_quota_of_nodes_in_a_transaction),
        world_test(test_other_quotas),
        world_test(test_quota_of_bytes),
        world_test(test_outstanding_answers),
        world_test(test_no_memory),
        world_test(test_domain_gone_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
