/* runstate.c: how a vcpu's time was spent. The class of bug: times that run backwards, do not make up the
 * whole, or count a sleep as work. */
#include "timer.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/memory.h>

#define SLACK (PV_NS_PER_MS / 2)        /* between two looks at the clock by two sides */

static struct vcpu_runstate_info get(void)
{
    struct vcpu_runstate_info r;

    memset(&r, 0xff, sizeof(r));
    HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &r);
    return r;
}

static uint64_t sum(const struct vcpu_runstate_info *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void sleep_until(uint64_t at)
{
    struct sched_poll poll = { .timeout = at };

    while (pv_now_ns() < at)
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}

static void makes_up_the_whole(void)
{
    uint64_t a, b, c, d, part;
    struct vcpu_runstate_info first, second;

    a = pv_now_ns();
    first = get();
    b = pv_now_ns();
    sleep_until(b + 10 * PV_NS_PER_MS);
    c = pv_now_ns();
    second = get();
    d = pv_now_ns();
    part = sum(&second) - sum(&first);
    check_true("running, runnable, blocked, offline: together what system time counts",
               part + SLACK >= c - b && part <= d - a + SLACK);
    check_true("all of them together are no more than system time", sum(&second) <= d + SLACK);
}

static void grows(void)
{
    struct vcpu_runstate_info first = get(), second;
    uint64_t end = pv_now_ns() + 5 * PV_NS_PER_MS;
    unsigned int i;

    while (pv_now_ns() < end)
        continue;
    second = get();
    check_true("who computes for 5 ms runs, or waits for a CPU, for 5 ms",
               second.time[RUNSTATE_running] + second.time[RUNSTATE_runnable] + SLACK >=
               first.time[RUNSTATE_running] + first.time[RUNSTATE_runnable] + 5 * PV_NS_PER_MS);
    check_true("and was not blocked", second.time[RUNSTATE_blocked] == first.time[RUNSTATE_blocked]);
    first = second;
    for (i = 0; i < 100 &&
         second.time[RUNSTATE_blocked] < first.time[RUNSTATE_blocked] + 5 * PV_NS_PER_MS; i++) {
        sleep_until(pv_now_ns() + 10 * PV_NS_PER_MS);
        second = get();
    }
    check_true("who sleeps is blocked meanwhile",
               second.time[RUNSTATE_blocked] >= first.time[RUNSTATE_blocked] + 5 * PV_NS_PER_MS);
    check_true("and entered its state since", second.state_entry_time > first.state_entry_time);
    check_true("and was not offline", second.time[RUNSTATE_offline] == first.time[RUNSTATE_offline]);
}

static void pointers(void)
{
    char *pages = pv_pages_alloc(2), *across = pages + PV_PAGE_SIZE - 24;
    uint64_t entry = entry_for(pages + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);

    check_state("VCPUOP_get_runstate_info, across a page's end",
                HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, across), 0, "both halves are there",
                ((struct vcpu_runstate_info *)across)->state == RUNSTATE_running &&
                ((struct vcpu_runstate_info *)across)->time[RUNSTATE_running] != 0);
    check_state("VCPUOP_get_runstate_info, at an odd address",
                HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, pages + 1), 0, "it is there",
                ((uint64_t *)(pages + 1))[1] != 0);
    set_va(pages + PV_PAGE_SIZE, 0);
    check("VCPUOP_get_runstate_info, into an unmapped page",
          HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, across), -XEN_EFAULT);
    set_va(pages + PV_PAGE_SIZE, entry);
    pv_pages_free(pages, 2);
}

void test_runstate(void)
{
    struct vcpu_runstate_info r = get(), s;

    check("VCPUOP_get_runstate_info: its state", r.state, RUNSTATE_running);
    check_true("it entered it in the past",
               r.state_entry_time != 0 && r.state_entry_time <= pv_now_ns() + SLACK);
    check_true("it has run", r.time[RUNSTATE_running] != 0);
    check("its entry time has no mark", (long)(r.state_entry_time >> 63), 0);
    s = get();
    check_true("its running time grows", s.time[RUNSTATE_running] > r.time[RUNSTATE_running]);
    makes_up_the_whole();
    grows();
    pointers();
}
