/* debug.c: single steps and breakpoints in the guest kernel. The class of bug: a step or a breakpoint that
 * the hypervisor takes for its own, loses, or delivers twice or a step too late. */
#include "traps.h"
#include "debugging.h"

#include <xen/version.h>

static void step(const char *name, struct code code, uint64_t rax, const char *want)
{
    struct trip t = trip_to(code, TRIP_KERNEL_CS);

    t.start.rax = rax;
    t.start.rdi = 0;
    t.start.rflags |= FLAG_TF;
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    debugging_check(name, &t, 0, 0, want);
}

/* The hypervisor carries out the write. */
static void step_table_write(void)
{
    uint64_t leaf = pv_pt_lookup((void *)TRIP_CODE, 2, NULL);
    char *table = pv_mfn_to_virt((leaf & PV_PTE_FRAME) >> PV_PAGE_SHIFT);
    struct trip t = trip_to(CODE64("movq $0, (%%rdx); nop"), TRIP_KERNEL_CS);

    t.start.rdx = (uint64_t)table + 5 * 8;    /* of a page that is not mapped */
    t.start.rflags |= FLAG_TF;
    HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    debugging_check("TF: a write of a page table", &t, 0, 0, "#DB at +7, dr6 0");
    t.start.rflags = TRIP_FLAGS;
    debugging_check("a write of a page table that is watched", &t, t.start.rdx, DR7_WRITE(0, 8),
                    "goes on, dr6 0");
    debugging_check("execute: behind a write of a page table", &t, TRIP_CODE + 7, DR7_EXECUTE(0),
                    "#DB at +7, dr6 1");
    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
}

void test_debug(void)
{
    struct trip t;

    debugging_steps(TRIP_KERNEL_CS);
    step("TF: a hypercall", CODE64("syscall; nop; nop"), __HYPERVISOR_xen_version,
         "#DB at +2, rax=40011, dr6 4000");
    step("TF: a hypercall that is none", CODE64("syscall; nop; nop"), 60,
         "#DB at +2, rax=ffffffffffffffda, dr6 4000");
    step("TF: mov from cr0", CODE64("mov %%cr0, %%rcx; nop"), 0, "#DB at +3, dr6 4000");
    step("TF: cli", CODE64("cli; nop"), 0, "#GP(0) at +0, dr6 0");
    step("TF: rdmsr", CODE64("rdmsr; nop"), 0, "#GP(0) at +0, dr6 0");
    step_table_write();
    debugging_breakpoints(TRIP_KERNEL_CS);
    debugging_shadows(TRIP_KERNEL_CS);
    t = trip_to(CODE64("syscall; nop; nop"), TRIP_KERNEL_CS);
    t.start.rax = __HYPERVISOR_xen_version;
    t.start.rdi = XENVER_platform_parameters;
    t.start.rsi = TRIP_DATA;
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    debugging_check("write of 8 bytes by the hypervisor for a hypercall", &t, TRIP_DATA, DR7_WRITE(0, 8),
                    "goes on, rax=0, dr6 0");
    t = trip_to(CODE64("ud2; nop"), TRIP_KERNEL_CS);
    debugging_check("write of 8 bytes by the hypervisor for a frame", &t, TRIP_RSP - 8, DR7_WRITE(0, 8),
                    "#UD at +0, dr6 0");
}
