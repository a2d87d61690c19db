/* System time: nanoseconds since boot, computed from the TSC, which all CPUs share. */
#include "sched/time.h"

#include "boot/main.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"

struct time_scale time_scale;
static uint64_t tsc_hz;
static uint64_t cycles_per_ns;          /* times 2^28 */
static uint32_t wallclock_ns;
static uint64_t wallclock_seconds;      /* wall clock at system time 0 */

void time_scale_for(struct time_scale *s, uint64_t hz)
{
    s->shift = 0;
    while (hz > 2000000000) {
        hz >>= 1;
        s->shift--;
    }
    while (hz <= 1000000000) {
        hz <<= 1;
        s->shift++;
    }
    s->mul = (uint32_t)((1000000000UL << 32) / hz);
}

uint64_t seconds_of_date(unsigned int year, unsigned int month, unsigned int day, unsigned int hour,
                         unsigned int minute, unsigned int second)
{
    /* Years that begin with March: the leap day is the last one. */
    uint64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    uint64_t days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;

    return (((days - 719468) * 24 + hour) * 60 + minute) * 60 + second;
}

uint64_t tsc_to_ns(uint64_t tsc)
{
    return time_scale.ns_base + scale_cycles(&time_scale, tsc - time_scale.tsc_base);
}

uint64_t now_ns(void)
{
    return tsc_to_ns(rdtsc());
}

uint64_t ns_to_tsc(uint64_t ns)
{
    unsigned __int128 cycles = ((unsigned __int128)ns * cycles_per_ns >> 28) + 1;

    if (cycles > UINT64_MAX - time_scale.tsc_base)
        return UINT64_MAX;
    return time_scale.tsc_base + (uint64_t)cycles;
}

uint32_t tsc_khz(void)
{
    return (uint32_t)(tsc_hz / 1000);
}

uint64_t wallclock_boot_seconds(uint32_t *ns)
{
    *ns = wallclock_ns;
    return wallclock_seconds;
}

/* The clock says `seconds`, `ns` at a system time: kept as what it said at system time 0. */
void wallclock_set(uint64_t seconds, uint32_t ns, uint64_t at_system_time)
{
    uint64_t total = seconds * 1000000000 + ns - at_system_time;

    wallclock_seconds = total / 1000000000;
    wallclock_ns = (uint32_t)(total % 1000000000);
}

void time_init_cpu(void)
{
    timers_init_cpu();
}

void time_init(void)
{
    tsc_hz = tsc_measure_hz();
    cycles_per_ns = (tsc_hz << 28) / 1000000000;
    time_scale_for(&time_scale, tsc_hz);
    time_scale.tsc_base = boot_tsc;
    wallclock_seconds = cmos_seconds();
    preempt_set_budget(tsc_khz());
    time_init_cpu();
    log_debug("TSC %u.%03u MHz%s", tsc_khz() / 1000, tsc_khz() % 1000,
              cpu_features.tsc_invariant ? "" : ", not reported as invariant");
}
