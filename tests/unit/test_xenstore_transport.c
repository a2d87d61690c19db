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

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>
#include <xen/io/xs_wire.h>

/* --- the made-up kit: domain d has pages[d], and d as its local port; frame 1000 + d, remote port 7 --- */

#define DOMAINS 32

static struct xenstore_domain_interface *pages[DOMAINS];
static pv_event_fn *handlers[DOMAINS];
static void *handler_args[DOMAINS];
static bool masked[DOMAINS], by_frame[DOMAINS], by_grant[DOMAINS], frames_refused;
static unsigned int sent[DOMAINS];
static uint64_t now = 1000000000;

void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    (void)writable;
    (void)errs;
    if (frames_refused || n != 1 || mfns[0] != 1000u + domid || !pages[domid])
        return NULL;
    by_frame[domid] = true;
    return pages[domid];
}

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    (void)writable;
    (void)err;
    if (n != 1 || refs[0] != GNTTAB_RESERVED_XENSTORE || !pages[domid])
        return NULL;
    by_grant[domid] = true;
    return pages[domid];
}

static int page_owner(const void *p)
{
    for (int i = 0; i < DOMAINS; i++)
        if (pages[i] == p)
            return i;
    return -1;
}

void pv_unmap(void *p, size_t n)
{
    assert_int_equal(n, 1);
    by_frame[page_owner(p)] = false;
}

int pv_grant_unmap(void *p, size_t n)
{
    assert_int_equal(n, 1);
    by_grant[page_owner(p)] = false;
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

int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg)
{
    assert_int_equal(remote, DOMID_SELF);
    handlers[31] = fn;
    handler_args[31] = arg;
    return 31;
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

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
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
    return now;
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
        pages[i] = calloc(1, 4096);
        sent[i] = 0;
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
        if (by_frame[i] || by_grant[i] || handlers[i])
            return -1;
        free(pages[i]);
        pages[i] = NULL;
    }
    return transport_run(&store) == UINT64_MAX ? 0 : -1;
}

static void kick(int port)
{
    if (handlers[port] && !masked[port])
        handlers[port]((evtchn_port_t)port, handler_args[port]);
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
    kick(port);
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
    assert_true(by_frame[5]);
    put(pages[5], 5, XS_GET_DOMAIN_PATH, "5", 2);
    assert_true(transport_work.woken);
    assert_int_equal(transport_run(&store), 0);     /* the answer has been queued again */
    settle();
    assert_int_equal(sent[5], 1);
    assert_int_equal(get(pages[5], buf), XS_GET_DOMAIN_PATH);
    assert_string_equal(buf, "/local/domain/5");
    assert_int_equal(store_release(&store, 5), 0);
    assert_false(by_frame[5]);
    assert_null(handlers[5]);
}

static void test_failures(void **state)
{
    (void)state;
    frames_refused = true;
    assert_int_equal(store_introduce(&store, 5, 1005, 7), 0);
    assert_true(by_grant[5]);
    assert_int_equal(store_release(&store, 5), 0);
    assert_false(by_grant[5]);
    frames_refused = false;
    assert_int_equal(store_introduce(&store, 5, 1005, 8), -EINVAL);
    assert_false(by_frame[5]);
    free(pages[6]);
    pages[6] = NULL;
    assert_int_equal(store_introduce(&store, 6, 1006, 7), -EINVAL);
    assert_null(domain_find(&store.domains, 6));
}

/* Domain 0 releases a domain that waits for its turn in the same round. */
static void test_release_within_a_round(void **state)
{
    (void)state;
    assert_int_equal(transport_open_local(&store, pages[31]), 31);
    for (unsigned int d = 1; d <= 3; d++)
        assert_int_equal(store_introduce(&store, (domid_t)d, 1000 + d, 7), 0);
    settle();
    put(pages[1], 1, XS_GET_DOMAIN_PATH, "5", 2);
    put(pages[2], 2, XS_GET_DOMAIN_PATH, "5", 2);
    put(pages[31], 31, XS_RELEASE, "2", 2);
    put(pages[31], 31, XS_RELEASE, "3", 2);
    put(pages[3], 3, XS_GET_DOMAIN_PATH, "5", 2);
    settle();
    assert_null(handlers[2]);
    assert_null(handlers[3]);
    assert_int_equal(pages[1]->rsp_prod, sizeof(struct xsd_sockmsg) + 16);
    assert_int_equal(pages[31]->rsp_prod, 2 * (sizeof(struct xsd_sockmsg) + 3));
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
        put(pages[1], 1, XS_GET_DOMAIN_PATH, "5", 2);
    put(pages[2], 2, XS_GET_DOMAIN_PATH, "5", 2);
    assert_int_equal(transport_run(&store), 0);
    assert_int_equal(pages[1]->rsp_prod, 8 * answer);
    assert_int_equal(pages[2]->rsp_prod, answer);
    settle();
    assert_int_equal(pages[1]->rsp_prod, 30 * answer);
}

static void test_idle_kicks(void **state)
{
    unsigned int kicks = 0;
    char buf[64];

    (void)state;
    assert_int_equal(store_introduce(&store, 1, 1001, 7), 0);
    settle();
    for (int i = 0; i < 1000; i++) {
        kicks += !masked[1];
        kick(1);
        transport_run(&store);
    }
    assert_true(masked[1]);
    assert_in_range(kicks, 10, 30);
    assert_true(transport_run(&store) <= now + PV_NS_PER_SEC);
    /* It can still be told something, and is heard again after its rest. */
    put(pages[1], 1, XS_GET_DOMAIN_PATH, "5", 2);
    settle();
    assert_int_equal(pages[1]->rsp_prod, 0);
    now += 20 * PV_NS_PER_MS;
    settle();
    assert_false(masked[1]);
    kick(1);
    settle();
    assert_int_equal(get(pages[1], buf), XS_GET_DOMAIN_PATH);
    /* Gone while it rests. */
    for (int i = 0; i < 40; i++) {
        kick(1);
        transport_run(&store);
    }
    assert_true(masked[1]);
    store_domain_gone(&store, 1);
    now += 20 * PV_NS_PER_MS;
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
