/* drivers.c: which driver takes which function. */
#include "drivers.h"

#include <errno.h>
#include <stdio.h>

#include <pv/error.h>

#include "pci/pci.h"
#include "virtio/virtio.h"
#include "virtio/virtio_blk.h"
#include "virtio/virtio_net.h"

/* A driver, and how many of its devices it takes. With `disable-legacy` off,
 * QEMU's devices have their old number. */
static const struct driver {
    const char *what;
    uint16_t device, transitional;
    unsigned limit;
    int (*open)(struct pci_function *f, unsigned number);
} drivers[] = {
    { "disk", VIRTIO_DEVICE(VIRTIO_BLOCK), 0x1001, 26, virtio_blk_open },       /* vda to vdz */
    { "network card", VIRTIO_DEVICE(VIRTIO_NET), 0x1000, 16, virtio_net_open },
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

static bool is_for(const struct driver *d, const struct pci_function *f)
{
    return f->vendor == VIRTIO_VENDOR && (f->device == d->device || f->device == d->transitional);
}

static void open_device(const struct driver *d, struct pci_function *f, unsigned number)
{
    int rc = number < d->limit ? d->open(f, number) : -ENOSPC;

    if (rc)
        printf("enso: the %s at PCI %02x:%02x.%u cannot be used (%s)\n", d->what, f->bus, f->devfn >> 3,
               f->devfn & 7, pv_errno_name(rc));
}

int drivers_start(void)
{
    struct pci_function *f;
    unsigned found[DRIVERS] = { 0 };
    int rc = pci_init();

    if (rc < 0)
        return rc;
    for (size_t i = 0; (f = pci_function(i)) != NULL; i++) {
        for (unsigned d = 0; d < DRIVERS; d++)
            if (is_for(&drivers[d], f))
                open_device(&drivers[d], f, found[d]++);
    }
    return 0;
}
