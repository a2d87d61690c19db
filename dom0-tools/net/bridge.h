/* bridge.h: learning bridges of ports. A MAC address of a locked port is known from the start and cannot be learnt elsewhere. The table is
 * bounded, for each port too; entries age out. Threads only. */
#ifndef ENSO_NET_BRIDGE_H
#define ENSO_NET_BRIDGE_H

#include "port.h"

struct bridge;

/* -EEXIST, -ENOMEM, -EINVAL for a name. */
int bridge_create(const char *name, struct bridge **bridge);
int bridge_delete(struct bridge *bridge);                   /* -EBUSY: it has members */
struct bridge *bridge_find(const char *name);
struct bridge *bridge_next(const struct bridge *bridge);    /* the first one for NULL */
const char *bridge_name(const struct bridge *bridge);

int bridge_join(struct bridge *bridge, struct net_port *port);     /* -EBUSY: something is above the port already */
void bridge_leave(struct net_port *port);

/* The members in turn (NULL: the first one), and what was learnt: calls fn for each entry. */
struct net_port *bridge_member(const struct bridge *bridge, const struct net_port *after);
void bridge_learnt(const struct bridge *bridge,
                   void (*fn)(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s), void *arg);

#endif
