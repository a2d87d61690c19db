/* nat_icmp.h: ICMP errors that pass through: each holds the beginning of the datagram that it is about, which
 * is translated like one that goes the other way. NAT_LOCAL: about nothing of a guest's. */
#ifndef ENSO_SERVICES_NAT_ICMP_H
#define ENSO_SERVICES_NAT_ICMP_H

#include "nat_table.h"
#include "nat_view.h"

enum nat_verdict nat_icmp_from_inside(struct nat *n, struct nat_view *v, uint64_t now_ms);
enum nat_verdict nat_icmp_from_outside(struct nat *n, struct nat_view *v, uint64_t now_ms);

#endif
