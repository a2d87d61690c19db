/* The machine's power: ACPI, and the older ways where that does nothing. */
#include "cpu/cpu.h"
#include "irq/acpi.h"
#include "lib/lib.h"

noreturn void machine_power_off(void)
{
    cpu_stop_others();
    acpi_power_off();
    log_error("the machine does not switch itself off: power it off by hand");
    cpu_idle_forever();
}

static void delay_io(unsigned int count)
{
    while (count--)
        (void)inb(0x80);
}

noreturn void machine_reboot(void)
{
    static const struct { uint16_t limit; uint64_t base; } __attribute__((packed)) no_idt;

    cpu_stop_others();
    acpi_reset();
    delay_io(10000);
    outb(0xcf9, 0x02);          /* chip set: reset, hard */
    outb(0xcf9, 0x06);
    delay_io(10000);
    outb(0x64, 0xfe);           /* keyboard controller */
    delay_io(10000);
    __asm__ volatile("lidt %0; int3" : : "m"(no_idt));
    cpu_idle_forever();
}
