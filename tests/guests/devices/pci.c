/* pci.c: configuration space, device memory, and ports for interrupts. */
#include "devices.h"

#include <xen/event_channel.h>

#define ADDRESS 0xcf8
#define DATA 0xcfc

volatile uint32_t *edu;

bool have_devices(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };

    HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl);
    if (!pv_is_control_domain())
        return false;
    enable_device(EDU);
    if (!edu)
        edu = bar_map(EDU, 0, 1);
    return true;
}

uint32_t in_port(uint16_t port, unsigned int size)
{
    uint32_t value = 0;

    if (size == 1)
        __asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port));
    else if (size == 2)
        __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port));
    else
        __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void out_port(uint16_t port, unsigned int size, uint32_t value)
{
    if (size == 1)
        __asm__ volatile("outb %b0, %1" : : "a"(value), "Nd"(port));
    else if (size == 2)
        __asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port));
    else
        __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

uint32_t config_read(unsigned int devfn, unsigned int offset)
{
    out_port(ADDRESS, 4, 0x80000000U | devfn << 8 | offset);
    return in_port(DATA, 4);
}

void config_write(unsigned int devfn, unsigned int offset, uint32_t value)
{
    out_port(ADDRESS, 4, 0x80000000U | devfn << 8 | offset);
    out_port(DATA, 4, value);
}

void config_write16(unsigned int devfn, unsigned int offset, uint32_t value)
{
    out_port(ADDRESS, 4, 0x80000000U | devfn << 8 | (offset & ~3U));
    out_port(DATA + (offset & 2), 2, value);
}

unsigned int config_capability(unsigned int devfn, unsigned int type, unsigned int at, uint8_t value)
{
    unsigned int cap = config_read(devfn, PCI_CAPABILITIES) & 0xfc, i;

    for (i = 0; cap && i < 48; i++) {
        uint32_t head = config_read(devfn, cap);

        if ((head & 0xff) == type &&
            (at == 0 || (uint8_t)(config_read(devfn, cap + (at & ~3U)) >> (at & 3) * 8) == value))
            return cap;
        cap = head >> 8 & 0xfc;
    }
    return 0;
}

uint64_t bar_address(unsigned int devfn, unsigned int bar)
{
    uint32_t low = config_read(devfn, PCI_BARS + 4 * bar);
    uint64_t high = (low & 6) == 4 ? config_read(devfn, PCI_BARS + 4 * bar + 4) : 0;

    return high << 32 | (low & ~0xfU);
}

void *bar_map(unsigned int devfn, unsigned int bar, unsigned int pages)
{
    xen_pfn_t frames[4];
    unsigned int i;

    for (i = 0; i < pages; i++)
        frames[i] = (bar_address(devfn, bar) >> PV_PAGE_SHIFT) + i;
    return pv_map_frames(DOMID_IO, frames, pages, true, NULL);
}

void enable_device(unsigned int devfn)
{
    config_write(devfn, PCI_COMMAND,
                 (config_read(devfn, PCI_COMMAND) & 0xffff) | COMMAND_MEMORY | COMMAND_MASTER);
}

long add(unsigned int devfn)
{
    struct physdev_pci_device_add op = { .devfn = (uint8_t)devfn };

    return HYPERVISOR_physdev_op(PHYSDEVOP_pci_device_add, &op);
}

long remove_function(unsigned int devfn)
{
    struct physdev_pci_device op = { .devfn = (uint8_t)devfn };

    return HYPERVISOR_physdev_op(PHYSDEVOP_pci_device_remove, &op);
}

long map_message(unsigned int devfn, uint64_t table, int entry, int *pirq)
{
    struct physdev_map_pirq map = {
        .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1, .pirq = -1, .devfn = (int)devfn,
        .entry_nr = entry,
        .table_base = table,
    };
    long rc = HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

long map_input(int gsi, int *pirq)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = gsi,
                                    .pirq = gsi };
    long rc = HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

long unmap(int pirq)
{
    struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

    return HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

long eoi(int pirq)
{
    struct physdev_eoi op = { .irq = (uint32_t)pirq };

    return HYPERVISOR_physdev_op(PHYSDEVOP_eoi, &op);
}

static unsigned long *pending_word(evtchn_port_t port)
{
    return (unsigned long *)&pv_shared_info->evtchn_pending[port / 64];
}

static bool take(evtchn_port_t port)
{
    return __atomic_fetch_and(pending_word(port), ~(1UL << port % 64), __ATOMIC_SEQ_CST) >> port % 64 & 1;
}

long bind(int pirq, evtchn_port_t *port)
{
    struct evtchn_bind_pirq op = { .pirq = (uint32_t)pirq, .flags = BIND_PIRQ__WILL_SHARE };
    long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &op);

    *port = op.port;
    if (rc == 0)
        pv_event_mask(op.port);
    return rc;
}

long close_port(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    return HYPERVISOR_event_channel_op(EVTCHNOP_close, &op);
}

static bool within(evtchn_port_t port, uint64_t ns)
{
    uint64_t end = pv_now_ns() + ns;

    while (!take(port))
        if (pv_now_ns() > end)
            return take(port);
    return true;
}

bool comes(evtchn_port_t port)
{
    return within(port, PV_NS_PER_SEC);
}

bool stays_away(evtchn_port_t port)
{
    return !within(port, 20 * PV_NS_PER_MS);
}
