/* FS and GS bases of the running vcpu. They are always the guest's: GS_BASE belongs to the mode that the
 * guest is in, KERNEL_GS_BASE holds the other mode's, and a change of mode is swap_gs. Values are canonical
 * (the writer checks). */
#ifndef ENSO_CPU_SEGMENTS_H
#define ENSO_CPU_SEGMENTS_H

#include "cpu/cpu.h"
#include "cpu/registers.h"

static inline uint64_t read_fs_base(void)
{
    uint64_t v;

    if (!cpu_features.fsgsbase)
        return rdmsr(MSR_FS_BASE);
    __asm__ volatile("rdfsbase %0" : "=r"(v));
    return v;
}

static inline void write_fs_base(uint64_t v)
{
    if (cpu_features.fsgsbase)
        __asm__ volatile("wrfsbase %0" : : "r"(v));
    else
        wrmsr(MSR_FS_BASE, v);
}

static inline uint64_t read_gs_base(void)
{
    uint64_t v;

    if (!cpu_features.fsgsbase)
        return rdmsr(MSR_GS_BASE);
    __asm__ volatile("rdgsbase %0" : "=r"(v));
    return v;
}

static inline void write_gs_base(uint64_t v)
{
    if (cpu_features.fsgsbase)
        __asm__ volatile("wrgsbase %0" : : "r"(v));
    else
        wrmsr(MSR_GS_BASE, v);
}

/* The base of the mode that the guest is not in. */
static inline uint64_t read_other_gs_base(void) { return rdmsr(MSR_KERNEL_GS_BASE); }
static inline void write_other_gs_base(uint64_t v) { wrmsr(MSR_KERNEL_GS_BASE, v); }
static inline void swap_gs(void) { __asm__ volatile("swapgs" : : : "memory"); }

#endif
