/*
 * The store daemon: its thread, its first nodes, and what it hears of dying domains.
 *
 * Other threads only leave notes (a bit for each domain that is gone, a flag) and wake the thread; the
 * store itself is changed by nobody else.
 */
#include "xenstored.h"

#include "conn.h"
#include "store.h"
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <x86intrin.h>
#include <xen/domctl.h>
#include <xen/errno.h>
#include <pv/error.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#define STACK_BYTES (64u * 1024u)

#define DOMID_WORDS ((DOMID_FIRST_RESERVED + 63) / 64)

static struct store store;
static bool started;

/* Domains that were reported gone; and whether all others shall be looked at. */
static uint64_t gone[DOMID_WORDS];
static bool any_gone;
static volatile bool look_around;

static void hook_log(void *arg, const char *line)
{
    (void)arg;
    printf("%s\n", line);
}

static uint64_t hook_now(void *arg)
{
    (void)arg;
    return pv_now_ns();
}

static int hook_connect(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    return transport_open(arg, domid, mfn, port);
}

static void hook_disconnect(void *arg, domid_t domid)
{
    transport_close(arg, domid);
}

static void hook_wake(void *arg, struct conn *c)
{
    (void)arg;
    transport_wake(c);
}

static const struct store_hooks hooks = {
    .log = hook_log,
    .now = hook_now,
    .connect = hook_connect,
    .disconnect = hook_disconnect,
    .wake = hook_wake,
};

static void on_domain_change(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    look_around = true;
    pv_wake(&transport_work);
}

void xenstore_check_domains(void)
{
    look_around = true;
    pv_wake(&transport_work);
}

void xenstore_domain_gone(domid_t domid)
{
    if (domid == 0 || !domid_is_real(domid))
        return;
    gone[domid / 64] |= UINT64_C(1) << (domid % 64);
    any_gone = true;
    pv_wake(&transport_work);
}

/* Between two requests, as everything that another thread sees. */
bool xenstore_is_watched(domid_t domid, const char *path)
{
    const struct domain *d = domain_find(&store.domains, domid);

    return d && d->conn && watch_any_below(d->conn, path);
}

uint64_t xenstore_requests(domid_t domid)
{
    const struct domain *d = domain_find(&store.domains, domid);

    return d && d->conn ? d->conn->requests : 0;
}

/* What the hypervisor says of a domain: its XEN_DOMINF_* flags, or -ESRCH. A domain whose destruction has
 * begun is gone for us: it waits for those who still map its pages, and we are one of them. */
static long domain_flags(domid_t domid)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = domid,
    };
    long rc = HYPERVISOR_domctl(&op);

    if (rc == -XEN_ESRCH || (rc == 0 && op.u.getdomaininfo.domain != domid))
        return -ESRCH;
    if (rc < 0)
        return 0;
    return op.u.getdomaininfo.flags & XEN_DOMINF_dying ? -ESRCH : (long)op.u.getdomaininfo.flags;
}

/* Collects first: what is done for one domain may make the records of others go. */
static void check_domains(void)
{
    uint64_t known[DOMID_WORDS] = { 0 };
    const struct domain *d;

    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++)
        LIST_FOREACH(d, &store.domains.buckets[i], link)
            known[d->domid / 64] |= UINT64_C(1) << (d->domid % 64);
    known[0] &= ~UINT64_C(1);
    for (unsigned int w = 0; w < DOMID_WORDS; w++) {
        for (; known[w] != 0; known[w] &= known[w] - 1) {
            domid_t domid = (domid_t)(w * 64 + (unsigned int)__builtin_ctzll(known[w]));
            long flags = domain_flags(domid);

            if (flags < 0)
                store_domain_gone(&store, domid);
            else if (flags & XEN_DOMINF_shutdown)
                store_domain_shutdown(&store, domid);
        }
    }
}

static void forget_gone(void)
{
    any_gone = false;
    for (unsigned int w = 0; w < DOMID_WORDS; w++) {
        for (; gone[w] != 0; gone[w] &= gone[w] - 1)
            store_domain_gone(&store, (domid_t)(w * 64 + (unsigned int)__builtin_ctzll(gone[w])));
    }
}

static void run(void *arg)
{
    (void)arg;
    for (;;) {
        uint64_t deadline;

        if (any_gone)
            forget_gone();
        if (look_around) {
            look_around = false;
            check_domains();
        }
        deadline = transport_run(&store);
        if (deadline == 0)
            pv_yield();
        else
            pv_wait(&transport_work, deadline);
    }
}

/* Creates one of the nodes that exist from the beginning, which fails only without memory. */
static int seed(const char *path, const char *text)
{
    struct tx tx;
    struct value *value;
    size_t from = strlen(path);
    int rc = value_new(text, strlen(text), &value);

    if (rc)
        return rc;
    do
        from = path_parent_len(path, from);
    while (!tree_find(&store.tree, path, from));
    tx_init(&tx, &store, domain_find(&store.domains, 0), 0);
    rc = tx_create(&tx, path, strlen(path), from, perms_get(store.tree.root->perms), value);
    if (rc == 0)
        rc = tx_commit(&tx);
    tx_fini(&tx);
    return rc;
}

/* What the hash tables' key is made of: nothing that a guest can see, let alone choose. */
static void make_key(uint64_t key[2])
{
    key[0] = __rdtsc() * UINT64_C(0x9e3779b97f4a7c15) ^ pv_wall_ns();
    key[1] = (__rdtsc() ^ pv_now_ns()) * UINT64_C(0xc2b2ae3d27d4eb4f);
}

/* The client's end of the loop-back channel; the client itself will attach a handler. */
static int bind_client(evtchn_port_t store_port, evtchn_port_t *client_port)
{
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF, .remote_port = store_port };
    int rc = pv_errno_from_xen(HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind));

    *client_port = bind.local_port;
    return rc;
}

/* Everything that can fail before a thread runs. */
static int prepare(evtchn_port_t *client_port, void **page)
{
    uint64_t key[2];
    int rc;

    make_key(key);
    rc = store_init(&store, &hooks, &store, key);
    if (rc == 0)
        rc = seed("/tool/xenstored", "");
    if (rc == 0)
        rc = seed("/local/domain/0/domid", "0");
    if (rc == 0)
        rc = seed("/local/domain/0/name", "Domain-0");
    if (rc)
        return rc;
    *page = pv_pages_alloc(1);
    if (!*page)
        return -ENOMEM;
    rc = transport_open_local(&store, *page);
    return rc < 0 ? rc : bind_client((evtchn_port_t)rc, client_port);
}

int xenstored_start(void)
{
    evtchn_port_t client_port;
    void *page;
    int rc;

    if (started)
        return -EEXIST;
    started = true;
    rc = prepare(&client_port, &page);
    if (rc == 0 && !pv_thread_create("xenstored", STACK_BYTES, run, NULL))
        rc = -ENOMEM;
    if (rc)
        return rc;
    rc = pv_event_bind_virq(VIRQ_DOM_EXC, on_domain_change, NULL);
    if (rc < 0)
        printf("xenstore: no VIRQ_DOM_EXC (%s): deaths of domains are only heard of from the toolstack\n",
               strerror(-rc));
    return pv_xenbus_attach(page, client_port);
}
