/* MSRs that the processor may refuse. */
#include "cpu/cpu.h"
#include "memory/extable.h"

bool rdmsr_safe(uint32_t msr, uint64_t *v)
{
    uint32_t lo, hi;
    bool ok = false;

    __asm__ volatile("1: rdmsr\n"
                     "movb $1, %2\n"
                     "2:\n"
                     EXTABLE("1b", "2b")
                     : "=a"(lo), "=d"(hi), "+m"(ok) : "c"(msr));
    if (ok)
        *v = (uint64_t)hi << 32 | lo;
    return ok;
}

bool wrmsr_safe(uint32_t msr, uint64_t v)
{
    bool ok = false;

    __asm__ volatile("1: wrmsr\n"
                     "movb $1, %0\n"
                     "2:\n"
                     EXTABLE("1b", "2b")
                     : "+m"(ok) : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
    return ok;
}
