/* timers.c: set_timer_op and the single-shot timer of vcpu_op, which are one timer; and the periodic one. The
 * class of bug: a timer in the past that never fires, one that fires early, a sum that overflows, a period so
 * short that the hypervisor does nothing else. */
#include "timer.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

#define LONG (3 * PV_NS_PER_SEC)        /* patience on a busy machine */
#define SHORT (30 * PV_NS_PER_MS)       /* nothing may come so long */
#define BEFORE (80 * PV_NS_PER_MS)      /* long enough to change one's mind in */
#define AFTER (140 * PV_NS_PER_MS)

static long single_shot(uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = at, .flags = flags };

    return HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s);
}

static long set_timer(uint64_t at)
{
    return HYPERVISOR_set_timer_op(at);
}

static long set_single(uint64_t at)
{
    return single_shot(at, 0);
}

static long set_future(uint64_t at)
{
    return single_shot(at, VCPU_SSHOTTMR_future);
}

/* Each deadline, by each call; those with `after` are from now on. */
struct deadline {
    const char *name;
    uint64_t ns;
    bool after;
    bool fires;
};

static void deadlines(const char *call, long (*set)(uint64_t), const struct deadline *d, unsigned int n)
{
    uint64_t wanted, came;
    unsigned int i;
    long rc;

    for (i = 0; i < n; i++) {
        timer_clear();
        wanted = d[i].after ? pv_now_ns() + d[i].ns : d[i].ns;
        rc = set(wanted);
        came = timer_wait(d[i].fires ? LONG : SHORT);
        check_state(named("%s, %s", call, d[i].name), rc, 0,
                    !d[i].fires ? "it does not fire" : d[i].after ? "it fires then, and not early" : "it "
                                  "fires at once",
                    d[i].fires ? came != 0 && (!d[i].after || came >= wanted) : came == 0);
        HYPERVISOR_set_timer_op(0);
    }
}

void test_timer_op(void)
{
    static const struct deadline rows[] = {
        { "in 3 ms", 3 * PV_NS_PER_MS, true, true },
        { "in 1 ns", 1, true, true },
        { "1 ms ago", -PV_NS_PER_MS, true, true },
        { "1", 1, false, true },
        { "0", 0, false, false },
        { "in an hour", 3600 * PV_NS_PER_SEC, true, false },
        { "in 300 years less than 2^63", INT64_MAX, false, false },
    };
    uint64_t wanted, came;

    timer_take();
    deadlines("set_timer_op", set_timer, rows, sizeof(rows) / sizeof(rows[0]));
    set_timer(pv_now_ns() + BEFORE);
    wanted = pv_now_ns() + 2 * PV_NS_PER_MS;
    check("set_timer_op, earlier than the one that is set", set_timer(wanted), 0);
    came = timer_wait(LONG);
    check_true("the earlier one fires", came >= wanted);
    check_true("the later one does not", timer_wait(AFTER) == 0);
    set_timer(pv_now_ns() + BEFORE);
    wanted = pv_now_ns() + AFTER;
    check("set_timer_op, later than the one that is set", set_timer(wanted), 0);
    came = timer_wait(LONG);
    check_true("only the later one fires", came >= wanted);
    set_timer(pv_now_ns() + BEFORE);
    check("set_timer_op, 0, takes it away", set_timer(0), 0);
    check_true("it does not fire", timer_wait(AFTER) == 0);
    check("set_timer_op, 2^63", set_timer(1UL << 63), 0);
    check_true("the past of who counts with a sign: it fires at once", timer_wait(LONG) != 0);
    check("set_timer_op, 2^64 - 1", set_timer(~0UL), 0);
    check_true("it fires at once too", timer_wait(LONG) != 0);
    timer_give_back();
}

void test_single_shot(void)
{
    static const struct deadline rows[] = {
        { "in 3 ms", 3 * PV_NS_PER_MS, true, true },
        { "1 ms ago", -PV_NS_PER_MS, true, true },
        { "0", 0, false, true },
        { "in an hour", 3600 * PV_NS_PER_SEC, true, false },
        { "2^63 - 1", INT64_MAX, false, false },
    };
    static const struct deadline future[] = {
        { "in 3 ms", 3 * PV_NS_PER_MS, true, true },
        { "1 ms ago", -PV_NS_PER_MS, true, true },
        { "0", 0, false, true },
    };
    uint64_t wanted;

    timer_take();
    deadlines("VCPUOP_set_singleshot_timer", set_single, rows, sizeof(rows) / sizeof(rows[0]));
    deadlines("VCPUOP_set_singleshot_timer, future", set_future, future, sizeof(future) / sizeof(future[0]));
    single_shot(pv_now_ns() + BEFORE, 0);
    check("VCPUOP_stop_singleshot_timer", HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    check_true("it does not fire", timer_wait(AFTER) == 0);
    check("VCPUOP_stop_singleshot_timer, none is set",
          HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL),
          0);
    wanted = pv_now_ns() + AFTER;
    single_shot(pv_now_ns() + BEFORE, 0);
    check("set_timer_op, while a single-shot timer is set", set_timer(wanted), 0);
    check_true("they are one: it fires at the second time", timer_wait(LONG) >= wanted);
    check_true("and once", timer_wait(SHORT) == 0);
    single_shot(pv_now_ns() + BEFORE, 0);
    check("set_timer_op, 0, takes a single-shot timer away", set_timer(0), 0);
    check_true("it does not fire then", timer_wait(AFTER) == 0);
    check("VCPUOP_set_singleshot_timer, unknown flags", single_shot(pv_now_ns() + PV_NS_PER_MS, ~1U), 0);
    check_true("it fires for all that", timer_wait(LONG) != 0);
    timer_give_back();
}

static long period(uint64_t ns)
{
    struct vcpu_set_periodic_timer p = { .period_ns = ns };

    return HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p);
}

/* A vcpu that sleeps is not woken by its periodic timer; what is left to see then is that nothing bad
 * happens. */
void test_periodic(void)
{
    static const struct { const char *name; uint64_t ns; long want; } rows[] = {
        { "0", 0, -XEN_EINVAL },
        { "1 ns", 1, -XEN_EINVAL },
        { "999999 ns", PV_NS_PER_MS - 1, -XEN_EINVAL },
        { "2^63", 1UL << 63, -XEN_EINVAL },
        { "2^64 - 1", ~0UL, -XEN_EINVAL },
        { "2^62 + 1", (1UL << 62) + 1, -XEN_EINVAL },
        { "2^62 - 1", (1UL << 62) - 1, 0 },
        { "an hour", 3600 * PV_NS_PER_SEC, 0 },
        { "1 ms", PV_NS_PER_MS, 0 },
    };
    uint64_t before, last = 0;
    unsigned int i;

    timer_take();
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(named("VCPUOP_set_periodic_timer, %s, XSA-20", rows[i].name), period(rows[i].ns), rows[i].want);
        HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    }
    timer_clear();
    before = pv_now_ns();
    check("VCPUOP_set_periodic_timer, 2 ms", period(2 * PV_NS_PER_MS), 0);
    for (i = 0; i < 6; i++)
        last = timer_wait(LONG);
    check_true("it fires again and again", last != 0);
    check_true("six times take 8 ms at least", last >= before + 8 * PV_NS_PER_MS);
    check("VCPUOP_set_periodic_timer, an hour, instead", period(3600 * PV_NS_PER_SEC), 0);
    timer_clear();
    check_true("it does not fire every 2 ms any more", timer_wait(SHORT) == 0);
    period(2 * PV_NS_PER_MS);
    set_timer(pv_now_ns() + PV_NS_PER_MS);
    check("set_timer_op, 0, while a periodic timer runs", set_timer(0), 0);
    timer_clear();
    check_true("the periodic one goes on", timer_wait(LONG) != 0);
    check("VCPUOP_stop_periodic_timer", HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    timer_clear();
    check_true("it does not fire then", timer_wait(SHORT) == 0);
    check("VCPUOP_stop_periodic_timer, again", HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    timer_give_back();
}
