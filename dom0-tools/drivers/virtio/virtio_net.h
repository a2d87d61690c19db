/* virtio_net.h: virtio network cards. */
#ifndef ENSO_DRIVERS_VIRTIO_NET_H
#define ENSO_DRIVERS_VIRTIO_NET_H

#include "../pci/pci.h"

/* Takes a function that is a virtio network card, as `number` (eth0 and so on), and registers it as a port.
 * 0, or why not. */
int virtio_net_open(struct pci_function *f, unsigned number);

#endif
