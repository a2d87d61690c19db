/*
 * Time. System time is nanoseconds since the host booted, never goes back, and is what deadlines are given
 * in. Wall-clock time comes from clock_gettime(CLOCK_REALTIME) or gettimeofday().
 */
#ifndef PV_TIME_H
#define PV_TIME_H

#include <stdint.h>

#define PV_NS_PER_SEC UINT64_C(1000000000)
#define PV_NS_PER_MS UINT64_C(1000000)
#define PV_NS_PER_US UINT64_C(1000)

/* System time now. From anywhere. */
uint64_t pv_now_ns(void);

/* Wall-clock time now: nanoseconds since 1970-01-01 UTC. */
uint64_t pv_wall_ns(void);

/* Puts the calling thread to sleep for at least `ns`. */
void pv_sleep_ns(uint64_t ns);

#endif
