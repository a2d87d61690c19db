/* The iret hypercall: where the guest kernel wants to go on is taken from its stack. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "cpu/registers.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "dispatch/fault.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

/* What a guest may set, and what is always set; entry.S forces both on every return. */
#define RFLAGS_GUEST 0x254fd5UL
#define RFLAGS_ALWAYS (RFLAGS_IF | 0x2UL)

#define FIELD(sp, name) ((sp) + offsetof(struct iret_context, name))

static cold void crash(struct vcpu *v, uint64_t sp, const char *why)
{
    domain_crash(v->domain, "vcpu %u: iret with the frame at %lx: %s", v->id, sp, why);
}

/* Straight from the frame into the registers: if it ends halfway the domain does, too. */
static forced_inline bool fetch_frame(struct cpu_user_regs *r, uint64_t sp, uint64_t *flags, uint64_t *cs,
                                      uint64_t *ss)
{
    bool ok;

    if (!guest_start_ok(sp))
        return false;
    guest_access_open();
    ok = guest_fetch_word(&r->rax, FIELD(sp, rax)) && guest_fetch_word(&r->r11, FIELD(sp, r11)) &&
         guest_fetch_word(&r->rcx, FIELD(sp, rcx)) && guest_fetch_word(flags, FIELD(sp, flags)) &&
         guest_fetch_word(&r->rip, FIELD(sp, rip)) && guest_fetch_word(cs, FIELD(sp, cs)) &&
         guest_fetch_word(&r->rflags, FIELD(sp, rflags)) && guest_fetch_word(&r->rsp, FIELD(sp, rsp)) &&
         guest_fetch_word(ss, FIELD(sp, ss));
    guest_access_close();
    return ok;
}

/* The state after a `syscall`: selectors are flat whatever the frame says, but for 32-bit code, which sysretq
 * cannot return to. */
static void as_after_syscall(struct cpu_user_regs *r)
{
    r->rcx = r->rip;
    r->r11 = (r->rflags & RFLAGS_GUEST) | RFLAGS_ALWAYS;
    r->ss = FLAT_USER_SS;
    if (unlikely(r->cs == FLAT_USER_CS32))
        r->entry_vector = 0;
    else
        r->cs = FLAT_USER_CS;
}

/* One may have come meanwhile: it is delivered on the way out. */
static cold void end_of_nmi(struct cpu_info *info, struct vcpu *v)
{
    v->nmi_masked = false;
    if (atomic_load(&v->nmi_pending))
        atomic_fetch_or(&info->work, WORK_NMI);
}

/* entry.S allows the guest only its own flags. */
void iret_from_guest(struct cpu_info *info, struct vcpu *v)
{
    struct cpu_user_regs *r = &info->guest;
    uint64_t sp = r->rsp, flags, cs, ss;

    if (unlikely(!fetch_frame(r, sp, &flags, &cs, &ss))) {
        crash(v, sp, "not all of it can be read");
        return;
    }
    if ((cs & 3) == 3) {
        if (unlikely(!v->user_root.n)) {
            crash(v, sp, "to user mode, which has no page tables");
            return;
        }
        guest_toggle_mode(v);
    }
    r->cs = (uint16_t)(cs | 3);
    r->ss = (uint16_t)(ss | 3);
    v->info->evtchn_upcall_mask = !(r->rflags & RFLAGS_IF);
    if (unlikely(v->nmi_masked))
        end_of_nmi(info, v);
    if (flags & VGCF_in_syscall)
        as_after_syscall(r);
    else
        r->entry_vector = 0;
}

/* In a multicall. What is returned becomes rax. */
long hypercall_iret(void)
{
    struct cpu_info *info = this_cpu();

    iret_from_guest(info, current);
    return (long)info->guest.rax;
}

/* The processor refused cs, ss or rip of the guest's frame: the exception is the guest's, at the place it
 * wanted to go to. An LDT page that was only not in the window yet is no refusal. */
void iret_failed(struct cpu_info *info)
{
    struct vcpu *v = current;
    struct cpu_user_regs *r = &info->guest;
    uint64_t offset;

    if (r->entry_vector != 14)
        guest_inject_error((uint8_t)r->entry_vector, r->error_code);
    else if (!in_ldt_window(read_cr2(), &offset))
        guest_inject_gp(0);
    else if (!ldt_window_fault(v, offset))
        guest_page_fault(v, r, v->ldt_base + offset, r->error_code);
}
