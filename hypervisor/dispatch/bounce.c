/* Frames on the guest kernel's stack: exceptions, event upcalls, NMIs, the failsafe and syscall callbacks.
 * One function builds them all; a pending exception exists nowhere but in its arguments. A frame that
 * cannot be written ends the domain. */
#include <xen/xen.h>
#include "cpu/segments.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

/* The domain is the one whose root is loaded already, so this is less than vcpu_load_root. */
void guest_toggle_mode(struct vcpu *v)
{
    mfn_t root = v->kernel_mode ? v->user_root : v->kernel_root;

    v->kernel_mode = !v->kernel_mode;
    this_cpu()->cpu->root = root;
    swap_gs();
    __asm__ volatile("mov %0, %%cr3" : : "r"(root.n << PAGE_SHIFT) : "memory");
}

static cold void frame_refused(struct vcpu *v, const struct cpu_user_regs *r, uint64_t sp)
{
    domain_crash(v->domain, "vcpu %u: no frame can be pushed at %lx (rip %lx)", v->id, sp, r->rip);
}

/* rip, cs with the event mask in bits 32-39, rflags, rsp, ss, at sp. Interrupts are always on while a
 * guest runs; what it is told of them is its own mask. */
static forced_inline bool push_return(const struct cpu_user_regs *r, uint64_t sp, uint64_t cs, uint8_t mask)
{
    return guest_store_word(sp, r->rip) &&
           guest_store_word(sp + 8, cs | (uint64_t)mask << 32) &&
           guest_store_word(sp + 16, r->rflags & ~((uint64_t)(mask != 0) * RFLAGS_IF)) &&
           guest_store_word(sp + 24, r->rsp) &&
           guest_store_word(sp + 32, r->ss);
}

/* The whole frame, from the lowest address: rcx, r11, the extra words, and those of push_return. */
static forced_inline bool push_frame(const struct cpu_user_regs *r, uint64_t sp, uint64_t cs, uint8_t mask,
                                     const uint64_t *extra, unsigned int extras)
{
    bool ok;

    if (!guest_start_ok(sp))
        return false;
    guest_access_open();
    ok = guest_store_word(sp, r->rcx) && guest_store_word(sp + 8, r->r11);
#pragma GCC unroll 4
    for (unsigned int i = 0; i < extras; i++)
        ok = ok && guest_store_word(sp + 16 + i * 8, extra[i]);
    ok = ok && push_return(r, sp + 16 + extras * 8, cs, mask);
    guest_access_close();
    return ok;
}

/* Makes the frame and goes to the handler. The number of extra words, between r11 and rip, is constant in
 * each caller: an error code, or four selectors. The handler is reached by sysret if its address allows:
 * rcx and r11 are in the frame. */
static forced_inline bool bounce(struct vcpu *v, struct cpu_user_regs *r, uint64_t handler, bool mask_events,
                                 const uint64_t *extra, unsigned int extras)
{
    uint8_t *mask = &v->info->evtchn_upcall_mask;
    uint64_t sp = r->rsp, cs = r->cs & ~3UL;

    if (!v->kernel_mode) {
        guest_toggle_mode(v);
        sp = v->kernel_sp;
        cs = r->cs;
    }
    sp = (sp & ~15UL) - (7 + extras) * 8;
    if (unlikely(!push_frame(r, sp, cs, *(volatile uint8_t *)mask, extra, extras))) {
        frame_refused(v, r, sp);
        return false;
    }
    if (mask_events)
        *mask = 1;
    r->rsp = sp;
    r->rip = handler;
    r->cs = FLAT_KERNEL_CS;
    r->ss = FLAT_KERNEL_SS;
    r->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
    r->entry_vector = TRAP_SYSCALL;
    return true;
}

static cold void no_handler(struct vcpu *v, const struct cpu_user_regs *r, unsigned int vector,
                            uint32_t error)
{
    domain_crash(v->domain,
                 "vcpu %u: no handler for exception %u (error %x, cr2 %lx) at rip %lx, rsp %lx, %s mode",
                 v->id, vector, error, vector == 14 ? v->info->arch.cr2 : 0, r->rip, r->rsp,
                 v->kernel_mode ? "kernel" : "user");
}

static forced_inline void inject(struct vcpu *v, struct cpu_user_regs *r, uint8_t vector,
                                 const uint64_t *error, unsigned int errors)
{
    const struct trap_info *t = &v->traps[vector];

    if (unlikely(!t->address))
        no_handler(v, r, vector, errors ? (uint32_t)*error : 0);
    else
        bounce(v, r, t->address, TI_GET_IF(t) != 0, error, errors);
}

void guest_inject(uint8_t vector)
{
    inject(current, &this_cpu()->guest, vector, NULL, 0);
}

void guest_inject_error(uint8_t vector, uint32_t error)
{
    uint64_t word = error;

    inject(current, &this_cpu()->guest, vector, &word, 1);
}

/* The guest sees its kernel as the processor's supervisor, though both its modes run at level 3. */
void guest_page_fault(struct vcpu *v, struct cpu_user_regs *r, uint64_t address, uint32_t error)
{
    uint64_t word = v->kernel_mode ? error & ~PF_USER : error | PF_USER;

    v->info->arch.cr2 = address;
    inject(v, r, 14, &word, 1);
}

static cold void no_callback(struct vcpu *v, const char *which)
{
    domain_crash(v->domain, "vcpu %u: no %s callback, at rip %lx", v->id, which, this_cpu()->guest.rip);
}

void guest_upcall(struct cpu_info *info, struct vcpu *v)
{
    if (unlikely(!v->event_callback))
        no_callback(v, "event");
    else
        bounce(v, &info->guest, v->event_callback, true, NULL, 0);
}

void guest_syscall_callback(struct vcpu *v, struct cpu_user_regs *r, uint64_t callback, bool mask_events)
{
    bounce(v, r, callback, mask_events, NULL, 0);
}

bool guest_nmi(struct vcpu *v, struct cpu_user_regs *r)
{
    const struct trap_info *t = &v->traps[2];

    return t->address && bounce(v, r, t->address, TI_GET_IF(t) != 0, NULL, 0);
}

/* The frame has the selectors that were wanted; from those that are live the guest sees which one is gone. */
void guest_failsafe(struct vcpu *v, struct cpu_user_regs *r)
{
    const uint64_t selectors[4] = { v->ds, v->es, v->fs, v->gs };

    v->failsafe_due = false;
    if (!v->failsafe_callback)
        no_callback(v, "failsafe");
    else
        bounce(v, r, v->failsafe_callback, v->failsafe_masks_events, selectors, 4);
}
