/*
 * pci.h: the host's PCI functions, as the control domain finds and uses them: configuration space by
 * ports, base addresses, capabilities, messages as event channels. Runs on Xen as well as on Enso. Threads
 * only, except for configuration space. Errors are negative newlib numbers.
 */
#ifndef ENSO_DRIVERS_PCI_H
#define ENSO_DRIVERS_PCI_H

#include <stddef.h>
#include <stdint.h>

#include <pv/event.h>

#define PCI_BARS 6

/* One function. What the header says when it is found; bars[i] is the
 * register's address part, 0: none, or ports. */
struct pci_function {
    uint8_t bus, devfn;             /* devfn: device << 3 | function */
    uint16_t vendor, device;
    uint32_t class;                 /* base class << 16 | subclass << 8 | interface */
    uint8_t revision;
    uint64_t bars[PCI_BARS];
    const char *driver;             /* whose it is; NULL: nobody's */
};

/* Finds all functions and names them to the hypervisor. Returns how many there are; -EPERM: this domain
 * may not use ports, or there is no PCI. */
int pci_init(void);

/* The i-th function in the order of bus and number, or NULL behind the last. Constant but for `driver`. */
struct pci_function *pci_function(size_t i);

/* Configuration space; size 1, 2 or 4; offset a multiple of it. */
uint32_t pci_read(const struct pci_function *f, unsigned offset, unsigned size);
void pci_write(const struct pci_function *f, unsigned offset, unsigned size, uint32_t value);

/* The first capability of a type behind the one at `after` (0: from the start). Its offset, or 0. */
unsigned pci_capability(const struct pci_function *f, unsigned type, unsigned after);
#define PCI_CAP_VENDOR 0x09

/* Lets the function decode memory and be a bus master; or stops it from both. */
void pci_enable(const struct pci_function *f);
void pci_disable(const struct pci_function *f);

/* Maps device memory: [offset, offset + bytes) of a BAR, 1 MiB at most. NULL: no such BAR, or no address
 * space. Never unmapped: drivers keep their registers for good. */
void *pci_map(const struct pci_function *f, unsigned bar, uint32_t offset, size_t bytes);

/* One MSI-X message of the function, as an event channel with a handler. The port, or: -ENODEV no MSI-X;
 * -EINVAL no such entry; or what the hypervisor refused. The function uses messages from the first one on. */
int pci_bind_message(const struct pci_function *f, unsigned entry, pv_event_fn *fn, void *arg);

#endif
