/* physdev_op: which ports a vcpu may use, and for the control domain its interrupts and PCI devices. */
#include <xen/errno.h>
#include <xen/physdev.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "irq/pirq.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

static long set_iopl(uint32_t iopl)
{
    if (iopl > 3)
        return refuse(-XEN_EINVAL, "set_iopl %u", iopl);
    current->iopl = (uint8_t)iopl;
    return 0;
}

/* The bitmap stays in guest memory and is looked at for each instruction. */
static long set_iobitmap(const struct physdev_set_iobitmap *op)
{
    if (op->nr_ports > 65536)
        return refuse(-XEN_EINVAL, "set_iobitmap: %u ports", op->nr_ports);
    if (op->nr_ports && !guest_range_ok((uint64_t)op->bitmap.p, DIV_ROUND_UP(op->nr_ports, 8U)))
        return refuse(-XEN_EINVAL, "set_iobitmap: at %lx", (uint64_t)op->bitmap.p);
    current->iobitmap = guest_ptr(op->bitmap.p);
    current->iobitmap_ports = op->nr_ports;
    return 0;
}

/* ---- interrupts: the control domain's ---- */

/* Segment 0 alone. Of a device that the bus does not have, msi_find says so. */
static long map_message(const struct physdev_map_pirq *op)
{
    uint32_t bus = (uint32_t)op->bus;

    if (op->type == MAP_PIRQ_TYPE_MSI_SEG && bus >> 16)
        return refuse(-XEN_ENODEV, "map_pirq: PCI segment %u", bus >> 16);
    if ((bus & 0xff00) || (uint32_t)op->devfn > 0xff || op->entry_nr < 0)
        return refuse(-XEN_EINVAL, "map_pirq: bus %x devfn %x entry %d", bus, op->devfn, op->entry_nr);
    return pirq_map_msi((bdf_t)((bus & 0xff) << 8 | (uint32_t)op->devfn), op->table_base,
                        (unsigned int)op->entry_nr, op->pirq);
}

/* An input's pirq has the input's number; asking for another is a mistake. */
static long map_input(const struct physdev_map_pirq *op)
{
    if (op->pirq >= 0 && op->pirq != op->index)
        return refuse(-XEN_EINVAL, "map_pirq: input %d as %d", op->index, op->pirq);
    return pirq_map_gsi((unsigned int)op->index);
}

/* Interrupts are the caller's own: they can't be given to another domain. */
static long for_caller(domid_t id)
{
    struct domain *d;

    if (id == DOMID_SELF || id == current->domain->id)
        return 0;
    d = domain_find(id);
    if (!d)
        return refuse(-XEN_ESRCH, "no domain d%d", id);
    domain_put(d);
    return refuse(-XEN_EPERM, "a physical interrupt for d%d", id);
}

static long map_pirq(struct physdev_map_pirq *op)
{
    long rc = for_caller(op->domid);

    if (rc)
        return rc;
    switch (op->type) {
    case MAP_PIRQ_TYPE_GSI:
        rc = map_input(op);
        break;
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
        rc = map_message(op);
        break;
    default:
        return refuse(-XEN_EINVAL, "map_pirq: type %d", op->type);
    }
    if (rc < 0)
        return rc;
    op->pirq = (int)rc;
    return 0;
}

static long unmap_pirq(const struct physdev_unmap_pirq *op)
{
    long rc = for_caller(op->domid);

    return rc ? rc : pirq_unmap((unsigned int)op->pirq);
}

static long status_query(struct physdev_irq_status_query *op)
{
    bool needed = false;
    long rc = pirq_needs_eoi(op->irq, &needed);

    op->flags = needed ? XENIRQSTAT_needs_eoi : 0;
    return rc;
}

static long setup_gsi(const struct physdev_setup_gsi *op)
{
    return pirq_setup_gsi((unsigned int)op->gsi, op->triggering != 0, op->polarity != 0);
}

static long get_free_pirq(struct physdev_get_free_pirq *op)
{
    long rc;

    if (op->type != MAP_PIRQ_TYPE_MSI && op->type != MAP_PIRQ_TYPE_GSI)
        return refuse(-XEN_EINVAL, "get_free_pirq: type %d", op->type);
    rc = pirq_free_number();
    if (rc < 0)
        return rc;
    op->pirq = (uint32_t)rc;
    return 0;
}

static long add_device(const struct physdev_pci_device_add *op)
{
    if (op->seg)
        return refuse(-XEN_ENODEV, "pci_device_add: segment %u", op->seg);
    return pirq_add_function((bdf_t)(op->bus << 8 | op->devfn));
}

static long remove_device(const struct physdev_pci_device *op)
{
    if (op->seg)
        return refuse(-XEN_ENODEV, "pci_device_remove: segment %u", op->seg);
    return pirq_remove_function((bdf_t)(op->bus << 8 | op->devfn));
}

/* A device whose table will not move for a while, or may again: tables are
 * looked up whenever an entry is mapped. */
static long hold_table(const struct physdev_pci_device *op)
{
    return !op->seg && pirq_knows_function((bdf_t)(op->bus << 8 | op->devfn))
               ? 0
               : refuse(-XEN_ENODEV, "PCI function %04x:%02x%02x was never named", op->seg, op->bus,
                        op->devfn);
}

static long interrupt_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case PHYSDEVOP_eoi:
        WITH_ARG("physdev_op", struct physdev_eoi, pirq_eoi(op.irq), false)
    case PHYSDEVOP_irq_status_query:
        WITH_ARG("physdev_op", struct physdev_irq_status_query, status_query(&op), true)
    case PHYSDEVOP_map_pirq:
        WITH_ARG("physdev_op", struct physdev_map_pirq, map_pirq(&op), true)
    case PHYSDEVOP_unmap_pirq:
        WITH_ARG("physdev_op", struct physdev_unmap_pirq, unmap_pirq(&op), false)
    case PHYSDEVOP_setup_gsi:
        WITH_ARG("physdev_op", struct physdev_setup_gsi, setup_gsi(&op), false)
    case PHYSDEVOP_pci_device_add:
        WITH_ARG("physdev_op", struct physdev_pci_device_add, add_device(&op), false)
    case PHYSDEVOP_pci_device_remove:
        WITH_ARG("physdev_op", struct physdev_pci_device, remove_device(&op), false)
    case PHYSDEVOP_prepare_msix:
    case PHYSDEVOP_release_msix:
        WITH_ARG("physdev_op", struct physdev_pci_device, hold_table(&op), false)
    case PHYSDEVOP_manage_pci_add:
        WITH_ARG("physdev_op", struct physdev_manage_pci, pirq_add_function((bdf_t)(op.bus << 8 | op.devfn)),
                 false)
    case PHYSDEVOP_manage_pci_remove:
        WITH_ARG("physdev_op", struct physdev_manage_pci,
                 pirq_remove_function((bdf_t)(op.bus << 8 | op.devfn)), false)
    case PHYSDEVOP_get_free_pirq:
        WITH_ARG("physdev_op", struct physdev_get_free_pirq, get_free_pirq(&op), true)
    default:
        return refuse(-XEN_ENOSYS, "physdev_op %u", cmd);
    }
}

long hypercall_physdev_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case PHYSDEVOP_set_iopl:
        WITH_ARG("physdev_op", struct physdev_set_iopl, set_iopl(op.iopl), false)
    case PHYSDEVOP_set_iobitmap:
        WITH_ARG("physdev_op", struct physdev_set_iobitmap, set_iobitmap(&op), false)
    default:
        if (current->domain->control)
            return interrupt_op(cmd, arg);
        return refuse(-XEN_ENOSYS, "physdev_op %u", cmd);
    }
}

/* The same with the number in front of the argument. */
long hypercall_physdev_op_compat(guest_addr_t op)
{
    uint64_t cmd;

    if (copy_from_guest(&cmd, op, sizeof(cmd)))
        return refuse(-XEN_EFAULT, "physdev_op: argument");
    return hypercall_physdev_op((uint32_t)cmd, guest_add(op, offsetof(struct physdev_op, u)));
}
