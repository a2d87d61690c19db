/* Event channels: one bit of news between two domains, from the hypervisor, or from a device.
 *   event_channel_op(int cmd, void *argument)      cmd: EVTCHNOP_*, argument: the structure of the same name
 * Source of all names, numbers and layouts: Xen 4.17 public/event_channel.h.
 *
 * A port is a domain's number for its end of a channel; port 0 is never open. Its state is told by
 * EVTCHNSTAT_*. Common errors: -XEN_EINVAL a port that is not open or not of the right kind; -XEN_ENOSPC no
 * port left; -XEN_ESRCH no such domain; -XEN_EPERM a domain other than DOMID_SELF without the privilege. */
#ifndef __XEN_PUBLIC_EVENT_CHANNEL_H__
#define __XEN_PUBLIC_EVENT_CHANNEL_H__

#include "xen.h"

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq 1
#define EVTCHNOP_bind_pirq 2
#define EVTCHNOP_close 3
#define EVTCHNOP_send 4
#define EVTCHNOP_status 5
#define EVTCHNOP_alloc_unbound 6
#define EVTCHNOP_bind_ipi 7
#define EVTCHNOP_bind_vcpu 8
#define EVTCHNOP_unmask 9
#define EVTCHNOP_reset 10
#define EVTCHNOP_init_control 11
#define EVTCHNOP_expand_array 12
#define EVTCHNOP_set_priority 13

#ifndef __ASSEMBLY__

/* A port. */
typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/* EVTCHNOP_alloc_unbound: open a port in `dom` that waits for `remote_dom` to connect. */
struct evtchn_alloc_unbound {
    domid_t dom;                  /* DOMID_SELF, or another for the control domain */
    domid_t remote_dom;           /* DOMID_SELF for a loop */
    evtchn_port_t port;           /* out */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;
ABI_LAYOUT(struct evtchn_alloc_unbound, 8, (dom, 0), (remote_dom, 2), (port, 4));

/* EVTCHNOP_bind_interdomain: open a port here and connect it to one that waits for us there. It starts
 * pending, so that news from before the connection are not missed. -XEN_EINVAL also if that port does not
 * wait for us. */
struct evtchn_bind_interdomain {
    domid_t remote_dom;
    evtchn_port_t remote_port;
    evtchn_port_t local_port;     /* out */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;
ABI_LAYOUT(struct evtchn_bind_interdomain, 12, (remote_dom, 0), (remote_port, 4), (local_port, 8));

/* EVTCHNOP_bind_virq: open a port for a virtual interrupt (xen.h). -XEN_EEXIST it has one already;
 * -XEN_ENOENT no such vcpu; -XEN_EINVAL no such interrupt, or a global one not on vcpu 0. */
struct evtchn_bind_virq {
    uint32_t virq;                /* VIRQ_* */
    uint32_t vcpu;
    evtchn_port_t port;           /* out */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;
ABI_LAYOUT(struct evtchn_bind_virq, 12, (virq, 0), (vcpu, 4), (port, 8));

/* EVTCHNOP_bind_pirq: open a port for a physical interrupt (physdev.h). -XEN_EEXIST it has one already;
 * -XEN_EPERM not this domain's interrupt. */
struct evtchn_bind_pirq {
    uint32_t pirq;
    uint32_t flags;               /* BIND_PIRQ__WILL_SHARE: another domain may use the line too */
    evtchn_port_t port;           /* out */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;
ABI_LAYOUT(struct evtchn_bind_pirq, 12, (pirq, 0), (flags, 4), (port, 8));
#define BIND_PIRQ__WILL_SHARE 1

/* EVTCHNOP_bind_ipi: open a port that interrupts a vcpu of our own when we send to it. -XEN_ENOENT no such
 * vcpu. */
struct evtchn_bind_ipi {
    uint32_t vcpu;
    evtchn_port_t port;           /* out */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;
ABI_LAYOUT(struct evtchn_bind_ipi, 8, (vcpu, 0), (port, 4));

/* EVTCHNOP_close: close a port. The other end, if any, waits for a new connection from us. */
struct evtchn_close {
    evtchn_port_t port;
};
typedef struct evtchn_close evtchn_close_t;
ABI_LAYOUT(struct evtchn_close, 4, (port, 0));

/* EVTCHNOP_send: set the pending bit of the other end. Nothing happens if nobody is there. */
struct evtchn_send {
    evtchn_port_t port;
};
typedef struct evtchn_send evtchn_send_t;
ABI_LAYOUT(struct evtchn_send, 4, (port, 0));

/* evtchn_status.status */
#define EVTCHNSTAT_closed 0
#define EVTCHNSTAT_unbound 1        /* waits for u.unbound.dom */
#define EVTCHNSTAT_interdomain 2    /* connected to u.interdomain */
#define EVTCHNSTAT_pirq 3           /* physical interrupt u.pirq */
#define EVTCHNSTAT_virq 4           /* virtual interrupt u.virq */
#define EVTCHNSTAT_ipi 5

/* EVTCHNOP_status: what a port is. */
struct evtchn_status {
    domid_t dom;                  /* DOMID_SELF, or another for the control domain */
    evtchn_port_t port;
    uint32_t status;              /* out, as the rest: EVTCHNSTAT_* */
    uint32_t vcpu;                /* the vcpu that it interrupts */
    union {
        struct {
            domid_t dom;
        } unbound;
        struct {
            domid_t dom;
            evtchn_port_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u;
};
typedef struct evtchn_status evtchn_status_t;
ABI_LAYOUT(struct evtchn_status, 24, (dom, 0), (port, 4), (status, 8), (vcpu, 12), (u.unbound.dom, 16),
           (u.interdomain.dom, 16), (u.interdomain.port, 20), (u.pirq, 16), (u.virq, 16));

/* EVTCHNOP_bind_vcpu: choose the vcpu that a port interrupts; vcpu 0 at first. -XEN_ENOENT no such vcpu;
 * -XEN_EINVAL an IPI or a per-vcpu virtual interrupt, which stay where they are. */
struct evtchn_bind_vcpu {
    evtchn_port_t port;
    uint32_t vcpu;
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;
ABI_LAYOUT(struct evtchn_bind_vcpu, 8, (port, 0), (vcpu, 4));

/* EVTCHNOP_unmask: clear the mask bit of a port, and interrupt its vcpu if it is pending. */
struct evtchn_unmask {
    evtchn_port_t port;
};
typedef struct evtchn_unmask evtchn_unmask_t;
ABI_LAYOUT(struct evtchn_unmask, 4, (port, 0));

/* EVTCHNOP_reset: close all ports of a domain and return it to the two-level ABI. */
struct evtchn_reset {
    domid_t dom;                  /* DOMID_SELF, or another for the control domain */
};
typedef struct evtchn_reset evtchn_reset_t;
ABI_LAYOUT(struct evtchn_reset, 2, (dom, 0));

/* EVTCHNOP_init_control: change to the FIFO ABI (first call) and give a vcpu its control block. What was
 * pending is lost. */
struct evtchn_init_control {
    uint64_t control_gfn;         /* frame of the guest that holds the block ... */
    uint32_t offset;              /* ... at this byte, a multiple of 8 */
    uint32_t vcpu;
    uint8_t link_bits;            /* out: width of the link field of an event word */
    uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;
ABI_LAYOUT(struct evtchn_init_control, 24, (control_gfn, 0), (offset, 8), (vcpu, 12), (link_bits, 16),
           (_pad, 17));

/* EVTCHNOP_expand_array: give the FIFO ABI another page of event words. */
struct evtchn_expand_array {
    uint64_t array_gfn;
};
typedef struct evtchn_expand_array evtchn_expand_array_t;
ABI_LAYOUT(struct evtchn_expand_array, 8, (array_gfn, 0));

/* EVTCHNOP_set_priority: choose the queue of a port (FIFO ABI). */
struct evtchn_set_priority {
    evtchn_port_t port;
    uint32_t priority;            /* EVTCHN_FIFO_PRIORITY_* */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;
ABI_LAYOUT(struct evtchn_set_priority, 8, (port, 0), (priority, 4));

/* event_channel_op_compat(struct evtchn_op *op): the first ten operations, before revision 0x00030202. */
struct evtchn_op {
    uint32_t cmd;                 /* EVTCHNOP_* */
    union {
        evtchn_alloc_unbound_t alloc_unbound;
        evtchn_bind_interdomain_t bind_interdomain;
        evtchn_bind_virq_t bind_virq;
        evtchn_bind_pirq_t bind_pirq;
        evtchn_bind_ipi_t bind_ipi;
        evtchn_close_t close;
        evtchn_send_t send;
        evtchn_status_t status;
        evtchn_bind_vcpu_t bind_vcpu;
        evtchn_unmask_t unmask;
    } u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);
ABI_LAYOUT(struct evtchn_op, 28, (cmd, 0), (u.alloc_unbound, 4), (u.bind_interdomain, 4), (u.bind_virq, 4),
           (u.bind_pirq, 4), (u.bind_ipi, 4), (u.close, 4), (u.send, 4), (u.status, 4), (u.bind_vcpu, 4),
           (u.unmask, 4));

#endif /* !__ASSEMBLY__ */

/* Ports of the two-level ABI (struct shared_info). */
#define EVTCHN_2L_NR_CHANNELS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

/* The FIFO ABI: each port has a 32-bit event word, each vcpu 16 queues of ports, 0 the most urgent. */
#define EVTCHN_FIFO_PRIORITY_MAX 0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN 15
#define EVTCHN_FIFO_MAX_QUEUES (EVTCHN_FIFO_PRIORITY_MIN + 1)

/* Bits of an event word; the low ones are the next port in its queue. */
#define EVTCHN_FIFO_PENDING 31
#define EVTCHN_FIFO_MASKED 30
#define EVTCHN_FIFO_LINKED 29       /* is in a queue */
#define EVTCHN_FIFO_BUSY 28         /* the hypervisor is linking it */
#define EVTCHN_FIFO_LINK_BITS 17
#define EVTCHN_FIFO_LINK_MASK ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

#ifndef __ASSEMBLY__

/* An event word. */
typedef uint32_t event_word_t;

/* Per vcpu: bit q of `ready` says that queue q has something; head[q] is its first port, 0 for empty. */
struct evtchn_fifo_control_block {
    uint32_t ready;
    uint32_t _rsvd;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;
ABI_LAYOUT(struct evtchn_fifo_control_block, 72, (ready, 0), (_rsvd, 4), (head, 8));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_EVENT_CHANNEL_H__ */
