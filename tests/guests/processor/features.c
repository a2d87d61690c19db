/* features.c: what several groups of this kernel need: CPUID, XCR0, the I/O level. */
#include "processor.h"

#include <xen/physdev.h>

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
