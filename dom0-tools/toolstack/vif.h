/* Network interfaces of domains: their keys in the store, by which backend and frontend find each other. */
#ifndef ENSO_TOOLSTACK_VIF_H
#define ENSO_TOOLSTACK_VIF_H

#include <xen/xen.h>

#include "config.h"
#include "error.h"

/* Gives a domain an interface and waits until the backend has it. Handle and MAC address are chosen, and
 * noted in *vif, where it does not name them. `queues`: most pairs of rings that the frontend may have. On
 * failure nothing of it is left; err says why. */
int vif_attach(domid_t domid, struct config_vif *vif, unsigned queues, struct toolstack_error *err);

/* Takes it away again: the guest is asked to let go, for some seconds. -EBUSY it did not, and still has it;
 * with `force` it is not asked. -ENOENT no such interface. */
int vif_detach(domid_t domid, uint32_t handle, bool force, struct toolstack_error *err);

/* After the end of a domain: all of its interfaces; waits until the backend has let go. */
void vif_remove_all(domid_t domid);

/* One line of `network-list`. */
struct vif_status {
    uint32_t handle;
    unsigned state;             /* of the backend, XenbusState* */
    char mac[CONFIG_MAC_TEXT_SIZE], bridge[CONFIG_NET_NAME_SIZE], name[CONFIG_NET_NAME_SIZE];
    char ip[CONFIG_IP_SIZE], rate[24];
};

/* Fills list[0..size) and returns how many interfaces the domain has. */
size_t vif_list(domid_t domid, struct vif_status *list, size_t size);

#endif
