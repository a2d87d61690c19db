/* refused.c: FIFO channels, physical interrupts, reset, and the old hypercall. FIFO and reset are refused by
 * Enso by design; here they are given what cannot do harm on Xen. */
#include "events.h"

#include <string.h>

#define RESET_CONT 14

static const struct {
    const char *name;
    uint64_t gfn;
    uint32_t offset, vcpu;
    long want;
} controls[] = {
    { "frame beyond memory, XSA-188 XSA-358", 1UL << 40, 0, 0, -XEN_EINVAL },
    { "frame 0xffffffffffffffff, XSA-188", ~0UL, 0, 0, -XEN_EINVAL },
    { "vcpu 999", 1UL << 40, 0, NO_VCPU, -XEN_ENOENT },
    { "vcpu 0xffffffff", 1UL << 40, 0, BEYOND, -XEN_ENOENT },
    { "block across the end of its page", 1UL << 40, 4096 - 8, 0, -XEN_EINVAL },
    { "block at offset 4096", 1UL << 40, 4096, 0, -XEN_EINVAL },
    { "block at offset 0xffffffff", 1UL << 40, BEYOND, 0, -XEN_EINVAL },
    { "block not aligned", 1UL << 40, 4, 0, -XEN_EINVAL },
};

void test_fifo(void)
{
    struct evtchn_expand_array expand = { .array_gfn = pv_virt_to_mfn(pv_image_start) };
    struct evtchn_set_priority priority = { .port = new_unbound(), .priority = 7 };
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        struct evtchn_init_control c = {
            .control_gfn = controls[i].gfn, .offset = controls[i].offset, .vcpu = controls[i].vcpu,
        };

        check(named("init_control, %s", controls[i].name), op(EVTCHNOP_init_control, &c), controls[i].want);
    }
    check("expand_array without a control block, XSA-107 XSA-359 XSA-505", op(EVTCHNOP_expand_array, &expand),
          -XEN_EOPNOTSUPP);
    expand.array_gfn = 1UL << 40;
    check("expand_array without a control block, frame beyond memory", op(EVTCHNOP_expand_array, &expand),
          -XEN_EOPNOTSUPP);
    rc = op(EVTCHNOP_set_priority, &priority);
    check_state("set_priority of an open port", rc, -XEN_ENOSYS, "it is open", send_port(priority.port) == 0);
    priority.priority = 99;
    check("set_priority 99 of an open port", op(EVTCHNOP_set_priority, &priority), -XEN_ENOSYS);
    close_port(priority.port);
}

static long reset(unsigned int cmd, domid_t dom)
{
    struct evtchn_reset r = { .dom = dom };

    return op(cmd, &r);
}

/* Closing everything is tried in the initial domain alone: a domU would lose its console. The kit's ports
 * are the timer's and the console's; they are bound again, in the order of their numbers, and so get those
 * back. */
static void reset_all(void)
{
    struct evtchn_status status[16];
    evtchn_port_t mine = new_ipi(), port, got;
    bool all = true;
    long rc;

    for (port = 1; port < 16; port++)
        status_of(port, &status[port]);
    rc = reset(EVTCHNOP_reset, DOMID_SELF);
    for (port = 1; port < 16; port++) {
        all = all && strcmp(kind_of(port), "closed") == 0;
        if (strcmp(kind_of(port), "closed") == 0 && status[port].status == EVTCHNSTAT_virq) {
            bind_virq(status[port].u.virq, 0, &got);
            unmask_port(got);
        }
    }
    check_state("reset of ourselves, XSA-338 XSA-343 XSA-344", rc, 0, "all ports are closed", all);
    check_text("the timer's port after that", kind_of(1), "virq");
    if (strcmp(kind_of(mine), "ipi") == 0)
        close_port(mine);
}

void test_reset(void)
{
    evtchn_port_t port = new_unbound();

    check("reset of nobody", reset(EVTCHNOP_reset, NOBODY), -XEN_ESRCH);
    check("reset of DOMID_XEN", reset(EVTCHNOP_reset, DOMID_XEN), -XEN_ESRCH);
    check("reset of DOMID_INVALID", reset(EVTCHNOP_reset, DOMID_INVALID), -XEN_ESRCH);
    if (!pv_is_control_domain()) {
        check("reset of domain 0, XSA-343", reset(EVTCHNOP_reset, 0), -XEN_EPERM);
        check("reset_cont of domain 0", reset(RESET_CONT, 0), -XEN_EPERM);
    }
    check("reset_cont of nobody", reset(RESET_CONT, NOBODY), -XEN_ESRCH);
    check_text("a port after them", kind_of(port), "unbound");
    close_port(port);
    if (pv_is_control_domain())
        reset_all();
}

void test_pirqs(void)
{
    static const struct { const char *name; uint32_t pirq; long domu, initial; } rows[] = {
        { "0xffffffff", 0xffffffff, -XEN_EINVAL, -XEN_EINVAL },
        { "0x80000000", 0x80000000, -XEN_EINVAL, -XEN_EINVAL },
        { "100000", 100000, -XEN_EINVAL, -XEN_EINVAL },
        { "0, the timer's", 0, -XEN_EPERM, -XEN_EPERM },
        { "2, the cascade's", 2, -XEN_EPERM, -XEN_EPERM },
        { "4, the serial line's", 4, -XEN_EPERM, -XEN_EPERM },
    };
    evtchn_port_t free_before = lowest_free();
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct evtchn_bind_pirq bind = { .pirq = rows[i].pirq };
        long rc = op(EVTCHNOP_bind_pirq, &bind);

        check_state(named("bind_pirq %s", rows[i].name), rc, by_role(rows[i].domu, rows[i].initial),
                    "no port opened",
                    lowest_free() == free_before);
        if (rc == 0)
            close_port(bind.port);
    }
}

static long old_call(void *arg)
{
    return PV_HYPERCALL1(__HYPERVISOR_event_channel_op_compat, arg);
}

void test_compat(void)
{
    static const unsigned int newer[] = { 10, 11, 12, 13, 14, 15, 99, 0xffffffff };
    struct evtchn_op o = { .cmd = EVTCHNOP_bind_ipi };
    evtchn_port_t port = lowest_free();
    unsigned int i;
    long rc;

    check("argument not mapped", old_call(UNMAPPED), -XEN_EFAULT);
    check("argument the hypervisor's", old_call(HYPERVISOR_SPACE), -XEN_EFAULT);
    check("argument not canonical", old_call(NON_CANONICAL), -XEN_EFAULT);
    for (i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
        struct evtchn_op unknown = { .cmd = newer[i] };

        check(named("operation %#x, which the old call has not", newer[i]), old_call(&unknown), -XEN_ENOSYS);
    }
    rc = old_call(&o);
    check_state("bind_ipi", rc, 0, "its port is told", o.u.bind_ipi.port == port);
    o = (struct evtchn_op){ .cmd = EVTCHNOP_status, .u.status = { .dom = DOMID_SELF, .port = port } };
    rc = old_call(&o);
    check_state("status", rc, 0, "it is an IPI's port", o.u.status.status == EVTCHNSTAT_ipi);
    o = (struct evtchn_op){ .cmd = EVTCHNOP_send, .u.send = { .port = port } };
    rc = old_call(&o);
    check_state("send", rc, 0, "it is pending", is_pending(port));
    o = (struct evtchn_op){ .cmd = EVTCHNOP_close, .u.close = { .port = port } };
    check("close", old_call(&o), 0);
    check("close again", old_call(&o), -XEN_EINVAL);
    o = (struct evtchn_op){ .cmd = EVTCHNOP_send, .u.send = { .port = BEYOND } };
    check("send on port 0xffffffff", old_call(&o), -XEN_EINVAL);
}
