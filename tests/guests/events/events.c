/* events.c: event channels: all kinds of ports a domU has, delivery, masking, polling, and wrong numbers. The
 * class of bug: a guest's port or domain used as an index before it is checked. */
#include "case.h"

#include <xen/event_channel.h>
#include <xen/sched.h>

#define NO_PORT 4095
#define BEYOND 0xffffffffU
#define NOBODY 0x7123

static volatile unsigned int count;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    count++;
}

static long op(unsigned int cmd, void *arg)
{
    return HYPERVISOR_event_channel_op((int)cmd, arg);
}

static long close_port(evtchn_port_t port)
{
    struct evtchn_close close = { .port = port };

    return op(EVTCHNOP_close, &close);
}

static long send_port(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };

    return op(EVTCHNOP_send, &send);
}

static long status_of(evtchn_port_t port, struct evtchn_status *status)
{
    *status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    return op(EVTCHNOP_status, status);
}

static long unbound(domid_t dom, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound alloc = { .dom = dom, .remote_dom = remote };
    long rc = op(EVTCHNOP_alloc_unbound, &alloc);

    *port = alloc.port;
    return rc;
}

static long bind_to(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain bind = { .remote_dom = remote, .remote_port = remote_port };
    long rc = op(EVTCHNOP_bind_interdomain, &bind);

    *port = bind.local_port;
    return rc;
}

static void wrong_numbers(void)
{
    struct evtchn_status status;
    struct evtchn_unmask unmask = { .port = BEYOND };
    struct evtchn_bind_vcpu bind = { .port = NO_PORT, .vcpu = 0 };
    evtchn_port_t port;

    check("evtchn: unknown sub-op", op(99, &status), -XEN_ENOSYS);
    check("evtchn: unmapped argument", op(EVTCHNOP_send, (void *)0x1000), -XEN_EFAULT);
    check("close: a port never opened", close_port(NO_PORT), -XEN_EINVAL);
    check("close: a port beyond every table", close_port(BEYOND), -XEN_EINVAL);
    check("close: port 0", close_port(0), -XEN_EINVAL);
    check("send: a port never opened", send_port(NO_PORT), -XEN_EINVAL);
    check("send: a port beyond every table", send_port(BEYOND), -XEN_EINVAL);
    check("status: a port beyond every table", status_of(BEYOND, &status), -XEN_EINVAL);
    check("unmask: a port beyond every table", op(EVTCHNOP_unmask, &unmask), -XEN_EINVAL);
    check("bind_vcpu: a port never opened", op(EVTCHNOP_bind_vcpu, &bind), -XEN_EINVAL);
    bind.vcpu = 999;
    check("bind_vcpu: no such vcpu", op(EVTCHNOP_bind_vcpu, &bind), -XEN_ENOENT);
    check("alloc_unbound: for nobody", unbound(NOBODY, DOMID_SELF, &port), -XEN_ESRCH);
    check("bind_interdomain: to nobody", bind_to(NOBODY, 1, &port), -XEN_ESRCH);
    check("bind_interdomain: to a port beyond every table", bind_to(own_domid, BEYOND, &port), -XEN_EINVAL);
    check("bind_interdomain: to a port never opened", bind_to(own_domid, NO_PORT, &port), -XEN_EINVAL);
}

static void loop(void)
{
    struct evtchn_status status;
    evtchn_port_t a, b, c;

    check("alloc_unbound for ourselves", unbound(DOMID_SELF, DOMID_SELF, &a), 0);
    check("status of it", status_of(a, &status), 0);
    check("it is unbound", status.status, EVTCHNSTAT_unbound);
    check("for ourselves", status.u.unbound.dom, own_domid);
    check("send on an unbound port", send_port(a), 0);
    check("bind_interdomain to it", bind_to(own_domid, a, &b), 0);
    status_of(b, &status);
    check("now it is interdomain", status.status, EVTCHNSTAT_interdomain);
    check("its other end is the first port", (long)status.u.interdomain.port, a);
    check("bind_interdomain to a bound port", bind_to(own_domid, a, &c), -XEN_EINVAL);
    count = 0;
    check("a handler at one end", pv_event_bind_port(a, on_event, NULL), (long)a);
    count = 0;    /* binding brings an event of its own */
    check("send at the other", send_port(b), 0);
    check("the handler ran once", count, 1);
    pv_event_mask(a);
    check("send to a masked port", send_port(b), 0);
    check("the handler did not run", count, 1);
    pv_event_unmask(a);
    check("it runs at the unmask", count, 2);
    check("close one end", close_port(b), 0);
    status_of(a, &status);
    check("the other is unbound again", status.status, EVTCHNSTAT_unbound);
    check("close the other", pv_event_close(a), 0);
    status_of(a, &status);
    check("it is closed", status.status, EVTCHNSTAT_closed);
    check("closing it twice", close_port(a), -XEN_EINVAL);
}

static void virqs(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_status status;
    evtchn_port_t port;

    check("bind_virq: the kit has VIRQ_TIMER", op(EVTCHNOP_bind_virq, &bind), -XEN_EEXIST);
    bind.virq = 24;
    check("bind_virq: no such VIRQ", op(EVTCHNOP_bind_virq, &bind), -XEN_EINVAL);
    bind.virq = BEYOND;
    check("bind_virq: VIRQ -1", op(EVTCHNOP_bind_virq, &bind), -XEN_EINVAL);
    bind = (struct evtchn_bind_virq){ .virq = VIRQ_DEBUG, .vcpu = 999 };
    check("bind_virq: no such vcpu", op(EVTCHNOP_bind_virq, &bind), -XEN_ENOENT);
    bind.vcpu = 0;
    check("bind_virq: VIRQ_DEBUG", op(EVTCHNOP_bind_virq, &bind), 0);
    port = bind.port;
    status_of(port, &status);
    check("its status", status.status, EVTCHNSTAT_virq);
    check("its number", (long)status.u.virq, VIRQ_DEBUG);
    check("send on a VIRQ's port", send_port(port), -XEN_EINVAL);
    check("close it", close_port(port), 0);
}

static void ipis(void)
{
    struct evtchn_bind_ipi bind = { .vcpu = 999 };
    struct evtchn_bind_vcpu move = { .vcpu = 0 };
    int port;

    check("bind_ipi: no such vcpu", op(EVTCHNOP_bind_ipi, &bind), -XEN_ENOENT);
    port = pv_event_bind_ipi(on_event, NULL);
    check_true("bind_ipi", port > 0);
    count = 0;
    check("send an IPI to ourselves", send_port((evtchn_port_t)port), 0);
    check("it came", count, 1);
    move.port = (evtchn_port_t)port;
    check("bind_vcpu: an IPI stays where it is", op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    check("close it", pv_event_close((evtchn_port_t)port), 0);
}

static void polling(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    evtchn_port_t ports[1] = { (evtchn_port_t)port };
    struct sched_poll poll = { .nr_ports = 1, .timeout = pv_now_ns() + PV_NS_PER_SEC };
    uint64_t before = pv_now_ns();

    set_xen_guest_handle(poll.ports, ports);
    pv_event_mask(ports[0]);
    send_port(ports[0]);
    check("poll of a pending port", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), 0);
    check_true("returns at once", pv_now_ns() - before < PV_NS_PER_SEC / 2);
    pv_event_close(ports[0]);
}

static void upcall_mask(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];
    bool on;

    count = 0;
    on = pv_upcalls_disable();
    check("send with upcalls off", send_port((evtchn_port_t)port), 0);
    check("no upcall", count, 0);
    check("but it is pending", v->evtchn_upcall_pending, 1);
    check("SCHEDOP_block returns at once", HYPERVISOR_sched_op(SCHEDOP_block, NULL), 0);
    check("with upcalls on, and delivered", count, 1);
    check("the mask is clear", v->evtchn_upcall_mask, 0);
    pv_upcalls_restore(on);
    pv_event_close((evtchn_port_t)port);
}

static void fifo(void)
{
    struct evtchn_init_control control = { .control_gfn = 1UL << 40, .offset = 0, .vcpu = 0 };
    struct evtchn_expand_array expand = { .array_gfn = 1UL << 40 };

    check("FIFO channels: no such frame", op(EVTCHNOP_init_control, &control), -XEN_EINVAL);
    check("FIFO channels: no array without control", op(EVTCHNOP_expand_array, &expand), -XEN_EINVAL);
}

void test_events(void)
{
    wrong_numbers();
    loop();
    virqs();
    ipis();
    polling();
    upcall_mask();
    fifo();
}


const struct kernel kernel = {
    .name = "events", .checks = "event channels",
    .groups = (const struct group[]){
        { "events", test_events, "event channels" },
        { 0 },
    },
};
