/* start.c: with which registers a new vcpu starts: what its context says, flags and selectors made
 * harmless, and the rest as after a reset. The class of bug: a flag, a selector or a register of
 * somebody else that a new vcpu sees. */
#include "second.h"

#include <string.h>
#include <xen/sched.h>
#include <pv/memory.h>

#define FX_XMM(n) (40 + 4 * (n))        /* its 32-bit word in an FXSAVE image */

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, FLAGS, CS, SS, DS, ES,
       FS, GS };

unsigned int next_spare = 2;

/* Written by second_entry.S and snapshot_rest(). */
volatile uint64_t snapshot[23];
volatile uint32_t snapshot_fpu[128] __attribute__((aligned(16)));
volatile uint8_t snapshot_by_failsafe;
volatile uint64_t snapshot_trapped;     /* the top of the stack of a trap it met instead */
static volatile unsigned int round;
static uint64_t seen_fs, seen_gs, seen_cr0, seen_cr4, seen_debug[8], seen_mask;
static bool read_bases;
static unsigned int spare;

static struct vcpu_guest_context context;
static volatile uint64_t at_fs = 0x1234f5, at_gs = 0x123465;

static __attribute__((noreturn)) void go_down(void)
{
    for (;;) {
        round++;
        HYPERVISOR_vcpu_op(VCPUOP_down, spare, NULL);
    }
}

void snapshot_rest(void) __attribute__((noreturn));
void snapshot_rest(void)
{
    int i;

    if (snapshot_trapped)
        go_down();
    seen_mask = pv_shared_info->vcpu_info[spare].evtchn_upcall_mask;
    if (read_bases) {
        __asm__ volatile("mov %%fs:0, %0" : "=r"(seen_fs));
        __asm__ volatile("mov %%gs:0, %0" : "=r"(seen_gs));
    }
    __asm__ volatile("mov %%cr0, %0" : "=r"(seen_cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(seen_cr4));
    for (i = 0; i < 8; i++)
        seen_debug[i] = i == 4 || i == 5 ? 0 : (uint64_t)HYPERVISOR_get_debugreg(i);
    go_down();
}

/* Waits until the spare vcpu is down again. */
static bool comes_down(void)
{
    uint64_t end = pv_now_ns() + 5 * PV_NS_PER_SEC;

    while (HYPERVISOR_vcpu_op(VCPUOP_is_up, spare, NULL) == 1) {
        if (pv_now_ns() > end)
            return false;
        yield();
    }
    return true;
}

/* Gives the next spare vcpu the context, lets it write its registers down, and waits until it is down. */
static bool start_spare(const char *name)
{
    unsigned int was = round, i;
    long rc;

    spare = next_spare++;
    snapshot_by_failsafe = 0;
    snapshot_trapped = 0;
    for (i = 0; i < 32; i++)
        context.trap_ctxt[i].address = (unsigned long)snapshot_trap;
    rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, spare, &context);
    if (rc == 0)
        rc = HYPERVISOR_vcpu_op(VCPUOP_up, spare, NULL);
    check_state(named("start, %s", name), rc, 0, "it runs without a trap",
                changes(&round, was) && comes_down() && !snapshot_trapped);
    return round != was && !snapshot_trapped;
}

static void general(void)
{
    static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9",
                                         "r10",
                                         "r11", "r12", "r13", "r14", "r15" };
    struct cpu_user_regs *r = &context.user_regs;
    unsigned int i;

    r->rax = 0x1000;
    r->rbx = 0x1001;
    r->rcx = 0x1002;
    r->rdx = 0x1003;
    r->rsi = 0x1004;
    r->rdi = 0x1005;
    r->rbp = 0x1006;
    r->rsp = (uint64_t)snapshot_stack_top;
    r->r8 = 0x1008;
    r->r9 = 0x1009;
    r->r10 = 0x100a;
    r->r11 = 0x100b;
    r->r12 = 0x100c;
    r->r13 = 0x100d;
    r->r14 = 0x100e;
    r->r15 = 0x100f;
    if (!start_spare("all registers given"))
        return;
    for (i = RAX; i <= R15; i++)
        if (i == RSP)
            check_true("its rsp is the context's", snapshot[i] == (uint64_t)snapshot_stack_top);
        else
            check(named("its %s", names[i]), (long)snapshot[i], 0x1000 + i);
}

static void segments(void)
{
    check("its cs", (long)snapshot[CS], FLAT_KERNEL_CS);
    check("its ss", (long)snapshot[SS], FLAT_KERNEL_SS);
    check("its ds, es, fs, gs", (long)(snapshot[DS] | snapshot[ES] | snapshot[FS] | snapshot[GS]), 0);
    check_true("FS has the context's base", seen_fs == at_fs);
    check_true("GS has the kernel's base of the context", seen_gs == at_gs);
}

static void control(void)
{
    uint64_t own;

    __asm__ volatile("mov %%cr0, %0" : "=r"(own));
    check_true("CR0 is the first vcpu's, whatever the context said", seen_cr0 == own);
    __asm__ volatile("mov %%cr4, %0" : "=r"(own));
    check_true("CR4 has TSD and DE as the context said", (seen_cr4 & 0xc) == 0xc);
    check_true("CR4's other bits are the first vcpu's, but for FSGSBASE and OSXSAVE",
               ((seen_cr4 ^ own) & ~0x5000cUL) == 0);
    check("upcalls are masked", (long)seen_mask, 1);
    check_true("DR0 is the context's", seen_debug[0] == (uint64_t)&at_fs);
    check("DR1 in the hypervisor is not taken, XSA-444", (long)seen_debug[1], 0);
    check("DR6", (long)seen_debug[6], 0xffff0ff0);
    check("DR7", (long)seen_debug[7], 0x400);
}

static void fpu(const char *whose, uint32_t fcw, uint32_t mxcsr, uint32_t xmm5)
{
    check(named("FCW, %s", whose), snapshot_fpu[0] & 0xffff, fcw);
    check(named("MXCSR, %s", whose), snapshot_fpu[6], mxcsr);
    check(named("XMM5, %s", whose), snapshot_fpu[FX_XMM(5)], xmm5);
}

static void first_vcpu(void)
{
    /* What a new vcpu must not see. */
    __asm__ volatile("mov $0x5ec2e7, %%eax; movd %%eax, %%xmm5" : : : "rax", "xmm5");
    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.fs_base = (uint64_t)&at_fs;
    context.gs_base_kernel = (uint64_t)&at_gs;
    context.ctrlreg[0] = 0;
    context.ctrlreg[4] = ~0UL;
    context.debugreg[0] = (uint64_t)&at_fs;
    context.debugreg[1] = 0xffff820000000000;
    read_bases = true;
    general();
    read_bases = false;
    segments();
    control();
}

static void flags(void)
{
    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.user_regs.rflags = 0x40200fd5 & ~0x300UL;       /* arithmetic, DF, ID; not IF, not TF */
    context.user_regs.rflags &= 0xffffffff;
    context.user_regs.rflags |= 3UL << 12;
    if (start_spare("flags with IOPL 3, without IF"))
        check("its flags", (long)(snapshot[FLAGS] & 0x3fffff), 0x200ed7);
    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.user_regs.rflags = 0;
    if (start_spare("flags 0"))
        check("its flags then", (long)(snapshot[FLAGS] & 0x3fffff), 0x202);
}

static void selectors(void)
{
    static const struct { const char *name; size_t field; uint16_t value; bool failsafe; } rows[] = {
        { "cs of level 0", offsetof(struct cpu_user_regs, cs), FLAT_KERNEL_CS & ~3, false },
        { "ss of level 0", offsetof(struct cpu_user_regs, ss), FLAT_KERNEL_SS & ~3, false },
        { "ds that is no segment", offsetof(struct cpu_user_regs, ds), 0x1233, true },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        second_context(&context, snapshot_entry, snapshot_stack_top);
        context.failsafe_callback_eip = (unsigned long)snapshot_failsafe;
        memcpy((char *)&context.user_regs + rows[i].field, &rows[i].value, sizeof(rows[i].value));
        if (!start_spare(rows[i].name))
            continue;
        check(named("%s: the failsafe callback runs", rows[i].name), snapshot_by_failsafe, rows[i].failsafe);
        check(named("%s: cs", rows[i].name), (long)snapshot[CS], FLAT_KERNEL_CS);
        check(named("%s: ss", rows[i].name), (long)snapshot[SS], FLAT_KERNEL_SS);
        check(named("%s: ds", rows[i].name), (long)snapshot[DS], 0);
    }
}

static void given_fpu(void)
{
    uint32_t *image = (uint32_t *)&context.fpu_ctxt;

    second_context(&context, snapshot_entry, snapshot_stack_top);
    if (start_spare("no FPU state given"))
        fpu("none given, XSA-165", 0x37f, 0x1f80, 0);
    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.flags |= VGCF_i387_valid;
    image[0] = 0x27f;
    image[6] = 0x1f00;
    image[FX_XMM(5)] = 0x77;
    if (start_spare("an FPU state given"))
        fpu("one given", 0x27f, 0x1f00, 0x77);
    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.flags |= VGCF_i387_valid;
    image[0] = 0x37f;
    image[6] = 0xffffffff;
    start_spare("an FPU state given with reserved bits of MXCSR, XSA-53");
}

/* A vcpu that went down itself goes on behind that when it is made to; its context stays its own. */
static void again(void)
{
    unsigned int was;

    second_context(&context, snapshot_entry, snapshot_stack_top);
    if (!start_spare("one to go down and up"))
        return;
    check("VCPUOP_initialise, one that ran", HYPERVISOR_vcpu_op(VCPUOP_initialise, spare, &context),
          -XEN_EEXIST);
    was = round;
    check("VCPUOP_up, one that is down", HYPERVISOR_vcpu_op(VCPUOP_up, spare, NULL), 0);
    check_true("it goes on behind its VCPUOP_down", changes(&round, was) && comes_down() && round == was + 1);
}

/* Xen 4.17 counts such a vcpu as up, but lets it run only when something else wakes it. */
static void online(void)
{
    unsigned int was = round;

    second_context(&context, snapshot_entry, snapshot_stack_top);
    context.flags |= VGCF_online;
    spare = next_spare++;
    check("VCPUOP_initialise, VGCF_online", HYPERVISOR_vcpu_op(VCPUOP_initialise, spare, &context), 0);
    HYPERVISOR_vcpu_op(VCPUOP_down, spare, NULL);
    check("VCPUOP_up, after a down, a vcpu that was initialised online",
          HYPERVISOR_vcpu_op(VCPUOP_up, spare, NULL), 0);
    check_true("it runs", changes(&round, was) && comes_down());
}

void test_start(void)
{
    if (vcpu_total() < 32)
        return;
    first_vcpu();
    flags();
    selectors();
    given_fpu();
    again();
    online();
}
