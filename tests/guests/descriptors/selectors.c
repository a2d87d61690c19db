/* selectors.c: what the processor makes of a selector. */
#include "descriptors.h"

const char *const segment_names[SEGMENTS] = { "DS", "ES", "FS", "GS", "SS" };

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
