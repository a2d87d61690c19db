/* rate.c: a bucket that is filled at the beginning of each interval. */
#include "rate.h"

#define NS_PER_US UINT64_C(1000)
#define INTERVAL_MAX_US UINT64_C(1000000000)

void net_rate_init(struct net_rate *r, uint64_t bytes, uint64_t interval_us, uint64_t now_ns)
{
    if (bytes > INT64_MAX / 2)
        bytes = INT64_MAX / 2;
    if (interval_us > INTERVAL_MAX_US)
        interval_us = INTERVAL_MAX_US;
    *r = (struct net_rate){ .interval = 1, .start = now_ns };
    if (interval_us == 0)
        return;
    r->bytes = bytes;
    r->interval = interval_us * NS_PER_US;
    r->credit = (int64_t)bytes;
}

/* Intervals until there is credit again, after a refusal. */
static uint64_t owed(const struct net_rate *r)
{
    return (uint64_t)-r->credit / r->bytes + 1;
}

static void fill(struct net_rate *r, uint64_t now)
{
    uint64_t passed = now > r->start ? (now - r->start) / r->interval : 0;

    if (passed == 0)
        return;
    r->start += passed * r->interval;
    if (r->credit > 0 || passed > owed(r))
        r->credit = (int64_t)r->bytes;
    else
        r->credit += (int64_t)(passed * r->bytes);
}

bool net_rate_take(struct net_rate *r, uint32_t bytes, uint64_t now_ns)
{
    if (r->bytes == 0)
        return true;
    fill(r, now_ns);
    if (r->credit <= 0)
        return false;
    r->credit -= bytes;
    return true;
}

uint64_t net_rate_when(const struct net_rate *r)
{
    return r->bytes && r->credit <= 0 ? r->start + owed(r) * r->interval : r->start;
}
