/* traps.c: exceptions of the guest kernel: right vector, error code, address, flags; and going on behind
 * them. The class of bug: a frame built wrongly, a trap delivered to the wrong place or not at all. */
#include "case.h"

#include <xen/nmi.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static void plain(void)
{
    uint32_t zero = 0;

    PROBE("int3", , );
    check("int3", probe_result(), TRAP(3, 0));
    PROBE("ud2", , );
    check("ud2", probe_result(), TRAP(6, 0));
    check("frame: kernel mode", (long)(probe_regs.cs & 3), 0);
    check("frame: upcalls were on", (long)(probe_regs.cs >> 32 & 0xff), 0);
    check("frame: so is the interrupt flag", (long)(probe_regs.rflags >> 9 & 1), 1);
    PROBE("divl %0", , ARGS("r"(zero)), "rax", "rdx");
    check("division by zero", probe_result(), TRAP(0, 0));
    PROBE("int $0x80", , );
    check("int 0x80", probe_result(), TRAP(0x80, 0));
}

static void page_faults(void)
{
    char *read_only = pv_image_start;
    uint64_t address;

    PROBE("movb (%0), %%al", , ARGS("r"(0x1000UL)), "rax");
    check("read of an unmapped page", probe_result(), TRAP(14, 0));
    check("its address", (long)probe_address, 0x1000);
    PROBE("movb $0, (%0)", , ARGS("r"(0x1008UL)));
    check("write of an unmapped page", probe_result(), TRAP(14, 2));
    check("its address", (long)probe_address, 0x1008);
    PROBE("movb $0, (%0)", , ARGS("r"(read_only)));
    check("write of our own text", probe_result(), TRAP(14, 3));
    PROBE("movb (%0), %%al", , ARGS("r"(0xffff830000000000UL)), "rax");
    check("read of the hypervisor", probe_result() & ~1L, TRAP(14, 0));
    PROBE("movb $0, (%0)", , ARGS("r"(0xffff830000000000UL)));
    check("write of the hypervisor", probe_result() & ~1L, TRAP(14, 2));
    PROBE("jmp *%0", , ARGS("r"(0x1000UL)));
    address = probe_address;
    check("jump to an unmapped page", probe_result(), TRAP(14, 16));
    check("its address", (long)address, 0x1000);
    __asm__ volatile("" ::: "memory");
}

static void general_protection(void)
{
    PROBE("movb (%0), %%al", , ARGS("r"(0x0000900000000000UL)), "rax");
    check("non-canonical read", probe_result(), TRAP(13, 0));
    PROBE("mov %0, %%ds", , ARGS("r"((uint16_t)0x1234)));
    check("a selector of nothing", probe_result(), TRAP(13, 0x1234));
    PROBE("hlt", , );
    check("hlt", probe_result(), TRAP(13, 0));
    PROBE("lgdt (%0)", , ARGS("r"(pv_image_start)));
    check("lgdt", probe_result(), TRAP(13, 0));
    PROBE("ltr %w0", , ARGS("r"(0x40)));
    check("ltr", probe_result(), TRAP(13, 0));
    PROBE("lidt (%0)", , ARGS("r"(pv_image_start)));
    check("lidt", probe_result(), TRAP(13, 0));
    PROBE("lldt %w0", , ARGS("r"(0x40)));
    check("lldt", probe_result(), TRAP(13, 0));
    PROBE("swapgs", , );
    check("swapgs", probe_result(), TRAP(13, 0));
    PROBE("sysretq", , );
    check("sysret", probe_result(), TRAP(13, 0));
}

/* The frame must lie on a 16-byte boundary whatever the stack pointer was, and keep what it was. */
static void odd_stack(void)
{
    uint64_t rsp;

    __asm__ volatile("mov %%rsp, %%rbx\n\tmovq $1f, probe_resume(%%rip)\n\t"
                     "sub $132, %%rsp\n\tmov %%rsp, %0\n\tud2\n1:\t"
                     "mov %%rbx, %%rsp\n\tmovq $0, probe_resume(%%rip)"
                     : "=&r"(rsp) : : "rbx", "memory");
    check("ud2 on an odd stack", probe_result(), TRAP(6, 0));
    check("its stack pointer", (long)probe_regs.rsp, (long)rsp);
}

static void flags(void)
{
    bool on = pv_upcalls_disable();

    PROBE("ud2", , );
    check("ud2 with upcalls off", probe_result(), TRAP(6, 0));
    check("frame: upcalls were off", (long)(probe_regs.cs >> 32 & 0xff), 1);
    check("frame: so is the interrupt flag", (long)(probe_regs.rflags >> 9 & 1), 0);
    check("they are off afterwards", pv_shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
    pv_upcalls_restore(on);
    check("and on again", pv_shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
}

static void debug(void)
{
    PROBE("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop", , );
    check("single step", probe_result(), TRAP(1, 0));
    check("DR0", HYPERVISOR_set_debugreg(0, 0x400000), 0);
    check("DR0 reads back", HYPERVISOR_get_debugreg(0), 0x400000);
    check("DR0 of the hypervisor", HYPERVISOR_set_debugreg(0, 0xffff830000000000UL), -XEN_EPERM);
    check("DR3", HYPERVISOR_set_debugreg(3, 0x400008), 0);
    check("DR3 reads back", HYPERVISOR_get_debugreg(3), 0x400008);
    check("DR9", HYPERVISOR_set_debugreg(9, 0), -XEN_ENODEV);
    check("DR7 off", HYPERVISOR_set_debugreg(7, 0), 0);
    check("DR6 cleared", HYPERVISOR_set_debugreg(6, 0), 0);
}

/* A data breakpoint on a variable of ours, 8 bytes, writes. */
static void watchpoint(void)
{
    static volatile uint64_t variable;

    check("DR0 to a variable", HYPERVISOR_set_debugreg(0, (unsigned long)&variable), 0);
    check("DR7: writes of 8 bytes", HYPERVISOR_set_debugreg(7, 0x3UL | 1UL << 16 | 2UL << 18), 0);
    PROBE("movq $7, (%0)\n\tnop", , ARGS("r"(&variable)));
    check("the write traps", probe_result(), TRAP(1, 0));
    check("DR6 tells which", HYPERVISOR_get_debugreg(6) & 0xf, 1);
    check("DR7 off", HYPERVISOR_set_debugreg(7, 0), 0);
    HYPERVISOR_set_debugreg(6, 0);
    PROBE("movq $8, (%0)\n\tnop", , ARGS("r"(&variable)));
    check("then it does not", probe_result(), 0);
}

static void fpu_traps(void)
{
    uint16_t control = 0x360, saved = 0x37f;
    long rc;
    bool on;

    PROBE("fldcw %0\n\tfldz\n\tfld1\n\tfdivp\n\tfwait", , ARGS("m"(control)));
    check("x87 division by zero", probe_result(), TRAP(16, 0));
    __asm__ volatile("fnclex; fninit; fldcw %0" : : "m"(saved));
    on = pv_upcalls_disable();
    rc = HYPERVISOR_fpu_taskswitch(1);    /* printing and upcalls would use the FPU */
    PROBE("fldz\n\tfstp %%st(0)", , );
    pv_upcalls_restore(on);
    check("fpu_taskswitch on", rc, 0);
    check("then the FPU traps", probe_result(), TRAP(7, 0));
    PROBE("fldz\n\tfstp %%st(0)", , );
    check("but only once", probe_result(), 0);
    check("fpu_taskswitch off", HYPERVISOR_fpu_taskswitch(0), 0);
}

extern char pv_trap_stubs[];    /* the kit's entries, 16 bytes each */
static volatile unsigned int nmis;

static bool on_nmi(struct pv_regs *regs)
{
    (void)regs;
    nmis++;
    return true;
}

static void nmi(void)
{
    struct xennmi_callback callback = { .handler_address = (unsigned long)pv_trap_stubs + 2 * 16 };

    pv_trap_handler(2, on_nmi);
    check("nmi_op: register", HYPERVISOR_nmi_op(XENNMI_register_callback, &callback), 0);
    check("an NMI to ourselves", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    check("came", nmis, 1);
    check("another", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    check("came", nmis, 2);
    pv_trap_handler(2, NULL);
}

void test_traps(void)
{
    plain();
    page_faults();
    general_protection();
    odd_stack();
    flags();
    debug();
    watchpoint();
    fpu_traps();
    nmi();
}


const struct kernel kernel = {
    .name = "traps", .checks = "exceptions of the guest kernel",
    .groups = (const struct group[]){
        { "traps", test_traps, "exceptions of the guest kernel" },
        { 0 },
    },
};
