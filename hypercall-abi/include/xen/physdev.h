/* Hardware that a domain owns: interrupts, I/O ports, PCI devices.
 *   physdev_op(int cmd, void *argument)      cmd: PHYSDEVOP_*
 * Common errors: -XEN_EPERM not the caller's interrupt or device; -XEN_EINVAL a number out of range;
 * -XEN_ENODEV no such device.
 * Source of all names, numbers and layouts: Xen 4.17 public/physdev.h.
 *
 * A pirq is a domain's number for a physical interrupt; EVTCHNOP_bind_pirq gives it a port. */
#ifndef __XEN_PUBLIC_PHYSDEV_H__
#define __XEN_PUBLIC_PHYSDEV_H__

#include "xen.h"

#define PHYSDEVOP_IRQ_UNMASK_NOTIFY 4       /* gone since revision 0x00030202 */
#define PHYSDEVOP_irq_status_query 5        /* physdev_irq_status_query */
#define PHYSDEVOP_set_iopl 6                /* physdev_set_iopl */
#define PHYSDEVOP_set_iobitmap 7            /* physdev_set_iobitmap */
#define PHYSDEVOP_apic_read 8               /* physdev_apic */
#define PHYSDEVOP_apic_write 9              /* physdev_apic */
#define PHYSDEVOP_alloc_irq_vector 10       /* physdev_irq */
#define PHYSDEVOP_free_irq_vector 11        /* physdev_irq */
#define PHYSDEVOP_eoi 12                    /* physdev_eoi */
#define PHYSDEVOP_map_pirq 13               /* physdev_map_pirq */
#define PHYSDEVOP_unmap_pirq 14             /* physdev_unmap_pirq */
#define PHYSDEVOP_manage_pci_add 15         /* physdev_manage_pci */
#define PHYSDEVOP_manage_pci_remove 16      /* physdev_manage_pci */
#define PHYSDEVOP_pirq_eoi_gmfn_v1 17     /* physdev_pirq_eoi_gmfn; PHYSDEVOP_eoi then unmasks the port too */
#define PHYSDEVOP_restore_msi 19            /* physdev_restore_msi */
#define PHYSDEVOP_manage_pci_add_ext 20     /* physdev_manage_pci_ext */
#define PHYSDEVOP_setup_gsi 21              /* physdev_setup_gsi */
#define PHYSDEVOP_get_free_pirq 23          /* physdev_get_free_pirq */
#define PHYSDEVOP_pci_mmcfg_reserved 24     /* physdev_pci_mmcfg_reserved */
#define PHYSDEVOP_pci_device_add 25         /* physdev_pci_device_add */
#define PHYSDEVOP_pci_device_remove 26      /* physdev_pci_device */
#define PHYSDEVOP_restore_msi_ext 27        /* physdev_pci_device */
#define PHYSDEVOP_pirq_eoi_gmfn_v2 28       /* physdev_pirq_eoi_gmfn */
#define PHYSDEVOP_dbgp_op 29                /* physdev_dbgp_op */
#define PHYSDEVOP_prepare_msix 30           /* physdev_pci_device: its MSI-X table will not move ... */
#define PHYSDEVOP_release_msix 31           /* ... or may again */

#if __XEN_INTERFACE_VERSION__ < 0x00040200
#define PHYSDEVOP_pirq_eoi_gmfn PHYSDEVOP_pirq_eoi_gmfn_v1
#else
#define PHYSDEVOP_pirq_eoi_gmfn PHYSDEVOP_pirq_eoi_gmfn_v2
#endif

#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define PHYSDEVOP_IRQ_STATUS_QUERY PHYSDEVOP_irq_status_query
#define PHYSDEVOP_SET_IOPL PHYSDEVOP_set_iopl
#define PHYSDEVOP_SET_IOBITMAP PHYSDEVOP_set_iobitmap
#define PHYSDEVOP_APIC_READ PHYSDEVOP_apic_read
#define PHYSDEVOP_APIC_WRITE PHYSDEVOP_apic_write
#define PHYSDEVOP_ASSIGN_VECTOR PHYSDEVOP_alloc_irq_vector
#define PHYSDEVOP_FREE_VECTOR PHYSDEVOP_free_irq_vector
#define PHYSDEVOP_IRQ_NEEDS_UNMASK_NOTIFY XENIRQSTAT_needs_eoi
#define PHYSDEVOP_IRQ_SHARED XENIRQSTAT_shared
#endif

/* physdev_irq_status_query.flags: a bit number and its mask each. */
#define _XENIRQSTAT_needs_eoi (0)           /* PHYSDEVOP_eoi is needed after each event */
#define XENIRQSTAT_needs_eoi (1U << _XENIRQSTAT_needs_eoi)
#define _XENIRQSTAT_shared (1)              /* other domains use the line too */
#define XENIRQSTAT_shared (1U << _XENIRQSTAT_shared)

/* physdev_map_pirq.type, physdev_get_free_pirq.type */
#define MAP_PIRQ_TYPE_MSI 0x0               /* MSI or MSI-X of a device in PCI segment 0 */
#define MAP_PIRQ_TYPE_GSI 0x1               /* input of an IO-APIC */
#define MAP_PIRQ_TYPE_UNKNOWN 0x2
#define MAP_PIRQ_TYPE_MSI_SEG 0x3           /* as MSI, segment in bits 16-31 of bus */
#define MAP_PIRQ_TYPE_MULTI_MSI 0x4         /* as MSI_SEG, entry_nr vectors at once */

/* physdev_pci_mmcfg_reserved.flags */
#define XEN_PCI_MMCFG_RESERVED 0x1          /* the firmware has set the range aside */

/* physdev_pci_device_add.flags */
#define XEN_PCI_DEV_EXTFN 0x1               /* more than eight functions (ARI) */
#define XEN_PCI_DEV_VIRTFN 0x2              /* a virtual function of physfn */
#define XEN_PCI_DEV_PXM 0x4                 /* optarr[0] is its memory node */

/* physdev_dbgp_op.op and .bus */
#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE 2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN 0
#define PHYSDEVOP_DBGP_BUS_PCI 1

#ifndef __ASSEMBLY__

/* PHYSDEVOP_eoi: the interrupt is served; a level-triggered one may come again. */
struct physdev_eoi {
    uint32_t irq;                           /* pirq */
};
typedef struct physdev_eoi physdev_eoi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_eoi_t);
ABI_LAYOUT(struct physdev_eoi, 4, (irq, 0));

/* PHYSDEVOP_pirq_eoi_gmfn_v1, _v2: a frame of the caller with a bitmap by pirq: set where PHYSDEVOP_eoi is
 * needed. */
struct physdev_pirq_eoi_gmfn {
    xen_pfn_t gmfn;
};
typedef struct physdev_pirq_eoi_gmfn physdev_pirq_eoi_gmfn_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pirq_eoi_gmfn_t);
ABI_LAYOUT(struct physdev_pirq_eoi_gmfn, 8, (gmfn, 0));

/* PHYSDEVOP_irq_status_query. */
struct physdev_irq_status_query {
    uint32_t irq;                           /* pirq */
    uint32_t flags;                         /* out: XENIRQSTAT_* */
};
typedef struct physdev_irq_status_query physdev_irq_status_query_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_status_query_t);
ABI_LAYOUT(struct physdev_irq_status_query, 8, (irq, 0), (flags, 4));

/* PHYSDEVOP_set_iopl: the I/O privilege level of this vcpu's guest user mode. -XEN_EINVAL above 3. */
struct physdev_set_iopl {
    uint32_t iopl;
};
typedef struct physdev_set_iopl physdev_set_iopl_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iopl_t);
ABI_LAYOUT(struct physdev_set_iopl, 4, (iopl, 0));

/* PHYSDEVOP_set_iobitmap: ports that guest user mode of this vcpu may use; bit n clear: port n allowed. */
struct physdev_set_iobitmap {
#if __XEN_INTERFACE_VERSION__ >= 0x00030205
    XEN_GUEST_HANDLE(uint8) bitmap;
#else
    uint8_t *bitmap;
#endif
    uint32_t nr_ports;                      /* bits; at most 65536 */
};
typedef struct physdev_set_iobitmap physdev_set_iobitmap_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iobitmap_t);
ABI_LAYOUT(struct physdev_set_iobitmap, 16, (bitmap, 0), (nr_ports, 8));

/* PHYSDEVOP_apic_read, PHYSDEVOP_apic_write: a register of an IO-APIC. */
struct physdev_apic {
    unsigned long apic_physbase;            /* its physical address */
    uint32_t reg;
    uint32_t value;                         /* in or out */
};
typedef struct physdev_apic physdev_apic_t;
DEFINE_XEN_GUEST_HANDLE(physdev_apic_t);
ABI_LAYOUT(struct physdev_apic, 16, (apic_physbase, 0), (reg, 8), (value, 12));

/* PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_free_irq_vector: the CPU vector of an interrupt line. */
struct physdev_irq {
    uint32_t irq;
    uint32_t vector;                        /* in or out */
};
typedef struct physdev_irq physdev_irq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_t);
ABI_LAYOUT(struct physdev_irq, 8, (irq, 0), (vector, 4));

/* PHYSDEVOP_map_pirq: give a domain a pirq for an interrupt. */
struct physdev_map_pirq {
    domid_t domid;
    int type;                               /* MAP_PIRQ_TYPE_* */
    int index;                              /* GSI, or -1 */
    int pirq;                               /* wanted, or -1; out: granted */
    int bus;                                /* MSI: PCI bus ... */
    int devfn;                              /* ... device and function ... */
    int entry_nr;                           /* ... vector of MSI-X, or number of vectors (out: granted) */
    uint64_t table_base;                    /* MSI-X: physical address of the table; 0: MSI */
};
typedef struct physdev_map_pirq physdev_map_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_map_pirq_t);
ABI_LAYOUT(struct physdev_map_pirq, 40, (domid, 0), (type, 4), (index, 8), (pirq, 12), (bus, 16),
           (devfn, 20), (entry_nr, 24), (table_base, 32));

/* PHYSDEVOP_unmap_pirq: undo it. */
struct physdev_unmap_pirq {
    domid_t domid;
    int pirq;
};
typedef struct physdev_unmap_pirq physdev_unmap_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_unmap_pirq_t);
ABI_LAYOUT(struct physdev_unmap_pirq, 8, (domid, 0), (pirq, 4));

/* PHYSDEVOP_manage_pci_add, PHYSDEVOP_manage_pci_remove: a device in PCI segment 0 came or went. */
struct physdev_manage_pci {
    uint8_t bus;
    uint8_t devfn;
};
typedef struct physdev_manage_pci physdev_manage_pci_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_t);
ABI_LAYOUT(struct physdev_manage_pci, 2, (bus, 0), (devfn, 1));

/* PHYSDEVOP_restore_msi: program a device's MSI registers again after a sleep; segment 0. */
struct physdev_restore_msi {
    uint8_t bus;
    uint8_t devfn;
};
typedef struct physdev_restore_msi physdev_restore_msi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_restore_msi_t);
ABI_LAYOUT(struct physdev_restore_msi, 2, (bus, 0), (devfn, 1));

/* PHYSDEVOP_manage_pci_add_ext: as PHYSDEVOP_manage_pci_add, for functions beyond the plain ones. */
struct physdev_manage_pci_ext {
    uint8_t bus;
    uint8_t devfn;
    uint32_t is_extfn;
    uint32_t is_virtfn;
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn;
};
typedef struct physdev_manage_pci_ext physdev_manage_pci_ext_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_ext_t);
ABI_LAYOUT(struct physdev_manage_pci_ext, 16, (bus, 0), (devfn, 1), (is_extfn, 4), (is_virtfn, 8),
           (physfn.bus, 12), (physfn.devfn, 13));

/* physdev_op_compat(struct physdev_op *op): the first operations, before revision 0x00030202. */
struct physdev_op {
    uint32_t cmd;                           /* PHYSDEVOP_* */
    union {
        physdev_irq_status_query_t irq_status_query;
        physdev_set_iopl_t set_iopl;
        physdev_set_iobitmap_t set_iobitmap;
        physdev_apic_t apic_op;
        physdev_irq_t irq_op;
    } u;
};
typedef struct physdev_op physdev_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_op_t);
ABI_LAYOUT(struct physdev_op, 24, (cmd, 0), (u.irq_status_query, 8), (u.set_iopl, 8), (u.set_iobitmap, 8),
           (u.apic_op, 8), (u.irq_op, 8));

/* PHYSDEVOP_setup_gsi: how an IO-APIC input is wired. */
struct physdev_setup_gsi {
    int gsi;
    uint8_t triggering;                     /* 0 edge, 1 level */
    uint8_t polarity;                       /* 0 active high, 1 active low */
};
typedef struct physdev_setup_gsi physdev_setup_gsi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_setup_gsi_t);
ABI_LAYOUT(struct physdev_setup_gsi, 8, (gsi, 0), (triggering, 4), (polarity, 5));

/* PHYSDEVOP_get_free_pirq: a pirq that the caller does not use yet. -XEN_ENOSPC none. */
struct physdev_get_free_pirq {
    int type;                               /* MAP_PIRQ_TYPE_GSI or MAP_PIRQ_TYPE_MSI */
    uint32_t pirq;                          /* out */
};
typedef struct physdev_get_free_pirq physdev_get_free_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_get_free_pirq_t);
ABI_LAYOUT(struct physdev_get_free_pirq, 8, (type, 0), (pirq, 4));

/* PHYSDEVOP_pci_mmcfg_reserved: a range of memory-mapped PCI configuration space. */
struct physdev_pci_mmcfg_reserved {
    uint64_t address;                       /* physical */
    uint16_t segment;
    uint8_t start_bus;
    uint8_t end_bus;
    uint32_t flags;                         /* XEN_PCI_MMCFG_* */
};
typedef struct physdev_pci_mmcfg_reserved physdev_pci_mmcfg_reserved_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_mmcfg_reserved_t);
ABI_LAYOUT(struct physdev_pci_mmcfg_reserved, 16, (address, 0), (segment, 8), (start_bus, 10), (end_bus, 11),
           (flags, 12));

/* PHYSDEVOP_pci_device_add: a PCI device came. */
struct physdev_pci_device_add {
    uint16_t seg;
    uint8_t bus;
    uint8_t devfn;
    uint32_t flags;                         /* XEN_PCI_DEV_* */
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn;
    uint32_t optarr[XEN_FLEX_ARRAY_DIM];
};
typedef struct physdev_pci_device_add physdev_pci_device_add_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_add_t);
ABI_LAYOUT(struct physdev_pci_device_add, 12, (seg, 0), (bus, 2), (devfn, 3), (flags, 4), (physfn.bus, 8),
           (physfn.devfn, 9), (optarr, 12));

/* Names a PCI device. */
struct physdev_pci_device {
    uint16_t seg;
    uint8_t bus;
    uint8_t devfn;
};
typedef struct physdev_pci_device physdev_pci_device_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_t);
ABI_LAYOUT(struct physdev_pci_device, 4, (seg, 0), (bus, 2), (devfn, 3));

/* PHYSDEVOP_dbgp_op: the controller of a USB debug port is about to be reset, or was. */
struct physdev_dbgp_op {
    uint8_t op;                             /* PHYSDEVOP_DBGP_RESET_* */
    uint8_t bus;                            /* PHYSDEVOP_DBGP_BUS_* */
    union {
        physdev_pci_device_t pci;
    } u;
};
typedef struct physdev_dbgp_op physdev_dbgp_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_dbgp_op_t);
ABI_LAYOUT(struct physdev_dbgp_op, 6, (op, 0), (bus, 1), (u.pci, 2));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_PHYSDEV_H__ */
