/* Power and reset by ACPI. To switch off, a sleep type that only the firmware's byte code knows is written to
 * the control registers; it is a package of constants named _S5_, which we look for without interpreting
 * anything else. */
#include "cpu/cpu.h"
#include "irq/acpi.h"
#include "lib/lib.h"

struct address { uint8_t space, width, offset, access; uint64_t address; } __attribute__((packed));
struct fadt {
    struct acpi_header header;
    uint32_t facs, dsdt;
    uint8_t reserved0, profile;
    uint16_t sci;
    uint32_t smi_command;
    uint8_t acpi_enable, acpi_disable, s4bios, pstate;
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
    uint8_t lengths[8];
    uint16_t latencies[4];
    uint8_t duty[2], alarms[3];
    uint16_t boot_flags;
    uint8_t reserved1;
    uint32_t flags;
    struct address reset;
    uint8_t reset_value;
    uint16_t arm_flags;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, reset) == 116, "ACPI 6, table 5.9");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI 6, table 5.9");

#define FADT_RESET_SUPPORTED (1U << 10)
#define SPACE_IO 1

uint16_t acpi_pm_timer_port;

static struct {
    uint16_t pm1a, pm1b, smi_command;
    uint8_t acpi_enable;
    bool has_s5;
    uint8_t sleep_a, sleep_b;
    uint16_t reset_port;            /* 0: none */
    uint8_t reset_value;
} power;

/* An integer constant of the byte code: 0, 1, or a byte with prefix 0x0a. Advances *p. */
static bool aml_byte(const uint8_t **p, const uint8_t *end, uint8_t *value)
{
    if (*p >= end)
        return false;
    if (**p == 0x00 || **p == 0x01) {
        *value = *(*p)++;
        return true;
    }
    if (**p != 0x0a || *p + 1 >= end)
        return false;
    *value = (*p)[1];
    *p += 2;
    return true;
}

/* NameOp "_S5_" PackageOp length count value value ... */
static bool read_s5(const uint8_t *p, const uint8_t *end)
{
    p += 4;
    if (end - p < 3 || *p != 0x12)
        return false;
    p++;
    p += 1 + (*p >> 6);     /* package length: its top bits say how many bytes follow */
    p++;                    /* number of elements */
    return aml_byte(&p, end, &power.sleep_a) && aml_byte(&p, end, &power.sleep_b);
}

static void find_s5(const struct acpi_header *dsdt)
{
    const uint8_t *p = (const uint8_t *)(dsdt + 1), *end = (const uint8_t *)dsdt + dsdt->length;

    for (; p + 8 <= end && !power.has_s5; p++)
        if (*p == '_' && memcmp(p, "_S5_", 4) == 0)
            power.has_s5 = read_s5(p, end);
}

void acpi_power_init(void)
{
    const struct fadt *fadt = (const void *)acpi_find("FACP");
    const struct acpi_header *dsdt = NULL;

    if (!fadt || fadt->header.length < offsetof(struct fadt, flags))
        return;
    power.pm1a = (uint16_t)fadt->pm1a_control;
    power.pm1b = (uint16_t)fadt->pm1b_control;
    power.smi_command = (uint16_t)fadt->smi_command;
    power.acpi_enable = fadt->acpi_enable;
    acpi_pm_timer_port = (uint16_t)fadt->pm_timer;
    if (fadt->header.length > offsetof(struct fadt, reset_value) && (fadt->flags & FADT_RESET_SUPPORTED) &&
        fadt->reset.space == SPACE_IO) {
        power.reset_port = (uint16_t)fadt->reset.address;
        power.reset_value = fadt->reset_value;
    }
    if (fadt->header.length >= offsetof(struct fadt, x_dsdt) + 8)
        dsdt = acpi_map_table(fadt->x_dsdt);
    if (!dsdt)
        dsdt = acpi_map_table(fadt->dsdt);
    if (dsdt)
        find_s5(dsdt);
}

/* Until ACPI mode is on, the firmware may ignore the control registers. */
static void enable_acpi_mode(void)
{
    if ((inw(power.pm1a) & 1) || !power.smi_command || !power.acpi_enable)
        return;
    outb(power.smi_command, power.acpi_enable);
    for (unsigned int i = 0; i < 1000000 && !(inw(power.pm1a) & 1); i++)
        (void)inb(0x80);
}

void acpi_power_off(void)
{
    uint16_t sleep = 1 << 13;

    if (!power.has_s5 || !power.pm1a)
        return;
    enable_acpi_mode();
    outw(power.pm1a, (uint16_t)((inw(power.pm1a) & ~0x3c00) | power.sleep_a << 10 | sleep));
    if (power.pm1b)
        outw(power.pm1b, (uint16_t)((inw(power.pm1b) & ~0x3c00) | power.sleep_b << 10 | sleep));
    for (unsigned int i = 0; i < 1000000; i++)
        (void)inb(0x80);
}

void acpi_reset(void)
{
    if (power.reset_port)
        outb(power.reset_port, power.reset_value);
}
