/* events.c: events between two vcpus: IPIs, ports that move, VIRQs of a vcpu, NMIs, and what happens to
 * events of a vcpu that is down. The class of bug: an event that reaches the wrong vcpu, gets lost when
 * its port moves, or wakes nobody. */
#include "second.h"

#include <string.h>
#include <xen/sched.h>

static evtchn_port_t ipi;       /* of the second vcpu */

static long send(void *arg)
{
    struct evtchn_send op = { .port = *(evtchn_port_t *)arg };

    return HYPERVISOR_event_channel_op(EVTCHNOP_send, &op);
}

static long unmask_upcalls(void *arg)
{
    (void)arg;
    second_unmask();
    return second_info->evtchn_upcall_mask;
}

static long mask_upcalls(void *arg)
{
    (void)arg;
    second_mask();
    return 0;
}

static long block(void *arg)
{
    return HYPERVISOR_sched_op(SCHEDOP_block, arg);
}

static long bind(unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = { .vcpu = vcpu };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &op);

    *port = op.port;
    return rc;
}

static long bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

    return HYPERVISOR_event_channel_op(EVTCHNOP_bind_vcpu, &op);
}

static unsigned int bound_to(evtchn_port_t port)
{
    struct evtchn_status op = { .dom = DOMID_SELF, .port = port };

    HYPERVISOR_event_channel_op(EVTCHNOP_status, &op);
    return op.vcpu;
}

static void ipis(void)
{
    unsigned int was;

    check("EVTCHNOP_bind_ipi, the second vcpu", bind(SECOND, &ipi), 0);
    check("EVTCHNOP_status: its vcpu", bound_to(ipi), SECOND);
    second_port_open(ipi);
    second_do(mask_upcalls, NULL);
    was = second_upcalls;
    check("EVTCHNOP_send, while its upcalls are masked", send(&ipi), 0);
    check_true("the upcall is pending there", second_info->evtchn_upcall_pending == 1);
    check_true("and not taken", second_upcalls == was && port_is_pending(ipi));
    check("it unmasks its upcalls: they stay on", second_do(unmask_upcalls, NULL), 0);
    check_true("the event comes, once", second_events[ipi] == 1 && second_upcalls == was + 1);
    was = second_events[ipi];
    check("EVTCHNOP_send, while it runs", send(&ipi), 0);
    check_true("the event comes to the running vcpu", changes(&second_events[ipi], was));
    was = second_events[ipi];
    check("EVTCHNOP_send, the second vcpu to itself", second_do(send, &ipi), 0);
    check_true("the event has come", second_events[ipi] == was + 1);
    check("EVTCHNOP_bind_vcpu, an IPI", bind_vcpu(ipi, 0), -XEN_EINVAL);
    second_do(mask_upcalls, NULL);      /* an event that comes before the sleep must not be over by then */
    was = second_events[ipi];
    second_begin(block, NULL);
    pv_sleep_ns(5 * PV_NS_PER_MS);
    send(&ipi);
    check("SCHEDOP_block of the second vcpu ends with an event", second_end(), 0);
    check_true("the event has come to the blocked one", second_events[ipi] == was + 1);
}

static volatile unsigned int first_events;

static void on_first(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    first_events++;
}

static void to_first(void)
{
    int port = pv_event_bind_ipi(on_first, NULL);
    evtchn_port_t p = (evtchn_port_t)port;

    first_events = 0;
    check("EVTCHNOP_send, the second vcpu to the first", second_do(send, &p), 0);
    check_true("the event comes to the first", changes(&first_events, 0));
    pv_event_close(p);
}

/* A port of two ends in our own domain can go to either vcpu. */
static void moving(void)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    unsigned int was;

    HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &a);
    b.remote_port = a.port;
    check("EVTCHNOP_bind_interdomain, with ourselves", HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain,
                                                                                   &b), 0);
    pv_event_mask(b.local_port);
    check("EVTCHNOP_status: its vcpu at first", bound_to(a.port), 0);
    check("EVTCHNOP_bind_vcpu, no such vcpu", bind_vcpu(a.port, 999), -XEN_ENOENT);
    check("EVTCHNOP_bind_vcpu, the second vcpu", bind_vcpu(a.port, SECOND), 0);
    check("EVTCHNOP_status: its vcpu then", bound_to(a.port), SECOND);
    second_port_open(a.port);
    was = second_events[a.port];
    send(&b.local_port);
    check_true("its event comes to the second vcpu", changes(&second_events[a.port], was));
    second_do(mask_upcalls, NULL);
    was = second_events[a.port];
    send(&b.local_port);
    check("EVTCHNOP_bind_vcpu, back, while it is pending", bind_vcpu(a.port, 0), 0);
    second_do(unmask_upcalls, NULL);
    check_true("the event still came to the second vcpu", second_events[a.port] == was + 1);
    port_close(a.port);
    port_close(b.local_port);
}

static void down(void)
{
    unsigned int was = second_events[ipi];

    second_do(unmask_upcalls, NULL);
    second_stop();
    pv_sleep_ns(5 * PV_NS_PER_MS);
    check("EVTCHNOP_send, to one that is down", send(&ipi), 0);
    check_true("it stays pending", port_is_pending(ipi) && second_info->evtchn_upcall_pending == 1);
    check("it is still down", HYPERVISOR_vcpu_op(VCPUOP_is_up, SECOND, NULL), 0);
    second_start();
    check_true("the event comes when it is up again", changes(&second_events[ipi], was));
}

static void nmi(void)
{
    unsigned int was = second_nmis;

    check("VCPUOP_send_nmi, the second vcpu", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, SECOND, NULL), 0);
    check_true("its handler of vector 2 runs", changes(&second_nmis, was));
    second_stop();
    pv_sleep_ns(5 * PV_NS_PER_MS);
    was = second_nmis;
    check("VCPUOP_send_nmi, one that is down", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, SECOND, NULL), 0);
    second_start();
    check_true("its handler runs when it is up again", changes(&second_nmis, was));
}

static void flood(void)
{
    unsigned int was, i, good = 0;

    for (i = 0; i < 200; i++) {
        was = second_events[ipi];
        send(&ipi);
        good += changes(&second_events[ipi], was);
    }
    check("two hundred events to it, one after the other: all come", good, 200);
}

void test_events(void)
{
    if (!second_start())
        return;
    second_ports_reserve();
    ipis();
    to_first();
    moving();
    down();
    nmi();
    flood();
    second_do(mask_upcalls, NULL);
    port_close(ipi);
    second_ports_release();
    second_stop();
}
