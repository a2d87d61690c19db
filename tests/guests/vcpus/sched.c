/* sched.c: sched_op with one vcpu. The class of bug: a sleep that nothing ends, a timer or a watchdog by a
 * number that was not checked, a domU that stops others. What ends the domain is not tried. */
#include "second.h"

#include <xen/sched.h>

static void arguments(void)
{
    static const struct { const char *name; int op; void *arg; long want; } rows[] = {
        { "SCHEDOP_yield", SCHEDOP_yield, NULL, 0 },
        { "SCHEDOP_yield, an argument that is not looked at", SCHEDOP_yield, NON_CANONICAL, 0 },
        { "SCHEDOP_shutdown, an unmapped argument", SCHEDOP_shutdown, UNMAPPED, -XEN_EFAULT },
        { "SCHEDOP_shutdown, a non-canonical argument", SCHEDOP_shutdown, NON_CANONICAL, -XEN_EFAULT },
        { "SCHEDOP_poll, an unmapped argument", SCHEDOP_poll, UNMAPPED, -XEN_EFAULT },
        { "SCHEDOP_poll, an argument in the hypervisor", SCHEDOP_poll, HYPERVISOR_SPACE, -XEN_EFAULT },
        { "SCHEDOP_shutdown_code, an unmapped argument", SCHEDOP_shutdown_code, UNMAPPED, -XEN_EFAULT },
        { "SCHEDOP_watchdog, an unmapped argument", SCHEDOP_watchdog, UNMAPPED, -XEN_EFAULT },
        { "sub-op 8", 8, NULL, -XEN_ENOSYS },
        { "sub-op 99", 99, NULL, -XEN_ENOSYS },
        { "sub-op -1", -1, NULL, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, HYPERVISOR_sched_op(rows[i].op, rows[i].arg), rows[i].want);
}

static void old_call(void)
{
    check("sched_op_compat: SCHEDOP_yield", PV_HYPERCALL2(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0), 0);
    check("sched_op_compat: SCHEDOP_poll", PV_HYPERCALL2(__HYPERVISOR_sched_op_compat, SCHEDOP_poll, 0),
          -XEN_ENOSYS);
    check("sched_op_compat: sub-op 99", PV_HYPERCALL2(__HYPERVISOR_sched_op_compat, 99, 0), -XEN_ENOSYS);
}

static volatile unsigned int came;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    came++;
}

/* Blocks until a timer has come. Other events (a console that was read) may come first; upcalls are off while
 * the clock is looked at, so that the timer cannot come between that and the call, which turns them on. */
static long block_for_3ms(bool compat)
{
    uint64_t until = pv_now_ns() + 3 * PV_NS_PER_MS;
    long rc = 0;

    HYPERVISOR_set_timer_op(until);
    for (;;) {
        pv_upcalls_disable();
        if (rc != 0 || pv_now_ns() >= until)
            break;
        rc = compat ? PV_HYPERCALL2(__HYPERVISOR_sched_op_compat, SCHEDOP_block, 0)
                    : HYPERVISOR_sched_op(SCHEDOP_block, NULL);
    }
    pv_upcalls_restore(true);
    return rc;
}

static void block(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    struct vcpu_info *info = &pv_shared_info->vcpu_info[0];
    long rc;

    pv_upcalls_disable();
    came = 0;
    pv_event_send((evtchn_port_t)port);
    rc = HYPERVISOR_sched_op(SCHEDOP_block, NULL);
    check_state("SCHEDOP_block, upcalls masked, an event pending", rc, 0, "upcalls are on, it has come",
                info->evtchn_upcall_mask == 0 && came == 1);
    pv_event_close((evtchn_port_t)port);
    check("SCHEDOP_block, a timer in 3 ms: it ends then", block_for_3ms(false), 0);
    check("sched_op_compat: SCHEDOP_block, a timer in 3 ms: it ends then", block_for_3ms(true), 0);
}

/* An upcall that is due would be all that a poll sees. */
static long poll(const evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
    struct sched_poll op = { .nr_ports = n, .timeout = timeout };
    bool were_on = pv_upcalls_disable();
    long rc;

    set_xen_guest_handle(op.ports, (evtchn_port_t *)ports);
    rc = HYPERVISOR_sched_op(SCHEDOP_poll, &op);
    pv_upcalls_restore(were_on);
    return rc;
}

static void polling(void)
{
    static evtchn_port_t ports[129];
    evtchn_port_t beyond = 1 << 17, last = ~0U, none = 0, port;
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    uint64_t until;
    unsigned int i;
    long rc;

    HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &a);
    port = a.port;
    check("SCHEDOP_poll, no ports, a time that is over", poll(NULL, 0, 1), 0);
    for (i = 0; i < 129; i++)
        ports[i] = port;
    check("SCHEDOP_poll, 128 ports, a time that is over", poll(ports, 128, 1), 0);
    check("SCHEDOP_poll, port 0", poll(&none, 1, 1), -XEN_EINVAL);
    check("SCHEDOP_poll, 129 ports", poll(ports, 129, 1), -XEN_EINVAL);
    check("SCHEDOP_poll, 2^32 - 1 ports", poll(ports, ~0U, 1), -XEN_EINVAL);
    check("SCHEDOP_poll, a port beyond all", poll(&beyond, 1, 1), -XEN_EINVAL);
    check("SCHEDOP_poll, port 2^32 - 1", poll(&last, 1, 1), -XEN_EINVAL);
    check("SCHEDOP_poll, one port, the list unmapped", poll(UNMAPPED, 1, 1), -XEN_EFAULT);
    check("SCHEDOP_poll, no ports, the list unmapped", poll(UNMAPPED, 0, 1), 0);
    check("SCHEDOP_poll, a masked port that is not pending, a time that is over", poll(&port, 1, 1), 0);
    until = pv_now_ns() + 3 * PV_NS_PER_MS;
    for (rc = 0; rc == 0 && pv_now_ns() < until;)      /* it may end early */
        rc = poll(&port, 1, until);
    check("SCHEDOP_poll, such a port, 3 ms: it ends then", rc, 0);
    port_close(port);
    check("SCHEDOP_poll, a port that is not open, XSA-221", poll(&port, 1, 1), -XEN_EINVAL);
}

/* Xen's answer has 32 bits. */
static long watchdog(uint32_t id, uint32_t seconds)
{
    struct sched_watchdog op = { .id = id, .timeout = seconds };

    return (int)HYPERVISOR_sched_op(SCHEDOP_watchdog, &op);
}

static void watchdogs(void)
{
    static const struct { const char *name; uint32_t id, timeout; long want; } rows[] = {
        { "SCHEDOP_watchdog, the first anew, which is none", 1, 100, -XEN_EINVAL },
        { "SCHEDOP_watchdog, the first away, which is none", 1, 0, -XEN_EINVAL },
        { "SCHEDOP_watchdog, id 3", 3, 100, -XEN_EINVAL },
        { "SCHEDOP_watchdog, id 2^32 - 1", ~0U, 100, -XEN_EINVAL },
        { "SCHEDOP_watchdog, a new one", 0, 1000, 1 },
        { "SCHEDOP_watchdog, another one, of 2^32 - 1 s", 0, ~0U, 2 },
        { "SCHEDOP_watchdog, a third one", 0, 1000, -XEN_ENOSPC },
        { "SCHEDOP_watchdog, the first anew", 1, 500, 0 },
        { "SCHEDOP_watchdog, the second anew", 2, 500, 0 },
        { "SCHEDOP_watchdog, the first away", 1, 0, 0 },
        { "SCHEDOP_watchdog, the first away again", 1, 0, -XEN_EINVAL },
        { "SCHEDOP_watchdog, a new one in its place", 0, 1000, 1 },
        { "SCHEDOP_watchdog, it goes away", 1, 0, 0 },
        { "SCHEDOP_watchdog, the second away", 2, 0, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, watchdog(rows[i].id, rows[i].timeout), rows[i].want);
}

static long remote(domid_t domain)
{
    struct sched_remote_shutdown op = { .domain_id = domain, .reason = SHUTDOWN_poweroff };

    return HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &op);
}

static void shutdowns(void)
{
    struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

    check("SCHEDOP_remote_shutdown, no such domain", remote(NOBODY), -XEN_ESRCH);
    check("SCHEDOP_remote_shutdown, DOMID_SELF", remote(DOMID_SELF), -XEN_ESRCH);
    check("SCHEDOP_remote_shutdown, DOMID_XEN", remote(DOMID_XEN), -XEN_ESRCH);
    check("SCHEDOP_remote_shutdown, an unmapped argument",
          HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, UNMAPPED), -XEN_EFAULT);
    if (!pv_is_control_domain())
        check("SCHEDOP_remote_shutdown, the initial domain, by a domU", remote(0), -XEN_EPERM);
    check("SCHEDOP_shutdown_code, poweroff", HYPERVISOR_sched_op(SCHEDOP_shutdown_code, &s), 0);
    s.reason = SHUTDOWN_crash;
    check("SCHEDOP_shutdown_code, another", HYPERVISOR_sched_op(SCHEDOP_shutdown_code, &s), 0);
    s.reason = 99;
    check("SCHEDOP_shutdown_code, reason 99", HYPERVISOR_sched_op(SCHEDOP_shutdown_code, &s), 0);
}

static long pin(int32_t cpu)
{
    struct sched_pin_override op = { .pcpu = cpu };

    return HYPERVISOR_sched_op(SCHEDOP_pin_override, &op);
}

static void pins(void)
{
    static const struct { const char *name; int32_t cpu; long initial; } rows[] = {
        { "SCHEDOP_pin_override, CPU -1 when none is set", -1, -XEN_EINVAL },
        { "SCHEDOP_pin_override, CPU 0", 0, 0 },
        { "SCHEDOP_pin_override, another while one is set", 0, -XEN_EBUSY },
        { "SCHEDOP_pin_override, CPU -1", -1, 0 },
        { "SCHEDOP_pin_override, CPU 4095", 4095, -XEN_EINVAL },
        { "SCHEDOP_pin_override, CPU 2^31 - 1", INT32_MAX, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, pin(rows[i].cpu), by_role(-XEN_EPERM, rows[i].initial));
    check("SCHEDOP_pin_override, an unmapped argument", HYPERVISOR_sched_op(SCHEDOP_pin_override, UNMAPPED),
          by_role(-XEN_EPERM, -XEN_EFAULT));
}

void test_sched(void)
{
    arguments();
    old_call();
    block();
    polling();
    watchdogs();
    shutdowns();
    pins();
}
