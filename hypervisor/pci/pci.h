/* PCI as far as the hypervisor itself touches it: configuration space by ports 0xcf8 and 0xcfc, and the
 * registers of message-signalled interrupts. Finding, sizing and driving devices is the control domain's. */
#ifndef ENSO_PCI_PCI_H
#define ENSO_PCI_PCI_H

#include "lib/types.h"

/* A function in segment 0: bus << 8 | device << 3 | function. */
typedef uint16_t bdf_t;

#define PCI_ADDRESS_PORT 0xcf8
#define PCI_DATA_PORT    0xcfc

/* The first 256 bytes of a function's configuration space; size 1, 2 or 4, offset a multiple of it. A
 * function that is not there reads as ones. Take RANK_PCI. */
uint32_t pci_read(bdf_t f, unsigned int offset, unsigned int size);
void pci_write(bdf_t f, unsigned int offset, unsigned int size, uint32_t value);

/* True if there is such a function. */
bool pci_present(bdf_t f);

/* The control domain's accesses to the ports, which must not come between the two halves of ours: the
 * address register is a copy, the data port goes through the functions above. */
bool pci_owns_port(uint32_t port, unsigned int size);
uint32_t pci_port_in(uint32_t port, unsigned int size);
void pci_port_out(uint32_t port, unsigned int size, uint32_t value);

/* One message-signalled interrupt of a device. All calls for one device under pirq_lock. */
struct msi {
    bdf_t function;
    uint8_t capability;             /* where in configuration space */
    bool is_msix;
    uint16_t entry;                 /* of the MSI-X table */
    volatile uint32_t *slot;        /* that entry, mapped */
};

/* Reserves the window for MSI-X tables. Boot only. */
void msi_init(void);
/* Finds the interrupt of a function: its MSI capability if table is 0, else entry `entry` of its MSI-X
 * table, which lies at machine address `table`, as its base address registers say too. -ENODEV no such
 * function, or without the capability; -EINVAL it has no such entry or table; -ENOSPC too many tables are
 * in use. Changes nothing in the device. */
long msi_find(struct msi *m, bdf_t function, uint64_t table, unsigned int entry);
/* Programs the message (vector, to a CPU) and leaves it masked. The first entry of an MSI-X table switches
 * the function from its pin to messages. */
void msi_setup(const struct msi *m, uint8_t vector, uint32_t apic_id);
void msi_mask(const struct msi *m, bool masked);
/* Masked for good; `last`: no entry of the function is in use any more, it goes back to its pin. */
void msi_release(const struct msi *m, bool last);

#endif
