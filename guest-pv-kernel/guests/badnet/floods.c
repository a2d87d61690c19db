/* floods.c: a frontend that does wrong for some seconds. */
#include "badnet.h"

#include <stdio.h>
#include <string.h>

#include <xen/sched.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/time.h>

#define SECONDS 3

static uint64_t soon(void)
{
    return pv_now_ns() + SECONDS * PV_NS_PER_SEC;
}

/* Every entry and index changes all the time, also while the backend reads it. */
static void garbage(struct front *f)
{
    uint64_t end = soon();

    while (pv_now_ns() < end) {
        uint32_t *words = (uint32_t *)(any(2) ? (void *)f->tx.sring->ring : (void *)f->rx.sring->ring);

        for (unsigned i = 0; i < 64; i++)
            words[any(500)] = any(4) ? any(4096) : any(0x7fffffff);
        f->tx.sring->req_prod += any(8) ? 1 : any(256);
        f->rx.sring->req_prod += any(4);
        pv_event_send((evtchn_port_t)f->port);
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    }
}

/* Right entries whose contents change behind their publication. */
static void changing(struct front *f)
{
    uint64_t end = soon();

    while (pv_now_ns() < end) {
        struct netif_tx_request *r = RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt);
        unsigned good, errors;

        front_request(f, (unsigned)f->refs[0], 0, FRAME, 0);
        front_push(f);
        for (unsigned i = 0; i < 1000; i++) {
            *(volatile uint16_t *)&r->size = i & 1 ? 65535 : FRAME;
            *(volatile uint16_t *)&r->offset = i & 2 ? 65535 : 0;
        }
        front_answers(f, &good, &errors);
        if (good + errors == 0)
            return;
    }
}

/* Grants are taken back while the backend may be using them. */
static void revoked(struct front *f)
{
    uint64_t end = soon();
    unsigned long good = 0, errors = 0;

    while (pv_now_ns() < end) {
        unsigned g, e;

        for (unsigned i = 0; i < PAGES; i++)
            front_request(f, (unsigned)f->refs[i], 0, FRAME, 0);
        front_push(f);
        for (unsigned i = 0; i < PAGES; i++)
            pv_grant_end((grant_ref_t)f->refs[i]);
        front_answers(f, &g, &e);
        good += g;
        errors += e;
        for (unsigned i = 0; i < PAGES; i++)
            f->refs[i] = pv_grant_access(0, f->pages + i * PV_PAGE_SIZE, false);
    }
    printf("badnet: %lu sent, %lu not\n", good, errors);
}

static void notifications(struct front *f)
{
    uint64_t end = soon();
    unsigned long n = 0;

    for (; pv_now_ns() < end; n++)
        pv_event_send((evtchn_port_t)f->port);
    printf("badnet: %lu notifications\n", n);
}

/* As many frames as will go. */
static void frames(struct front *f)
{
    uint64_t end = soon();
    unsigned long n = 0;

    while (pv_now_ns() < end) {
        f->tx.rsp_cons = f->tx.sring->rsp_prod;
        for (; f->tx.req_prod_pvt - f->tx.rsp_cons < 256; n++)
            front_request(f, (unsigned)f->refs[n % PAGES], 0, 1514, 0);
        front_push(f);
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    }
    f->tx.rsp_cons = f->tx.sring->rsp_prod;
    printf("badnet: %lu frames\n", n);
}

/* Takes neither answers nor frames. */
static void silence(struct front *f)
{
    for (unsigned i = 0; i < 256; i++)
        front_request(f, (unsigned)f->refs[i % PAGES], 0, FRAME, 0);
    front_push(f);
    pv_sleep_ns(SECONDS * PV_NS_PER_SEC);
    f->tx.rsp_cons = f->tx.sring->rsp_prod;
}

/* Pages to receive into that are none, or the rings themselves. */
static void receiving(struct front *f)
{
    uint64_t end = soon();

    while (pv_now_ns() < end) {
        f->rx.rsp_cons = f->rx.sring->rsp_prod;
        while (f->rx.req_prod_pvt - f->rx.rsp_cons < 256) {
            unsigned ref = (unsigned)(any(2) ? f->rx_ref : f->refs[any(PAGES)]);

            *RING_GET_REQUEST(&f->rx, f->rx.req_prod_pvt++) = (struct netif_rx_request){
                (uint16_t)any(65536), 1, any(3) == 0 ? any(100000) : ref };
        }
        RING_PUSH_REQUESTS(&f->rx);
        pv_event_send((evtchn_port_t)f->port);
        pv_sleep_ns(PV_NS_PER_MS);
    }
}

const struct mode flood_modes[] = {
    { "garbage", "rings full of garbage that changes all the time", garbage },
    { "changing", "requests that change after they were published", changing },
    { "revoked", "grants that are taken back in flight", revoked },
    { "notify", "notifications without end", notifications },
    { "frames", "as many frames as will go", frames },
    { "silence", "takes no answers and no frames", silence },
    { "receive", "pages to receive into that it does not have", receiving },
    { NULL, NULL, NULL },
};

/* ---- before there is a connection ---- */

/* All states in any order, with keys that may be right. */
static void flapping(struct front *f)
{
    static const char *const keys[] = { "tx-ring-ref", "rx-ring-ref", "event-channel",
                                        "multi-queue-num-queues", "feature-sg",
                                        "event-channel-tx", "event-channel-rx", "request-rx-copy" };
    uint64_t end = soon();
    unsigned long n = 0;

    for (; pv_now_ns() < end; n++) {
        if (any(4) == 0)
            front_put(f, keys[any(8)], any(3) ? any(2000) : any(0x7fffffff));
        if (any(8) == 0) {
            front_put(f, "tx-ring-ref", (uint64_t)f->tx_ref);
            front_put(f, "rx-ring-ref", (uint64_t)f->rx_ref);
            front_put(f, "event-channel", (uint64_t)f->port);
            front_put(f, "multi-queue-num-queues", 1);
            front_put(f, "request-rx-copy", 1);
        }
        front_put(f, "state", any(12));
    }
    printf("badnet: %lu states\n", n);
}

static void wrong_rings(struct front *f)
{
    f->rx_ref = 77777;
    front_connect(f);
}

static void no_copies(struct front *f)
{
    front_put(f, "tx-ring-ref", (uint64_t)f->tx_ref);
    front_put(f, "rx-ring-ref", (uint64_t)f->rx_ref);
    front_put(f, "event-channel", (uint64_t)f->port);
    front_put(f, "state", XenbusStateConnected);
    pv_sleep_ns(PV_NS_PER_SEC);
}

const struct mode early_modes[] = {
    { "flap", "all states in any order", flapping },
    { "rings", "rings that it does not have", wrong_rings },
    { "nocopy", "does not ask for copies", no_copies },
    { NULL, NULL, NULL },
};
