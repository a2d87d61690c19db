/* MSRs as guests see them: an allow list. An unknown one is #GP; but a guest that has no handler for #GP
 * yet reads 0, because kernels look at MSRs before they can catch a fault. */
#include <xen/errno.h>
#include "cpu/registers.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "emulate/privileged.h"
#include "lib/lib.h"
#include "memory/frame.h"

#define MSR_P5_MC_ADDR      0x00000000
#define MSR_P5_MC_TYPE      0x00000001
#define MSR_TSC             0x00000010
#define MSR_UCODE_REV       0x0000008b
#define MSR_MCG_FIRST       0x00000179  /* capabilities, status, control */
#define MSR_MCG_LAST        0x0000017b
#define MSR_MISC_ENABLE     0x000001a0
#define MSR_MC_FIRST        0x00000400  /* machine-check banks */
#define MSR_MC_LAST         0x0000047f
#define MSR_HYPERCALL_PAGE  0x40000000
#define MSR_AMD_SYSCFG      0xc0010010
#define MSR_AMD_HWCR        0xc0010015
#define MSR_AMD_IORR        0xc0010016  /* two of base and mask */
#define MSR_AMD_IORR_LAST   0xc0010019
#define MSR_AMD_TOP_MEM     0xc001001a
#define MSR_AMD_TOP_MEM2    0xc001001d
#define MSR_AMD_PSTATE      0xc0010061  /* limit, control, status and eight definitions */
#define MSR_AMD_PSTATE_LAST 0xc001006b

#define APIC_BASE_BSP       0x100UL
#define APIC_BASE_ENABLED   0x800UL
#define APIC_BASE_ADDRESS   0xfee00000UL
#define MISC_ENABLE_VALUE   0x1801UL    /* fast strings; no branch trace, no PEBS */

static bool reads_zero(const struct vcpu *v, uint32_t msr)
{
    switch (msr) {
    case MSR_P5_MC_ADDR: case MSR_P5_MC_TYPE:
    case MSR_MCG_FIRST ... MSR_MCG_LAST:
    case MSR_MC_FIRST ... MSR_MC_LAST:
    case MSR_AMD_PSTATE ... MSR_AMD_PSTATE_LAST:
    case MSR_TSC_AUX:
        return cpu_features.rdtscp;
    case MSR_AMD_HWCR: case MSR_PLATFORM_INFO: case MSR_MISC_FEATURES: case MSR_HYPERCALL_PAGE:
        return true;
    case MSR_AMD_SYSCFG: case MSR_AMD_IORR ... MSR_AMD_IORR_LAST: case MSR_AMD_TOP_MEM: case MSR_AMD_TOP_MEM2:
        return v->domain->io_ports_all;     /* how memory is laid out: asked for by who drives the devices */
    default:
        return false;
    }
}

/* In guest kernel mode the live GS base is the kernel's, and the other one the user's, as on bare
 * hardware. */
static bool read_known(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_FS_BASE: case MSR_GS_BASE: case MSR_KERNEL_GS_BASE:
        *value = rdmsr(msr);
        return true;
    case MSR_EFER:
        *value = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
        return true;
    case MSR_APIC_BASE:
        *value = APIC_BASE_ADDRESS | APIC_BASE_ENABLED | (v->id == 0 ? APIC_BASE_BSP : 0);
        return true;
    case MSR_TSC:
        *value = rdtsc();
        return true;
    case MSR_PAT:
        *value = PAT_VALUE;
        return true;
    case MSR_MISC_ENABLE:
        if (!rdmsr_safe(msr, value))
            return false;
        *value = MISC_ENABLE_VALUE;
        return true;
    case MSR_UCODE_REV:
        return rdmsr_safe(msr, value);
    default:
        *value = 0;
        return reads_zero(v, msr);
    }
}

bool guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    if (read_known(v, msr, value))
        return true;
    (void)refuse(-XEN_EPERM, "vcpu %u: rdmsr %x at rip %lx", v->id, msr, this_cpu()->guest.rip);
    *value = 0;
    return v->traps[13].address == 0;
}

/* The value is the machine address of a frame of the guest's that becomes the page. */
static enum outcome write_hypercall_page(struct vcpu *v, uint64_t value)
{
    uint64_t n = value >> PAGE_SHIFT;
    long rc;

    if ((value & (PAGE_SIZE - 1)) || !frame_get(n, v->domain->id))
        return REFUSED;
    preempt_begin();
    rc = frame_get_writable(mfn(n), false);
    if (rc == 0) {
        hypercall_page_fill(frame_virt(mfn(n)));
        frame_put_type(mfn(n));
    }
    frame_put(mfn(n));
    return rc == 0 ? EMULATED : rc == -ERESTART ? AGAIN : REFUSED;
}

/* Kernels write these as a matter of course. They keep their one value, and may be written with it alone. */
static bool is_constant(uint32_t msr)
{
    switch (msr) {
    case MSR_EFER: case MSR_MISC_ENABLE: case MSR_MISC_FEATURES: case MSR_TSC_AUX: case MSR_AMD_HWCR:
    case MSR_MCG_FIRST ... MSR_MCG_LAST:
    case MSR_MC_FIRST ... MSR_MC_LAST:
    case MSR_AMD_PSTATE ... MSR_AMD_PSTATE_LAST:
        return true;
    default:
        return false;
    }
}

static enum outcome write_constant(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t is;

    if (is_constant(msr) && read_known(v, msr, &is) && is == value)
        return EMULATED;
    (void)refuse(-XEN_EPERM, "vcpu %u: wrmsr %x = %lx at rip %lx", v->id, msr, value, this_cpu()->guest.rip);
    return REFUSED;
}

enum outcome guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_FS_BASE: case MSR_GS_BASE: case MSR_KERNEL_GS_BASE:
        if (!is_canonical(value))
            return REFUSED;
        wrmsr(msr, value);
        return EMULATED;
    case MSR_HYPERCALL_PAGE:
        return write_hypercall_page(v, value);
    case MSR_UCODE_REV:         /* on Intel part of reading it: CPUID then fills it in */
        return cpu_features.intel && value == 0 ? EMULATED : REFUSED;
    default:
        return write_constant(v, msr, value);
    }
}
