/* virtio_blk.h: virtio disks. */
#ifndef ENSO_DRIVERS_VIRTIO_BLK_H
#define ENSO_DRIVERS_VIRTIO_BLK_H

#include "../pci/pci.h"

/* Takes a function that is a virtio disk, as `number` (0 to 25: vda to
 * vdz), and registers it. 0, or why not. */
int virtio_blk_open(struct pci_function *f, unsigned number);

#endif
