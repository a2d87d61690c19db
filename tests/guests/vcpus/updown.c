/* updown.c: a second vcpu goes down and up, is watched and counted by the first, and keeps its state.
 * The class of bug: a vcpu that runs on although it is down, loses what it did, or whose record belongs
 * to another. */
#include "second.h"

#include <string.h>
#include <xen/sched.h>

static long double_it(void *arg)
{
    return 2 * *(int *)arg;
}

static long go_down(void *arg)
{
    return HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, arg);
}

static long is_up(void *arg)
{
    return HYPERVISOR_vcpu_op(VCPUOP_is_up, (unsigned int)(uintptr_t)arg, NULL);
}

static long own_runstate(void *arg)
{
    return HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, SECOND, arg);
}

/* Counts until it is told to stop. */
static volatile unsigned int counter, stop;

static long count(void *arg)
{
    (void)arg;
    while (!stop)
        counter++;
    return 0;
}

static bool is_down_within(uint64_t ns)
{
    uint64_t end = pv_now_ns() + ns;

    while (HYPERVISOR_vcpu_op(VCPUOP_is_up, SECOND, NULL) != 0)
        if (pv_now_ns() > end)
            return false;
        else
            yield();
    return true;
}

static void first_time(void)
{
    static struct vcpu_guest_context context;
    int number = 21;

    check("VCPUOP_is_up, before VCPUOP_initialise", HYPERVISOR_vcpu_op(VCPUOP_is_up, SECOND, NULL), 0);
    check("VCPUOP_up, before VCPUOP_initialise", HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL), -XEN_EINVAL);
    check_true("the second vcpu can be started", second_start());
    check("VCPUOP_is_up, the second vcpu", HYPERVISOR_vcpu_op(VCPUOP_is_up, SECOND, NULL), 1);
    check("it does what it is told", second_do(double_it, &number), 42);
    second_context(&context, second_entry, second_stack_top);
    check("VCPUOP_initialise, again", HYPERVISOR_vcpu_op(VCPUOP_initialise, SECOND, &context), -XEN_EEXIST);
    check("VCPUOP_initialise, again, an unmapped argument",
          HYPERVISOR_vcpu_op(VCPUOP_initialise, SECOND, UNMAPPED), -XEN_EFAULT);
    check("VCPUOP_initialise, the first vcpu", HYPERVISOR_vcpu_op(VCPUOP_initialise, 0, &context),
          -XEN_EEXIST);
    check("VCPUOP_up, one that is up", HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL), 0);
    check("VCPUOP_is_up, itself, by the second vcpu", second_do(is_up, (void *)SECOND), 1);
    check("VCPUOP_is_up, the first, by the second vcpu", second_do(is_up, NULL), 1);
}

static void down_itself(void)
{
    second_begin(go_down, NULL);
    check_true("VCPUOP_down of itself: it is down", is_down_within(PV_NS_PER_SEC * 5));
    check("VCPUOP_up, then", HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL), 0);
    check("it goes on behind VCPUOP_down, which answered", second_end(), 0);
}

static void down_by_other(void)
{
    unsigned int before = 0, i;
    struct vcpu_runstate_info r;
    uint64_t offline;
    long rc;

    stop = 0;
    counter = 0;
    second_begin(count, NULL);
    check_true("the second vcpu counts", changes(&counter, 0));
    check("VCPUOP_down, the other, which runs", HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, NULL), 0);
    for (i = 0; i < 100; i++) {         /* it stops soon, not at once */
        before = counter;
        pv_sleep_ns(20 * PV_NS_PER_MS);
        if (counter == before)
            break;
    }
    check_true("it counts no more", counter == before);
    check("VCPUOP_down, one that is down", HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, NULL), 0);
    check("VCPUOP_is_up, one that is down", HYPERVISOR_vcpu_op(VCPUOP_is_up, SECOND, NULL), 0);
    rc = HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, SECOND, &r);
    check_state("VCPUOP_get_runstate_info, one that is down", rc, 0, "it is offline",
                r.state == RUNSTATE_offline);
    offline = r.time[RUNSTATE_offline];
    pv_sleep_ns(20 * PV_NS_PER_MS);
    HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, SECOND, &r);
    check_true("its offline time grows by that", r.time[RUNSTATE_offline] >= offline + 20 * PV_NS_PER_MS);
    check("VCPUOP_up, one that was taken down", HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL), 0);
    check_true("it counts on from there", changes(&counter, before) && counter > before);
    stop = 1;
    check("it comes to its end", second_end(), 0);
}

static void records(void)
{
    struct vcpu_runstate_info theirs, ours;
    uint64_t sum, now;
    long rc;

    memset(&theirs, 0, sizeof(theirs));
    rc = second_do(own_runstate, &theirs);
    check_state("VCPUOP_get_runstate_info, by the second vcpu", rc, 0, "it is running",
                theirs.state == RUNSTATE_running);
    HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &ours);
    check("VCPUOP_get_runstate_info, the first meanwhile: running", ours.state, RUNSTATE_running);
    now = pv_now_ns();
    rc = HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, SECOND, &theirs);
    check_state("VCPUOP_get_runstate_info, the other, which runs", rc, 0, "it runs, or waits for a CPU",
                theirs.state == RUNSTATE_running || theirs.state == RUNSTATE_runnable);
    sum = theirs.time[0] + theirs.time[1] + theirs.time[2] + theirs.time[3];
    check_true("its times make up no more than system time", sum <= now + PV_NS_PER_SEC);
}

static void go_round(void)
{
    unsigned int i, good = 0;
    int number = 4;

    for (i = 0; i < 50; i++) {
        HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, NULL);
        HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL);
        good += second_do(double_it, &number) == 8;
    }
    check("fifty times down and up at once: it answers each time", good, 50);
}

void test_up_down(void)
{
    if (vcpu_total() < 2)
        return;
    first_time();
    down_itself();
    down_by_other();
    records();
    go_round();
    second_stop();
}
