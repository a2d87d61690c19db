/* netback.h: the network backend: serves the interfaces that the store's /local/domain/0/backend/vif names.
 * The tools make those trees; this daemon answers in them by `state`, and says in `hotplug-error` why an
 * interface cannot be had. */
#ifndef ENSO_BACKENDS_NETBACK_H
#define ENSO_BACKENDS_NETBACK_H

#include <xen/xen.h>

#include "vif.h"

/* Starts the daemon's thread. The store must be there. 0 or a negative newlib error. */
int netback_start(void);

/* Counters of an interface, connected or not; -ENOENT if there is none. */
int netback_statistics(domid_t frontend, unsigned handle, struct vif_statistics *statistics);

/* Calls fn for each interface of a domain. */
void netback_each(domid_t frontend,
                  void (*fn)(void *arg, unsigned handle, const struct vif_statistics *statistics), void *arg);

#endif
