/* exhaust.c: takes all there is of something, says how much that was, and dies with it; with "hold" it
 * keeps it until it is destroyed. */
#include "crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/time.h>
#include <pv/xenbus.h>

static void finish(const char *what, unsigned long n, int err, const char *arg)
{
    printf("crash: %lu %s, then %s\n", n, what, pv_errno_name(err));
    fflush(stdout);
    while (strcmp(arg, "hold") == 0)
        pv_sleep_ns(PV_NS_PER_SEC);
}

static void ports(const char *arg)
{
    struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    unsigned long n = 0;
    long rc;

    while ((rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op)) == 0)
        n++;
    finish("event channels", n, pv_errno_from_xen(rc), arg);
}

static void grants(const char *arg)
{
    char *page = pv_pages_alloc(1);
    unsigned long n = 0;
    int rc;

    while ((rc = pv_grant_access(0, page, false)) >= 0)
        n++;
    finish("grants", n, rc, arg);
}

static void memory(const char *arg)
{
    unsigned long n = 0;

    while (malloc(4096))
        n++;
    while (pv_pages_alloc(1))
        n++;
    while (pv_region_alloc(1 << 20))
        n += 256;
    pv_console_emergency("crash: %lu pages of memory, then none\n", n);
    while (strcmp(arg, "hold") == 0)
        pv_sleep_ns(PV_NS_PER_SEC);
}

static void store_nodes(const char *arg)
{
    unsigned long n = 0;
    char path[40];
    int rc;

    do {
        snprintf(path, sizeof(path), "data/flood/%lu", n++);
        rc = pv_xs_write(PV_XS_NIL, path, "x", 1);
    } while (rc == 0);
    finish("store nodes", n - 1, rc, arg);
}

static void watches(const char *arg)
{
    static struct pv_xs_watcher watcher;
    unsigned long n = 0;
    char token[24];
    int rc;

    pv_xs_watcher_init(&watcher);
    do {
        snprintf(token, sizeof(token), "%lu", n++);
        rc = pv_xs_watch(&watcher, "data", token);
    } while (rc == 0);
    finish("watches", n - 1, rc, arg);
}

static void transactions(const char *arg)
{
    unsigned long n = 0;
    uint32_t tx;
    int rc;

    while ((rc = pv_xs_transaction_start(&tx)) == 0)
        n++;
    finish("transactions", n, rc, arg);
}

static void flood(const char *arg)
{
    uint64_t end = stop_time(arg), n = 0;

    while (pv_now_ns() < end)
        printf("crash: flooding the console, line %lu ........................................\n", n++);
}

static void yields(const char *arg)
{
    uint64_t end = stop_time(arg);

    while (pv_now_ns() < end)
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

const struct mode exhaust_modes[] = {
    { "ports", "all event channels [hold]", ports },
    { "grants", "all grants [hold]", grants },
    { "memory", "all memory [hold]", memory },
    { "nodes", "all nodes of the store that it may have [hold]", store_nodes },
    { "watches", "all watches that it may have [hold]", watches },
    { "transactions", "all transactions that it may have [hold]", transactions },
    { "flood", "floods its console [seconds]", flood },
    { "yield", "yields without end [seconds]", yields },
    { NULL, NULL, NULL },
};
