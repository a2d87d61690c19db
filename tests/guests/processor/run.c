/* run.c: single instructions: given as bytes, or in the few forms that several groups need. */
#include "processor.h"

#include <string.h>
#include <xen/physdev.h>

#define INT3 0xcc

uint64_t run_address;

const char *const segment_names[SEGMENTS] = { "DS", "ES", "FS", "GS", "SS" };

/* Two pages, the first of them for code, writable too; the second is not there. They are of the image, because the
 * tables above the heap do not let anything be executed. */
static uint8_t *code_page(void)
{
    static uint8_t pages[2 * PV_PAGE_SIZE] __attribute__((aligned(PV_PAGE_SIZE)));
    static bool mapped;

    if (!mapped) {
        set_va(pages, entry_for(pages, FLAGS_RW));
        set_va(pages + PV_PAGE_SIZE, 0);
        mapped = true;
    }
    return pages;
}

/* The INT3 behind the instruction is its good end: unless it is reached, the trap is the instruction's. */
long run_there(const void *there, const struct pv_regs *in)
{
    long result;

    probe_result();
    run_at(in, there);
    result = probe_result();
    if (result != TRAP(3, 0))
        return result;
    probe_regs.rip--;
    return 0;
}

long run(const struct code *code, const struct pv_regs *in)
{
    uint8_t *at = code_page();

    memcpy(at, code->bytes, code->length);
    at[code->length] = INT3;
    run_address = (uint64_t)at;
    return run_there(at, in);
}

long run_at_end(const struct code *code, const struct pv_regs *in, unsigned int room)
{
    uint8_t *end = code_page() + PV_PAGE_SIZE, *at = end - room;
    unsigned int length = code->length < room ? code->length : room;

    memcpy(at, code->bytes, length);
    if (length < room)
        at[length] = INT3;
    run_address = (uint64_t)at;
    return run_there(at, in);
}

long load_rights(uint16_t selector)
{
    uint64_t value = 0;
    bool seen;

    __asm__ volatile("lar %2, %0" : "+r"(value), "=@ccz"(seen) : "r"((uint64_t)selector));
    return seen ? (long)(value & 0xf0ff00) : -1;
}

long load_limit(uint16_t selector)
{
    uint64_t value = 0;
    bool seen;

    __asm__ volatile("lsl %2, %0" : "+r"(value), "=@ccz"(seen) : "r"((uint64_t)selector));
    return seen ? (long)(uint32_t)value : -1;
}

bool may_read(uint16_t selector)
{
    bool seen;

    __asm__ volatile("verr %1" : "=@ccz"(seen) : "r"(selector));
    return seen;
}

bool may_write(uint16_t selector)
{
    bool seen;

    __asm__ volatile("verw %1" : "=@ccz"(seen) : "r"(selector));
    return seen;
}

long try_load(enum segment segment, uint16_t selector)
{
    long result;
    uint16_t before;

    switch (segment) {
    case SEG_DS:
        __asm__ volatile("mov %%ds, %0" : "=r"(before));
        PROBE("mov %0, %%ds", , ARGS("r"(selector)));
        __asm__ volatile("mov %0, %%ds" : : "r"(before));
        break;
    case SEG_ES:
        __asm__ volatile("mov %%es, %0" : "=r"(before));
        PROBE("mov %0, %%es", , ARGS("r"(selector)));
        __asm__ volatile("mov %0, %%es" : : "r"(before));
        break;
    case SEG_FS:
        __asm__ volatile("mov %%fs, %0" : "=r"(before));
        PROBE("mov %0, %%fs", , ARGS("r"(selector)));
        __asm__ volatile("mov %0, %%fs" : : "r"(before));
        break;
    case SEG_GS:
        __asm__ volatile("mov %%gs, %0" : "=r"(before));
        PROBE("mov %0, %%gs", , ARGS("r"(selector)));
        __asm__ volatile("mov %0, %%gs" : : "r"(before));
        break;
    default:
        __asm__ volatile("mov %%ss, %0" : "=r"(before));
        PROBE("mov %0, %%ss\n\tnop", , ARGS("r"(selector)));
        result = probe_result();
        __asm__ volatile("mov %0, %%ss" : : "r"(before));
        return result;
    }
    return probe_result();
}

long set_ldt(const void *base, unsigned long entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)base,
                            .arg2.nr_ents = (unsigned int)entries };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

uint64_t read_msr(uint32_t msr)
{
    uint32_t low = 0, high = 0;

    PROBE("rdmsr", ARGS("+a"(low), "+d"(high)), ARGS("c"(msr)));
    return (uint64_t)high << 32 | low;
}

void write_msr(uint32_t msr, uint64_t value)
{
    PROBE("wrmsr", , ARGS("c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))));
}

struct leaf forced_cpuid(uint32_t number, uint32_t sub)
{
    struct leaf l = { number, 0, sub, 0 };

    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid" : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
    return l;
}

struct leaf native_cpuid(uint32_t number, uint32_t sub)
{
    struct leaf l = { number, 0, sub, 0 };

    __asm__ volatile("cpuid" : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
    return l;
}

uint64_t xsave_on(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    write_cr4(cr4 | 1UL << 18);
    return cr4;
}

void write_cr4(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value));
}

uint32_t read_xcr0(void)
{
    uint32_t low;

    __asm__ volatile("xgetbv" : "=a"(low) : "c"(0) : "rdx");
    return low;
}

void write_xcr0(uint32_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

long set_iopl(uint32_t level)
{
    struct physdev_set_iopl iopl = { .iopl = level };

    return HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl);
}
