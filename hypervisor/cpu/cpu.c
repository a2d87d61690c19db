/* Start-up of a CPU: identity, descriptor tables, control registers and MSRs; and the time budget of an
 * entry. */
#include "cpu/cpu.h"

#include "boot/boot-info.h"
#include "cpu/descriptors.h"
#include "cpu/features.h"
#include "cpu/fpu.h"
#include "cpu/registers.h"
#include "lib/lib.h"
#include "memory/frame.h"
#include "memory/pagetable.h"
#include "sched/timer.h"

struct cpu cpus[MAX_CPUS];
unsigned int cpu_count = 1;

/* TSC cycles that an entry may use before it stops at the next check; 0: stops at every check
 * (preempt=always). */
static uint64_t preempt_cycles = 1500000;
bool preempt_always;

void cpu_init_identity(unsigned int id)
{
    struct cpu_info *info = this_cpu();

    memset(info, 0, sizeof(*info));
    info->id = id;
    info->cpu = &cpus[id];
    cpus[id].id = id;
}

static void write_cr0(uint64_t v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static void write_cr4(uint64_t v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }

static void init_control_registers(void)
{
    const struct cpu_features *f = &cpu_features;
    uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    cr4 |= f->umip ? CR4_UMIP : 0;
    cr4 |= f->fsgsbase ? CR4_FSGSBASE : 0;
    cr4 |= f->xsave ? CR4_OSXSAVE : 0;
    cr4 |= f->smep ? CR4_SMEP : 0;
    cr4 |= f->smap ? CR4_SMAP : 0;
    write_cr0(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
    write_cr4(cr4);
    if (f->xsave)
        fpu_set_xcr0(f->xcr0_allowed);
}

/* `syscall` enters at this CPU's stub with CS and SS of ring 0; `sysret` leaves with the ABI's flat
 * selectors. */
static void init_msrs(unsigned int id)
{
    uint64_t offset = (uint64_t)id * SYSCALL_STUB_SIZE;

    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
    wrmsr(MSR_STAR, (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HYPERVISOR_CS << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + offset);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + offset);
    wrmsr(MSR_SFMASK, RFLAGS_AC | RFLAGS_RF | RFLAGS_NT | RFLAGS_IOPL | RFLAGS_DF | RFLAGS_IF | RFLAGS_TF);
    wrmsr(MSR_SYSENTER_CS, 0);      /* `sysenter` faults */
    wrmsr(MSR_PAT, PAT_VALUE);
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_GS_BASE, 0);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    if (cpu_features.rdtscp)
        wrmsr(MSR_TSC_AUX, 0);      /* guests can read it, and are not told of RDTSCP */
    if (cpu_features.cpuid_faulting)
        cpu_features.cpuid_faulting = wrmsr_safe(MSR_MISC_FEATURES, 1);
}

static void init_common(unsigned int id)
{
    init_control_registers();
    init_msrs(id);
    cpus[id].root = hypervisor_root;
    cpus[id].online = true;
}

void cpu_init_boot(void)
{
    char value[16];

    cpu_init_identity(0);       /* on its own stack now */
    idt_init();
    descriptors_load(0);
    features_detect();
    init_common(0);
    fpu_init();
    preempt_always = debug_build && cmdline_option(boot_info.cmdline, "preempt", value, sizeof(value)) &&
                     strcmp(value, "always") == 0;
}

void cpu_init_secondary(unsigned int id)
{
    cpu_init_identity(id);
    descriptors_load(id);
    init_common(id);
}

/* The budget begins with the first question: what never asks does not pay for reading the clock. */
bool preempt_check(void)
{
    struct cpu_info *info = this_cpu();
    uint64_t now = rdtsc();

    if (!info->entry_tsc)
        info->entry_tsc = now;
    return now - info->entry_tsc > preempt_cycles || preempt_always;
}

void preempt_set_budget(uint32_t khz)
{
    preempt_cycles = khz / 2;
}
