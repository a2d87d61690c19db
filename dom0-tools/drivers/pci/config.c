/* config.c: configuration space by the two ports, which the hypervisor
 * emulates, and what is read from it once. */
#include <errno.h>
#include <stdlib.h>

#include <xen/errno.h>
#include <xen/physdev.h>
#include <pv/error.h>
#include <pv/hypercall.h>

#include "pci.h"

#define ADDRESS_PORT 0xcf8
#define DATA_PORT    0xcfc
#define ENABLE       0x80000000U

enum {
    REG_VENDOR = 0x00, REG_COMMAND = 0x04, REG_STATUS = 0x06, REG_CLASS = 0x08, REG_HEADER = 0x0e,
    REG_BARS = 0x10,
    REG_SECONDARY_BUS = 0x19, REG_CAPABILITIES = 0x34,
};
#define COMMAND_MEMORY      0x2U
#define COMMAND_MASTER      0x4U
#define STATUS_CAPABILITIES 0x10U
#define HEADER_TYPE         0x7fU
#define HEADER_BRIDGE       1U
#define HEADER_MULTI        0x80U
#define CAPABILITIES_MAX    48      /* as many as have room: a longer chain goes in a circle */

/* Found functions; grows while pci_init() runs. */
static struct pci_function **functions;
static size_t count;

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint32_t in_size(uint16_t port, unsigned size)
{
    uint32_t value = 0;

    switch (size) {
    case 1: __asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port)); break;
    case 2: __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port)); break;
    default: __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); break;
    }
    return value;
}

static void out_size(uint16_t port, unsigned size, uint32_t value)
{
    switch (size) {
    case 1: __asm__ volatile("outb %b0, %1" : : "a"(value), "Nd"(port)); break;
    case 2: __asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port)); break;
    default: out32(port, value); break;
    }
}

/* An event handler between the two halves may use configuration space too. */
static bool select(const struct pci_function *f, unsigned offset)
{
    bool on = pv_upcalls_disable();

    out32(ADDRESS_PORT, ENABLE | (uint32_t)f->bus << 16 | (uint32_t)f->devfn << 8 | (offset & 0xfc));
    return on;
}

uint32_t pci_read(const struct pci_function *f, unsigned offset, unsigned size)
{
    bool on = select(f, offset);
    uint32_t value = in_size((uint16_t)(DATA_PORT + (offset & 3)), size);

    pv_upcalls_restore(on);
    return value;
}

void pci_write(const struct pci_function *f, unsigned offset, unsigned size, uint32_t value)
{
    bool on = select(f, offset);

    out_size((uint16_t)(DATA_PORT + (offset & 3)), size, value);
    pv_upcalls_restore(on);
}

unsigned pci_capability(const struct pci_function *f, unsigned type, unsigned after)
{
    unsigned at;

    if (!(pci_read(f, REG_STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    at = after ? pci_read(f, after + 1, 1) & 0xfc : pci_read(f, REG_CAPABILITIES, 1) & 0xfc;
    for (unsigned i = 0; at >= 0x40 && i < CAPABILITIES_MAX; i++) {
        if (pci_read(f, at, 1) == type)
            return at;
        at = pci_read(f, at + 1, 1) & 0xfc;
    }
    return 0;
}

static void change_command(const struct pci_function *f, uint32_t clear, uint32_t set)
{
    pci_write(f, REG_COMMAND, 2, (pci_read(f, REG_COMMAND, 2) & ~clear) | set);
}

void pci_enable(const struct pci_function *f)
{
    change_command(f, 0, COMMAND_MEMORY | COMMAND_MASTER);
}

void pci_disable(const struct pci_function *f)
{
    change_command(f, COMMAND_MASTER, 0);
}

struct pci_function *pci_function(size_t i)
{
    return i < count ? functions[i] : NULL;
}

/* ---- finding ---- */

static void read_bars(struct pci_function *f)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        uint32_t low = pci_read(f, REG_BARS + 4 * i, 4);

        if (low & 1)
            continue;
        f->bars[i] = low & ~0xfU;
        if ((low & 6) == 4 && i + 1 < PCI_BARS) {
            f->bars[i] |= (uint64_t)pci_read(f, REG_BARS + 4 * (i + 1), 4) << 32;
            i++;
        }
    }
}

/* Xen takes messages of functions only that were named to it. */
static void name_to_hypervisor(const struct pci_function *f)
{
    struct physdev_pci_device_add add = { .bus = f->bus, .devfn = f->devfn };

    HYPERVISOR_physdev_op(PHYSDEVOP_pci_device_add, &add);
}

static int add(const struct pci_function *found, unsigned header)
{
    struct pci_function **more = realloc(functions, (count + 1) * sizeof(*more));
    struct pci_function *f = malloc(sizeof(*f));

    if (more)
        functions = more;
    if (!more || !f) {
        free(f);
        return -ENOMEM;
    }
    *f = *found;
    if (header == 0)
        read_bars(f);
    functions[count++] = f;
    name_to_hypervisor(f);
    return 0;
}

static int scan_bus(uint8_t bus);

/* What is behind a bridge has a higher bus number; a bridge that says otherwise would lead in a circle. */
static int scan_function(uint8_t bus, uint8_t devfn, unsigned *header)
{
    struct pci_function f = { .bus = bus, .devfn = devfn };
    uint32_t id = pci_read(&f, REG_VENDOR, 4), class;
    uint8_t behind;
    int rc;

    *header = 0;
    if ((id & 0xffff) == 0xffff)
        return 0;
    *header = pci_read(&f, REG_HEADER, 1);
    class = pci_read(&f, REG_CLASS, 4);
    f.vendor = (uint16_t)id;
    f.device = (uint16_t)(id >> 16);
    f.class = class >> 8;
    f.revision = (uint8_t)class;
    rc = add(&f, *header & HEADER_TYPE);
    if (rc || (*header & HEADER_TYPE) != HEADER_BRIDGE)
        return rc;
    behind = (uint8_t)pci_read(&f, REG_SECONDARY_BUS, 1);
    return behind > bus ? scan_bus(behind) : 0;
}

static int scan_bus(uint8_t bus)
{
    unsigned header, ignored;
    int rc = 0;

    for (unsigned device = 0; device < 32 && rc == 0; device++) {
        rc = scan_function(bus, (uint8_t)(device << 3), &header);
        for (unsigned n = 1; n < 8 && rc == 0 && (header & HEADER_MULTI); n++)
            rc = scan_function(bus, (uint8_t)(device << 3 | n), &ignored);
    }
    return rc;
}

int pci_init(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    long rc = HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl);
    int scanned;

    if (rc)
        return pv_errno_from_xen((int)rc);
    scanned = scan_bus(0);
    if (scanned)
        return scanned;
    return count ? (int)count : -EPERM;
}
