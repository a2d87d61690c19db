/*
 * Hypercalls of a 64-bit PV guest, one inline function each.
 *
 * Every function returns what the hypervisor answered: 0 or a positive result, or a negative XEN_E* number
 * (see pv_errno_from_xen() in pv/error.h for newlib's numbers). Structures are those of <xen/...>. The kit
 * issues `syscall` itself and needs no hypercall page. All argument registers are treated as lost.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <stdint.h>
#include <xen/xen.h>

struct xen_domctl;
struct xen_sysctl;
struct xen_platform_op;

/* Issues hypercall `nr` with five arguments. Arguments that a hypercall does not have are ignored by it. */
static inline long pv_hypercall(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
                                unsigned long a4, unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return ret;
}

/* The same with fewer arguments; pointers and integers both fit. */
#define PV_HYPERCALL1(nr, a) pv_hypercall((nr), (unsigned long)(a), 0, 0, 0, 0)
#define PV_HYPERCALL2(nr, a, b) pv_hypercall((nr), (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define PV_HYPERCALL3(nr, a, b, c) \
    pv_hypercall((nr), (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)
#define PV_HYPERCALL4(nr, a, b, c, d) \
    pv_hypercall((nr), (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), (unsigned long)(d), 0)

static inline long HYPERVISOR_set_trap_table(const struct trap_info *table)
{
    return PV_HYPERCALL1(__HYPERVISOR_set_trap_table, table);
}

static inline long HYPERVISOR_mmu_update(const struct mmu_update *req, unsigned int count, unsigned int *done,
                                         unsigned int foreigndom)
{
    return PV_HYPERCALL4(__HYPERVISOR_mmu_update, req, count, done, foreigndom);
}

static inline long HYPERVISOR_set_gdt(const unsigned long *frames, unsigned int entries)
{
    return PV_HYPERCALL2(__HYPERVISOR_set_gdt, frames, entries);
}

static inline long HYPERVISOR_stack_switch(unsigned long ss, unsigned long rsp)
{
    return PV_HYPERCALL2(__HYPERVISOR_stack_switch, ss, rsp);
}

static inline long HYPERVISOR_set_callbacks(const void *event, const void *failsafe, const void *syscall)
{
    return PV_HYPERCALL3(__HYPERVISOR_set_callbacks, event, failsafe, syscall);
}

static inline long HYPERVISOR_fpu_taskswitch(int set)
{
    return PV_HYPERCALL1(__HYPERVISOR_fpu_taskswitch, set);
}

static inline long HYPERVISOR_set_debugreg(int reg, unsigned long value)
{
    return PV_HYPERCALL2(__HYPERVISOR_set_debugreg, reg, value);
}

/* The result is the register's value, so an error is only known by its being near the top of the range. */
static inline long HYPERVISOR_get_debugreg(int reg)
{
    return PV_HYPERCALL1(__HYPERVISOR_get_debugreg, reg);
}

/* maddr: machine address of the descriptor; desc: its new eight bytes. */
static inline long HYPERVISOR_update_descriptor(uint64_t maddr, uint64_t desc)
{
    return PV_HYPERCALL2(__HYPERVISOR_update_descriptor, maddr, desc);
}

static inline long HYPERVISOR_memory_op(unsigned int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_memory_op, cmd, arg);
}

static inline long HYPERVISOR_multicall(struct multicall_entry *calls, unsigned int count)
{
    return PV_HYPERCALL2(__HYPERVISOR_multicall, calls, count);
}

static inline long HYPERVISOR_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
    return PV_HYPERCALL3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

static inline long HYPERVISOR_update_va_mapping_otherdomain(unsigned long va, uint64_t pte,
                                                            unsigned long flags, domid_t domid)
{
    return PV_HYPERCALL4(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, domid);
}

/* deadline_ns: absolute system time (pv_now_ns()); 0 stops the timer. */
static inline long HYPERVISOR_set_timer_op(uint64_t deadline_ns)
{
    return PV_HYPERCALL1(__HYPERVISOR_set_timer_op, deadline_ns);
}

static inline long HYPERVISOR_xen_version(int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_xen_version, cmd, arg);
}

static inline long HYPERVISOR_console_io(int cmd, unsigned int count, void *buffer)
{
    return PV_HYPERCALL3(__HYPERVISOR_console_io, cmd, count, buffer);
}

static inline long HYPERVISOR_grant_table_op(unsigned int cmd, void *ops, unsigned int count)
{
    return PV_HYPERCALL3(__HYPERVISOR_grant_table_op, cmd, ops, count);
}

static inline long HYPERVISOR_vm_assist(unsigned int cmd, unsigned int type)
{
    return PV_HYPERCALL2(__HYPERVISOR_vm_assist, cmd, type);
}

static inline long HYPERVISOR_vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
    return PV_HYPERCALL3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

static inline long HYPERVISOR_set_segment_base(int which, unsigned long base)
{
    return PV_HYPERCALL2(__HYPERVISOR_set_segment_base, which, base);
}

static inline long HYPERVISOR_mmuext_op(struct mmuext_op *ops, unsigned int count, unsigned int *done,
                                        unsigned int foreigndom)
{
    return PV_HYPERCALL4(__HYPERVISOR_mmuext_op, ops, count, done, foreigndom);
}

static inline long HYPERVISOR_nmi_op(unsigned long cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_nmi_op, cmd, arg);
}

static inline long HYPERVISOR_sched_op(int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long HYPERVISOR_callback_op(int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_callback_op, cmd, arg);
}

static inline long HYPERVISOR_event_channel_op(int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long HYPERVISOR_physdev_op(int cmd, void *arg)
{
    return PV_HYPERCALL2(__HYPERVISOR_physdev_op, cmd, arg);
}

static inline long HYPERVISOR_sysctl(struct xen_sysctl *op)
{
    return PV_HYPERCALL1(__HYPERVISOR_sysctl, op);
}

static inline long HYPERVISOR_domctl(struct xen_domctl *op)
{
    return PV_HYPERCALL1(__HYPERVISOR_domctl, op);
}

static inline long HYPERVISOR_platform_op(struct xen_platform_op *op)
{
    return PV_HYPERCALL1(__HYPERVISOR_platform_op, op);
}

/* The iret hypercall (__HYPERVISOR_iret) takes its arguments from the stack and does not return to its
 * caller; only assembly issues it. See guest-pv-kernel/start/entry.S. */

#endif
