/* physdev.c: physdev_op: I/O rights, and the operations on interrupts and devices, which a domU never has
 * (XSA-13, XSA-21, XSA-87). The class of bug: an operation of the control domain's that everybody may
 * call. */
#include "calls.h"
#include "case.h"

#include <string.h>
#include <xen/physdev.h>

static long op(unsigned int cmd, void *arg)
{
    return HYPERVISOR_physdev_op((int)cmd, arg);
}

static void io_rights(void)
{
    static const unsigned int levels[] = { 4, 5, 256, 0x80000000, 0xffffffff };
    static const struct {
        const char *name;
        uint32_t ports;
        long want;
    } maps[] = {
        { "65537 ports", 65537, -XEN_EINVAL },
        { "2^31 ports", 0x80000000, -XEN_EINVAL },
        { "2^32 - 1 ports", 0xffffffff, -XEN_EINVAL },
        { "65536 ports, nowhere", 65536, 0 },
        { "1 port, nowhere", 1, 0 },
        { "none", 0, 0 },
    };
    unsigned int i;

    for (i = 0; i < 8; i++) {
        struct physdev_set_iopl iopl = { .iopl = i < 3 ? 3 - i : levels[i - 3] };

        check(named("PHYSDEVOP_set_iopl, level %#x", iopl.iopl), op(PHYSDEVOP_set_iopl, &iopl),
              iopl.iopl > 3 ? -XEN_EINVAL : 0);
    }
    op(PHYSDEVOP_set_iopl, &(struct physdev_set_iopl){ .iopl = 0 });
    for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct physdev_set_iobitmap map = { .nr_ports = maps[i].ports };

        if (strstr(maps[i].name, "nowhere"))
            set_xen_guest_handle(map.bitmap, (uint8_t *)UNMAPPED);
        check(named("PHYSDEVOP_set_iobitmap, %s", maps[i].name), op(PHYSDEVOP_set_iobitmap, &map),
              maps[i].want);
    }
}

/* The old form: the number stands before the argument. */
static void old_form(void)
{
    static const struct {
        const char *name;
        uint32_t cmd;
        long domu, initial;
    } rows[] = {
        { "set_iopl 0", PHYSDEVOP_set_iopl, 0, 0 },
        { "set_iobitmap, none", PHYSDEVOP_set_iobitmap, 0, 0 },
        { "sub-op 1", 1, -XEN_ENOSYS, -XEN_ENOSYS },
        { "sub-op 99", 99, -XEN_ENOSYS, -XEN_ENOSYS },
        { "PHYSDEVOP_prepare_msix, XSA-87", PHYSDEVOP_prepare_msix, -XEN_EPERM, -XEN_ENODEV },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct physdev_op old = { .cmd = rows[i].cmd };

        check(named("the old form: %s", rows[i].name), PV_HYPERCALL1(__HYPERVISOR_physdev_op_compat, &old),
              by_role(rows[i].domu, rows[i].initial));
    }
    check("the old form: argument unmapped", PV_HYPERCALL1(__HYPERVISOR_physdev_op_compat, UNMAPPED),
          -XEN_EFAULT);
    check("the old form: argument at the hypervisor's address",
          PV_HYPERCALL1(__HYPERVISOR_physdev_op_compat, HYPERVISOR_SPACE), -XEN_EFAULT);
}

/* Every number, with an argument that is nowhere, so that none does anything. */
static void numbers(void)
{
    unsigned int cmd;

    for (cmd = 0; cmd <= 40; cmd++) {
        long want = -XEN_EFAULT;

        if (cmd < 4 || cmd == 11 || cmd == 18 || cmd == 22 || cmd > 31)
            want = -XEN_ENOSYS;
        else if (cmd == PHYSDEVOP_pci_mmcfg_reserved || cmd == PHYSDEVOP_dbgp_op)
            want = by_role(-XEN_EPERM, -XEN_EFAULT);
        else if (cmd == 4)
            want = 0;    /* nothing, since it once was something */
        check(named("sub-op %u, argument unmapped%s", cmd, cmd == 21 || cmd == 23 ? ", XSA-13 XSA-21" :
                    cmd == 30 || cmd == 31 ? ", XSA-87" : ""), op(cmd, UNMAPPED), want);
    }
    check("sub-op 2^32 - 1, argument unmapped", op(~0U, UNMAPPED), -XEN_ENOSYS);
}

/* Whole arguments that a domU has no right to use. */
static void refused(void)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = -5, .pirq = -7 };
    struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = 0x7fffffff };
    struct physdev_eoi eoi = { .irq = 0xffffffff };
    struct physdev_irq_status_query query = { .irq = 0xffffffff };
    struct physdev_setup_gsi gsi = { .gsi = -1 };
    struct physdev_pci_device device = { .seg = 0xffff, .bus = 0xff, .devfn = 0xff };

    check("PHYSDEVOP_map_pirq, line -5, XSA-21", op(PHYSDEVOP_map_pirq, &map),
          by_role(-XEN_EPERM, -XEN_EINVAL));
    map.domid = NOBODY;
    check("PHYSDEVOP_map_pirq, for nobody", op(PHYSDEVOP_map_pirq, &map), -XEN_ESRCH);
    check("PHYSDEVOP_unmap_pirq, number 2^31 - 1, XSA-21", op(PHYSDEVOP_unmap_pirq, &unmap),
          by_role(-XEN_EPERM, -XEN_EINVAL));
    check("PHYSDEVOP_eoi, number 2^32 - 1, XSA-21", op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
    check("PHYSDEVOP_irq_status_query, number 2^32 - 1, XSA-21", op(PHYSDEVOP_irq_status_query, &query),
          -XEN_EINVAL);
    check("PHYSDEVOP_setup_gsi, line -1, XSA-21", op(PHYSDEVOP_setup_gsi, &gsi), -XEN_EINVAL);
    check("PHYSDEVOP_prepare_msix, no such device, XSA-87", op(PHYSDEVOP_prepare_msix, &device),
          by_role(-XEN_EPERM, -XEN_ENODEV));
    check("PHYSDEVOP_release_msix, no such device, XSA-87", op(PHYSDEVOP_release_msix, &device),
          by_role(-XEN_EPERM, -XEN_ENODEV));
}

void physdev(void)
{
    io_rights();
    old_form();
    numbers();
    refused();
}
