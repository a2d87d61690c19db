/*
 * vbd.h: one virtual block device: the ring that it shares with its front end, and the requests in it.
 * blkback.c brings it up and down by what the store says.
 *
 * Requests are copied from the ring, data is moved by batches of grant copies through pages of this domain;
 * nothing of the front end's is mapped but the ring itself. Answers come in the order of the requests. A
 * front end that breaks the protocol has its device stopped.
 */
#ifndef ENSO_BACKENDS_VBD_H
#define ENSO_BACKENDS_VBD_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/event_channel.h>
#include <pv/thread.h>

#include "../../drivers/block/block.h"

#define VBD_RING_ORDER 2        /* most pages of a ring, as a power of two */
#define VBD_RING_PAGES (1u << VBD_RING_ORDER)

struct vbd;

/* What the front end has published. */
struct vbd_ring {
    unsigned pages;                     /* 1, 2 or 4 */
    grant_ref_t refs[VBD_RING_PAGES];
    evtchn_port_t port;                 /* of the front end */
};

/* Counters of what a front end asked for. */
struct vbd_statistics {
    uint64_t requests, errors, sectors_read, sectors_written, notifications;
    uint64_t reads, writes, flushes, discards;  /* of the requests, those that make sense */
    uint64_t full;                              /* times that a request had to wait for room in the backend */
};

/* Connects a front end to a device that the caller has claimed and keeps until the vbd is idle. A ring that
 * another backend has served is taken over: what that one has not answered is done (anew). `name` is for
 * messages (copied). Starts a thread. 0; -ENOMEM; what mapping the ring or binding the port answered. */
int vbd_open(struct vbd **vbd, const char *name, domid_t frontend, const struct vbd_ring *ring,
             struct block_device *device, bool read_only, bool discard);

enum vbd_end {
    VBD_HAND_OVER,      /* the next backend answers: nothing in the ring changes any more */
    VBD_CLOSE,          /* the front end says that it is through: until it is quiet for a moment */
    VBD_TAKE_AWAY,      /* it was not asked: until it has closed its port, for some seconds at the most */
};

/* Gives the device no more requests. When it has none any more (vbd_is_idle()) it is the caller's again;
 * what is in the ring then, and still comes, is answered with errors, unless it is handed over, until the vbd
 * ends in the way that the last call said (vbd_ended()). Does not wait: `watcher` is woken at both times. */
void vbd_shut(struct vbd *vbd, enum vbd_end end, struct pv_waitq *watcher);
bool vbd_is_idle(const struct vbd *vbd);
bool vbd_ended(const struct vbd *vbd);

/* Lets go of the ring of a vbd that has ended. */
void vbd_free(struct vbd *vbd);

/* A front end whose ring was taken over may have missed the last notification. */
void vbd_resume_notify(struct vbd *vbd);

/* True if the device was stopped because the front end broke the protocol. */
bool vbd_stopped(const struct vbd *vbd);
void vbd_statistics(const struct vbd *vbd, struct vbd_statistics *statistics);

#endif
