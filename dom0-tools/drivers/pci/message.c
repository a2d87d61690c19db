/* message.c: device memory, and messages as event channels. */
#include <errno.h>
#include <stdlib.h>

#include <xen/physdev.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/memory.h>

#include "pci.h"

#define CAP_MSIX        0x11
#define MSIX_CONTROL    2       /* 16 bits, from the capability's start */
#define MSIX_TABLE      4
#define CONTROL_ENTRIES 0x7ffU
#define CONTROL_MASKED  0x4000U
#define CONTROL_ENABLE  0x8000U
#define REG_COMMAND     0x04
#define COMMAND_NO_PIN  0x400U

#define MAP_MAX (1U << 20)

void *pci_map(const struct pci_function *f, unsigned bar, uint32_t offset, size_t bytes)
{
    uint64_t start;
    size_t pages;
    xen_pfn_t *frames;
    char *p;

    if (bar >= PCI_BARS || f->bars[bar] == 0 || bytes == 0 || bytes > MAP_MAX)
        return NULL;
    start = f->bars[bar] + offset;
    pages = (size_t)((start % PV_PAGE_SIZE + bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE);
    frames = malloc(pages * sizeof(*frames));
    if (!frames)
        return NULL;
    for (size_t i = 0; i < pages; i++)
        frames[i] = (start >> PV_PAGE_SHIFT) + i;
    p = pv_map_frames(DOMID_IO, frames, pages, true, NULL);
    free(frames);
    return p ? p + start % PV_PAGE_SIZE : NULL;
}

/* On Xen this is the domain's to do, on Enso it has been done. Xen lets nothing
 * but an access of this size through. */
static void use_messages(const struct pci_function *f, unsigned cap)
{
    uint32_t control = pci_read(f, cap + MSIX_CONTROL, 2);

    pci_write(f, REG_COMMAND, 2, pci_read(f, REG_COMMAND, 2) | COMMAND_NO_PIN);
    pci_write(f, cap + MSIX_CONTROL, 2, (control | CONTROL_ENABLE) & ~CONTROL_MASKED);
}

static int bind(int pirq, pv_event_fn *fn, void *arg)
{
    struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = pirq };
    int port = pv_event_bind_pirq((unsigned)pirq, true, fn, arg);

    if (port < 0)
        HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &unmap);
    return port;
}

int pci_bind_message(const struct pci_function *f, unsigned entry, pv_event_fn *fn, void *arg)
{
    unsigned cap = pci_capability(f, CAP_MSIX, 0);
    struct physdev_map_pirq map = {
        .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1, .pirq = -1,
        .bus = f->bus, .devfn = f->devfn, .entry_nr = (int)entry,
    };
    uint32_t table;
    long rc;
    int port;

    if (!cap)
        return -ENODEV;
    table = pci_read(f, cap + MSIX_TABLE, 4);
    if ((table & 7) >= PCI_BARS || f->bars[table & 7] == 0 ||
        entry > (pci_read(f, cap + MSIX_CONTROL, 2) & CONTROL_ENTRIES))
        return -EINVAL;
    map.table_base = f->bars[table & 7] + (table & ~7U);
    rc = HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &map);
    if (rc)
        return pv_errno_from_xen((int)rc);
    port = bind(map.pirq, fn, arg);
    if (port >= 0)
        use_messages(f, cap);
    return port;
}
