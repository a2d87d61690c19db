/* Frames on the guest kernel's stack: exceptions, event upcalls, NMIs, the failsafe and syscall callbacks. One function builds
 * them all; a pending exception exists nowhere but in its arguments. A frame that cannot be written ends the domain. */
#include <xen/xen.h>
#include "cpu/segments.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

#define MAX_EXTRA 4     /* words between r11 and rip: an error code, or four selectors */

bool guest_kernel_mode(const struct vcpu *v)
{
    return v->kernel_mode;
}

void guest_toggle_mode(struct vcpu *v)
{
    v->kernel_mode = !v->kernel_mode;
    swap_gs();
    vcpu_load_root(v);
}

static cold void frame_refused(struct vcpu *v, const struct cpu_user_regs *r, uint64_t sp)
{
    domain_crash(v->domain, "vcpu %u: no frame can be pushed at %lx (rip %lx)", v->id, sp, r->rip);
}

/* From the lowest address: rcx, r11, the extra words, rip, cs with the event mask in bits 32-39, rflags, rsp, ss. The number of
 * extra words is constant in each caller. The handler is reached by sysret if its address allows that: rcx and r11 are in
 * the frame. */
static inline __attribute__((always_inline)) bool bounce(struct vcpu *v, uint64_t handler, bool mask_events,
                                                         const uint64_t *extra, unsigned int extras)
{
    struct cpu_user_regs *r = &this_cpu()->guest;
    uint64_t frame[7 + MAX_EXTRA], sp = r->rsp, cs = r->cs & ~3UL;
    uint8_t *mask = &v->info->evtchn_upcall_mask;
    uint8_t was_masked = *(volatile uint8_t *)mask;

    if (!v->kernel_mode) {
        guest_toggle_mode(v);
        sp = v->kernel_sp;
        cs = r->cs;
    }
    sp = (sp & ~15UL) - (7 + extras) * 8;
    frame[0] = r->rcx;
    frame[1] = r->r11;
    for (unsigned int i = 0; i < extras; i++)
        frame[2 + i] = extra[i];
    frame[2 + extras] = r->rip;
    frame[3 + extras] = cs | (uint64_t)was_masked << 32;
    frame[4 + extras] = (r->rflags & ~RFLAGS_IF) | (was_masked ? 0 : RFLAGS_IF);
    frame[5 + extras] = r->rsp;
    frame[6 + extras] = r->ss;
    if (unlikely(copy_to_guest_words(sp, frame, 7 + extras))) {
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

static cold void no_handler(struct vcpu *v, unsigned int vector, uint32_t error)
{
    const struct cpu_user_regs *r = &this_cpu()->guest;

    domain_crash(v->domain, "vcpu %u: no handler for exception %u (error %x, cr2 %lx) at rip %lx, rsp %lx, %s mode", v->id,
                 vector, error, vector == 14 ? v->info->arch.cr2 : 0, r->rip, r->rsp, v->kernel_mode ? "kernel" : "user");
}

static inline __attribute__((always_inline)) void inject(struct vcpu *v, uint8_t vector, const uint64_t *error, unsigned int errors)
{
    const struct trap_info *t = &v->traps[vector];

    if (unlikely(!t->address))
        no_handler(v, vector, errors ? (uint32_t)*error : 0);
    else
        bounce(v, t->address, TI_GET_IF(t) != 0, error, errors);
}

void guest_inject(uint8_t vector)
{
    inject(current, vector, NULL, 0);
}

void guest_inject_error(uint8_t vector, uint32_t error)
{
    uint64_t word = error;

    inject(current, vector, &word, 1);
}

/* The guest sees its kernel as the processor's supervisor, though both its modes run at level 3. */
void guest_inject_page_fault(uint64_t address, uint32_t error)
{
    struct vcpu *v = current;
    uint64_t word = v->kernel_mode ? error & ~PF_USER : error | PF_USER;

    v->info->arch.cr2 = address;
    inject(v, 14, &word, 1);
}

static cold void no_callback(struct vcpu *v, const char *which)
{
    domain_crash(v->domain, "vcpu %u: no %s callback, at rip %lx", v->id, which, this_cpu()->guest.rip);
}

void guest_upcall(struct vcpu *v)
{
    if (unlikely(!v->event_callback))
        no_callback(v, "event");
    else
        bounce(v, v->event_callback, true, NULL, 0);
}

void guest_syscall_callback(struct vcpu *v, uint64_t callback, bool mask_events)
{
    bounce(v, callback, mask_events, NULL, 0);
}

bool guest_nmi(struct vcpu *v)
{
    const struct trap_info *t = &v->traps[2];

    return t->address && bounce(v, t->address, TI_GET_IF(t) != 0, NULL, 0);
}

/* The selectors are live: the hypervisor uses none of these registers. */
void guest_inject_failsafe(void)
{
    struct vcpu *v = current;
    uint32_t ds, es, fs, gs;

    __asm__ volatile("mov %%ds, %0\n mov %%es, %1\n mov %%fs, %2\n mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    const uint64_t selectors[4] = { ds, es, fs, gs };

    if (!v->failsafe_callback)
        no_callback(v, "failsafe");
    else
        bounce(v, v->failsafe_callback, v->failsafe_masks_events, selectors, 4);
}
