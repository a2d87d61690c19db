/* The iret hypercall: where the guest kernel wants to go on is taken from its stack. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "cpu/registers.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/guest-access.h"

/* What a guest may set; entry.S forces the rest on every return. */
#define RFLAGS_GUEST 0x250fd5UL

/* What is returned becomes rax. */
long hypercall_iret(void)
{
    struct vcpu *v = current;
    struct cpu_user_regs *r = &this_cpu()->guest;
    struct iret_context frame;

    if (unlikely(copy_from_guest(&frame, guest_addr(r->rsp), sizeof(frame)))) {
        domain_crash(v->domain, "vcpu %u: iret: no frame at %lx", v->id, r->rsp);
        return -XEN_EFAULT;
    }
    if ((frame.cs & 3) == 3) {
        if (unlikely(!v->user_root.n)) {
            domain_crash(v->domain, "vcpu %u: iret to user mode without user page tables", v->id);
            return -XEN_EFAULT;
        }
        guest_toggle_mode(v);
    }
    r->rip = frame.rip;
    r->cs = (uint16_t)(frame.cs | 3);
    r->rflags = (frame.rflags & RFLAGS_GUEST) | RFLAGS_IF;
    r->rsp = frame.rsp;
    r->ss = (uint16_t)(frame.ss | 3);
    if (frame.flags & VGCF_in_syscall) {
        r->rcx = frame.rip;
        r->r11 = r->rflags;
    } else {
        r->rcx = frame.rcx;
        r->r11 = frame.r11;
        r->entry_vector = 0;
    }
    v->info->evtchn_upcall_mask = !(frame.rflags & RFLAGS_IF);
    v->nmi_masked = false;
    return (long)frame.rax;
}

/* The processor refused cs, ss or rip of the guest's frame. An LDT page that was only not in the window yet is no refusal. */
void iret_failed(struct cpu_info *info)
{
    const struct cpu_user_regs *r = &info->guest;
    uint64_t address, ldt = CPU_AREA_VIRT + (uint64_t)info->id * CPU_AREA_SIZE + CPU_LDT_OFFSET;

    if (r->entry_vector == 14) {
        __asm__ volatile("mov %%cr2, %0" : "=r"(address));
        if (ldt_window_fault(current, address - ldt))
            return;
    }
    info->guest.entry_vector = 0;
    guest_inject_failsafe();
}
