/* old-forms.c: event_channel_op and sched_op as they were before version 3.0.2, with the number in front of
 * the argument, or with a value as the argument. The class of bug: a second way to an operation that checks
 * less. */
#include "calls.h"
#include "case.h"
#include "place.h"

#include <string.h>
#include <xen/event_channel.h>

static long event_op(struct evtchn_op *op)
{
    return PV_HYPERCALL1(__HYPERVISOR_event_channel_op_compat, op);
}

static long close_port(evtchn_port_t port)
{
    struct evtchn_op op = { .cmd = EVTCHNOP_close, .u.close.port = port };

    return event_op(&op);
}

static void a_port(void)
{
    struct evtchn_op op = { .cmd = EVTCHNOP_alloc_unbound,
                            .u.alloc_unbound = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF } };
    evtchn_port_t port;
    long rc = event_op(&op);

    port = op.u.alloc_unbound.port;
    check_state("alloc_unbound", rc, 0, "its port is told", port > 0 && port < 4096);
    op = (struct evtchn_op){ .cmd = EVTCHNOP_status, .u.status = { .dom = DOMID_SELF, .port = port } };
    rc = event_op(&op);
    check_state("status of that port", rc, 0, "it waits for ourselves",
                op.u.status.status == EVTCHNSTAT_unbound &&
                op.u.status.u.unbound.dom == own_domid);
    check("close of that port", close_port(port), 0);
    check("close of it, twice", close_port(port), -XEN_EINVAL);
}

static void wrong_ports(void)
{
    static const struct {
        const char *name;
        uint32_t cmd;
        long want;
    } rows[] = {
        { "bind_interdomain to ourselves, no such port", EVTCHNOP_bind_interdomain, -XEN_EINVAL },
        { "bind_virq 2^32 - 1", EVTCHNOP_bind_virq, -XEN_EINVAL },
        { "close of port 2^32 - 1", EVTCHNOP_close, -XEN_EINVAL },
        { "send on port 2^32 - 1", EVTCHNOP_send, -XEN_EINVAL },
        { "bind_ipi of vcpu 2^32 - 1", EVTCHNOP_bind_ipi, -XEN_ENOENT },
        { "bind_vcpu of port 2^32 - 1", EVTCHNOP_bind_vcpu, -XEN_ENOENT },
        { "unmask of port 2^32 - 1", EVTCHNOP_unmask, -XEN_EINVAL },
        { "reset", EVTCHNOP_reset, -XEN_ENOSYS },
        { "init_control", EVTCHNOP_init_control, -XEN_ENOSYS },
        { "99", 99, -XEN_ENOSYS },
        { "2^32 - 1", 0xffffffff, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct evtchn_op op;

        memset(&op, 0xff, sizeof(op));
        op.cmd = rows[i].cmd;
        if (op.cmd == EVTCHNOP_bind_interdomain)
            op.u.bind_interdomain.remote_dom = DOMID_SELF;
        check(rows[i].name, event_op(&op), rows[i].want);
    }
}

/* The whole structure is the argument, whatever part of it the operation needs. */
static void places(void)
{
    char *gap = place_before_unmapped(), *wall = place_before_read_only();
    struct evtchn_op op = { .cmd = EVTCHNOP_close, .u.close.port = 4095 };

    memcpy(gap - 8, &op, 8);
    check("close, the rest of the argument on an unmapped page", event_op((void *)(gap - 8)), -XEN_EFAULT);
    memcpy(gap - sizeof(op), &op, sizeof(op));
    check("close, the argument at the end of a page", event_op((void *)(gap - sizeof(op))), -XEN_EINVAL);
    memcpy(wall - 8, &op, 8);
    check("close, the rest of the argument on a read-only page", event_op((void *)(wall - 8)), -XEN_EINVAL);
    check("close, argument NULL", event_op(NULL), -XEN_EFAULT);
    check("close, argument non-canonical", event_op(NON_CANONICAL), -XEN_EFAULT);
    check("close, argument at the hypervisor's address", event_op(HYPERVISOR_SPACE), -XEN_EFAULT);
    place_end(gap);
    place_end(wall);
}

static void scheduling(void)
{
    static const struct {
        const char *name;
        unsigned long cmd;
        long want;
    } rows[] = {
        { "sched_op: yield", SCHEDOP_yield, 0 },
        { "sched_op: poll", SCHEDOP_poll, -XEN_ENOSYS },
        { "sched_op: remote_shutdown", SCHEDOP_remote_shutdown, -XEN_ENOSYS },
        { "sched_op: watchdog", SCHEDOP_watchdog, -XEN_ENOSYS },
        { "sched_op: 99", 99, -XEN_ENOSYS },
        { "sched_op: 2^32 - 1", 0xffffffff, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, PV_HYPERCALL2(__HYPERVISOR_sched_op_compat, rows[i].cmd, UNMAPPED), rows[i].want);
}

void old_forms(void)
{
    a_port();
    wrong_ports();
    places();
    scheduling();
}
