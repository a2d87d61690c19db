/* What a vcpu has in the processor beside its general registers: segments, bases, debug registers, FPU,
 * address space. */
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "cpu/segments.h"
#include "domain/domain.h"
#include "emulate/privileged.h"
#include "lib/lib.h"
#include "memory/extable.h"
#include "memory/pagetable.h"

/* A selector whose descriptor has gone meanwhile becomes null, and false is returned. */
#define DEFINE_SELECTOR(reg)                                              \
    static uint16_t read_##reg(void)                                      \
    {                                                                     \
        uint32_t v;                                                       \
        __asm__ volatile("mov %%" #reg ", %0" : "=r"(v));                 \
        return (uint16_t)v;                                               \
    }                                                                     \
    static bool load_##reg(uint32_t selector)                             \
    {                                                                     \
        if (((read_##reg() | selector) & ~3U) == 0)                       \
            return true;                                                  \
        __asm__ goto volatile("1: mov %0, %%" #reg "\n"                   \
                              EXTABLE("1b", "%l[gone]")                   \
                              : : "r"(selector) : "memory" : gone);       \
        return true;                                                      \
    gone:                                                                 \
        __asm__ volatile("mov %0, %%" #reg : : "r"(0));                   \
        return false;                                                     \
    }

DEFINE_SELECTOR(ds)
DEFINE_SELECTOR(es)
DEFINE_SELECTOR(fs)
DEFINE_SELECTOR(gs)

static void save_segments(struct vcpu *v)
{
    uint64_t gs = read_gs_base(), other = read_other_gs_base();

    v->ds = read_ds();
    v->es = read_es();
    v->fs = read_fs();
    v->gs = read_gs();
    v->fs_base = read_fs_base();
    v->gs_base_kernel = v->kernel_mode ? gs : other;
    v->gs_base_user = v->kernel_mode ? other : gs;
}

/* Some processors let a guest put a non-canonical address into a base, and then refuse to load it back. */
static uint64_t loadable(uint64_t base)
{
    return is_canonical(base) ? base : 0;
}

/* Selectors first: loading one changes the base. If one is gone the guest
 * kernel is told before anything else. */
static void load_segments(struct vcpu *v)
{
    bool ds = load_ds(v->ds), es = load_es(v->es), fs = load_fs(v->fs), gs = load_gs(v->gs);

    v->failsafe_due = !(ds && es && fs && gs);
    if (v->failsafe_due)
        atomic_fetch_or(&this_cpu()->work, WORK_FAILSAFE);
    write_fs_base(loadable(v->fs_base));
    write_gs_base(loadable(v->kernel_mode ? v->gs_base_kernel : v->gs_base_user));
    write_other_gs_base(loadable(v->kernel_mode ? v->gs_base_user : v->gs_base_kernel));
}

#define WRITE_DR(n, v) __asm__ volatile("mov %0, %%dr" #n : : "r"((uint64_t)(v)))

void cpu_load_debug_registers(struct vcpu *v)
{
    struct cpu *cpu = this_cpu()->cpu;

    if (v->debugreg[7] & 0xff) {
        WRITE_DR(0, v->debugreg[0]);
        WRITE_DR(1, v->debugreg[1]);
        WRITE_DR(2, v->debugreg[2]);
        WRITE_DR(3, v->debugreg[3]);
        WRITE_DR(6, DR6_RESET);
        WRITE_DR(7, (v->debugreg[7] & DR7_GUEST) | DR7_RESET);
        cpu->debug_used = true;
    } else if (cpu->debug_used) {
        WRITE_DR(7, DR7_RESET);
        cpu->debug_used = false;
    }
}

void cpu_switch_from(struct vcpu *v)
{
    guest_cr4_unload();
    save_segments(v);
    fpu_save(v);
}

/* The windows' entries change before the root is loaded, which flushes the old ones; the selectors then are
 * read from the new windows. */
void cpu_switch_to(struct vcpu *v)
{
    vcpu_load_descriptors(v);
    vcpu_load_root(v);
    load_segments(v);
    cpu_load_debug_registers(v);
    fpu_load(v);
    guest_cr4_load(v);
}
