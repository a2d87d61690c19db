/* blkback_private.h: the daemon in two pieces: blkback_daemon.c hears of changes, blkback.c makes of them what
 * a device needs. */
#ifndef ENSO_BACKENDS_BLKBACK_PRIVATE_H
#define ENSO_BACKENDS_BLKBACK_PRIVATE_H

#include <sys/queue.h>

#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

#include "blkback.h"

#define TREE        "/local/domain/0/backend/vbd"
#define PATH_SIZE   96

struct device {
    LIST_ENTRY(device) link;
    domid_t frontend;
    unsigned id;
    char back[PATH_SIZE], front[PATH_SIZE];
    struct block_device *block;
    bool read_only, discard;
    enum xenbus_state state;
    struct vbd *vbd;            /* while connected */
    bool ending;                /* the vbd was told to end, and has not yet */
    bool leaving;               /* the tools have taken the device away */
    bool broken;                /* its front end broke the protocol: it is not served again */
    unsigned turns;
    uint64_t turns_since;
};

LIST_HEAD(device_list, device);

extern struct device_list blkback_devices;
extern struct pv_xs_watcher blkback_watcher;    /* the thread sleeps on its queue */

struct device *blkback_find(domid_t frontend, unsigned id);

/* Does what the store asks for, as far as it can be done without waiting. */
void blkback_look_at(domid_t frontend, unsigned id);

/* Lets go of a ring whose vbd has ended. */
void blkback_reap(struct device *d);

/* The disk is another's to take. */
void blkback_release_block(struct device *d);

#endif
