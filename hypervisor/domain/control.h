/* Between domctl.c and sysctl.c. */
#ifndef ENSO_DOMAIN_CONTROL_H
#define ENSO_DOMAIN_CONTROL_H

#include <xen/domctl.h>
#include "lib/lock.h"

struct domain;

/* Held while a domain is created, changed or destroyed by the control domain. */
extern spinlock_t control_lock;
/* What getdomaininfo tells of a domain. */
void control_describe(const struct domain *d, struct xen_domctl_getdomaininfo *info);

#endif
