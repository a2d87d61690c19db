/* bridge.h: learning bridges of ports. A MAC address of a locked port is known from the start and cannot be
 * learnt elsewhere. The table is bounded, for each port too; entries age out. Threads only. */
#ifndef ENSO_NET_BRIDGE_H
#define ENSO_NET_BRIDGE_H

#include "port.h"

#define BRIDGE_TABLE      1024U     /* entries, those of locked ports too */
#define BRIDGE_LEARN_CARD 512U      /* of them learnt behind a card, which has a network behind it */
#define BRIDGE_LEARN_PORT 64U       /* of them learnt behind one port, where it does not say otherwise */
#define BRIDGE_AGE_S      300U

struct bridge;

/* -EEXIST: a bridge or a port has the name; -ENOMEM; -EINVAL for a name: 1 to NET_NAME - 1 letters, digits,
 * `-`, `_`, `.`. */
int bridge_create(const char *name, struct bridge **bridge);
int bridge_delete(struct bridge *bridge);                   /* -EBUSY: it has members */
struct bridge *bridge_find(const char *name);
struct bridge *bridge_next(const struct bridge *bridge);    /* the first one for NULL */
const char *bridge_name(const struct bridge *bridge);

/* -EBUSY: something is above the port already; -EADDRINUSE: another locked member has its address; -ENOSPC:
 * the table is full of such. */
int bridge_join(struct bridge *bridge, struct net_port *port);
void bridge_leave(struct net_port *port);

/* The members in turn (NULL: the first one), and what was learnt: calls fn for each entry. */
struct net_port *bridge_member(const struct bridge *bridge, const struct net_port *after);
typedef void bridge_learnt_fn(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s);
void bridge_learnt(const struct bridge *bridge, bridge_learnt_fn *fn, void *arg);

#endif
