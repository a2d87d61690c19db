/* clock.c: system time and wall-clock time as the shared page tells them. */
#include "timer.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

static const volatile struct vcpu_time_info *record(void)
{
    return &pv_shared_info->vcpu_info[0].time;
}

/* Sleeps so that the vcpu is taken off its CPU and put there again; upcalls may end a sleep early. */
static void doze(uint64_t ns)
{
    struct sched_poll poll = { .timeout = time_by(record()) + ns };

    do
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
    while (time_by(record()) < poll.timeout);
}

/* ns that the record makes out of a second's worth of TSC ticks, if the TSC has between 100 MHz and 100
 * GHz. */
static bool scale_makes_sense(const volatile struct vcpu_time_info *t)
{
    double ns_per_tick = (double)t->tsc_to_system_mul / 4294967296.0;
    int shift = t->tsc_shift;

    for (; shift > 0; shift--)
        ns_per_tick *= 2;
    for (; shift < 0; shift++)
        ns_per_tick /= 2;
    return ns_per_tick > 0.01 && ns_per_tick < 10;
}

static void goes_on(void)
{
    const volatile struct vcpu_time_info *t = record();
    uint64_t first = time_by(t), last = first, now;
    unsigned int i, odd = 0;
    bool back = false;

    for (i = 0; i < 20000; i++) {
        odd += t->version & 1;
        now = time_by(t);
        back |= now < last;
        last = now;
    }
    check_true("system time goes on", last > first);
    check_true("it never goes back, twenty thousand times", !back);
    check("records seen while they change: by ourselves, who run then", odd, 0);
}

static void is_refreshed(void)
{
    const volatile struct vcpu_time_info *t = record();
    uint32_t version = t->version;
    uint64_t end = time_by(t) + 5 * PV_NS_PER_SEC, before, gap = 0, now;

    while (version == t->version && time_by(t) < end)
        continue;
    check_true("the record is refreshed by itself", version != t->version);
    version = t->version;
    for (before = time_by(t); version == t->version && before < end;)
        doze(5 * PV_NS_PER_MS);
    check_true("and in a vcpu that sleeps now and then", version != t->version);
    /* A new record continues the old one. */
    for (before = time_by(t); version + 4 > t->version && before < end; before = now) {
        doze(PV_NS_PER_MS);
        now = time_by(t);
        gap = now < before ? 1 : gap;
    }
    check("times at which a new record made it go back", (long)gap, 0);
}

static void sleeps(void)
{
    uint64_t before = time_by(record());

    doze(10 * PV_NS_PER_MS);
    check_true("it counts what was slept: 10 ms or more", time_by(record()) - before >= 10 * PV_NS_PER_MS);
    check_true("and less than ten seconds", time_by(record()) - before < 10 * PV_NS_PER_SEC);
}

void test_clock(void)
{
    const volatile struct vcpu_time_info *t = record();

    check("the version is even", t->version & 1, 0);
    check_true("and not 0", t->version != 0);
    check_true("TSC ticks make nanoseconds of a processor there may be", scale_makes_sense(t));
    check_true("the factor uses its bits", t->tsc_to_system_mul >> 31);
    check("no flag but XEN_PVCLOCK_TSC_STABLE_BIT", t->flags & ~XEN_PVCLOCK_TSC_STABLE_BIT, 0);
    check_true("system time is that of a machine just started", time_by(t) < 3600 * PV_NS_PER_SEC);
    goes_on();
    is_refreshed();
    sleeps();
}

void test_wall_clock(void)
{
    const volatile shared_info_t *s = pv_shared_info;
    uint64_t seconds = (uint64_t)s->wc_sec_hi << 32 | s->wc_sec, first, second;
    uint32_t version = s->wc_version;

    check("the version is even", version & 1, 0);
    check_true("the time at which the machine started: after 2020", seconds > 1577836800);
    check_true("and before 2200", seconds < 7258118400);
    check_true("its nanoseconds are less than a second's", s->wc_nsec < PV_NS_PER_SEC);
    first = pv_wall_ns();
    doze(10 * PV_NS_PER_MS);
    second = pv_wall_ns();
    check_true("it goes on with system time", second - first >= 10 * PV_NS_PER_MS &&
               second - first < 10 * PV_NS_PER_SEC);
    check_true("and is not written again for that", s->wc_version == version);
}
