/* config.c: configuration space through ports 0xcf8 and 0xcfc, and device memory. The
 * class of bug: an access that reaches a register which nobody named, or comes between the
 * two halves of the hypervisor's own. */
#include "devices.h"

static void ports(void)
{
    out_port(0xcf8, 4, 0x80000000U | EDU << 8);
    check("the address register reads back", in_port(0xcf8, 4) == (0x80000000U | EDU << 8), 1);
    check("edu: vendor and device, 4 bytes", in_port(0xcfc, 4), 0x11e81234);
    check("edu: vendor, 2 bytes", in_port(0xcfc, 2), 0x1234);
    check("edu: device, 2 bytes at 0xcfe", in_port(0xcfe, 2), 0x11e8);
    check("edu: byte at 0xcfd", in_port(0xcfd, 1), 0x12);
    check("edu: byte at 0xcff", in_port(0xcff, 1), 0x11);
    out_port(0xcf8, 4, EDU << 8);
    check("the address register without its enable bit: ones", in_port(0xcfc, 4), 0xffffffff);
    check("no such device: ones", config_read(NOWHERE, PCI_ID), 0xffffffff);
    config_write(EDU, PCI_LINE, (config_read(EDU, PCI_LINE) & 0xffffff00) | 0xab);
    check("a byte that is written reads back", config_read(EDU, PCI_LINE) & 0xff, 0xab);
}

/* Writing a part of a register leaves the rest. */
static void parts(void)
{
    uint32_t line = config_read(EDU, PCI_LINE);

    out_port(0xcf8, 4, 0x80000000U | EDU << 8 | PCI_LINE);
    out_port(0xcfc, 1, 0x5c);
    check("a byte write changes that byte", config_read(EDU, PCI_LINE) == ((line & ~0xffU) | 0x5c), 1);
    out_port(0xcf8, 4, 0x80000000U | EDU << 8 | PCI_COMMAND);
    out_port(0xcfc, 2, COMMAND_MEMORY | COMMAND_MASTER);
    check("a word write: memory and bus master on", config_read(EDU, PCI_COMMAND) & 0xffff,
          COMMAND_MEMORY | COMMAND_MASTER);
}

static void device_memory(void)
{
    check_true("device memory can be mapped", edu != NULL);
    check("edu says who it is", edu[EDU_ID], 0x010000ed);
    edu[EDU_LIVE] = 0x12345678;
    check("edu inverts what is written", edu[EDU_LIVE], ~0x12345678U);
    edu[EDU_FACTORIAL] = 5;
    while (edu[EDU_STATUS] & 1)
        ;
    check("edu multiplies", edu[EDU_FACTORIAL], 120);
}

void test_config(void)
{
    uint32_t line;

    if (!have_devices()) {
        out_port(0xcf8, 4, 0x80000000U | EDU << 8);
        check("domU: the data register reads ones", in_port(0xcfc, 4), 0xffffffff);
        return;
    }
    line = config_read(EDU, PCI_LINE);
    ports();
    parts();
    config_write(EDU, PCI_LINE, line);
    device_memory();
}

const struct kernel kernel = {
    .name = "devices", .checks = "PCI devices and their interrupts in the hands of the initial domain",
    .groups = (const struct group[]){
        { "config", test_config, "configuration space by ports, device memory" },
        { "pins", test_pins, "level-triggered inputs of the I/O APIC" },
        { "messages", test_messages, "MSI and MSI-X, and DMA" },
        { "refused", test_refused, "interrupts and devices that are not there, or not the caller's" },
        { 0 },
    },
};
