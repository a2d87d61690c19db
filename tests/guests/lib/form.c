/* form.c: the traps of instructions that form_enter.S runs. */
#include "form.h"

long form_run(const void *code, struct form_regs *r)
{
    probe_resume = (uint64_t)form_done;
    form_enter(code, r);
    probe_resume = 0;
    return probe_result();
}

static pv_trap_fn *kernel_handler;
static long user_result;

/* Back to the kernel, behind form_enter_user(). */
static bool leave_user(struct pv_regs *regs)
{
    if ((regs->cs & 3) != 3)
        return kernel_handler && kernel_handler(regs);
    probe_regs = *regs;
    probe_address = pv_fault_address();
    user_result = TRAP(regs->vector, regs->error & 0xffff);
    regs->rip = (uint64_t)form_done;
    regs->rsp = form_stack;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    regs->rflags = 0x202;
    return true;
}

long form_run_user(const void *code, struct form_regs *r, const char *root)
{
    static const unsigned int vectors[] = { 14, 13, 6 };
    char *stack = pv_pages_alloc(4);
    unsigned int i;

    mmuext1(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(root));
    HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack + 4 * PV_PAGE_SIZE);
    user_result = 0;
    for (i = 0; i < 3; i++)
        kernel_handler = pv_trap_handler(vectors[i], leave_user);
    form_enter_user(code, r);
    for (i = 0; i < 3; i++)
        pv_trap_handler(vectors[i], kernel_handler);
    mmuext1(MMUEXT_NEW_USER_BASEPTR, 0);
    pv_pages_free(stack, 4);
    return user_result;
}
