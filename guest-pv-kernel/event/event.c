/* event.c: two-level event channels: handlers by port, and the upcall that runs them. */
#include "internal.h"

#include <errno.h>
#include <xen/version.h>
#include <pv/error.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/start.h>

#define PORTS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

static struct {
    pv_event_fn *fn;
    void *arg;
} handlers[PORTS];

static bool in_upcall;

static struct vcpu_info *this_vcpu(void)
{
    return &pv_shared_info->vcpu_info[0];
}

/* Makes the hypervisor look at our pending upcall: any hypercall does. */
static void force_upcall(void)
{
    HYPERVISOR_xen_version(XENVER_version, NULL);
}

bool pv_in_upcall(void)
{
    return in_upcall;
}

bool pv_upcalls_disable(void)
{
    struct vcpu_info *v = this_vcpu();
    bool were_on = v->evtchn_upcall_mask == 0;

    v->evtchn_upcall_mask = 1;
    __asm__ volatile("" ::: "memory");
    return were_on;
}

void pv_upcalls_restore(bool were_on)
{
    struct vcpu_info *v = this_vcpu();

    __asm__ volatile("" ::: "memory");
    if (!were_on)
        return;
    v->evtchn_upcall_mask = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (*(volatile uint8_t *)&v->evtchn_upcall_pending)
        force_upcall();
}

void pv_event_init(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(pv_shared_info->evtchn_mask) / sizeof(pv_shared_info->evtchn_mask[0]); i++)
        __atomic_store_n(&pv_shared_info->evtchn_mask[i], ~0UL, __ATOMIC_RELAXED);
}

void pv_event_mask(evtchn_port_t port)
{
    if (port < PORTS)
        __atomic_fetch_or(&pv_shared_info->evtchn_mask[port / 64], 1UL << (port % 64), __ATOMIC_SEQ_CST);
}

void pv_event_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = { .port = port };

    HYPERVISOR_event_channel_op(EVTCHNOP_unmask, &op);
}

static void clear_pending(evtchn_port_t port)
{
    __atomic_fetch_and(&pv_shared_info->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

int pv_event_send(evtchn_port_t port)
{
    struct evtchn_send op = { .port = port };

    return pv_errno_from_xen(HYPERVISOR_event_channel_op(EVTCHNOP_send, &op));
}

static int close_port(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    return pv_errno_from_xen(HYPERVISOR_event_channel_op(EVTCHNOP_close, &op));
}

int pv_event_bind_port(evtchn_port_t port, pv_event_fn *fn, void *arg)
{
    if (port == 0 || port >= PORTS)
        return -EINVAL;
    if (handlers[port].fn)
        return -EBUSY;
    handlers[port].arg = arg;
    handlers[port].fn = fn;
    pv_event_unmask(port);
    return (int)port;
}

/* Attaches the handler to the port that a bind operation gave, or passes its error on. */
static int attach(long rc, evtchn_port_t port, pv_event_fn *fn, void *arg)
{
    int err = pv_errno_from_xen(rc);

    if (err != 0)
        return err;
    err = pv_event_bind_port(port, fn, arg);
    if (err < 0)
        close_port(port);
    return err;
}

int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg)
{
    struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = remote };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    return attach(rc, op.port, fn, arg);
}

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = remote_port };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    return attach(rc, op.local_port, fn, arg);
}

int pv_event_bind_virq(unsigned int virq, pv_event_fn *fn, void *arg)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = 0 };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &op);

    return attach(rc, op.port, fn, arg);
}

int pv_event_bind_pirq(unsigned int pirq, bool will_share, pv_event_fn *fn, void *arg)
{
    struct evtchn_bind_pirq op = { .pirq = pirq, .flags = will_share ? BIND_PIRQ__WILL_SHARE : 0 };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &op);

    return attach(rc, op.port, fn, arg);
}

int pv_event_bind_ipi(pv_event_fn *fn, void *arg)
{
    struct evtchn_bind_ipi op = { .vcpu = 0 };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &op);

    return attach(rc, op.port, fn, arg);
}

bool pv_event_has_peer(evtchn_port_t port)
{
    struct evtchn_status op = { .dom = DOMID_SELF, .port = port };

    return HYPERVISOR_event_channel_op(EVTCHNOP_status, &op) == 0 && op.status == EVTCHNSTAT_interdomain;
}

int pv_event_close(evtchn_port_t port)
{
    int rc;

    if (port == 0 || port >= PORTS)
        return -EINVAL;
    pv_event_mask(port);
    handlers[port].fn = NULL;
    rc = close_port(port);
    clear_pending(port);    /* for whoever gets this number next */
    return rc;
}

/* A port without a handler is masked: nobody waits for it, and it must not interrupt again and again. */
static void deliver(evtchn_port_t port)
{
    clear_pending(port);
    if (handlers[port].fn)
        handlers[port].fn(port, handlers[port].arg);
    else
        pv_event_mask(port);
}

static void deliver_word(unsigned int word)
{
    const volatile xen_ulong_t *pending = &pv_shared_info->evtchn_pending[word];
    const volatile xen_ulong_t *mask = &pv_shared_info->evtchn_mask[word];
    unsigned long active;

    while ((active = *pending & ~*mask) != 0)
        deliver(word * 64 + (unsigned int)__builtin_ctzl(active));
}

/* Runs on the interrupted stack, upcalls off. A handler's hypercalls may set errno; the thread's must
 * stay. */
void pv_event_upcall(void)
{
    struct vcpu_info *v = this_vcpu();
    int saved_errno = errno;

    in_upcall = true;
    do {
        unsigned long words;

        v->evtchn_upcall_pending = 0;
        words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        for (; words; words &= words - 1)
            deliver_word((unsigned int)__builtin_ctzl(words));
    } while (*(volatile uint8_t *)&v->evtchn_upcall_pending);
    in_upcall = false;
    errno = saved_errno;
}
