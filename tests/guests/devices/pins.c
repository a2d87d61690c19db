/* pins.c: the interrupt pin of a device, a level-triggered input. The class of bug: an interrupt that comes
 * again and again, or only once. */
#include "devices.h"

#include <xen/event_channel.h>

static void life(int gsi)
{
    struct physdev_irq_status_query query = { .irq = (uint32_t)gsi };
    struct physdev_setup_gsi setup = { .gsi = gsi, .triggering = 1, .polarity = 0 };
    evtchn_port_t port, other;
    int pirq;

    check("map_pirq of the pin's input", map_input(gsi, &pirq), 0);
    check("its number is the input's", pirq == gsi, 1);
    check("map_pirq of it again", map_input(gsi, &pirq), 0);
    check("setup_gsi: level", HYPERVISOR_physdev_op(PHYSDEVOP_setup_gsi, &setup), 0);
    check("bind_pirq", bind(pirq, &port), 0);
    check("bind_pirq twice", bind(pirq, &other), -XEN_EEXIST);
    check("irq_status_query", HYPERVISOR_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
    check("it needs an eoi", query.flags & XENIRQSTAT_needs_eoi, XENIRQSTAT_needs_eoi);
    check_true("no event before the device asks", stays_away(port));
    edu[EDU_RAISE] = 1;
    check_true("an event when it does", comes(port));
    stays_away(port);    /* Xen gives up waiting for the eoi and lets it ask again */
    check("eoi before the device is served", eoi(pirq), 0);
    check_true("another event", comes(port));
    edu[EDU_ACK] = 1;
    check("eoi when it is served", eoi(pirq), 0);
    stays_away(port);    /* what came before */
    check_true("no event", stays_away(port));
    edu[EDU_RAISE] = 2;
    check_true("an event when it asks again", comes(port));
    edu[EDU_ACK] = 2;
    check("close with no eoi given", close_port(port), 0);
    edu[EDU_RAISE] = 4;
    check("bind_pirq again while the device asks", bind(pirq, &port), 0);
    check_true("the event comes", comes(port));
    edu[EDU_ACK] = 4;
    eoi(pirq);
    check("close", close_port(port), 0);
    check("unmap_pirq", unmap(pirq), 0);
}

void test_pins(void)
{
    if (!have_devices())
        return;
    life((int)(config_read(EDU, PCI_LINE) & 0xff));
}
