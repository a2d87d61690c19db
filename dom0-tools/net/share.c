/* share.c: see share.h. */
#include "share.h"

#include <errno.h>

#include "pool.h"

static unsigned common_held;            /* by all of them beyond what is their own */

static unsigned beyond(unsigned held, const struct net_share *s)
{
    return held > s->own ? held - s->own : 0;
}

int net_share_open(struct net_share *s, unsigned pages)
{
    if (!pool_reserve(pages))
        return -ENOMEM;
    *s = (struct net_share){ .own = pages * POOL_SMALLS };
    return 0;
}

void net_share_close(struct net_share *s)
{
    pool_unreserve(s->own / POOL_SMALLS);
    s->own = 0;
}

bool net_share_take(struct net_share *s, const struct packet *p)
{
    unsigned cost = packet_cost(p), common = pool_common() * POOL_SMALLS;
    unsigned before = beyond(s->held, s), after = beyond(s->held + cost, s);

    if (after > before) {
        unsigned all = common_held - before + after;

        if (all > common || after > common - all)
            return false;
    }
    common_held += after - before;
    s->held += cost;
    return true;
}

void net_share_give(struct net_share *s, const struct packet *p)
{
    unsigned before = beyond(s->held, s);

    s->held -= packet_cost(p);
    common_held -= before - beyond(s->held, s);
}
