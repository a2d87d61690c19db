/*
 * Arithmetic of the time record that the hypervisor shares (struct vcpu_time_info). No side effects: unit
 * tests run it on the host.
 */
#ifndef PV_TIME_PVCLOCK_H
#define PV_TIME_PVCLOCK_H

#include <stdint.h>

/* Nanoseconds for a difference of time-stamp counters: delta shifted by `shift` bits (right if negative),
 * times mul / 2^32. */
static inline uint64_t pvclock_scale(uint64_t delta, uint32_t mul, int shift)
{
    if (shift >= 0)
        delta <<= shift;
    else
        delta >>= -shift;
    return (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

/* System time at counter value `tsc` by a record taken at tsc_then/system_then. A counter that reads slightly
 * less than the record's (taken on another CPU) counts as the record's. */
static inline uint64_t pvclock_at(uint64_t tsc, uint64_t tsc_then, uint64_t system_then, uint32_t mul,
                                  int shift)
{
    return system_then + (tsc > tsc_then ? pvclock_scale(tsc - tsc_then, mul, shift) : 0);
}

#endif
