/* refused.c: what must not be mapped or bound. The class of bug: a number used before it is checked (XSA-13,
 * XSA-21), a device's registers believed (XSA-87). */
#include "devices.h"

#include <xen/event_channel.h>

static long map(struct physdev_map_pirq m)
{
    m.index = m.index ? m.index : -1;
    m.pirq = -1;
    return HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &m);
}

static void messages(void)
{
    unsigned int cap = config_capability(RNG, CAP_MSIX, 0, 0);
    uint64_t table = bar_address(RNG, config_read(RNG, cap + 4) & 7);
    int pirq;

    check("pci_device_add: a device that is not there", add(NOWHERE), 0);
    check("pci_device_add: a device without messages", add(FUNCTION(0)), 0);
    add(EDU);
    add(RNG);
    check("map_pirq: a device that is not there", map_message(NOWHERE, 0, 0, &pirq), -XEN_ENODEV);
    check("map_pirq: MSI of a device that has none", map_message(FUNCTION(0), 0, 0, &pirq), -XEN_ENODEV);
    check("map_pirq: MSI-X of a device that has MSI alone", map_message(EDU, 0xfe000000, 0, &pirq),
          -XEN_ENODEV);
    check("map_pirq: MSI-X entry 2000", map_message(RNG, table, 2000, &pirq), -XEN_EINVAL);
    check("map_pirq: MSI-X entry -1", map_message(RNG, table, -1, &pirq), -XEN_EINVAL);
}

static void numbers(void)
{
    struct physdev_setup_gsi setup = { .gsi = 100000 };
    struct physdev_irq_status_query query = { .irq = 100000 };
    evtchn_port_t port;
    int pirq;

    check("map_pirq: input 100000", map_input(100000, &pirq), -XEN_EINVAL);
    check("map_pirq: input -1", map_input(-1, &pirq), -XEN_EINVAL);
    check("map_pirq: unknown type", map((struct physdev_map_pirq){ .domid = DOMID_SELF, .type = 99 }),
          -XEN_EINVAL);
    check("map_pirq: unmapped argument", HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, UNMAPPED), -XEN_EFAULT);
    check("unmap_pirq: 100000", unmap(100000), -XEN_EINVAL);
    check("unmap_pirq: -1", unmap(-1), -XEN_EINVAL);
    check("unmap_pirq: not mapped", unmap(200), -XEN_EINVAL);
    check("eoi: 100000", eoi(100000), -XEN_EINVAL);
    check("eoi: -1", eoi(-1), -XEN_EINVAL);
    check("setup_gsi: 100000", HYPERVISOR_physdev_op(PHYSDEVOP_setup_gsi, &setup), -XEN_EINVAL);
    check("irq_status_query: 100000", HYPERVISOR_physdev_op(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
    check("bind_pirq: 100000", bind(100000, &port), -XEN_EINVAL);
    check("bind_pirq: -1", bind(-1, &port), -XEN_EINVAL);
}

void test_refused(void)
{
    if (!have_devices())
        return;
    messages();
    numbers();
}
