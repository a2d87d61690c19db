/* policy.h: what may come in through a port. Pure. */
#ifndef ENSO_NET_POLICY_H
#define ENSO_NET_POLICY_H

#include "port.h"

/* True if a frame with the headers in its first piece may come in. With addresses, nothing but IPv4 and ARP
 * without any tag is let in, so that a frame cannot be wrapped to look like something else. */
bool policy_allows(const struct net_policy *policy, const struct packet *p);

#endif
