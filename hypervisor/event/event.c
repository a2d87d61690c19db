/* Delivery of events: pending bits, selector words, upcalls. Two-level ABI. The shared page belongs to the
 * guest as much as to us: it is only ever set and tested bit by bit, never believed. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "event/event.h"
#include "lib/lib.h"
#include "memory/heap.h"

#define BITS 64

static _Atomic uint64_t *pending_word(struct domain *d, evtchn_port_t port)
{
    return (_Atomic uint64_t *)&d->shared_info->evtchn_pending[port / BITS];
}

static _Atomic uint64_t *mask_word(struct domain *d, evtchn_port_t port)
{
    return (_Atomic uint64_t *)&d->shared_info->evtchn_mask[port / BITS];
}

static uint64_t bit_of(evtchn_port_t port)
{
    return 1UL << (port % BITS);
}

bool event_port_pending(const struct domain *d, evtchn_port_t port)
{
    return atomic_load(pending_word((struct domain *)d, port)) & bit_of(port);
}

bool event_any_pending(const struct vcpu *v)
{
    return *(volatile uint8_t *)&v->info->evtchn_upcall_pending;
}

bool event_upcall_due(const struct vcpu *v)
{
    return event_any_pending(v) && !*(volatile uint8_t *)&v->info->evtchn_upcall_mask;
}

/* The vcpu has something new: once per upcall. */
static void mark_upcall(struct vcpu *v)
{
    if (atomic_exchange((_Atomic uint8_t *)&v->info->evtchn_upcall_pending, 1) == 0)
        vcpu_kick(v);
}

static cold void wake_pollers(struct domain *d, evtchn_port_t port)
{
    for (unsigned int i = 0; i < d->vcpu_count; i++) {
        evtchn_port_t polled = d->vcpus[i]->poll_port;

        if (polled == port || polled == UINT32_MAX)
            vcpu_wake(d->vcpus[i]);
    }
}

void event_set_pending(struct vcpu *v, evtchn_port_t port)
{
    struct domain *d = v->domain;
    _Atomic uint64_t *selector = (_Atomic uint64_t *)&v->info->evtchn_pending_sel;

    if (atomic_fetch_or(pending_word(d, port), bit_of(port)) & bit_of(port))
        return;
    if (!(atomic_load(mask_word(d, port)) & bit_of(port)) &&
        !(atomic_fetch_or(selector, bit_of(port / BITS)) & bit_of(port / BITS)))
        mark_upcall(v);
    if (unlikely(d->polling))
        wake_pollers(d, port);
}

void event_clear_pending(struct domain *d, evtchn_port_t port)
{
    atomic_fetch_and(pending_word(d, port), ~bit_of(port));
}

void event_unmask(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
    _Atomic uint64_t *selector = (_Atomic uint64_t *)&v->info->evtchn_pending_sel;

    if (!(atomic_fetch_and(mask_word(d, port), ~bit_of(port)) & bit_of(port)))
        return;
    if (event_port_pending(d, port) &&
        !(atomic_fetch_or(selector, bit_of(port / BITS)) & bit_of(port / BITS)))
        mark_upcall(v);
}

void event_send_port(struct domain *d, evtchn_port_t port)
{
    event_set_pending(d->vcpus[d->channels[port].vcpu], port);
}

void event_send_virq(struct vcpu *v, unsigned int virq)
{
    evtchn_port_t port = v->virq_port[virq];

    if (port)
        event_send_port(v->domain, port);
}

void event_send_global_virq(unsigned int virq)
{
    struct domain *d = first_domain;

    if (d && d->vcpu_count)
        event_send_virq(d->vcpus[0], virq);
}

void event_vcpu_info_moved(struct vcpu *v)
{
    atomic_store((_Atomic uint64_t *)&v->info->evtchn_pending_sel, ~0UL);
    atomic_store((_Atomic uint8_t *)&v->info->evtchn_upcall_pending, 1);
}

long event_init(struct domain *d, uint32_t ports)
{
    d->channels = heap_alloc_zeroed(ports * sizeof(d->channels[0]));
    if (!d->channels)
        return -XEN_ENOMEM;
    d->channel_count = ports;
    spin_init(&d->event_lock, RANK_EVENT);
    d->channels[0].state = EVTCHN_RESERVED;
    return 0;
}

void event_free(struct domain *d)
{
    heap_free_bytes(d->channels, d->channel_count * sizeof(d->channels[0]));
    d->channels = NULL;
    d->channel_count = 0;
}
