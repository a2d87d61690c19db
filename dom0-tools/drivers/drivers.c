/* drivers.c: which driver takes which function. */
#include "drivers.h"

#include <errno.h>
#include <stdio.h>

#include <pv/error.h>

#include "pci/pci.h"
#include "virtio/virtio.h"
#include "virtio/virtio_blk.h"

/* With `disable-legacy` off, QEMU's disks have their old number. */
#define TRANSITIONAL_BLOCK 0x1001
#define DISKS_MAX 26    /* vda to vdz */

static bool is_virtio_block(const struct pci_function *f)
{
    return f->vendor == VIRTIO_VENDOR && (f->device == VIRTIO_DEVICE(VIRTIO_BLOCK) || f->device == TRANSITIONAL_BLOCK);
}

int drivers_start(void)
{
    struct pci_function *f;
    unsigned disks = 0;
    int rc = pci_init();

    if (rc < 0)
        return rc;
    for (size_t i = 0; (f = pci_function(i)) != NULL; i++) {
        if (!is_virtio_block(f))
            continue;
        rc = disks < DISKS_MAX ? virtio_blk_open(f, disks) : -ENOSPC;
        disks++;
        if (rc)
            printf("enso: the disk at PCI %02x:%02x.%u cannot be used (%s)\n", f->bus, f->devfn >> 3, f->devfn & 7,
                   pv_errno_name(rc));
    }
    return 0;
}
