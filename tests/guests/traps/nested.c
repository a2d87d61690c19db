/* nested.c: traps within handlers, and what of the processor's state a trap leaves alone. The class of
 * bug: state of an outer trap that the inner one overwrites; a register of the guest's that the hypervisor
 * has used. */
#include "traps.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/version.h>

static long inner[3];
static uint64_t inner_address, outer_address;
static unsigned int level, steps;

/* Faults again, three deep, each time at another address. */
static bool deeper(struct pv_regs *regs)
{
    unsigned int at = level++;

    if (at < 2)
        __asm__ volatile("movb $0, (%0)" : : "r"(TRIP_HOLE + (at + 1) * 16) : "memory");
    inner[at] = (long)(regs->error | regs->vector << 8);
    if (at == 2)
        inner_address = pv_fault_address();
    regs->rip += 3;    /* the length of the instructions that fault here */
    return true;
}

static void page_faults(void)
{
    pv_trap_fn *before = pv_trap_handler(14, deeper);

    level = 0;
    __asm__ volatile("movb $0, (%0)" : : "r"(TRIP_HOLE) : "memory");
    pv_trap_handler(14, before);
    outer_address = pv_fault_address();
    check("page faults three deep: handlers run", level, 3);
    check("vector and error code of the first", inner[0], 14 << 8 | 2);
    check("vector and error code of the third", inner[2], 14 << 8 | 2);
    check("address of the third, in its handler", (long)(inner_address - TRIP_HOLE), 32);
    check("address that stays behind", (long)(outer_address - TRIP_HOLE), 32);
}

/* A handler that does hypercalls and faults before it looks at the address. */
static bool late(struct pv_regs *regs)
{
    HYPERVISOR_xen_version(XENVER_get_features, UNMAPPED);
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    inner_address = pv_fault_address();
    regs->rip += 3;
    return true;
}

static void fault_address(void)
{
    pv_trap_fn *before = pv_trap_handler(14, late);

    __asm__ volatile("movb $0, (%0)" : : "r"(TRIP_HOLE + 0x123) : "memory");
    pv_trap_handler(14, before);
    check("address after hypercalls that fail on an unmapped pointer", (long)(inner_address - TRIP_HOLE),
          0x123);
    pv_shared_info->vcpu_info[0].arch.cr2 = 0x1234;
    HYPERVISOR_xen_version(XENVER_get_features, UNMAPPED);
    check("address after a hypercall with an unmapped pointer", (long)pv_fault_address(), 0x1234);
}

static bool on_step(struct pv_regs *regs)
{
    steps++;
    PROBE("ud2", , );
    inner[0] = probe_result();
    inner[1] = (long)(probe_regs.rflags & 0x100);
    regs->rflags &= ~0x100UL;
    return true;
}

static bool stay(struct pv_regs *regs)
{
    steps++;
    inner[0] = (long)(regs->rflags & 0x100);
    if (steps == 5)
        regs->rflags &= ~0x100UL;
    return true;
}

static void single_steps(void)
{
    pv_trap_fn *before = pv_trap_handler(1, on_step);

    steps = 0;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop" : : : "memory", "cc");
    check("a fault in the handler of a single step", inner[0], TRAP(6, 0));
    check("TF in its frame", inner[1], 0);
    check("steps until TF was cleared in the frame", steps, 1);
    steps = 0;
    pv_trap_handler(1, stay);
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop; nop; nop; nop; nop" : : : "memory",
                     "cc");
    pv_trap_handler(1, before);
    check("steps while TF stays set in the frame", steps, 5);
    check("TF in the frame of each", inner[0], 0x100);
}

/* The kit's entry saves the FPU; these traps come back to code that has set it up itself. */
static void floating(void)
{
    static const uint8_t before[16] __attribute__((aligned(16))) = "0123456789abcde";
    static uint8_t after[16] __attribute__((aligned(16)));
    uint32_t mxcsr = 0x3f80, mxcsr_after;
    uint16_t control = 0x27f, control_after;

    __asm__ volatile("fldcw %4; ldmxcsr %5; movaps %6, %%xmm9; movq $1f, probe_resume(%%rip); ud2; 1:"
                     "movq $0, probe_resume(%%rip); movaps %%xmm9, %0; stmxcsr %1; fnstcw %2; fninit; "
                     "ldmxcsr %3"
                     : "=m"(after), "=m"(mxcsr_after), "=m"(control_after)
                     : "m"(*(const uint32_t[]){ 0x1f80 }), "m"(control), "m"(mxcsr), "m"(before)
                     : "xmm9", "memory");
    check("ud2 between SSE instructions", probe_result(), TRAP(6, 0));
    check_true("xmm9 is kept", memcmp(before, after, 16) == 0);
    check("MXCSR is kept", mxcsr_after, 0x3f80);
    check("the x87 control word is kept", control_after, 0x27f);
}

static void task_switched(void)
{
    long rc;
    bool on = pv_upcalls_disable();    /* printing and upcalls use the FPU */
    long x87, again, sse, waits;

    rc = HYPERVISOR_fpu_taskswitch(1);
    PROBE("fldz; fstp %%st(0)", , );
    x87 = probe_result();
    PROBE("fldz; fstp %%st(0)", , );
    again = probe_result();
    HYPERVISOR_fpu_taskswitch(1);
    PROBE("xorps %%xmm9, %%xmm9", , , "xmm9");
    sse = probe_result();
    HYPERVISOR_fpu_taskswitch(1);
    PROBE("fwait", , );
    waits = probe_result();
    HYPERVISOR_fpu_taskswitch(1);
    HYPERVISOR_fpu_taskswitch(0);
    pv_upcalls_restore(on);
    check("fpu_taskswitch 1", rc, 0);
    check("an x87 instruction after fpu_taskswitch 1", x87, TRAP(7, 0));
    check("the next x87 instruction", again, 0);
    check("an SSE instruction after fpu_taskswitch 1", sse, TRAP(7, 0));
    check("fwait after fpu_taskswitch 1", waits, TRAP(7, 0));
    PROBE("fldz; fstp %%st(0)", , );
    check("an x87 instruction after fpu_taskswitch 0", probe_result(), 0);
}

void test_nested(void)
{
    page_faults();
    fault_address();
    single_steps();
    floating();
    task_switched();
}
