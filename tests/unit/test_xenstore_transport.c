/*
 * The store's transports on a made-up kit: mapping and binding and their failures, turns, clients that end
 * others in the middle of a round, and clients that ring without a word.
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

#include "dom0-tools/xenstore/conn.h"
#include "dom0-tools/xenstore/store.h"
#include "dom0-tools/xenstore/transport.h"

#include <pv/time.h>
#include <xen/io/xs_wire.h>

#include "rings_host.h"

#define DOMAINS 32

static struct xenstore_domain_interface *page(int d)
{
    return rings_page[d];
}

/* --- a store on these transports --- */

static struct store store;

static void hook_log(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

static uint64_t hook_now(void *arg)
{
    (void)arg;
    return rings_now;
}

static int hook_connect(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    (void)arg;
    return transport_open(&store, domid, mfn, port);
}

static void hook_disconnect(void *arg, domid_t domid)
{
    (void)arg;
    transport_close(&store, domid);
}

static void hook_wake(void *arg, struct conn *c)
{
    (void)arg;
    transport_wake(c);
}

static const struct store_hooks hooks = {
    .log = hook_log, .now = hook_now, .wake = hook_wake,
    .connect = hook_connect, .disconnect = hook_disconnect,
};

static int begin(void **state)
{
    static const uint64_t key[2] = { 3, 4 };

    (void)state;
    for (int i = 0; i < DOMAINS; i++) {
        rings_page[i] = calloc(1, 4096);
        rings_sent[i] = 0;
    }
    return store_init(&store, &hooks, NULL, key);
}

static int end(void **state)
{
    (void)state;
    for (unsigned int i = 1; i < DOMAINS; i++)
        store_domain_gone(&store, (domid_t)i);
    transport_close(&store, 0);
    store_fini(&store);
    for (int i = 0; i < DOMAINS; i++) {
        if (rings_by_frame[i] || rings_by_grant[i] || rings_is_bound(i))
            return -1;
        free(page(i));
        rings_page[i] = NULL;
    }
    return transport_run(&store) == UINT64_MAX ? 0 : -1;
}

/* Puts a request into the ring of a page and rings. */
static void put(struct xenstore_domain_interface *p, int port, uint32_t type, const char *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = 1, .len = (uint32_t)len };
    const char *bytes = (const char *)&hdr;

    for (size_t i = 0; i < sizeof(hdr); i++)
        p->req[MASK_XENSTORE_IDX(p->req_prod++)] = bytes[i];
    for (size_t i = 0; i < len; i++)
        p->req[MASK_XENSTORE_IDX(p->req_prod++)] = payload[i];
    rings_kick(port);
}

/* Fetches an answer; its type. The payload goes to buf. */
static uint32_t get(struct xenstore_domain_interface *p, char *buf)
{
    struct xsd_sockmsg hdr;
    char *bytes = (char *)&hdr;

    assert_true(p->rsp_prod - p->rsp_cons >= sizeof(hdr));
    for (size_t i = 0; i < sizeof(hdr); i++)
        bytes[i] = p->rsp[MASK_XENSTORE_IDX(p->rsp_cons++)];
    for (size_t i = 0; i < hdr.len; i++)
        buf[i] = p->rsp[MASK_XENSTORE_IDX(p->rsp_cons++)];
    return hdr.type;
}

static void settle(void)
{
    for (int i = 0; i < 20 && transport_run(&store) == 0; i++)
        ;
}

static void test_a_guest(void **state)
{
    char buf[64];

    (void)state;
    assert_int_equal(store_introduce(&store, 5, 1005, 7), 0);
    assert_true(rings_by_frame[5]);
    put(page(5), 5, XS_GET_DOMAIN_PATH, "5", 2);
    assert_true(transport_work.woken);
    assert_int_equal(transport_run(&store), 0);     /* the answer has been queued again */
    settle();
    assert_int_equal(rings_sent[5], 1);
    assert_int_equal(get(page(5), buf), XS_GET_DOMAIN_PATH);
    assert_string_equal(buf, "/local/domain/5");
    assert_int_equal(store_release(&store, 5), 0);
    assert_false(rings_by_frame[5]);
    assert_false(rings_is_bound(5));
}

static void test_failures(void **state)
{
    (void)state;
    rings_frames_refused = true;
    assert_int_equal(store_introduce(&store, 5, 1005, 7), 0);
    assert_true(rings_by_grant[5]);
    assert_int_equal(store_release(&store, 5), 0);
    assert_false(rings_by_grant[5]);
    rings_frames_refused = false;
    assert_int_equal(store_introduce(&store, 5, 1005, 8), -EINVAL);
    assert_false(rings_by_frame[5]);
    free(page(6));
    rings_page[6] = NULL;
    assert_int_equal(store_introduce(&store, 6, 1006, 7), -EINVAL);
    assert_null(domain_find(&store.domains, 6));
}

/* Domain 0 releases a domain that waits for its turn in the same round. */
static void test_release_within_a_round(void **state)
{
    (void)state;
    assert_int_equal(transport_open_local(&store, page(31)), 31);
    for (unsigned int d = 1; d <= 3; d++)
        assert_int_equal(store_introduce(&store, (domid_t)d, 1000 + d, 7), 0);
    settle();
    put(page(1), 1, XS_GET_DOMAIN_PATH, "5", 2);
    put(page(2), 2, XS_GET_DOMAIN_PATH, "5", 2);
    put(page(31), 31, XS_RELEASE, "2", 2);
    put(page(31), 31, XS_RELEASE, "3", 2);
    put(page(3), 3, XS_GET_DOMAIN_PATH, "5", 2);
    settle();
    assert_false(rings_is_bound(2));
    assert_false(rings_is_bound(3));
    assert_int_equal(page(1)->rsp_prod, sizeof(struct xsd_sockmsg) + 16);
    assert_int_equal(page(31)->rsp_prod, 2 * (sizeof(struct xsd_sockmsg) + 3));
}

/* One that asks without end gets eight answers a round; the others get theirs. */
static void test_turns(void **state)
{
    const uint32_t answer = sizeof(struct xsd_sockmsg) + 16;

    (void)state;
    assert_int_equal(store_introduce(&store, 1, 1001, 7), 0);
    assert_int_equal(store_introduce(&store, 2, 1002, 7), 0);
    settle();
    for (int i = 0; i < 30; i++)
        put(page(1), 1, XS_GET_DOMAIN_PATH, "5", 2);
    put(page(2), 2, XS_GET_DOMAIN_PATH, "5", 2);
    assert_int_equal(transport_run(&store), 0);
    assert_int_equal(page(1)->rsp_prod, 8 * answer);
    assert_int_equal(page(2)->rsp_prod, answer);
    settle();
    assert_int_equal(page(1)->rsp_prod, 30 * answer);
}

static void test_idle_kicks(void **state)
{
    unsigned int kicks = 0;
    char buf[64];

    (void)state;
    assert_int_equal(store_introduce(&store, 1, 1001, 7), 0);
    settle();
    for (int i = 0; i < 1000; i++) {
        kicks += !rings_masked[1];
        rings_kick(1);
        transport_run(&store);
    }
    assert_true(rings_masked[1]);
    assert_in_range(kicks, 10, 30);
    assert_true(transport_run(&store) <= rings_now + PV_NS_PER_SEC);
    /* It can still be told something, and is heard again after its rest. */
    put(page(1), 1, XS_GET_DOMAIN_PATH, "5", 2);
    settle();
    assert_int_equal(page(1)->rsp_prod, 0);
    rings_now += 20 * PV_NS_PER_MS;
    settle();
    assert_false(rings_masked[1]);
    rings_kick(1);
    settle();
    assert_int_equal(get(page(1), buf), XS_GET_DOMAIN_PATH);
    /* Gone while it rests. */
    for (int i = 0; i < 40; i++) {
        rings_kick(1);
        transport_run(&store);
    }
    assert_true(rings_masked[1]);
    store_domain_gone(&store, 1);
    rings_now += 20 * PV_NS_PER_MS;
    settle();
}

#define transport_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        transport_test(test_a_guest),
        transport_test(test_failures),
        transport_test(test_release_within_a_round),
        transport_test(test_turns),
        transport_test(test_idle_kicks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
