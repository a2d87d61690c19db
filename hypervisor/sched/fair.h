/* The arithmetic of fair sharing: pure functions, tested on the host. Virtual time is time on a CPU scaled
 * by weight: whoever has the least runs next, so over time each gets CPU in proportion to its weight. */
#ifndef ENSO_SCHED_FAIR_H
#define ENSO_SCHED_FAIR_H

#include "lib/types.h"

#define FAIR_DEFAULT_WEIGHT 256
#define FAIR_SLICE_NS       5000000UL    /* how long one runs while others wait */
#define FAIR_WAKE_BONUS_NS  2500000UL    /* a vcpu that slept starts this far before the others */
#define FAIR_PREEMPT_NS     500000UL     /* a woken vcpu takes the CPU if it is
                                          * this far before the running one */
#define FAIR_CAP_PERIOD_NS  30000000UL   /* caps are enforced per this period */

/* Virtual time for `ns` on a CPU. Weights are 1 to 65535; the result never is 0 for ns > 0. */
static inline uint64_t fair_charge(uint64_t ns, uint16_t weight)
{
    uint64_t v = ns * FAIR_DEFAULT_WEIGHT / (weight ? weight : 1);

    return v || !ns ? v : 1;
}

/* How far a queue has come, which never falls: the least virtual time of who runs there and who waits
 * first (UINT64_MAX: nobody). */
static inline uint64_t fair_queue_min(uint64_t min, uint64_t running, uint64_t first)
{
    uint64_t least = MIN(running, first);

    return least == UINT64_MAX ? min : MAX(min, least);
}

/* Where a vcpu that wakes is placed: not behind its own past, not further before the queue than the bonus. */
static inline uint64_t fair_wake_vtime(uint64_t own, uint64_t queue_min)
{
    uint64_t floor = queue_min > FAIR_WAKE_BONUS_NS ? queue_min - FAIR_WAKE_BONUS_NS : 0;

    return own > floor ? own : floor;
}

static inline bool fair_should_preempt(uint64_t woken, uint64_t running)
{
    return woken + FAIR_PREEMPT_NS < running;
}

/* ns that one vcpu of a domain may use in a period: the domain's cap (percent of one
 * CPU) shared by its vcpus; 0: no cap. */
static inline uint64_t fair_cap_budget(uint16_t cap, unsigned int vcpus)
{
    return cap && vcpus ? MAX(FAIR_CAP_PERIOD_NS * cap / 100 / vcpus, 100000UL) : 0;
}

/* How long a capped vcpu may run before it is looked at again. */
static inline uint64_t fair_capped_slice(uint64_t slice, uint64_t budget, uint64_t used)
{
    uint64_t left = budget > used ? budget - used : 0;

    return MIN(slice, MAX(left, 50000UL));
}

#endif
