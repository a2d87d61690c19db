/* Exceptions and interrupts while a guest runs. An exception is emulated, or it goes to the guest's own
 * handler. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "cpu/registers.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "dispatch/fault.h"
#include "domain/domain.h"
#include "emulate/emulate.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define GP_IDT 2U                       /* error code of #GP: it names a gate of the IDT */
#define DR6_CAUSES 0xe00fUL             /* breakpoints, DR access, single step, task switch */
#define DR6_BREAKPOINTS 0xfUL
#define DR7_ENABLES 0xffUL

/* In the hypervisor's half only what the processor itself reads for the guest, descriptors of its LDT, can be
 * its right. */
static cold bool descriptor_fault(struct vcpu *v, struct cpu_user_regs *r, uint64_t address, uint32_t error)
{
    uint64_t offset;

    if (error & PF_USER)
        return false;
    if (!in_ldt_window(address, &offset))
        return false;
    if (!ldt_window_fault(v, offset))
        guest_page_fault(v, r, v->ldt_base + offset, error);
    return true;
}

static inline bool may_be_table_write(const struct vcpu *v, uint32_t error)
{
    return (error & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) && v->kernel_mode &&
           (v->domain->vm_assist & (1U << VMASST_TYPE_writable_pagetables));
}

static void page_fault(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t address = read_cr2();
    uint32_t error = r->error_code;

    if (unlikely(!guest_start_ok(address))) {
        if (descriptor_fault(v, r, address, error))
            return;
    } else if (may_be_table_write(v, error) && emulate_pte_write(v, r, address)) {
        return;
    }
    guest_page_fault(v, r, address, error);
}

/* INT 0x80 is every mode's to use, whatever level its entry names: guests of this ABI rely on it. */
static bool may_interrupt(const struct vcpu *v, uint8_t vector)
{
    const struct trap_info *t = &v->traps[vector];

    return TI_GET_DPL(t) >= (v->kernel_mode ? 1 : 3) || (vector == 0x80 && t->address);
}

/* INT n: all gates but those of #BP and #OF have level 0, so it faults here. The instruction's bytes say
 * which n, as some processors' error codes do not. */
static bool software_interrupt(struct vcpu *v, struct cpu_user_regs *r)
{
    uint8_t code[GUEST_CODE_BYTES];

    if (fetch_guest_code(code, r->rip) < 2 || code[0] != 0xcd)
        return false;
    if (may_interrupt(v, code[1])) {
        r->rip += 2;
        guest_inject(code[1]);
    } else {
        guest_inject_gp(code[1] * 8U | GP_IDT);
    }
    return true;
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *r)
{
    if ((r->error_code & GP_IDT) && software_interrupt(v, r))
        return;
    if (r->error_code == 0 && emulate_privileged(v, r))
        return;
    guest_inject_gp(r->error_code);
}

/* A breakpoint of a guest that has none enabled is one that another guest has left in the processor. */
static void debug_exception(struct vcpu *v)
{
    uint64_t causes = take_dr6() & DR6_CAUSES;

    v->debugreg[6] |= v->debugreg[7] & DR7_ENABLES ? causes : causes & ~DR6_BREAKPOINTS;
    guest_inject(1);
}

/* The hardware's TS is set only for the guest's own. */
static void device_not_available(struct vcpu *v)
{
    bool wanted = v->ts;

    v->ts = false;
    fpu_set_ts(false);
    if (wanted)
        guest_inject(7);
}

static __attribute__((noinline)) void exception(struct vcpu *v, struct cpu_user_regs *r)
{
    switch (r->entry_vector) {
    case 0: case 3: case 4: case 5: case 16: case 19:
        guest_inject((uint8_t)r->entry_vector);
        return;
    case 10: case 11: case 12: case 17:
        guest_inject_error((uint8_t)r->entry_vector, r->error_code);
        return;
    case 1:
        debug_exception(v);
        return;
    case 2:
        nmi_arrived();
        return;
    case 6:
        if (!emulate_forced_cpuid(v, r))
            guest_inject_ud();
        return;
    case 7:
        device_not_available(v);
        return;
    case 13:
        general_protection(v, r);
        return;
    case 8: case 18:
        trap_fatal(r);
    default:
        domain_crash(v->domain, "vcpu %u: exception %u at rip %lx", v->id, r->entry_vector, r->rip);
    }
}

void trap_from_guest(struct cpu_info *info)
{
    struct cpu_user_regs *r = &info->guest;

    if (r->entry_vector == 14)
        page_fault(current, r);
    else if (r->entry_vector >= 32)
        irq_handle((uint8_t)r->entry_vector);
    else
        exception(current, r);
}
