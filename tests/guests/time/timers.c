/* timers.c: clocks and timers. The class of bug: a timer in the past that never fires, a clock that goes
 * back or stands still, a record that is never refreshed. */
#include "case.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static evtchn_port_t timer_port;

/* The port that the kit has bound to VIRQ_TIMER. */
static evtchn_port_t find_timer_port(void)
{
    struct evtchn_status status;
    evtchn_port_t port;

    for (port = 1; port < 1024; port++) {
        status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
        if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) == 0 && status.status == EVTCHNSTAT_virq &&
            status.u.virq == VIRQ_TIMER)
            return port;
    }
    return 0;
}

static bool is_pending(void)
{
    return pv_shared_info->evtchn_pending[timer_port / 64] >> (timer_port % 64) & 1;
}

static void clear_pending(void)
{
    __atomic_fetch_and(&pv_shared_info->evtchn_pending[timer_port / 64], ~(1UL << (timer_port % 64)),
                       __ATOMIC_SEQ_CST);
}

/* Waits for the (masked) timer event; the time it came, or 0 if it did not within `ns`. */
static uint64_t wait_pending(uint64_t ns)
{
    uint64_t end = pv_now_ns() + ns;

    while (!is_pending())
        if (pv_now_ns() > end)
            return 0;
    clear_pending();
    return pv_now_ns();
}

static void clocks(void)
{
    const volatile struct vcpu_time_info *t = &pv_shared_info->vcpu_info[0].time;
    uint32_t version = t->version;
    uint64_t before = pv_now_ns(), at, last = before, end = before + 5 * PV_NS_PER_SEC;
    bool back = false;

    do {
        at = pv_now_ns();
        back |= at < last;
        last = at;
    } while (version == t->version && at < end);
    check_true("system time moves", last > before);
    check_true("and never back", !back);
    check_true("the time record is refreshed by itself", version != t->version);
    check_true("wall-clock time makes sense", pv_wall_ns() / PV_NS_PER_SEC > 1600000000);
}

static void single_shot(void)
{
    struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = pv_now_ns() + 3 * PV_NS_PER_MS };
    uint64_t wanted = s.timeout_abs_ns, came;

    check("single-shot timer in 3 ms", HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
    came = wait_pending(PV_NS_PER_SEC);
    check_true("it fires, and not early", came >= wanted);
    s = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future };
    check("in the past, \"future\" wanted", HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
    check_true("it fires at once", wait_pending(PV_NS_PER_SEC) != 0);
    s.flags = 0;
    check("in the past", HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
    check_true("it fires at once", wait_pending(PV_NS_PER_SEC) != 0);
    s.timeout_abs_ns = pv_now_ns() + 100 * PV_NS_PER_MS;
    HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s);
    check("stopped", HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    check_true("it does not fire", wait_pending(150 * PV_NS_PER_MS) == 0);
    check("unmapped argument", HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)0x1000),
          -XEN_EFAULT);
}

static void timer_op(void)
{
    uint64_t wanted = pv_now_ns() + 3 * PV_NS_PER_MS;

    check("set_timer_op in 3 ms", HYPERVISOR_set_timer_op(wanted), 0);
    check_true("it fires, and not early", wait_pending(PV_NS_PER_SEC) >= wanted);
    check("set_timer_op in the past", HYPERVISOR_set_timer_op(pv_now_ns() - PV_NS_PER_MS), 0);
    check_true("it fires at once", wait_pending(PV_NS_PER_SEC) != 0);
    HYPERVISOR_set_timer_op(pv_now_ns() + 100 * PV_NS_PER_MS);
    check("set_timer_op 0", HYPERVISOR_set_timer_op(0), 0);
    check_true("it does not fire", wait_pending(150 * PV_NS_PER_MS) == 0);
}

static void periodic(void)
{
    struct vcpu_set_periodic_timer p = { .period_ns = 2 * PV_NS_PER_MS };
    uint64_t before = pv_now_ns(), last = 0;
    unsigned int i;

    check("periodic timer of 2 ms", HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
    for (i = 0; i < 5; i++)
        last = wait_pending(PV_NS_PER_SEC);
    check_true("it fires five times", last >= before + 8 * PV_NS_PER_MS);
    check("stopped", HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    clear_pending();
    check_true("it does not fire", wait_pending(10 * PV_NS_PER_MS) == 0);
}

void test_timers(void)
{
    timer_port = find_timer_port();
    check_true("the kit's timer port", timer_port != 0);
    clocks();
    pv_event_mask(timer_port);
    clear_pending();
    single_shot();
    timer_op();
    periodic();
    pv_event_unmask(timer_port);
}


const struct kernel kernel = {
    .name = "time", .checks = "clocks and timers",
    .groups = (const struct group[]){
        { "timers", test_timers, "clocks and timers" },
        { 0 },
    },
};
