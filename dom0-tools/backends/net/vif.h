/*
 * vif.h: one network interface of a domain: a port of the control domain's networks, and the rings that it
 * shares with its frontend while one is connected. netback.c brings it up and down by what the store says.
 *
 * Entries are copied from the rings once; frames are moved by batches of grant copies between the frontend's
 * pages and packets; nothing of the frontend's is mapped but the rings. A frontend that breaks the protocol
 * has its interface stopped. One that does not take its frames has a bounded number of them waiting.
 */
#ifndef ENSO_BACKENDS_VIF_H
#define ENSO_BACKENDS_VIF_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

#include "../../net/port.h"
#include "netif.h"

#define VIF_QUEUES 4u           /* most pairs of rings */

struct vif;

/* What the tools have said. */
struct vif_config {
    char name[NET_NAME];
    domid_t domid;
    unsigned handle;
    uint16_t mtu;
    struct net_policy policy;           /* its MAC is the interface's, locked or not */
    uint32_t rate_bytes, rate_us;       /* so many from the guest in so long; 0: no limit */
};

/* What the frontend has published. */
struct vif_frontend {
    unsigned queues;                    /* 1 to VIF_QUEUES */
    struct {
        grant_ref_t tx, rx;
        evtchn_port_t tx_port, rx_port; /* of the frontend; the same for both directions, or one each */
    } queue[VIF_QUEUES];
    struct netif_wishes wishes;
    bool rx_notify;                     /* it tells when it has added pages to receive into */
};

struct vif_statistics {
    struct net_statistics port;         /* rx: from the guest, tx: to it */
    uint64_t errors;                    /* packets of either direction that were answered with an error */
    uint64_t notifications;             /* that were sent */
    unsigned queues;                    /* 0: not connected */
    bool stopped;
};

/* An interface without a frontend, as a port that is known by its name and belongs to no bridge. -EEXIST the
 * name is another port's; -EADDRINUSE the MAC address is; -ENOMEM. */
int vif_create(struct vif **vif, const struct vif_config *config);

/* It must have no frontend. The port leaves its bridge. */
void vif_destroy(struct vif *vif);
struct net_port *vif_port(struct vif *vif);

/* Connects a frontend; starts a thread. 0; -ENOMEM; what mapping a ring or binding a port answered. */
int vif_connect(struct vif *vif, const struct vif_frontend *frontend);

/* Lets go of it; what waited for it is dropped. Waits for the thread. Nothing, if there is none. */
void vif_disconnect(struct vif *vif);
bool vif_is_connected(const struct vif *vif);

/* True if the interface was stopped because its frontend broke the protocol. */
bool vif_stopped(const struct vif *vif);
void vif_statistics(const struct vif *vif, struct vif_statistics *statistics);

#endif
