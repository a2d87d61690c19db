/* timers.c: the vcpu's timer: set, set to a moment that has passed, and on time. */
#include "bench.h"

#include <pv/time.h>

#define FAR (1000000 * PV_NS_PER_SEC)
#define SOON (200 * PV_NS_PER_US)

static uint32_t set(uint64_t deadline)
{
    struct call c = CALL(set_timer_op, .a1 = deadline);

    return cost(&c);
}

static uint32_t set_far(void)
{
    static uint64_t deadline = FAR;

    return set(deadline++);
}

static uint32_t stop_nothing(void) { return set(0); }

static uint32_t stop(void)
{
    set(FAR);
    return set(0);
}

/* The upcall comes before the hypercall is over. */
static uint32_t set_passed(void)
{
    uint32_t ticks = set(1);

    if (pv_shared_info->evtchn_pending[0] >> upcall_port & 1)
        fail("the timer that was due did not come at once");
    return ticks;
}

static uint32_t on_time(void)
{
    set(pv_now_ns() + SOON);
    return clock_until_upcall();
}

/* The kit has it already. */
static evtchn_port_t timer_port(void)
{
    evtchn_port_t port;

    for (port = 1; port < 64; port++) {
        struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

        if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &s) == 0 && s.status == EVTCHNSTAT_virq &&
            s.u.virq == VIRQ_TIMER)
            return port;
    }
    fail("no port has VIRQ_TIMER");
}

void bench_timers(void)
{
    evtchn_port_t port = timer_port();

    group("timers");
    bench("set_timer_op, far ahead", set_far);
    bench("set_timer_op, stopped", stop);
    bench("set_timer_op, stopped already", stop_nothing);
    upcalls_by(upcall_by_hypercall, port);
    bench("set_timer_op, due already: upcall, iret", set_passed);
    upcalls_by(upcall_of_timer, port);
    bench("timer interrupts a busy guest: until its upcall", on_time);
    upcalls_by_kit();
}
