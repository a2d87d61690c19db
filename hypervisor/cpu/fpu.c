/* FPU and vector state: saved and loaded whole at each switch (nothing lazy: another vcpu's registers are
 * never there to be seen). XCR0 has every component while an area is saved or loaded, whatever the guest has
 * switched on. */
#include "cpu/fpu.h"

#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "domain/domain.h"
#include "lib/lib.h"

#define FCW_RESET   0x037f
#define MXCSR_RESET 0x1f80

static bool has_xsaveopt;

void fpu_set_xcr0(uint64_t value)
{
    struct cpu *cpu = this_cpu()->cpu;

    if (cpu->xcr0 == value)
        return;
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
    cpu->xcr0 = value;
}

void fpu_init(void)
{
    if (cpu_features.xsave) {
        cpu_features.fpu_size = cpuid(0xd, 0).ebx;
        has_xsaveopt = cpuid(0xd, 1).eax & 1;
    } else {
        cpu_features.fpu_size = 512;
    }
}

/* FXSAVE layout: FCW at 0, MXCSR at 24; an XSAVE header of zeros says that every other component is in its
 * reset state, and its bits for x87 and SSE that these two are taken from the area. */
void fpu_init_area(void *area)
{
    char *bytes = area;

    memset(area, 0, cpu_features.fpu_size);
    *(uint16_t *)bytes = FCW_RESET;
    *(uint32_t *)(bytes + 24) = MXCSR_RESET;
    if (cpu_features.xsave)
        *(uint64_t *)(bytes + 512) = XCR0_X87 | XCR0_SSE;
}

void fpu_save(struct vcpu *v)
{
    fpu_set_ts(false);
    if (!cpu_features.xsave) {
        __asm__ volatile("fxsave64 (%0)" : : "r"(v->fpu) : "memory");
        return;
    }
    fpu_set_xcr0(cpu_features.xcr0_allowed);
    if (has_xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" : : "r"(v->fpu), "a"(UINT32_MAX), "d"(UINT32_MAX) : "memory");
    else
        __asm__ volatile("xsave64 (%0)" : : "r"(v->fpu), "a"(UINT32_MAX), "d"(UINT32_MAX) : "memory");
}

/* Many AMD processors neither save nor load the x87 error pointers unless an exception is pending: the last
 * vcpu's would stay visible. Loading any value overwrites them. */
static void overwrite_error_pointers(void)
{
    static const uint32_t zero;

    if (cpu_features.amd)
        __asm__ volatile("fnclex\n"
                         "emms\n"
                         "fildl %0"
                         : : "m"(zero));
}

void fpu_load(struct vcpu *v)
{
    fpu_set_ts(false);
    overwrite_error_pointers();
    if (cpu_features.xsave) {
        fpu_set_xcr0(cpu_features.xcr0_allowed);
        __asm__ volatile("xrstor64 (%0)" : : "r"(v->fpu), "a"(UINT32_MAX), "d"(UINT32_MAX) : "memory");
        fpu_set_xcr0(v->xcr0);
    } else {
        __asm__ volatile("fxrstor64 (%0)" : : "r"(v->fpu) : "memory");
    }
    fpu_set_ts(v->ts);
}
