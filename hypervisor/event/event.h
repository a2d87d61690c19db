/* Event channels, two-level ABI. Each domain has a fixed array of channels made at creation.
 * Lock: domain.event_lock; two domains' locks by lock_pair. Delivery (setting bits in
 * shared_info) is atomic and needs no lock. */
#ifndef ENSO_EVENT_EVENT_H
#define ENSO_EVENT_EVENT_H

#include <xen/event_channel.h>
#include "lib/types.h"

struct domain;
struct vcpu;

enum evtchn_state { EVTCHN_FREE, EVTCHN_RESERVED, EVTCHN_UNBOUND, EVTCHN_INTERDOMAIN, EVTCHN_PIRQ,
                    EVTCHN_VIRQ, EVTCHN_IPI };

struct evtchn {
    uint8_t state;          /* enum evtchn_state */
    uint8_t vcpu;           /* whom it notifies */
    uint16_t remote_domid;  /* UNBOUND: who may bind; INTERDOMAIN: the peer */
    uint32_t value;         /* INTERDOMAIN: remote port; VIRQ: number; PIRQ: number */
};
_Static_assert(sizeof(struct evtchn) == 8, "a port costs 8 bytes");

long event_init(struct domain *d, uint32_t ports);      /* -ENOMEM */
void event_free(struct domain *d);
/* Closes all ports, bounded steps: 0 or -ERESTART. */
long event_teardown(struct domain *d);

/* Marks a port pending, and the vcpu that it notifies if unmasked. */
void event_set_pending(struct vcpu *v, evtchn_port_t port);
/* The same for the vcpu that a port of d notifies. */
void event_send_port(struct domain *d, evtchn_port_t port);
/* Raises a VIRQ: per-vcpu ones on v, global ones on the domain that has bound it.
 * Nothing if not bound. Any context. */
void event_send_virq(struct vcpu *v, unsigned int virq);
void event_send_global_virq(unsigned int virq);
/* True if v has an upcall to take now (pending and not masked). */
bool event_upcall_due(const struct vcpu *v);
bool event_any_pending(const struct vcpu *v);           /* pending bit set, whatever the mask */
bool event_port_pending(const struct domain *d, evtchn_port_t port);
/* After vcpu_info moved: marks it pending so that nothing is lost. */
void event_vcpu_info_moved(struct vcpu *v);

long hypercall_event_channel_op(uint32_t cmd, guest_addr_t arg);
long hypercall_event_channel_op_compat(guest_addr_t op);

#endif
