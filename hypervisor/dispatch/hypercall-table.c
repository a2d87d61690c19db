/* The privileged surface: every hypercall with who may call it. A hole answers -ENOSYS. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "cpu/cpu.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "dispatch/hypercall.h"
#include "domain/domain.h"
#include "event/event.h"
#include "grant/grant.h"
#include "lib/lib.h"
#include "memory/pagetable.h"
#include "sched/sched.h"

#define MAYBE_UNUSED __attribute__((__unused__))
#define FIVE uint64_t a MAYBE_UNUSED, uint64_t b MAYBE_UNUSED, uint64_t c MAYBE_UNUSED, \
             uint64_t d MAYBE_UNUSED, uint64_t e MAYBE_UNUSED

/* The typed view of five registers. */
#define VIEW(name, ...) static long call_##name(FIVE) { return hypercall_##name(__VA_ARGS__); }

VIEW(set_trap_table, guest_addr(a))
VIEW(mmu_update, guest_addr(a), (uint32_t)b, guest_addr(c), (uint32_t)d)
VIEW(set_gdt, guest_addr(a), (uint32_t)b)
VIEW(stack_switch, a, b)
VIEW(set_callbacks, a, b, c)
VIEW(fpu_taskswitch, (uint32_t)a)
VIEW(sched_op_compat, (uint32_t)a, b)
VIEW(platform_op, guest_addr(a))
VIEW(set_debugreg, (uint32_t)a, b)
VIEW(get_debugreg, (uint32_t)a)
VIEW(update_descriptor, a, b)
VIEW(memory_op, (uint32_t)a, guest_addr(b))
VIEW(multicall, guest_addr(a), (uint32_t)b)
VIEW(update_va_mapping, a, b, c)
VIEW(set_timer_op, a)
VIEW(event_channel_op_compat, guest_addr(a))
VIEW(xen_version, (uint32_t)a, guest_addr(b))
VIEW(console_io, (uint32_t)a, (uint32_t)b, guest_addr(c))
VIEW(physdev_op_compat, guest_addr(a))
VIEW(grant_table_op, (uint32_t)a, guest_addr(b), (uint32_t)c)
VIEW(vm_assist, (uint32_t)a, (uint32_t)b)
VIEW(update_va_mapping_otherdomain, a, b, c, (domid_t)d)
VIEW(iret)
VIEW(vcpu_op, (uint32_t)a, (uint32_t)b, guest_addr(c))
VIEW(set_segment_base, (uint32_t)a, b)
VIEW(mmuext_op, guest_addr(a), (uint32_t)b, guest_addr(c), (uint32_t)d)
VIEW(nmi_op, (uint32_t)a, guest_addr(b))
VIEW(sched_op, (uint32_t)a, guest_addr(b))
VIEW(callback_op, (uint32_t)a, guest_addr(b))
VIEW(event_channel_op, (uint32_t)a, guest_addr(b))
VIEW(physdev_op, (uint32_t)a, guest_addr(b))
VIEW(sysctl, guest_addr(a))
VIEW(domctl, guest_addr(a))

static long no_hypercall(FIVE)
{
    return -XEN_ENOSYS;
}

/* Performance counters are not for guests: told as by a Xen that has not enabled them. */
static long call_xenpmu_op(FIVE)
{
    return -XEN_EOPNOTSUPP;
}

#define ENTRY(name, flags) [__HYPERVISOR_##name] = { call_##name, (flags) }

/* Every hole has an answer, then the calls take their places. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct hypercall table[HYPERCALL_LIMIT] = {
    [0 ... HYPERCALL_LIMIT - 1] = { no_hypercall, 0 },
    ENTRY(set_trap_table, MAY_BE_LONG),
    ENTRY(mmu_update, MAY_BE_LONG),
    ENTRY(set_gdt, MAY_BE_LONG),
    ENTRY(stack_switch, 0),
    ENTRY(set_callbacks, 0),
    ENTRY(fpu_taskswitch, 0),
    ENTRY(sched_op_compat, 0),
    ENTRY(platform_op, CONTROL_ONLY | MAY_BE_LONG),
    ENTRY(set_debugreg, 0),
    ENTRY(get_debugreg, 0),
    ENTRY(update_descriptor, MAY_BE_LONG),
    ENTRY(memory_op, MAY_BE_LONG),
    ENTRY(multicall, MAY_BE_LONG | NOT_IN_MULTICALL),
    ENTRY(update_va_mapping, MAY_BE_LONG),
    ENTRY(set_timer_op, 0),
    ENTRY(event_channel_op_compat, 0),
    ENTRY(xen_version, 0),
    ENTRY(console_io, MAY_BE_LONG),
    ENTRY(physdev_op_compat, 0),
    ENTRY(grant_table_op, MAY_BE_LONG),
    ENTRY(vm_assist, 0),
    ENTRY(update_va_mapping_otherdomain, MAY_BE_LONG),
    ENTRY(iret, NOT_IN_MULTICALL),
    ENTRY(vcpu_op, MAY_BE_LONG),
    ENTRY(set_segment_base, 0),
    ENTRY(mmuext_op, MAY_BE_LONG),
    ENTRY(nmi_op, 0),
    ENTRY(sched_op, 0),
    ENTRY(callback_op, 0),
    ENTRY(event_channel_op, 0),
    ENTRY(physdev_op, 0),
    ENTRY(sysctl, CONTROL_ONLY | MAY_BE_LONG),
    ENTRY(xenpmu_op, 0),
    ENTRY(domctl, CONTROL_ONLY | MAY_BE_LONG),
};
#pragma GCC diagnostic pop

/* What number a call of no hypercall, or of one beyond the table, counts as: its entry is the answer.
 * Without a branch, so that nothing beyond the table is read under speculation either. */
#define NO_HYPERCALL (HYPERCALL_LIMIT - 1)

static const struct hypercall *find(uint64_t number)
{
    const struct hypercall *h;

    __asm__("cmp %1, %0\n cmova %1, %0" : "+r"(number) : "r"((uint64_t)NO_HYPERCALL) : "cc");
    h = &table[number];
    __asm__("" : "+r"(h));      /* its address is computed once, not for each member */
    return h;
}

/* Ran out of time: as if not yet executed, but it goes on before the vcpu sees anything else. */
static cold void suspend(struct cpu_info *info)
{
    info->guest.rip -= 2;
    current->continuation.active = true;
    atomic_fetch_or(&info->work, WORK_CONTINUE);
}

static void finish(struct cpu_info *info, long rc)
{
    if (unlikely(rc == -ERESTART))
        suspend(info);
    else
        info->guest.rax = (uint64_t)rc;
}

void hypercall_from_guest(struct cpu_info *info, struct vcpu *v)
{
    struct cpu_user_regs *r = &info->guest;
    const struct hypercall *h = find(r->rax);

    if (unlikely(h->flags & (CONTROL_ONLY | MAY_BE_LONG))) {
        if ((h->flags & CONTROL_ONLY) && !v->domain->control) {
            r->rax = (uint64_t)-XEN_EPERM;
            return;
        }
        info->entry_tsc = 0;    /* preempt_begin */
        continuation_reset(&v->continuation);
    }
    finish(info, h->fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8));
}

void hypercall_continue(struct cpu_info *info, struct vcpu *v)
{
    struct cpu_user_regs *r = &info->guest;
    const struct hypercall *h = find(r->rax);
    long rc;

    r->rip += 2;
    preempt_begin();
    rc = h->fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8);
    v->continuation.active = false;
    finish(info, rc);
}

long hypercall_in_multicall(struct vcpu *v, uint64_t number, const uint64_t *args)
{
    const struct hypercall *h = find(number);

    if (h->flags & (NOT_IN_MULTICALL | CONTROL_ONLY)) {
        if (h->flags & NOT_IN_MULTICALL)
            return -XEN_EINVAL;
        if (!v->domain->control)
            return -XEN_EPERM;
    }
    return h->fn(args[0], args[1], args[2], args[3], args[4]);
}
