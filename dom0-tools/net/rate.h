/* rate.h: how much may pass in a time: so many bytes in each interval, which may be used at once and are not
 * saved for later. What passes last may be larger than what is left; later intervals pay for it. Pure. */
#ifndef ENSO_NET_RATE_H
#define ENSO_NET_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct net_rate {
    uint64_t bytes;         /* in an interval; 0: no limit */
    uint64_t interval;      /* in nanoseconds, not 0 */
    uint64_t start;         /* system time at which the current interval began */
    int64_t credit;
};

/* Xen's `rate`: bytes and microseconds (1000 s at the most). 0 for either: no limit. */
void net_rate_init(struct net_rate *r, uint64_t bytes, uint64_t interval_us, uint64_t now_ns);

/* True: `bytes` may pass now, and have been counted. */
bool net_rate_take(struct net_rate *r, uint32_t bytes, uint64_t now_ns);

/* When to ask again after a refusal: system time. */
uint64_t net_rate_when(const struct net_rate *r);

#endif
