/* uplink.h: the control domain's own interface on the outer network, for whoever moves a physical card into a
 * bridge or out of it. The interface sits on the card itself, or, while the card is in a bridge, on a port of
 * its own in that bridge (NAME.host) that has the card's MAC address; addresses and connections stay as they
 * are. Threads only. */
#ifndef ENSO_SERVICES_UPLINK_H
#define ENSO_SERVICES_UPLINK_H

#include "../net/bridge.h"

/* bridge_join() and bridge_leave() for any port, as commands want them: where the port is the uplink's card,
 * the control domain's interface moves along. Errors of joining are bridge_join()'s, and -EINVAL for a card
 * and the guests' own network, where this host is router and DHCP server; nothing has changed then. -EPERM:
 * the control domain's own port does not leave. */
int uplink_join_bridge(struct bridge *bridge, struct net_port *port);
int uplink_leave_bridge(struct net_port *port);

#endif
