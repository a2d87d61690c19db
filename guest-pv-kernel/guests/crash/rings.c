/* rings.c: garbage in the rings that it shares with the control domain, for some seconds, with an event after
 * each piece. */
#include "crash.h"

#include <stdio.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/sched.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/start.h>
#include <pv/time.h>
#include <pv/xenbus.h>

static const uint32_t hurtful[] = {
    0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 0x400000, 0x7fffffff, 0x80000000, 0xffffffff,
};
#define HURTFUL (sizeof(hurtful) / sizeof(hurtful[0]))

/* Fills `bytes` of the page with garbage now and then, and index words with numbers that are likely to
 * hurt. */
static void spoil(struct prng *p, uint32_t *indices, unsigned int n, char *data, size_t bytes)
{
    uint64_t r = prng_next(p);
    size_t i;

    indices[r % n] = r & 256 ? hurtful[(r >> 16) % HURTFUL] : (uint32_t)(r >> 32);
    if (r & 512)
        for (i = 0; i + 8 <= bytes; i += 8) {
            uint64_t garbage = prng_next(p);

            memcpy(data + i, &garbage, 8);
        }
}

/* The initial domain has no such pages: NULL. */
static void *shared_page(xen_pfn_t mfn)
{
    return pv_is_control_domain() ? NULL : pv_mfn_to_virt(mfn);
}

static void console_ring(const char *arg)
{
    struct xencons_interface *ring = shared_page(pv_start_info->console.domU.mfn);
    uint64_t end = pv_now_ns() + 3 * PV_NS_PER_SEC;
    struct prng p;

    prng_seed(&p, arg);
    while (ring && pv_now_ns() < end) {
        spoil(&p, &ring->in_cons, 4, ring->out, sizeof(ring->out));
        pv_event_send(pv_start_info->console.domU.evtchn);
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    }
}

static void store_ring(const char *arg)
{
    struct xenstore_domain_interface *ring = shared_page(pv_start_info->store_mfn);
    uint64_t end = pv_now_ns() + 3 * PV_NS_PER_SEC;
    struct prng p;

    prng_seed(&p, arg);
    while (ring && pv_now_ns() < end) {
        spoil(&p, &ring->req_cons, 4, ring->req, sizeof(ring->req));
        pv_event_send(pv_start_info->store_evtchn);
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    }
}

/* Messages of the right form whose type, numbers and contents are garbage: the protocol, not the ring. */
static void store_messages(const char *arg)
{
    static char body[XENSTORE_PAYLOAD_MAX];
    uint64_t end = pv_now_ns() + 3 * PV_NS_PER_SEC;
    unsigned long n = 0;
    struct prng p;

    prng_seed(&p, arg);
    while (pv_now_ns() < end) {
        uint64_t r = prng_next(&p);
        struct pv_iovec iov = { body, (r >> 8) % (r & 128 ? sizeof(body) : 40) };
        size_t i;

        for (i = 0; i < iov.len; i++)
            body[i] = "/\0abc01 @-_."[prng_next(&p) % 12];
        pv_xs_request((uint32_t)(r % 32), (uint32_t)(r >> 60), &iov, 1, NULL, NULL);
        n++;
    }
    printf("crash: %lu messages\n", n);
}

/* Events on every port, as fast as it can. */
static void event_storm(const char *arg)
{
    uint64_t end = stop_time(arg);
    struct evtchn_send send;

    while (pv_now_ns() < end)
        for (send.port = 0; send.port < 64; send.port++)
            HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
}

const struct mode ring_modes[] = {
    { "consolering", "garbage in its console ring [seed]", console_ring },
    { "storering", "garbage in its store ring [seed]", store_ring },
    { "storemsgs", "garbage messages to the store [seed]", store_messages },
    { "events", "sends events as fast as it can [seconds]", event_storm },
    { NULL, NULL, NULL },
};
