/* refused.c: what user code may not do, whatever its kernel may, and entries that the kernel makes for it.
 * The class of bug: an instruction carried out for the wrong mode, an exception or an interrupt lost on the
 * way to user mode. */
#include "user.h"

#include <string.h>
#include <xen/nmi.h>
#include <xen/vcpu.h>

/* Emulated for the kernel, or never, but not for user code. */
static void instructions(void)
{
    try_user("cli", CODE64("cli"), "#GP(0) at +0");
    try_user("sti", CODE64("sti"), "#GP(0) at +0");
    try_user("in", CODE64("in $0x60, %%al"), "#GP(0) at +0");
    try_user("out", CODE64("out %%al, $0x80"), "#GP(0) at +0");
    try_user("outsb", CODE64("outsb"), "#GP(0) at +0");
    try_user("mov from cr0", CODE64("mov %%cr0, %%rax"), "#GP(0) at +0");
    try_user("mov to cr0", CODE64("mov %%rax, %%cr0"), "#GP(0) at +0");
    try_user("mov from cr2", CODE64("mov %%cr2, %%rax"), "#GP(0) at +0");
    try_user("mov from cr3", CODE64("mov %%cr3, %%rax"), "#GP(0) at +0");
    try_user("mov to cr3", CODE64("mov %%rax, %%cr3"), "#GP(0) at +0");
    try_user("mov to cr4", CODE64("mov %%rax, %%cr4"), "#GP(0) at +0");
    try_user("mov from dr0", CODE64("mov %%dr0, %%rax"), "#GP(0) at +0");
    try_user("mov to dr7", CODE64("mov %%rax, %%dr7"), "#GP(0) at +0");
    try_user("clts", CODE64("clts"), "#GP(0) at +0");
    try_user("wbinvd", CODE64("wbinvd"), "#GP(0) at +0");
    try_user("rdmsr", CODE64("mov $0xc0000080, %%ecx; rdmsr"), "#GP(0) at +5, rcx=c0000080");
    try_user("wrmsr", CODE64("mov $0xc0000080, %%ecx; wrmsr"), "#GP(0) at +5, rcx=c0000080");
    try_user("rdpmc", CODE64("xor %%ecx, %%ecx; rdpmc"), "#GP(0) at +2, rcx=0");
    try_user("smsw", CODE64("smsw 0x60002000"), "goes on");
    try_user("sgdt", CODE64("sgdt 0x60002000"), "goes on");
    try_user("sidt", CODE64("sidt 0x60002000"), "goes on");
    try_user("sldt", CODE64("sldt 0x60002000"), "goes on");
    try_user("str", CODE64("str 0x60002000"), "goes on");
    try_user("popf with IOPL 3 and IF clear", CODE64("push $0x3002; popfq"), "goes on");
}

static void try_level(const char *name, struct code code, uint8_t vector, uint8_t flags, const char *want)
{
    trip_gate(vector, flags, TRIP_ENTRY(vector));
    try_user(name, code, want);
    trip_gates();
}

/* An entry's level counts for INT n alone. */
static void levels(void)
{
    try_level("int3, an entry of level 0", CODE64("int3"), 3, 0, "#BP at +1");
    try_level("int $4, an entry of level 0", CODE64("int $4"), 4, 0, "#OF at +2");
    try_level("ud2, an entry of level 3", CODE64("ud2; nop"), 6, 3, "#UD at +0");
    try_level("ud2, an entry that masks events", CODE64("ud2; nop"), 6, 4, "#UD at +0, handler mask 1");
    try_level("a page fault, an entry that masks events", CODE64("mov 0x60001000, %%eax"), 14, 4,
              "#PF(4) at +0, address 0x60001000, handler mask 1");
    try_level("int3, an entry that masks events", CODE64("int3"), 3, 7, "#BP at +1, handler mask 1");
}

/* Events are masked: handlers of theirs would use the FPU. */
static void task_switched(const char *name, struct code code, const char *want)
{
    struct trip t = trip_to(code, FLAT_USER_CS64);
    bool on = pv_upcalls_disable();

    t.start.rflags &= ~0x200UL;
    HYPERVISOR_fpu_taskswitch(1);
    trip_run(&t);
    HYPERVISOR_fpu_taskswitch(0);
    pv_upcalls_restore(on);
    check_text(name, trip_text(&t), want);
}

static struct pv_regs nmi_frame;
static unsigned int nmis;

/* The first NMI sends another, which has to wait, and goes on in user mode. The second is seen there. */
static bool on_nmi(struct pv_regs *regs)
{
    static struct pv_regs before;

    if (nmis++ == 0) {
        before = *regs;
        HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL);
        regs->rip = TRIP_CODE;
        regs->cs = FLAT_USER_CS64;
        regs->rsp = TRIP_RSP;
        return true;
    }
    nmi_frame = *regs;
    *regs = before;
    return true;
}

static void nmi(void)
{
    trip_to(CODE64("ud2; nop"), FLAT_USER_CS64);
    pv_trap_handler(2, on_nmi);
    trip_gate(2, 4, TRIP_ENTRY(2));    /* an upcall's iret would end the NMI */
    HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL);
    trip_gates();
    pv_trap_handler(2, NULL);
    check("NMIs, one that waits for an iret to user mode", nmis, 2);
    check("its frame: rip", (long)(nmi_frame.rip - TRIP_CODE), 0);
    check("its frame: cs", (long)nmi_frame.cs, FLAT_USER_CS64);
    check("its frame: rsp", (long)(nmi_frame.rsp - TRIP_RSP), 0);
    check("its frame: ss", (long)nmi_frame.ss, FLAT_USER_SS64);
}

void test_refused(void)
{
    instructions();
    levels();
    task_switched("an x87 instruction after fpu_taskswitch 1", CODE64("fldz"), "#NM at +0");
    task_switched("an SSE instruction after fpu_taskswitch 1", CODE64("xorps %%xmm9, %%xmm9"), "#NM at +0");
    nmi();
}
