/* sched_op: a guest gives up its CPU, waits, or shuts down. */
#include <xen/errno.h>
#include <xen/sched.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "event/event.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define POLL_MAX_PORTS 128

static void resched(void)
{
    atomic_fetch_or(&this_cpu()->work, WORK_RESCHED);
}

/* Unmasks upcalls and sleeps until one is due. The flag is set before looking, so
 * an event in between ends the sleep. */
static long block(void)
{
    struct vcpu *v = current;

    atomic_store((_Atomic uint8_t *)&v->info->evtchn_upcall_mask, 0);
    vcpu_set_flags(v, VCPU_BLOCKED);
    if (event_any_pending(v))
        vcpu_clear_flags(v, VCPU_BLOCKED);
    resched();
    return 0;
}

/* May change at any moment: whoever polls a port that he closes meanwhile waits for nothing. */
static bool is_open(const struct evtchn *channel)
{
    return channel->state != EVTCHN_FREE && channel->state != EVTCHN_RESERVED;
}

static long check_ports(const struct sched_poll *poll, const evtchn_port_t *ports, bool *ready)
{
    struct domain *d = current->domain;

    *ready = false;
    for (unsigned int i = 0; i < poll->nr_ports && !*ready; i++) {
        if (ports[i] >= d->channel_count || !is_open(&d->channels[ports[i]]))
            return refuse(-XEN_EINVAL, "poll: no port %u", ports[i]);
        *ready = event_port_pending(d, ports[i]);
    }
    return 0;
}

void vcpu_poll_over(struct vcpu *v)
{
    if (atomic_exchange(&v->poll_port, 0) != 0) {
        atomic_fetch_sub(&v->domain->polling, 1);
        timer_stop(&v->poll_timer);
    }
}

static void poll_sleep(struct vcpu *v, const struct sched_poll *poll, const evtchn_port_t *ports)
{
    bool ready;

    /* Port 0, which nobody sends to, reads as not polling. */
    if (atomic_exchange(&v->poll_port, poll->nr_ports == 1 && ports[0] ? ports[0] : UINT32_MAX) == 0)
        atomic_fetch_add(&v->domain->polling, 1);
    vcpu_set_flags(v, VCPU_POLLING);
    (void)check_ports(poll, ports, &ready);
    if (ready || event_upcall_due(v)) {
        vcpu_clear_flags(v, VCPU_POLLING);
        vcpu_poll_over(v);
        return;
    }
    if (poll->timeout)
        timer_set(&v->poll_timer, poll->timeout);
    resched();
}

static long poll(guest_addr_t arg)
{
    struct vcpu *v = current;
    evtchn_port_t ports[POLL_MAX_PORTS];
    struct sched_poll op;
    bool ready;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "poll: argument");
    if (op.nr_ports > POLL_MAX_PORTS)
        return refuse(-XEN_EINVAL, "poll: %u ports", op.nr_ports);
    if (copy_from_guest(ports, guest_ptr(op.ports.p), op.nr_ports * sizeof(ports[0])))
        return refuse(-XEN_EFAULT, "poll: ports");
    rc = check_ports(&op, ports, &ready);
    if (rc || ready || event_upcall_due(v))
        return rc;
    vcpu_poll_over(v);
    poll_sleep(v, &op, ports);
    return 0;
}

static void watchdog_over(void *arg)
{
    domain_shutdown(arg, SHUTDOWN_watchdog);
}

void sched_watchdogs_init(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_init(&d->watchdog[i], watchdog_over, d);
}

void sched_watchdogs_stop(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_stop(&d->watchdog[i]);
}

/* Two watchdogs a domain: id 0 asks for a new one and gets its number. */
static long watchdog(const struct sched_watchdog *op)
{
    struct domain *d = current->domain;
    uint32_t i;

    if (op->id > ARRAY_SIZE(d->watchdog))
        return refuse(-XEN_EINVAL, "watchdog: id %u", op->id);
    if (op->id == 0) {
        if (op->timeout == 0)
            return refuse(-XEN_EINVAL, "watchdog: no time");
        for (i = 0; i < ARRAY_SIZE(d->watchdog) && d->watchdog_used[i]; i++)
            ;
        if (i == ARRAY_SIZE(d->watchdog))
            return -XEN_ENOSPC;
    } else {
        i = op->id - 1;
        if (!d->watchdog_used[i])
            return refuse(-XEN_EINVAL, "watchdog: id %u is not in use", op->id);
    }
    d->watchdog_used[i] = op->timeout != 0;
    if (op->timeout)
        timer_set(&d->watchdog[i], now_ns() + op->timeout * 1000000000UL);
    else
        timer_stop(&d->watchdog[i]);
    return op->id == 0 ? (long)i + 1 : 0;
}

/* Goes down, or (say_only) says why it will, without going down yet. */
static long shutdown(unsigned int reason, bool say_only)
{
    struct domain *d = current->domain;
    int none = -1;

    if (reason > SHUTDOWN_MAX)
        return refuse(-XEN_EINVAL, "shutdown: reason %u", reason);
    if (say_only)
        (void)atomic_compare_exchange_strong(&d->shutdown_code, &none, (int)reason);
    else
        domain_shutdown(d, reason);
    return 0;
}

static long remote_shutdown(guest_addr_t arg)
{
    struct sched_remote_shutdown op;
    struct domain *d;

    if (!current->domain->control)
        return refuse(-XEN_EPERM, "remote_shutdown");
    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "remote_shutdown: argument");
    if (op.domain_id == DOMID_SELF)
        return refuse(-XEN_ESRCH, "remote_shutdown: DOMID_SELF");   /* SCHEDOP_shutdown is for that */
    d = domain_find(op.domain_id);
    if (!d)
        return -XEN_ESRCH;
    domain_shutdown(d, op.reason);
    domain_put(d);
    return 0;
}

long hypercall_sched_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case SCHEDOP_yield:
        sched_yield(current);
        return 0;
    case SCHEDOP_block:
        return block();
    case SCHEDOP_poll:
        return poll(arg);
    case SCHEDOP_shutdown:
    case SCHEDOP_shutdown_code:
        WITH_ARG("sched_op", struct sched_shutdown, shutdown(op.reason, cmd == SCHEDOP_shutdown_code), false)
    case SCHEDOP_remote_shutdown:
        return remote_shutdown(arg);
    case SCHEDOP_watchdog:
        WITH_ARG("sched_op", struct sched_watchdog, watchdog(&op), false)
    default:
        return refuse(-XEN_ENOSYS, "sched_op %u", cmd);
    }
}

/* The call of before version 3.0.2: the reason of a shutdown comes in the argument itself. */
long hypercall_sched_op_compat(uint32_t cmd, uint64_t arg)
{
    switch (cmd) {
    case SCHEDOP_yield:
        sched_yield(current);
        return 0;
    case SCHEDOP_block:
        return block();
    case SCHEDOP_shutdown:
        domain_shutdown(current->domain, (unsigned int)arg & 0xff);
        return 0;
    default:
        return refuse(-XEN_ENOSYS, "sched_op (compat) %u", cmd);
    }
}
