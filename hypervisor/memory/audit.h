/* The frame audit: recomputes every count of the frame table from what holds references (owners, validated
 * tables, pins, roots, descriptor tables, vcpu_info, grants in use) and compares. A debug operation: it
 * stops the other CPUs for as long as it takes. */
#ifndef ENSO_MEMORY_AUDIT_H
#define ENSO_MEMORY_AUDIT_H

#include "lib/types.h"

/* Number of frames and lists that are wrong, each (up to some) logged;
 * -ENOMEM there is no room for the counts,
 * -EBUSY another CPU is at it. */
long frame_audit(void);

#endif
