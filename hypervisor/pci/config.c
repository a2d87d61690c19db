/* Configuration space by the two ports, and the control domain's view of them. */
#include "cpu/cpu.h"
#include "lib/lib.h"
#include "lib/lock.h"
#include "pci/pci.h"

#define ENABLE 0x80000000U

static spinlock_t lock = SPINLOCK_INIT(RANK_PCI);

/* What the control domain last wrote to the address port. */
static _Atomic uint32_t guest_address;

static void select(bdf_t f, unsigned int offset)
{
    outl(PCI_ADDRESS_PORT, ENABLE | (uint32_t)f << 8 | (offset & 0xfc));
}

uint32_t pci_read(bdf_t f, unsigned int offset, unsigned int size)
{
    uint16_t port = (uint16_t)(PCI_DATA_PORT + (offset & 3));
    uint32_t value;

    spin_lock(&lock);
    select(f, offset);
    value = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
    spin_unlock(&lock);
    return value;
}

void pci_write(bdf_t f, unsigned int offset, unsigned int size, uint32_t value)
{
    uint16_t port = (uint16_t)(PCI_DATA_PORT + (offset & 3));

    spin_lock(&lock);
    select(f, offset);
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
    spin_unlock(&lock);
}

bool pci_present(bdf_t f)
{
    return pci_read(f, 0, 2) != 0xffff;
}

/* Port 0xcf8 is the address register only for whole double words: within them lies
 * the reset register of many chipsets. */
static bool is_address(uint32_t port, unsigned int size)
{
    return port == PCI_ADDRESS_PORT && size == 4;
}

bool pci_owns_port(uint32_t port, unsigned int size)
{
    return is_address(port, size) || (port + size > PCI_DATA_PORT && port < PCI_DATA_PORT + 4);
}

/* False: the address register names nothing, or the access would leave the data register. */
static bool target(uint32_t port, unsigned int size, bdf_t *f, unsigned int *offset)
{
    uint32_t address = atomic_load(&guest_address);

    if (!(address & ENABLE) || port < PCI_DATA_PORT || port + size > PCI_DATA_PORT + 4 || (port & (size - 1)))
        return false;
    *f = (bdf_t)(address >> 8);
    *offset = (address & 0xfc) | (port & 3);
    return true;
}

uint32_t pci_port_in(uint32_t port, unsigned int size)
{
    unsigned int offset;
    bdf_t f;

    if (is_address(port, size))
        return atomic_load(&guest_address);
    return target(port, size, &f, &offset) ? pci_read(f, offset, size) : UINT32_MAX;
}

void pci_port_out(uint32_t port, unsigned int size, uint32_t value)
{
    unsigned int offset;
    bdf_t f;

    if (is_address(port, size))
        atomic_store(&guest_address, value);
    else if (target(port, size, &f, &offset))
        pci_write(f, offset, size, value);
}
