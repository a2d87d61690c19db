/* share.h: how those that let frames wait share the pool's pages: interfaces of domains and cards. Each has
 * pages of its own, which the pool gets for it and nobody else can use up. Beyond these it may have as much
 * again as is left of a common part: so when many take all they can, an equal part is left for the next
 * one, and nobody finds nothing. What frames take on their way, until they wait, is not counted; the pool
 * has the rest for that. */
#ifndef ENSO_NET_SHARE_H
#define ENSO_NET_SHARE_H

#include <stdbool.h>

#include "packet.h"

struct net_share {
    unsigned own, held;         /* in units of packet_cost() */
};

/* With so many pages of its own. -ENOMEM: there is no memory for them. */
int net_share_open(struct net_share *s, unsigned pages);

/* It holds nothing any more. */
void net_share_close(struct net_share *s);

/* A frame is to wait. False: it finds no room; the caller keeps its reference. */
bool net_share_take(struct net_share *s, const struct packet *p);

/* It waits no longer, and has not changed meanwhile. */
void net_share_give(struct net_share *s, const struct packet *p);

#endif
