/* messages.c: interrupts that are messages. The class of bug: a message that arrives where it should not, or
 * when nobody is bound; a table that is not the device's. */
#include "devices.h"

#include <xen/event_channel.h>

/* The domain itself switches its device from the pin to messages. */
static void enable_messages(unsigned int devfn, unsigned int type)
{
    unsigned int cap = config_capability(devfn, type, 0, 0);
    uint32_t control = config_read(devfn, cap) >> 16;

    config_write(devfn, PCI_COMMAND, (config_read(devfn, PCI_COMMAND) & 0xffff) | COMMAND_NO_PIN);
    control = type == CAP_MSI ? control | MSI_ENABLE : (control | MSIX_ENABLE) & ~MSIX_MASK_ALL;
    config_write16(devfn, cap + 2, control);    /* Xen takes nothing but this access */
}

static void edu_message(void)
{
    struct physdev_irq_status_query query = { 0 };
    evtchn_port_t port;
    int pirq;

    check("map_pirq: MSI of edu, before pci_device_add", map_message(EDU, 0, 0, &pirq), -XEN_ENODEV);
    check("pci_device_add: edu", add(EDU), 0);
    check("pci_device_add: edu again", add(EDU), 0);
    check("map_pirq: MSI of edu", map_message(EDU, 0, 0, &pirq), 0);
    check_true("it has a number", pirq >= 16);
    query.irq = (uint32_t)pirq;
    check("irq_status_query of it", HYPERVISOR_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
    check("MSI needs an eoi", query.flags & XENIRQSTAT_needs_eoi, XENIRQSTAT_needs_eoi);
    enable_messages(EDU, CAP_MSI);
    check("bind_pirq to MSI", bind(pirq, &port), 0);
    check_true("MSI: no event before the device asks", stays_away(port));
    edu[EDU_RAISE] = 1;
    check_true("MSI: an event when it does", comes(port));
    check_true("MSI: one event", stays_away(port));
    edu[EDU_ACK] = 1;
    edu[EDU_RAISE] = 1;
    check_true("MSI: an event again, without an eoi", comes(port));
    edu[EDU_ACK] = 1;
    check("close it", close_port(port), 0);
    check("bind_pirq again", bind(pirq, &port), 0);
    edu[EDU_RAISE] = 1;
    check_true("MSI: an event for the new port", comes(port));
    edu[EDU_ACK] = 1;
    check("close the new port", close_port(port), 0);
    check("unmap_pirq of MSI", unmap(pirq), 0);
    check("the message is off", config_read(EDU, config_capability(EDU, CAP_MSI, 0, 0)) >> 16 & 1, 0);
}

static uint64_t table_of(unsigned int devfn)
{
    unsigned int cap = config_capability(devfn, CAP_MSIX, 0, 0);
    uint32_t where = config_read(devfn, cap + 4);

    return bar_address(devfn, where & 7) + (where & ~7U);
}

static void rng_messages(void)
{
    uint64_t table = table_of(RNG);
    evtchn_port_t port;
    int pirq, other;

    enable_device(RNG);
    check("pci_device_add: rng", add(RNG), 0);
    check("map_pirq: MSI-X entry 0", map_message(RNG, table, 0, &pirq), 0);
    check("map_pirq: entry 1", map_message(RNG, table, 1, &other), 0);
    check("they have different numbers", pirq != other, 1);
    enable_messages(RNG, CAP_MSIX);
    check("bind_pirq to MSI-X", bind(pirq, &port), 0);
    rng_start();
    rng_ask();
    check_true("MSI-X: an event", comes(port));
    check_true("DMA: the bytes have come", rng_answered());
    check_true("MSI-X: one event", stays_away(port));
    rng_ask();
    check_true("MSI-X: another event", comes(port));
    check("MSI-X: close", close_port(port), 0);
    rng_ask();
    check("MSI-X: bind_pirq again", bind(pirq, &port), 0);
    check_true("MSI-X: what came while nobody was bound comes now", comes(port));
    check("MSI-X: close again", close_port(port), 0);
    check("unmap_pirq of entry 0", unmap(pirq), 0);
    check("unmap_pirq of entry 1", unmap(other), 0);
    check("pci_device_remove", remove_function(RNG), 0);
    check("pci_device_remove: again", remove_function(RNG), -XEN_ENODEV);
    check("MSI-X is off", config_read(RNG, config_capability(RNG, CAP_MSIX, 0, 0)) >> 31, 0);
}

void test_messages(void)
{
    if (!have_devices())
        return;
    edu_message();
    rng_messages();
}
