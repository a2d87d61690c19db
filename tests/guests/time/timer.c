/* timer.c: the groups, and what they share: the timer's event, seen without being delivered. */
#include "timer.h"

#include <xen/event_channel.h>

static evtchn_port_t port;

/* The port that the kit has bound to VIRQ_TIMER. */
static evtchn_port_t find_port(void)
{
    struct evtchn_status status;
    evtchn_port_t p;

    for (p = 1; p < 1024; p++) {
        status = (struct evtchn_status){ .dom = DOMID_SELF, .port = p };
        if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) == 0 && status.status == EVTCHNSTAT_virq &&
            status.u.virq == VIRQ_TIMER)
            return p;
    }
    return 0;
}

void timer_take(void)
{
    if (!port)
        port = find_port();
    pv_event_mask(port);
    HYPERVISOR_set_timer_op(0);
    timer_clear();
}

void timer_give_back(void)
{
    HYPERVISOR_set_timer_op(0);
    timer_clear();
    pv_event_unmask(port);
}

bool timer_is_pending(void)
{
    return *(volatile xen_ulong_t *)&pv_shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

void timer_clear(void)
{
    __atomic_fetch_and(&pv_shared_info->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

uint64_t timer_wait(uint64_t ns)
{
    uint64_t end = pv_now_ns() + ns, now;

    do {
        now = pv_now_ns();
        if (timer_is_pending()) {
            timer_clear();
            return pv_now_ns();
        }
    } while (now < end);
    return 0;
}

const struct kernel kernel = {
    .name = "time", .checks = "clocks, timers, and records of how time was spent",
    .groups = (const struct group[]){
        { "clock", test_clock,
         "the time record of a vcpu: a clock that goes back, stands still, or is never refreshed" },
        { "wallclock", test_wall_clock, "the wall clock's record" },
        { "settimer", test_timer_op,
         "set_timer_op: a deadline that is over, far away, replaced, or never comes" },
        { "singleshot", test_single_shot, "VCPUOP_set_singleshot_timer and its flag" },
        { "periodic", test_periodic, "VCPUOP_set_periodic_timer: periods at the limits and beyond" },
        { "runstate", test_runstate, "VCPUOP_get_runstate_info: times that do not make up the whole" },
        { "areas", test_runstate_area,
         "the run state in our memory: where it may be, and when that goes away" },
        { "assist", test_assist, "VMASST_TYPE_runstate_update_flag: the mark of a record that just changes" },
        { "timearea", test_time_area, "a second time record in our memory" },
        { 0 },
    },
};
