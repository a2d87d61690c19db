/* The `syscall` instruction outside the guest kernel's 64-bit code: the kernel's callback, or #UD without
 * one. */
#include <xen/xen.h>
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"

/* A fault, so at the instruction, which is two bytes long. */
static cold void undefined_syscall(struct cpu_user_regs *r)
{
    r->rip -= 2;
    guest_inject_ud();
}

void syscall_from_guest_user(struct cpu_info *info, struct vcpu *v)
{
    if (likely(v->syscall_callback))
        guest_syscall_callback(v, &info->guest, v->syscall_callback, v->syscall_masks_events);
    else
        undefined_syscall(&info->guest);
}

/* There are no 32-bit guest kernels: in kernel mode this is no hypercall. */
void syscall32_from_guest(struct cpu_info *info)
{
    struct vcpu *v = current;

    if (!v->kernel_mode && v->syscall32_callback)
        guest_syscall_callback(v, &info->guest, v->syscall32_callback, v->syscall32_masks_events);
    else
        undefined_syscall(&info->guest);
}
