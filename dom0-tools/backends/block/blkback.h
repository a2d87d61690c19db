/* blkback.h: the block backend: serves the devices that the store's /local/domain/0/backend/vbd names. The
 * tools make those trees; this daemon answers in them by `state`, and says in `hotplug-error` why a device
 * cannot be had. */
#ifndef ENSO_BACKENDS_BLKBACK_H
#define ENSO_BACKENDS_BLKBACK_H

#include <stdint.h>

#include <xen/xen.h>

#include "vbd.h"

/* Starts the daemon's thread. The store must be there. 0 or a negative newlib error. */
int blkback_start(void);

/* Ends the daemon without a word to the front ends and starts another one, which knows nothing but the store
 * and the rings: for tests. What blkback_start() says; -EBUSY somebody does it already. */
int blkback_restart(void);

/* Counters of a device; -ENOENT if there is none, or it is not connected. */
int blkback_statistics(domid_t frontend, unsigned device, struct vbd_statistics *statistics);

/* Calls fn for each device of a domain; its counters are 0 while it is not connected. */
void blkback_each(domid_t frontend,
                  void (*fn)(void *arg, unsigned device, const struct vbd_statistics *statistics), void *arg);

#endif
