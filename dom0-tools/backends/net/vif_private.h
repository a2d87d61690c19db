/* vif_private.h: what vif.c (life, thread), vif_tx.c (from the guest) and vif_rx.c (to it) share. */
#ifndef ENSO_BACKENDS_VIF_PRIVATE_H
#define ENSO_BACKENDS_VIF_PRIVATE_H

#include <pv/thread.h>

#include "../../net/rate.h"
#include "../../net/share.h"
#include "vif.h"

#define VIF_BACKLOG 1024u       /* frames that wait for the guest, a queue; a power of two */
#define VIF_PAGES   32u         /* for them that nobody else has: a large frame, or a backlog of short ones */

struct vif_queue {
    struct vif *vif;
    struct netif_tx_back_ring tx;
    struct netif_rx_back_ring rx;
    evtchn_port_t tx_port, rx_port;             /* ours; the same, or one each; 0: not bound */
    struct packet *backlog[VIF_BACKLOG];
    unsigned first, waiting;
};

struct vif {
    struct vif_config config;
    struct net_port port;
    struct pv_waitq wait;                       /* the thread sleeps here */
    bool kicked, closing, stopped, running;
    bool checksum6, rx_notify;
    unsigned idle;                              /* notifications for nothing, one after the other */
    struct vif_queue *queues;                   /* queue_count of them while connected */
    unsigned queue_count;
    struct net_share share;                     /* what waits in all backlogs */
    /* when a frame last left a backlog, or came into an empty one */
    uint64_t moved_ns;
    struct net_rate rate;                       /* of what comes from the guest */
    uint64_t errors, notifications;
};

/* Ends the service of a frontend that broke the protocol, with a line that says why. */
void vif_stop(struct vif *v, const char *why);

/* One turn each: bounded work. True: something was done. tx: *later gets the time at which the limit of the
 * rate allows more, if it is that which ended the turn. */
bool vif_tx_turn(struct vif_queue *q, uint64_t *later);
bool vif_rx_turn(struct vif_queue *q);

/* Ask for a notification; true: there is something to do already. */
bool vif_tx_arm(struct vif_queue *q);
bool vif_rx_arm(struct vif_queue *q);

/* net_port.deliver */
void vif_deliver(struct net_port *port, struct packet *p);
void vif_drop_backlog(struct vif *v);

#endif
