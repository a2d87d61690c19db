/* System time and per-CPU timers. System time is nanoseconds since boot, from the TSC, the same on every
 * CPU. */
#ifndef ENSO_SCHED_TIMER_H
#define ENSO_SCHED_TIMER_H

#include "lib/types.h"

struct timer {
    uint64_t expires;                   /* ns of system time */
    void (*fn)(void *arg);              /* called with interrupts off from the exit path, no locks held */
    void *arg;
    _Atomic int cpu;                    /* whose queue it is on, -1: none; reset under the queue's lock */
    _Atomic unsigned int running;       /* CPUs on which fn runs now */
    struct timer *child, *next, *prev;  /* the heap (sched/timer-heap.h) */
};

void time_init(void);                   /* boot CPU: calibrates TSC and local timer, reads the wall clock */
void time_init_cpu(void);               /* each CPU: its timer queue and local timer interrupt */
uint64_t now_ns(void);
uint64_t tsc_to_ns(uint64_t tsc);       /* absolute TSC value to system time */
uint32_t tsc_khz(void);
/* For vcpu_time_info: system_time = base + ((tsc - tsc_base) << shift) * mul >> 32. */
struct time_scale { uint64_t tsc_base, ns_base; uint32_t mul; int8_t shift; };
extern struct time_scale time_scale;
uint64_t wallclock_boot_seconds(uint32_t *ns);  /* wall clock at system time 0 */
/* Sets the wall clock: it says these seconds and ns at that system time. Callers tell the domains
 * (domain_update_wallclock). */
void wallclock_set(uint64_t seconds, uint32_t ns, uint64_t at_system_time);

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
/* On this CPU's queue; moves it if already set. The past fires at the next exit. Two CPUs may set it at
 * once: one wins. */
void timer_set(struct timer *t, uint64_t expires);
void timer_stop(struct timer *t);       /* afterwards fn is not running and will not run */
void timers_run(void);                  /* WORK_TIMER: runs what has expired, programs the next */
void timer_interrupt(void);             /* the local timer's vector: sets WORK_TIMER */

#endif
