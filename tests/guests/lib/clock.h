/* clock.h: system time as a vcpu's record says it. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <xen/xen.h>

/* With the TSC as it is now: usable on any vcpu, with any record. */
uint64_t time_by(const volatile struct vcpu_time_info *t);

#endif
