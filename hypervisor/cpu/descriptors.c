/* Descriptor tables. The GDT register shows the whole window of the CPU: the guest's frames, then our page,
 * which looks the same on every CPU but for the TSS. One IDT serves all CPUs. */
#include "cpu/descriptors.h"

#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "lib/lib.h"

/* Long mode's TSS; the I/O bitmap lies beyond the limit: no port is allowed at CPL 3. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "as the processor reads it");

struct gate { uint64_t low, high; };
static struct gate idt[256] __attribute__((aligned(4096)));

#define GATE_INTERRUPT (0x8eUL << 40)
#define GATE_DPL3      (3UL << 45)

#define CODE64_RING0 0x00209b0000000000
#define DATA_RING0   0x00cf93000000ffff
#define CODE32_RING3 0x00cffb000000ffff
#define DATA_RING3   0x00cff3000000ffff
#define CODE64_RING3 0x00affb000000ffff

#define SYSTEM_TSS (0x89UL << 40)
#define SYSTEM_LDT (0x82UL << 40)

static void idt_set(unsigned int vector, uint64_t handler, unsigned int ist, uint64_t flags)
{
    idt[vector].low = (handler & 0xffff) | (uint64_t)HYPERVISOR_CS << 16 | (uint64_t)ist << 32 |
                      GATE_INTERRUPT | flags | (handler >> 16 & 0xffff) << 48;
    idt[vector].high = handler >> 32;
}

void idt_init(void)
{
    for (unsigned int v = 0; v < 256; v++)
        idt_set(v, idt_stub_table[v], 0, 0);
    idt_set(1, idt_stub_table[1], IST_DEBUG, 0);
    idt_set(2, idt_stub_table[2], IST_NMI, 0);
    idt_set(3, idt_stub_table[3], 0, GATE_DPL3);        /* int3 */
    idt_set(4, idt_stub_table[4], 0, GATE_DPL3);        /* into */
    idt_set(8, idt_stub_table[8], IST_DOUBLE_FAULT, 0);
    idt_set(18, idt_stub_table[18], IST_MACHINE_CHECK, 0);
}

static uint64_t *gdt_entry(unsigned int id, unsigned int selector)
{
    return (uint64_t *)(CPU_AREA_VIRT + (uint64_t)id * CPU_AREA_SIZE + CPU_GDT_OFFSET + (selector & ~7U));
}

/* System descriptors take two entries. */
static void set_system(unsigned int id, unsigned int selector, uint64_t kind, uint64_t base, uint64_t limit)
{
    uint64_t *e = gdt_entry(id, selector);

    e[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | kind | (limit >> 16 & 0xf) << 48 |
           (base >> 24 & 0xff) << 56;
    e[1] = base >> 32;
}

void cpu_load_ldt(unsigned int entries)
{
    uint16_t selector = 0;

    if (entries) {
        set_system(cpu_id(), LDT_SELECTOR, SYSTEM_LDT,
                   CPU_AREA_VIRT + (uint64_t)cpu_id() * CPU_AREA_SIZE + CPU_LDT_OFFSET, entries * 8 - 1);
        selector = LDT_SELECTOR;
    }
    __asm__ volatile("lldt %0" : : "r"(selector) : "memory");
}

static void fill_gdt(unsigned int id, uint64_t tss)
{
    *gdt_entry(id, HYPERVISOR_CS) = CODE64_RING0;
    *gdt_entry(id, HYPERVISOR_DS) = DATA_RING0;
    *gdt_entry(id, FLAT_RING3_CS32) = CODE32_RING3;
    *gdt_entry(id, FLAT_RING3_DS32) = DATA_RING3;
    *gdt_entry(id, FLAT_RING3_CS64) = CODE64_RING3;
    set_system(id, TSS_SELECTOR, SYSTEM_TSS, tss, sizeof(struct tss) - 1);
}

static void fill_tss(struct tss *tss, unsigned int id)
{
    uint64_t stacks = CPU_AREA_VIRT + (uint64_t)id * CPU_AREA_SIZE;

    memset(tss, 0, sizeof(*tss));
    tss->rsp[0] = (uint64_t)&cpu_info_of(id)->guest.es;
    tss->ist[IST_NMI - 1] = stacks + 2 * PAGE_SIZE;
    tss->ist[IST_DOUBLE_FAULT - 1] = stacks + 4 * PAGE_SIZE;
    tss->ist[IST_MACHINE_CHECK - 1] = stacks + 6 * PAGE_SIZE;
    tss->ist[IST_DEBUG - 1] = stacks + 8 * PAGE_SIZE;
    tss->iomap = sizeof(*tss);
    cpu_stack_top[id] = tss->rsp[0];
}

static void load_table(const char *which, uint64_t base, uint16_t limit)
{
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) pointer = { limit, base };

    if (which[0] == 'g')
        __asm__ volatile("lgdt %0" : : "m"(pointer));
    else
        __asm__ volatile("lidt %0" : : "m"(pointer));
}

void descriptors_load(unsigned int id)
{
    uint64_t area = CPU_AREA_VIRT + (uint64_t)id * CPU_AREA_SIZE;
    struct tss *tss = (struct tss *)(area + CPU_TSS_OFFSET);

    fill_tss(tss, id);
    fill_gdt(id, (uint64_t)tss);
    load_table("gdt", area + CPU_GDT_OFFSET, 15 * PAGE_SIZE - 1);
    load_table("idt", (uint64_t)idt, sizeof(idt) - 1);
    __asm__ volatile("lea 1f(%%rip), %%rax\n"
                     "push %0\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: mov %1, %%ss\n"
                     "mov %1, %%ds\n"
                     "mov %1, %%es\n"
                     "mov %2, %%fs\n"
                     "mov %2, %%gs\n"
                     "ltr %w3"
                     : : "i"(HYPERVISOR_CS), "r"(HYPERVISOR_DS), "r"(0), "r"(TSS_SELECTOR) : "rax", "memory");
    cpu_load_ldt(0);
}
