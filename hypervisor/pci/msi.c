/* Registers of message-signalled interrupts. The control domain names the device and the table; that the
 * table lies where the device says, and in no memory of ours, is checked here. */
#include <xen/errno.h>
#include "boot/early.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/frame.h"
#include "pci/pci.h"

enum {
    PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_HEADER_TYPE = 0x0e, PCI_BARS = 0x10,
    PCI_CAPABILITIES = 0x34,
};
#define COMMAND_NO_PIN      (1U << 10)
#define STATUS_CAPABILITIES (1U << 4)
#define CAP_MSI  0x05
#define CAP_MSIX 0x11
#define MAX_CAPABILITIES 48

/* In the control word, 2 bytes behind the capability's start. */
#define MSI_ENABLE    (1U << 0)
#define MSI_COUNT     (7U << 4)     /* how many messages are enabled: one */
#define MSI_64BIT     (1U << 7)
#define MSI_MASKABLE  (1U << 8)
#define MSIX_ENTRIES  0x7ffU        /* less one */
#define MSIX_MASK_ALL (1U << 14)
#define MSIX_ENABLE   (1U << 15)

/* An entry of an MSI-X table, in words. */
enum { SLOT_ADDRESS, SLOT_ADDRESS_HIGH, SLOT_DATA, SLOT_CONTROL, SLOT_WORDS };
#define SLOT_MASKED 1U

#define MESSAGE_ADDRESS(apic_id) (0xfee00000U | (apic_id) << 12)

/* Pages of tables stay mapped once they were: devices are few, and a
 * mapping that never goes needs no flush. */
#define TABLE_PAGES 64
static uint64_t window;
static uint64_t window_frames[TABLE_PAGES];

void msi_init(void)
{
    window = device_reserve(TABLE_PAGES * PAGE_SIZE);
}

/* Where a page of device memory is mapped; 0: no room. */
static uint64_t map_table(uint64_t frame)
{
    for (unsigned int i = 0; i < TABLE_PAGES; i++) {
        if (window_frames[i] == 0) {
            window_frames[i] = frame;
            device_set(window + i * PAGE_SIZE, frame << PAGE_SHIFT);
        }
        if (window_frames[i] == frame)
            return window + i * PAGE_SIZE;
    }
    return 0;
}

/* 0: it has none. A chain that never ends is cut. */
static unsigned int find_capability(bdf_t f, unsigned int wanted)
{
    unsigned int at;

    if (!(pci_read(f, PCI_STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    at = pci_read(f, PCI_CAPABILITIES, 1) & 0xfc;
    for (unsigned int i = 0; at >= 0x40 && i < MAX_CAPABILITIES; i++) {
        uint32_t head = pci_read(f, at, 2);

        if ((head & 0xff) == wanted)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

/* Machine address of a table in one of the six base address registers; 0: it is in none that is memory. */
static uint64_t table_address(bdf_t f, uint32_t where)
{
    unsigned int bar = where & 7;
    uint32_t low;
    uint64_t base;

    if (bar > 5)
        return 0;
    low = pci_read(f, PCI_BARS + 4 * bar, 4);
    if (low & 1)
        return 0;
    base = low & ~0xfU;
    if ((low & 6) == 4 && bar < 5)
        base |= (uint64_t)pci_read(f, PCI_BARS + 4 * (bar + 1), 4) << 32;
    return base ? base + (where & ~7U) : 0;
}

static bool is_device_memory(uint64_t frame)
{
    return !mfn_is_ram(frame) && !apic_owns_frame(frame) && frame < 1UL << (52 - PAGE_SHIFT);
}

static long find_slot(struct msi *m, uint64_t table, unsigned int entry)
{
    uint64_t address = table + entry * (uint64_t)(SLOT_WORDS * 4), va;

    if (entry > (pci_read(m->function, m->capability + 2, 2) & MSIX_ENTRIES))
        return refuse(-XEN_EINVAL, "MSI-X: %04x has no entry %u", m->function, entry);
    if (table_address(m->function, pci_read(m->function, m->capability + 4, 4)) != table || (table & 7) ||
        !is_device_memory(address >> PAGE_SHIFT))
        return refuse(-XEN_EINVAL, "MSI-X: the table of %04x is not at %lx", m->function, table);
    va = map_table(address >> PAGE_SHIFT);
    if (!va)
        return refuse(-XEN_ENOSPC, "MSI-X: more than %u pages of tables", TABLE_PAGES);
    m->slot = (volatile uint32_t *)(va + (address & (PAGE_SIZE - 1)));
    m->entry = (uint16_t)entry;
    return 0;
}

long msi_find(struct msi *m, bdf_t function, uint64_t table, unsigned int entry)
{
    *m = (struct msi){ .function = function, .is_msix = table != 0 };
    if (!pci_present(function) || (pci_read(function, PCI_HEADER_TYPE, 1) & 0x7f) > 1)
        return refuse(-XEN_ENODEV, "MSI: no function %04x", function);
    m->capability = (uint8_t)find_capability(function, m->is_msix ? CAP_MSIX : CAP_MSI);
    if (!m->capability)
        return refuse(-XEN_ENODEV, "MSI: %04x has no capability", function);
    return m->is_msix ? find_slot(m, table, entry) : 0;
}

static uint32_t control(const struct msi *m)
{
    return pci_read(m->function, m->capability + 2, 2);
}

static void set_control(const struct msi *m, uint32_t clear, uint32_t set)
{
    pci_write(m->function, m->capability + 2, 2, (control(m) & ~clear) | set);
}

static void use_pin(const struct msi *m, bool pin)
{
    uint32_t command = pci_read(m->function, PCI_COMMAND, 2);

    pci_write(m->function, PCI_COMMAND, 2, pin ? command & ~COMMAND_NO_PIN : command | COMMAND_NO_PIN);
}

static void setup_msi(const struct msi *m, uint8_t vector, uint32_t apic_id)
{
    bool wide = control(m) & MSI_64BIT;

    set_control(m, MSI_ENABLE | MSI_COUNT, 0);
    pci_write(m->function, m->capability + 4, 4, MESSAGE_ADDRESS(apic_id));
    if (wide)
        pci_write(m->function, m->capability + 8, 4, 0);
    pci_write(m->function, m->capability + (wide ? 12 : 8), 2, vector);
}

void msi_setup(const struct msi *m, uint8_t vector, uint32_t apic_id)
{
    use_pin(m, false);
    if (!m->is_msix) {
        setup_msi(m, vector, apic_id);
        return;
    }
    m->slot[SLOT_CONTROL] |= SLOT_MASKED;
    m->slot[SLOT_ADDRESS] = MESSAGE_ADDRESS(apic_id);
    m->slot[SLOT_ADDRESS_HIGH] = 0;
    m->slot[SLOT_DATA] = vector;
    set_control(m, MSIX_MASK_ALL, MSIX_ENABLE);
}

/* Not every device can mask a plain message: it is disabled, while the pin stays off. */
void msi_mask(const struct msi *m, bool masked)
{
    uint32_t c;

    if (m->is_msix) {
        c = m->slot[SLOT_CONTROL];
        m->slot[SLOT_CONTROL] = masked ? c | SLOT_MASKED : c & ~SLOT_MASKED;
        return;
    }
    c = control(m);
    if (c & MSI_MASKABLE)
        pci_write(m->function, m->capability + (c & MSI_64BIT ? 16 : 12), 4, masked);
    set_control(m, masked ? MSI_ENABLE : 0, masked ? 0 : MSI_ENABLE);
}

void msi_release(const struct msi *m, bool last)
{
    msi_mask(m, true);
    if (!last)
        return;
    if (m->is_msix)
        set_control(m, MSIX_ENABLE, MSIX_MASK_ALL);
    use_pin(m, true);
}
