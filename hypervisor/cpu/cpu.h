/* A physical CPU: its private data, its stacks, and what the rest of the hypervisor asks of it. */
#ifndef ENSO_CPU_CPU_H
#define ENSO_CPU_CPU_H

#include <xen/xen.h>
#include "boot/memory-map.h"
#include "cpu/registers.h"
#include "lib/lib.h"
#include "lib/types.h"

struct vcpu;

/* At the top of each CPU's stack region, found from any of the CPU's stack pointers. The processor pushes the
 * frame of a trap from a guest so that it ends at &guest.es: guest is the running vcpu's register state
 * during a whole entry. */
struct cpu_info {
    uint64_t alignment;                 /* the processor pushes from &guest.es down, a multiple of 16 */
    struct cpu_user_regs guest;
    struct vcpu *current;               /* running vcpu; NULL: idle */
    struct cpu *cpu;
    _Atomic uint32_t work;              /* WORK_* bits: looked at before every return to a guest */
    uint32_t id;
    uint64_t entry_tsc;                 /* TSC when this entry's time budget began (preempt_begin) */
    uint64_t reserved[2];               /* keeps the size a multiple of 16 */
};
_Static_assert(sizeof(struct cpu_info) == CPU_INFO_SIZE, "a multiple of 16: the stack below stays aligned");
_Static_assert(offsetof(struct cpu_info, guest.es) % 16 == 0, "else the processor leaves a gap");

enum {
    WORK_RESCHED = 1,       /* choose another vcpu */
    WORK_TIMER   = 2,       /* the local timer has fired */
    WORK_RELEASE = 4,       /* frames_release has something to do */
    WORK_CONTINUE = 16,     /* current->continuation.active: run the hypercall again */
    WORK_NMI     = 32,      /* an NMI arrived for the running guest */
    WORK_FAILSAFE = 64,     /* current->failsafe_due */
};

static inline struct cpu_info *this_cpu(void)
{
    uint64_t sp;
    __asm__("mov %%rsp, %0" : "=r"(sp));    /* not volatile: constant within a function */
    return (struct cpu_info *)((sp & ~(uint64_t)(CPU_STACK_SIZE - 1)) + CPU_STACK_SIZE - CPU_INFO_SIZE);
}
static inline struct cpu_info *cpu_info_of(unsigned int id)
{
    return (struct cpu_info *)(CPU_AREA_VIRT + (uint64_t)id * CPU_AREA_SIZE + CPU_STACK_SIZE - CPU_INFO_SIZE);
}
static inline struct vcpu *current_vcpu(void) { return this_cpu()->current; }
static inline unsigned int cpu_id(void) { return this_cpu()->id; }
static inline void set_current_vcpu(struct vcpu *v) { this_cpu()->current = v; }    /* the scheduler alone */
#define current current_vcpu()

/* What does not have to be near the stack. */
struct cpu {
    uint32_t id, apic_id;
    bool online;
    /* TLB flush requests from others: the requester's sequence number asked, answered (cpu/flush.c). */
    _Atomic uint64_t flush_asked, flush_done;
    uint64_t idle_ns;
    uint64_t release_list;      /* memory/frame.c: first mfn, FRAME_LIST_END none */
    uint32_t release_count;
    uint32_t lock_ranks;        /* debug: bit per rank held */
    mfn_t root;                 /* value in CR3 */
    bool ldt_used;              /* the LDT window holds something (memory/descriptors.c) */
    bool debug_used;            /* DR7 is not in its reset state (cpu/switch.c) */
    uint64_t xcr0;              /* value in XCR0 */
};
extern struct cpu cpus[MAX_CPUS];

/* Tables and code of dispatch/entry.S that cpu/ fills in or points the processor to. cpu_stack_top[i] is
 * &guest.es of CPU i's struct cpu_info, also TSS.rsp0: from there the stub pushes what the processor would
 * have pushed. Stub i is syscall_stubs + i * SYSCALL_STUB_SIZE, where LSTAR points; CSTAR (32-bit code)
 * points to the same place of syscall32_stubs. */
extern uint64_t cpu_stack_top[MAX_CPUS];
extern const uint64_t idt_stub_table[256];
extern const uint8_t syscall_stubs[], syscall32_stubs[];
#define SYSCALL_STUB_SIZE 32

/* The 64 level-1 entries that map the area of a CPU (entry i: CPU_AREA_VIRT + id * CPU_AREA_SIZE + i *
 * PAGE_SIZE), through the direct map. The GDT window is 16..29 (30 is the CPU's own page), the LDT window
 * 32..47. Whoever changes an entry flushes it on that CPU. */
uint64_t *cpu_area_ptes(unsigned int id);
/* Loads LDTR for the running vcpu: `entries` descriptors in the LDT window, 0: none. */
void cpu_load_ldt(unsigned int entries);
extern unsigned int cpu_count;              /* online, numbered 0..cpu_count-1; constant after smp_start */

/* Features found at boot; constant afterwards. */
struct cpu_features {
    bool intel, amd;            /* whose design it follows */
    bool smap, smep, umip, nx, xsave, fsgsbase, rdtscp, pcid, syscall32, cpuid_faulting;
    bool tsc_invariant, tsc_deadline, x2apic;
    unsigned int phys_bits;
    uint64_t xcr0_allowed;      /* XSAVE components guests may enable */
    size_t fpu_size;            /* bytes of an XSAVE/FXSAVE area */
};
extern struct cpu_features cpu_features;

/* Called by hypervisor_main and by secondary CPUs. */
void cpu_init_identity(unsigned int id);    /* fills in this_cpu(): the first thing on a stack */
void cpu_init_boot(void);                   /* GDT, IDT, TSS, stacks, MSRs, CR0/CR4 of the boot CPU */
void cpu_init_secondary(unsigned int id);
void smp_start(void);                       /* all others; returns when each enters the scheduler */

/* Flushes the TLBs of the CPUs in `mask` completely and returns when all have done so (this CPU included if
 * in the mask). May be called with locks held. */
void cpu_flush_tlb(uint64_t mask);
void cpu_flush_tlb_local(void);
/* In a loop that waits for another CPU: pause, and answer flush requests of others. */
void cpu_relax_and_answer(void);
/* Makes another CPU look at its work bits soon (IPI if it is not this one). */
void cpu_kick(unsigned int id, uint32_t work);
/* Stops all other CPUs for good (panic) or until cpu_resume_others (audit). */
void cpu_stop_others(void);
void cpu_resume_others(void);
noreturn void cpu_idle_forever(void);

/* Answers a pending flush or stop request: the flush vector, where no lock is held. */
void cpu_answer(void);

/* Machine power; do not return. */
noreturn void machine_power_off(void);
noreturn void machine_reboot(void);

/* Per-vcpu CPU state at a context switch (the general registers are copied by the scheduler's switch). */
void cpu_switch_from(struct vcpu *v);       /* saves segment selectors, bases and FPU of the running vcpu */
void cpu_switch_to(struct vcpu *v);         /* loads them; loads root and descriptor windows */
/* Loads the debug registers of v, which runs here, after they changed. */
void cpu_load_debug_registers(struct vcpu *v);
/* A new vcpu's FPU area in reset state. */
void fpu_init_area(void *area);
/* The FXSAVE image of a vcpu context, for a vcpu that does not run. */
void fpu_set_legacy(struct vcpu *v, const void *image);
void fpu_get_legacy(const struct vcpu *v, void *image);
void fpu_save(struct vcpu *v);
void fpu_load(struct vcpu *v);
/* CR0.TS: for the running vcpu it is its v->ts. */
static inline void fpu_set_ts(bool ts)
{
    uint64_t cr0;

    if (!ts) {
        __asm__ volatile("clts" : : : "memory");
        return;
    }
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_TS) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return ((uint64_t)hi << 32) | lo;
}
/* True when the running entry has used up its time (about half a millisecond since its long work began), or
 * always in a build that preempts at every check. Long loops ask every 64 steps or so. */
bool preempt_check(void);
extern bool preempt_always;         /* debug builds, as the boot option `preempt` says */
/* For loops of small steps: looks after every CHECK_EVERY of them; a debug build
 * that preempts always, after each. */
#define CHECK_EVERY 8
static inline bool preempt_check_after(uint64_t done)
{
    return (done % CHECK_EVERY == 0 || (debug_build && preempt_always)) && preempt_check();
}
/* Starts the budget (the dispatcher does it for each hypercall that can be long). */
static inline void preempt_begin(void) { this_cpu()->entry_tsc = 0; }

/* time_init tells the processor's clock, from which the budget follows. */
void preempt_set_budget(uint32_t tsc_khz);

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return ((uint64_t)hi << 32) | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
/* With exception fix-up: false if the processor refused. */
bool rdmsr_safe(uint32_t msr, uint64_t *v) must_check;
bool wrmsr_safe(uint32_t msr, uint64_t v) must_check;
static inline bool is_canonical(uint64_t a) { return (uint64_t)((int64_t)(a << 16) >> 16) == a; }

/* For cpuid without a subleaf give 0. */
struct cpuid { uint32_t eax, ebx, ecx, edx; };
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint8_t inb(uint16_t p)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline uint16_t inw(uint16_t p)
{
    uint16_t v;
    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline uint32_t inl(uint16_t p)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline void outb(uint16_t p, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(p)); }
static inline void outw(uint16_t p, uint16_t v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(p)); }
static inline void outl(uint16_t p, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(p)); }

#endif
