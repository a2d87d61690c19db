/* The I/O APICs, and the old interrupt controllers, which are switched off. */
#include "boot/early.h"
#include "cpu/cpu.h"
#include "irq/acpi.h"
#include "irq/irq.h"
#include "lib/lib.h"

enum { REG_VERSION = 1, REG_ENTRY = 0x10 };
#define ENTRY_MASKED (1U << 16)
#define ENTRY_LEVEL  (1U << 15)
#define ENTRY_LOW    (1U << 13)

static struct ioapic { volatile uint32_t *registers; unsigned int gsi_base, count; } ioapics[MAX_IOAPICS];

static uint32_t read_register(const struct ioapic *io, unsigned int reg)
{
    io->registers[0] = reg;
    return io->registers[4];
}

static void write_register(const struct ioapic *io, unsigned int reg, uint32_t v)
{
    io->registers[0] = reg;
    io->registers[4] = v;
}

/* Both controllers: initialised to the spurious vectors, every line masked. */
static void pic_disable(void)
{
    outb(0x20, 0x11);
    outb(0xa0, 0x11);
    outb(0x21, 0x20);
    outb(0xa1, 0x28);
    outb(0x21, 0x04);
    outb(0xa1, 0x02);
    outb(0x21, 0x01);
    outb(0xa1, 0x01);
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

void ioapic_init(void)
{
    pic_disable();
    for (unsigned int i = 0; i < acpi_ioapic_count; i++) {
        struct ioapic *io = &ioapics[i];

        io->registers = device_map(acpi_ioapics[i].address, PAGE_SIZE);
        io->gsi_base = acpi_ioapics[i].gsi_base;
        io->count = (read_register(io, REG_VERSION) >> 16 & 0xff) + 1;
        for (unsigned int n = 0; n < io->count; n++)
            write_register(io, REG_ENTRY + 2 * n, ENTRY_MASKED);
    }
}

/* The controller that has an input; NULL: none. */
static const struct ioapic *ioapic_of(unsigned int gsi)
{
    for (unsigned int i = 0; i < acpi_ioapic_count; i++)
        if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].count)
            return &ioapics[i];
    return NULL;
}

unsigned int ioapic_gsi_count(void)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < acpi_ioapic_count; i++)
        count = MAX(count, ioapics[i].gsi_base + ioapics[i].count);
    return count;
}

void ioapic_route(unsigned int gsi, uint8_t vector, unsigned int cpu, bool level, bool low)
{
    const struct ioapic *io = ioapic_of(gsi);
    unsigned int reg;

    if (!io) {
        log_warning("no I/O APIC has interrupt %u", gsi);
        return;
    }
    reg = REG_ENTRY + 2 * (gsi - io->gsi_base);
    write_register(io, reg + 1, cpus[cpu].apic_id << 24);
    write_register(io, reg, vector | (level ? ENTRY_LEVEL : 0) | (low ? ENTRY_LOW : 0));
}

void ioapic_mask(unsigned int gsi, bool masked)
{
    const struct ioapic *io = ioapic_of(gsi);
    unsigned int reg;
    uint32_t entry;

    if (!io)
        return;
    reg = REG_ENTRY + 2 * (gsi - io->gsi_base);
    entry = read_register(io, reg);
    write_register(io, reg, masked ? entry | ENTRY_MASKED : entry & ~ENTRY_MASKED);
}

bool ioapic_is_ours(unsigned int gsi)
{
    const struct ioapic *io = ioapic_of(gsi);

    return io && (uint8_t)read_register(io, REG_ENTRY + 2 * (gsi - io->gsi_base)) == VECTOR_CONSOLE;
}
