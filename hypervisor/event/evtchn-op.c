/* event_channel_op: ports are opened, bound, sent to, closed. Fetch, check, commit; a channel's state is
 * changed under its domain's event_lock, both locks where two domains are involved. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "event/event-internal.h"
#include "irq/pirq.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

static struct evtchn *channel(struct domain *d, evtchn_port_t port)
{
    return port < d->channel_count ? &d->channels[index_nospec(port, d->channel_count)] : NULL;
}

/* The lowest free port; 0 if there is none. */
static evtchn_port_t free_port(struct domain *d)
{
    assert_held(&d->event_lock);
    for (evtchn_port_t port = 1; port < d->channel_count; port++)
        if (d->channels[port].state == EVTCHN_FREE)
            return port;
    return 0;
}

static void open_port(struct domain *d, evtchn_port_t port, enum evtchn_state state, unsigned int vcpu,
                      domid_t remote, uint32_t value)
{
    d->channels[port] = (struct evtchn){ (uint8_t)state, (uint8_t)vcpu, remote, value };
}

/* Opens a port that concerns d alone. Returns it, or -ENOSPC. */
static long open_local(struct domain *d, enum evtchn_state state, unsigned int vcpu, domid_t remote,
                       uint32_t value)
{
    evtchn_port_t port = free_port(d);

    if (!port)
        return refuse(-XEN_ENOSPC, "all %u event channels are in use", d->channel_count);
    open_port(d, port, state, vcpu, remote, value);
    return port;
}

static long target_domain(domid_t id, struct domain **d)
{
    struct domain *self = current->domain;

    if (id != DOMID_SELF && id != self->id && !self->control)
        return refuse(-XEN_EPERM, "event channels of d%d", id);
    *d = domain_find(id);
    return *d ? 0 : refuse(-XEN_ESRCH, "no domain d%d", id);
}

static long alloc_unbound(struct evtchn_alloc_unbound *op)
{
    struct domain *d;
    long rc = target_domain(op->dom, &d);

    if (rc)
        return rc;
    if (op->remote_dom == DOMID_SELF)
        op->remote_dom = current->domain->id;
    spin_lock(&d->event_lock);
    rc = d->dying ? -XEN_ESRCH : open_local(d, EVTCHN_UNBOUND, 0, op->remote_dom, 0);
    spin_unlock(&d->event_lock);
    domain_put(d);
    if (rc < 0)
        return rc;
    op->port = (evtchn_port_t)rc;
    return 0;
}

/* Both locks held. */
static long bind_pair(struct domain *d, struct domain *remote, struct evtchn_bind_interdomain *op)
{
    struct evtchn *theirs = channel(remote, op->remote_port);
    evtchn_port_t port = free_port(d);

    if (!port)
        return refuse(-XEN_ENOSPC, "all %u event channels are in use", d->channel_count);
    if (!theirs || theirs->state != EVTCHN_UNBOUND || theirs->remote_domid != d->id)
        return refuse(-XEN_EINVAL, "d%d port %u does not wait for d%d", remote->id, op->remote_port, d->id);
    if (d == remote && port == op->remote_port)
        return -XEN_EINVAL;
    open_port(d, port, EVTCHN_INTERDOMAIN, 0, remote->id, op->remote_port);
    theirs->state = EVTCHN_INTERDOMAIN;
    theirs->remote_domid = d->id;
    theirs->value = port;
    op->local_port = port;
    return 0;
}

static long bind_interdomain(struct evtchn_bind_interdomain *op)
{
    struct domain *d = current->domain, *remote = domain_find(op->remote_dom);
    long rc;

    if (!remote)
        return refuse(-XEN_ESRCH, "no domain d%d", op->remote_dom);
    lock_pair(&d->event_lock, &remote->event_lock);
    rc = remote->dying ? -XEN_ESRCH : bind_pair(d, remote, op);
    /* An event may have been lost before the port was bound: the first one is free. */
    if (rc == 0)
        event_set_pending(d->vcpus[0], op->local_port);
    unlock_pair(&d->event_lock, &remote->event_lock);
    domain_put(remote);
    return rc;
}

static bool virq_is_per_vcpu(uint32_t virq)
{
    return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF || virq == VIRQ_XENPMU;
}

static long bind_virq(struct evtchn_bind_virq *op)
{
    struct domain *d = current->domain;
    struct vcpu *v = domain_vcpu(d, op->vcpu);
    long rc;

    if (op->virq >= NR_VIRQS)
        return refuse(-XEN_EINVAL, "VIRQ %u", op->virq);
    if (!virq_is_per_vcpu(op->virq) && op->vcpu != 0)
        return refuse(-XEN_EINVAL, "global VIRQ %u on vcpu %u", op->virq, op->vcpu);
    if (!v)
        return refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    spin_lock(&d->event_lock);
    rc = v->virq_port[op->virq] ? refuse(-XEN_EEXIST, "VIRQ %u is bound", op->virq)
                                : open_local(d, EVTCHN_VIRQ, op->vcpu, 0, op->virq);
    if (rc > 0) {
        op->port = (evtchn_port_t)rc;
        v->virq_port[op->virq] = op->port;
        rc = 0;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static long bind_ipi(struct evtchn_bind_ipi *op)
{
    struct domain *d = current->domain;
    long rc;

    if (!domain_vcpu(d, op->vcpu))
        return refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    spin_lock(&d->event_lock);
    rc = open_local(d, EVTCHN_IPI, op->vcpu, 0, 0);
    spin_unlock(&d->event_lock);
    if (rc < 0)
        return rc;
    op->port = (evtchn_port_t)rc;
    return 0;
}

/* The port is opened first, so that an interrupt that comes at once finds it. */
static long bind_pirq(struct evtchn_bind_pirq *op)
{
    struct domain *d = current->domain;
    long port, rc;

    if (!d->control)
        return refuse(-XEN_EPERM, "bind_pirq: no physical interrupt is given to this domain");
    spin_lock(&d->event_lock);
    port = open_local(d, EVTCHN_PIRQ, 0, 0, op->pirq);
    rc = port < 0 ? port : pirq_bind(op->pirq, (evtchn_port_t)port);
    if (rc && port > 0)
        d->channels[port] = (struct evtchn){ .state = EVTCHN_FREE };
    spin_unlock(&d->event_lock);
    if (rc == 0)
        op->port = (evtchn_port_t)port;
    return rc;
}

/* The virq table names the port on the vcpu that it was bound for, wherever it notifies now. */
static void forget_virq(struct domain *d, evtchn_port_t port, uint32_t virq)
{
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        if (d->vcpus[i]->virq_port[virq] == port)
            d->vcpus[i]->virq_port[virq] = 0;
}

/* Closes a port of d; `remote` is the peer of an interdomain channel, both locks held. */
static void close_port(struct domain *d, evtchn_port_t port, struct domain *remote)
{
    struct evtchn *ch = &d->channels[port];

    if (ch->state == EVTCHN_VIRQ)
        forget_virq(d, port, ch->value);
    if (ch->state == EVTCHN_INTERDOMAIN) {
        struct evtchn *theirs = &remote->channels[ch->value];

        *theirs = (struct evtchn){ EVTCHN_UNBOUND, theirs->vcpu, d->id, 0 };
    }
    if (ch->state == EVTCHN_PIRQ)
        pirq_unbind(ch->value, port);
    event_clear_pending(d, port);
    *ch = (struct evtchn){ .state = EVTCHN_FREE };
}

/* The peer of a channel is found under our lock, then both are locked, then it is looked at again. */
static long evtchn_close(struct domain *d, evtchn_port_t port)
{
    struct evtchn *ch = channel(d, port);

    if (!ch)
        return refuse(-XEN_EINVAL, "no port %u", port);
    for (;;) {
        struct domain *remote = NULL;
        bool done = false;

        spin_lock(&d->event_lock);
        if (ch->state == EVTCHN_FREE || ch->state == EVTCHN_RESERVED) {
            spin_unlock(&d->event_lock);
            return refuse(-XEN_EINVAL, "port %u is not open", port);
        }
        if (ch->state != EVTCHN_INTERDOMAIN) {
            close_port(d, port, NULL);
            spin_unlock(&d->event_lock);
            return 0;
        }
        /* Alive as long as the channel is bound: its teardown needs our lock. */
        remote = domain_get(domain_by_owner(ch->remote_domid));
        spin_unlock(&d->event_lock);

        lock_pair(&d->event_lock, &remote->event_lock);
        if (ch->state == EVTCHN_INTERDOMAIN && ch->remote_domid == remote->id) {
            close_port(d, port, remote);
            done = true;
        }
        unlock_pair(&d->event_lock, &remote->event_lock);
        domain_put(remote);
        if (done)
            return 0;
    }
}

long event_teardown(struct domain *d)
{
    for (evtchn_port_t port = 1; port < d->channel_count; port++) {
        if (d->channels[port].state == EVTCHN_FREE)
            continue;
        (void)evtchn_close(d, port);
        if (preempt_check())
            return -ERESTART;
    }
    return 0;
}

static long evtchn_send(struct domain *d, evtchn_port_t port)
{
    struct evtchn *ch = channel(d, port);
    long rc = 0;

    if (unlikely(!ch))
        return refuse(-XEN_EINVAL, "no port %u", port);
    spin_lock(&d->event_lock);
    switch (ch->state) {
    case EVTCHN_INTERDOMAIN: {
        struct domain *remote = domain_by_owner(ch->remote_domid);

        event_set_pending(remote->vcpus[remote->channels[ch->value].vcpu], ch->value);
        break;
    }
    case EVTCHN_IPI:
        event_set_pending(d->vcpus[ch->vcpu], port);
        break;
    case EVTCHN_UNBOUND:
        break;      /* nobody there yet: lost */
    default:
        rc = refuse(-XEN_EINVAL, "port %u can't be sent to", port);
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static void describe(const struct evtchn *ch, struct evtchn_status *op)
{
    static const uint8_t status[] = {
        [EVTCHN_FREE] = EVTCHNSTAT_closed, [EVTCHN_RESERVED] = EVTCHNSTAT_closed,
        [EVTCHN_UNBOUND] = EVTCHNSTAT_unbound,
        [EVTCHN_INTERDOMAIN] = EVTCHNSTAT_interdomain, [EVTCHN_PIRQ] = EVTCHNSTAT_pirq,
        [EVTCHN_VIRQ] = EVTCHNSTAT_virq,
        [EVTCHN_IPI] = EVTCHNSTAT_ipi,
    };

    op->status = status[ch->state];
    op->vcpu = ch->vcpu;
    switch (ch->state) {
    case EVTCHN_UNBOUND:
        op->u.unbound.dom = ch->remote_domid;
        break;
    case EVTCHN_INTERDOMAIN:
        op->u.interdomain.dom = ch->remote_domid;
        op->u.interdomain.port = ch->value;
        break;
    case EVTCHN_VIRQ:
        op->u.virq = ch->value;
        break;
    case EVTCHN_PIRQ:
        op->u.pirq = ch->value;
        break;
    }
}

static long evtchn_status(struct evtchn_status *op)
{
    struct domain *d;
    struct evtchn *ch;
    long rc = target_domain(op->dom, &d);

    if (rc)
        return rc;
    ch = channel(d, op->port);
    if (ch) {
        spin_lock(&d->event_lock);
        describe(ch, op);
        spin_unlock(&d->event_lock);
    } else {
        rc = refuse(-XEN_EINVAL, "no port %u", op->port);
    }
    domain_put(d);
    return rc;
}

static bool is_movable(const struct evtchn *ch)
{
    return ch->state == EVTCHN_UNBOUND || ch->state == EVTCHN_INTERDOMAIN || ch->state == EVTCHN_PIRQ ||
           (ch->state == EVTCHN_VIRQ && !virq_is_per_vcpu(ch->value));
}

static long bind_vcpu(const struct evtchn_bind_vcpu *op)
{
    struct domain *d = current->domain;
    struct evtchn *ch = channel(d, op->port);
    long rc = 0;

    if (!domain_vcpu(d, op->vcpu))
        return refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    if (!ch)
        return refuse(-XEN_EINVAL, "no port %u", op->port);
    spin_lock(&d->event_lock);
    if (is_movable(ch))
        ch->vcpu = (uint8_t)op->vcpu;
    else
        rc = refuse(-XEN_EINVAL, "port %u is not open or stays on its vcpu", op->port);
    spin_unlock(&d->event_lock);
    return rc;
}

static long unmask(evtchn_port_t port)
{
    struct domain *d = current->domain;
    struct evtchn *ch = channel(d, port);

    if (!ch)
        return refuse(-XEN_EINVAL, "no port %u", port);
    event_unmask(d, d->vcpus[ch->vcpu], port);
    return 0;
}

static long send_op(guest_addr_t arg)
{
    struct evtchn_send op;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "event_channel_op send: argument");
    return evtchn_send(current->domain, op.port);
}

static __attribute__((noinline)) long other_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case EVTCHNOP_unmask:
        WITH_ARG("event_channel_op", struct evtchn_unmask, unmask(op.port), false)
    case EVTCHNOP_alloc_unbound:
        WITH_ARG("event_channel_op", struct evtchn_alloc_unbound, alloc_unbound(&op), true)
    case EVTCHNOP_bind_interdomain:
        WITH_ARG("event_channel_op", struct evtchn_bind_interdomain, bind_interdomain(&op), true)
    case EVTCHNOP_bind_virq:
        WITH_ARG("event_channel_op", struct evtchn_bind_virq, bind_virq(&op), true)
    case EVTCHNOP_bind_ipi:
        WITH_ARG("event_channel_op", struct evtchn_bind_ipi, bind_ipi(&op), true)
    case EVTCHNOP_bind_vcpu:
        WITH_ARG("event_channel_op", struct evtchn_bind_vcpu, bind_vcpu(&op), false)
    case EVTCHNOP_close:
        WITH_ARG("event_channel_op", struct evtchn_close, evtchn_close(current->domain, op.port), false)
    case EVTCHNOP_status:
        WITH_ARG("event_channel_op", struct evtchn_status, evtchn_status(&op), true)
    case EVTCHNOP_bind_pirq:
        WITH_ARG("event_channel_op", struct evtchn_bind_pirq, bind_pirq(&op), true)
    case EVTCHNOP_reset:
        return refuse(-XEN_EPERM, "reset is not offered: close the ports");
    case EVTCHNOP_init_control:
        return refuse(-XEN_EINVAL, "FIFO event channels are not offered");
    default:
        return refuse(-XEN_ENOSYS, "event_channel_op %u", cmd);
    }
}

long hypercall_event_channel_op(uint32_t cmd, guest_addr_t arg)
{
    return likely(cmd == EVTCHNOP_send) ? send_op(arg) : other_op(cmd, arg);
}

/* The old call: its ten operations, to which none was ever added. */
long hypercall_event_channel_op_compat(guest_addr_t arg)
{
    struct evtchn_op op;

    /* All of it must be there, whatever part the operation needs. */
    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "event_channel_op (compat): argument");
    if (op.cmd > EVTCHNOP_unmask)
        return refuse(-XEN_ENOSYS, "event_channel_op (compat) %u", op.cmd);
    return hypercall_event_channel_op(op.cmd, guest_add(arg, offsetof(struct evtchn_op, u)));
}
