/* Entry points of the guest kernel: the trap table and the callbacks. There is no sysenter entry:
 * MSR_SYSENTER_CS is 0, the instruction faults, and registering its callback is refused, upon which guests
 * use `int` or `syscall`. */
#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/nmi.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

/* An entry that ends the table has address 0. continuation.done counts entries. */
long hypercall_set_trap_table(guest_addr_t traps)
{
    struct vcpu *v = current;
    struct continuation *c = &v->continuation;
    struct trap_info t;

    if (!traps.a) {
        memset(v->traps, 0, 256 * sizeof(v->traps[0]));
        return 0;
    }
    for (;;) {
        if (copy_from_guest_index(&t, traps, c->done))
            return refuse(-XEN_EFAULT, "set_trap_table: entry %lu", c->done);
        if (!t.address)
            return 0;
        if (!is_canonical(t.address))
            return refuse(-XEN_EINVAL, "set_trap_table: vector %u at %lx", t.vector, t.address);
        v->traps[t.vector] = t;
        if (preempt_check_after(++c->done))
            return -ERESTART;
    }
}

/* Vector 2 of the trap table by another name, with events masked in the handler. The first
 * vcpu only, as NMIs go nowhere else. */
static long register_nmi(uint64_t address)
{
    struct vcpu *v = current;

    if (v->id != 0 || !is_canonical(address))
        return refuse(-XEN_EINVAL, "NMI callback of vcpu %u at %lx", v->id, address);
    v->traps[2] = (struct trap_info){ .vector = 2, .cs = FLAT_KERNEL_CS, .address = address };
    TI_SET_IF(&v->traps[2], 1);
    return 0;
}

static long unregister_nmi(void)
{
    memset(&current->traps[2], 0, sizeof(struct trap_info));
    return 0;
}

static long register_callback(uint32_t type, uint64_t address, bool mask_events)
{
    struct vcpu *v = current;

    if (!is_canonical(address))
        return refuse(-XEN_EINVAL, "callback %u at %lx", type, address);
    switch (type) {
    case CALLBACKTYPE_event:
        v->event_callback = address;
        return 0;
    case CALLBACKTYPE_failsafe:
        v->failsafe_callback = address;
        v->failsafe_masks_events = mask_events;
        return 0;
    case CALLBACKTYPE_syscall:
        v->syscall_callback = address;
        v->syscall_masks_events = mask_events;
        return 0;
    case CALLBACKTYPE_syscall32:
        v->syscall32_callback = address;
        v->syscall32_masks_events = mask_events;
        return 0;
    case CALLBACKTYPE_nmi:
        return register_nmi(address);
    default:
        return refuse(-XEN_ENOSYS, "callback type %u", type);
    }
}

/* Answers 0 whatever the addresses are, as Xen does; one that is not canonical changes nothing. */
long hypercall_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall)
{
    register_callback(CALLBACKTYPE_event, event, false);
    register_callback(CALLBACKTYPE_failsafe, failsafe, false);
    register_callback(CALLBACKTYPE_syscall, syscall, false);
    return 0;
}

static long unregister_callback(uint32_t type)
{
    switch (type) {
    case CALLBACKTYPE_nmi:
        return unregister_nmi();
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return refuse(-XEN_EINVAL, "callback %u cannot be unregistered", type);
    default:
        return refuse(-XEN_ENOSYS, "callback type %u", type);
    }
}

long hypercall_callback_op(uint32_t cmd, guest_addr_t arg)
{
    struct callback_register reg;
    struct callback_unregister unreg;

    switch (cmd) {
    case CALLBACKOP_register:
        if (copy_from_guest(&reg, arg, sizeof(reg)))
            return refuse(-XEN_EFAULT, "callback_op: argument");
        return register_callback(reg.type, reg.address, reg.flags & CALLBACKF_mask_events);
    case CALLBACKOP_unregister:
        if (copy_from_guest(&unreg, arg, sizeof(unreg)))
            return refuse(-XEN_EFAULT, "callback_op: argument");
        return unregister_callback(unreg.type);
    default:
        return refuse(-XEN_ENOSYS, "callback_op %u", cmd);
    }
}

long hypercall_nmi_op(uint32_t cmd, guest_addr_t arg)
{
    struct xennmi_callback callback;

    switch (cmd) {
    case XENNMI_register_callback:
        if (copy_from_guest(&callback, arg, sizeof(callback)))
            return refuse(-XEN_EFAULT, "nmi_op: argument");
        return register_nmi(callback.handler_address);
    case XENNMI_unregister_callback:
        return unregister_nmi();
    default:
        return refuse(-XEN_ENOSYS, "nmi_op %u", cmd);
    }
}
