/* The tables that tell of CPUs and interrupt controllers: RSDP, XSDT or RSDT, MADT. */
#include "irq/acpi.h"

#include "boot/boot-info.h"
#include "boot/early.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum2, reserved[3];
} __attribute__((packed));

enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_ADDRESS = 5, MADT_X2APIC = 9 };
#pragma pack(push, 1)
struct madt { struct acpi_header header; uint32_t lapic, flags; };
struct madt_entry { uint8_t type, length; };
struct madt_lapic { struct madt_entry e; uint8_t acpi_id, apic_id; uint32_t flags; };
struct madt_ioapic { struct madt_entry e; uint8_t id, reserved; uint32_t address, gsi; };
struct madt_override { struct madt_entry e; uint8_t bus, irq; uint32_t gsi; uint16_t flags; };
struct madt_lapic_address { struct madt_entry e; uint16_t reserved; uint64_t address; };
struct madt_x2apic { struct madt_entry e; uint16_t reserved; uint32_t apic_id, flags, acpi_id; };
#pragma pack(pop)

struct acpi_cpu acpi_cpus[MAX_CPUS];
unsigned int acpi_cpu_count;
struct acpi_ioapic acpi_ioapics[MAX_IOAPICS];
unsigned int acpi_ioapic_count;
uint64_t acpi_lapic_address = 0xfee00000;

static struct { bool set, level, low; uint32_t gsi; } isa_override[16];

/* The root: addresses of the other tables, 4 or 8 bytes each. */
static const struct acpi_header *root;
static unsigned int root_entry_size;

static bool checksum_ok(const void *p, size_t n)
{
    const uint8_t *bytes = p;
    uint8_t sum = 0;

    while (n--)
        sum += *bytes++;
    return sum == 0;
}

const struct acpi_header *acpi_map_table(uint64_t pa)
{
    const struct acpi_header *h;
    uint32_t length;

    if (!pa)
        return NULL;
    h = firmware_map(pa, sizeof(*h));
    length = h->length;
    if (length < sizeof(*h) || length > 16 << 20)
        return NULL;
    if ((pa & (PAGE_SIZE - 1)) + length > PAGE_SIZE)
        h = firmware_map(pa, length);
    return h;
}

const struct acpi_header *acpi_find(const char *signature)
{
    const uint8_t *entry, *end;

    if (!root)
        return NULL;
    entry = (const uint8_t *)(root + 1);
    end = (const uint8_t *)root + root->length;
    for (; entry + root_entry_size <= end; entry += root_entry_size) {
        const struct acpi_header *h;
        uint64_t pa = 0;

        memcpy(&pa, entry, root_entry_size);
        h = acpi_map_table(pa);
        if (h && memcmp(h->signature, signature, 4) == 0 && checksum_ok(h, h->length))
            return h;
    }
    return NULL;
}

static const struct rsdp *rsdp_scan(uint64_t start, size_t bytes)
{
    const char *p = firmware_map(start, bytes);

    for (size_t i = 0; i + sizeof(struct rsdp) <= bytes; i += 16)
        if (memcmp(p + i, "RSD PTR ", 8) == 0 && checksum_ok(p + i, 20))
            return (const struct rsdp *)(p + i);
    return NULL;
}

/* The BIOS keeps it in its own area, or in the first KiB of the extended BIOS data. */
static const struct rsdp *rsdp_find(const struct boot_info *info)
{
    const struct rsdp *found;
    uint16_t ebda;

    if (info->rsdp)
        return firmware_map(info->rsdp, sizeof(struct rsdp));
    found = rsdp_scan(0xe0000, 0x20000);
    if (found)
        return found;
    ebda = *(const uint16_t *)firmware_map(0x40e, 2);
    return ebda >= 0x4000 && ebda < 0xa000 ? rsdp_scan((uint64_t)ebda << 4, 1024) : NULL;
}

static void find_root(const struct boot_info *info)
{
    const struct rsdp *rsdp = rsdp_find(info);

    if (!rsdp)
        return;
    if (rsdp->revision >= 2 && rsdp->xsdt) {
        root = acpi_map_table(rsdp->xsdt);
        root_entry_size = 8;
    }
    if (!root) {
        root = acpi_map_table(rsdp->rsdt);
        root_entry_size = 4;
    }
}

/* Flags: 1 usable now. Numbers above 254 need x2APIC. */
static void add_cpu(uint32_t apic_id, uint32_t flags)
{
    if (!(flags & 1) || (apic_id > 254 && !cpu_features.x2apic))
        return;
    if (acpi_cpu_count == MAX_CPUS)
        return;
    for (unsigned int i = 0; i < acpi_cpu_count; i++)
        if (acpi_cpus[i].apic_id == apic_id)
            return;
    acpi_cpus[acpi_cpu_count++].apic_id = apic_id;
}

static void add_ioapic(const struct madt_ioapic *io)
{
    if (acpi_ioapic_count < MAX_IOAPICS)
        acpi_ioapics[acpi_ioapic_count++] = (struct acpi_ioapic){ io->address, io->gsi };
}

static void add_override(const struct madt_override *o)
{
    unsigned int polarity = o->flags & 3, trigger = o->flags >> 2 & 3;

    if (o->bus != 0 || o->irq >= ARRAY_SIZE(isa_override))
        return;
    isa_override[o->irq].set = true;
    isa_override[o->irq].gsi = o->gsi;
    isa_override[o->irq].low = polarity == 3;
    isa_override[o->irq].level = trigger == 3;
}

static void read_madt_entry(const struct madt_entry *e)
{
    static const uint8_t size[] = {
        [MADT_LAPIC] = sizeof(struct madt_lapic),
        [MADT_IOAPIC] = sizeof(struct madt_ioapic),
        [MADT_OVERRIDE] = sizeof(struct madt_override),
        [MADT_LAPIC_ADDRESS] = sizeof(struct madt_lapic_address),
        [MADT_X2APIC] = sizeof(struct madt_x2apic),
    };

    if (e->type >= ARRAY_SIZE(size) || size[e->type] == 0 || e->length < size[e->type])
        return;
    switch (e->type) {
    case MADT_LAPIC:
        add_cpu(((const struct madt_lapic *)e)->apic_id, ((const struct madt_lapic *)e)->flags);
        break;
    case MADT_X2APIC:
        add_cpu(((const struct madt_x2apic *)e)->apic_id, ((const struct madt_x2apic *)e)->flags);
        break;
    case MADT_IOAPIC:
        add_ioapic((const struct madt_ioapic *)e);
        break;
    case MADT_OVERRIDE:
        add_override((const struct madt_override *)e);
        break;
    case MADT_LAPIC_ADDRESS:
        acpi_lapic_address = ((const struct madt_lapic_address *)e)->address;
        break;
    }
}

static void read_madt(const struct madt *madt)
{
    const uint8_t *p = (const uint8_t *)(madt + 1), *end = (const uint8_t *)madt + madt->header.length;

    acpi_lapic_address = madt->lapic;
    while (p + sizeof(struct madt_entry) <= end) {
        const struct madt_entry *e = (const void *)p;

        if (e->length < sizeof(*e) || p + e->length > end)
            break;
        read_madt_entry(e);
        p += e->length;
    }
}

/* CPU 0 is the one that runs now, whatever the order of the table. */
static void boot_cpu_first(void)
{
    uint32_t id = cpuid(1, 0).ebx >> 24;
    unsigned int i;

    if (cpu_features.x2apic && cpuid(0, 0).eax >= 0xb && cpuid(0xb, 0).ebx)
        id = cpuid(0xb, 0).edx;
    for (i = 0; i < acpi_cpu_count && acpi_cpus[i].apic_id != id; i++)
        ;
    if (i == acpi_cpu_count)
        acpi_cpu_count = MIN(acpi_cpu_count + 1, (unsigned int)MAX_CPUS);
    memmove(&acpi_cpus[1], &acpi_cpus[0], MIN(i, acpi_cpu_count - 1) * sizeof(acpi_cpus[0]));
    acpi_cpus[0].apic_id = id;
    cpus[0].apic_id = id;
}

unsigned int acpi_isa_to_gsi(unsigned int irq, bool *level, bool *low)
{
    bool set = irq < ARRAY_SIZE(isa_override) && isa_override[irq].set;

    *level = set && isa_override[irq].level;
    *low = set && isa_override[irq].low;
    return set ? isa_override[irq].gsi : irq;
}

void acpi_init(const struct boot_info *info)
{
    const struct madt *madt;

    find_root(info);
    madt = (const void *)acpi_find("APIC");
    if (madt && madt->header.length >= sizeof(*madt))
        read_madt(madt);
    boot_cpu_first();
    if (acpi_ioapic_count == 0)
        acpi_ioapics[acpi_ioapic_count++] = (struct acpi_ioapic){ 0xfec00000, 0 };
    acpi_power_init();
}
