/* nmi.c: non-maskable interrupts: registration, delivery, frame, and that one waits while another is
 * handled. The class of bug: an NMI lost, delivered twice or into the handler of one, or given to a vcpu
 * without handler. */
#include "traps.h"

#include <string.h>
#include <xen/callback.h>
#include <xen/nmi.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static volatile unsigned int taken, depth, deepest, waiting, saved_mask, handler_mask;
static volatile bool again, fault_inside;

static long send(void)
{
    return HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL);
}

/* Any hypercall is an occasion. */
static void look(void)
{
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static bool on_nmi(struct pv_regs *regs)
{
    taken++;
    saved_mask = regs->cs >> 32 & 0xff;
    handler_mask = pv_shared_info->vcpu_info[0].evtchn_upcall_mask;
    if (++depth > deepest)
        deepest = depth;
    if (again) {
        again = false;
        send();
        look();
        waiting = taken;
    }
    if (fault_inside) {
        fault_inside = false;
        send();
        PROBE("ud2", , );    /* its iret is the end of the NMI as well, as on the processor */
        waiting = taken;
    }
    depth--;
    return true;
}

static bool in_fault(struct pv_regs *regs)
{
    send();
    look();
    waiting = taken;
    regs->rip += 2;
    return true;
}

static void forget(void)
{
    taken = deepest = waiting = saved_mask = handler_mask = 0;
}

static void registration(void)
{
    struct xennmi_callback nmi = { .handler_address = 0x900000000000 };
    struct callback_register reg = { .type = CALLBACKTYPE_nmi, .address = 0x900000000000 };
    struct callback_unregister unreg = { .type = CALLBACKTYPE_nmi };

    check("XENNMI_register_callback, non-canonical", HYPERVISOR_nmi_op(XENNMI_register_callback, &nmi),
          -XEN_EINVAL);
    check("XENNMI_register_callback, argument not mapped",
          HYPERVISOR_nmi_op(XENNMI_register_callback, UNMAPPED),
          -XEN_EFAULT);
    check("CALLBACKTYPE_nmi, non-canonical", HYPERVISOR_callback_op(CALLBACKOP_register, &reg), -XEN_EINVAL);
    check("XENNMI_unregister_callback", HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
    forget();
    check("VCPUOP_send_nmi without handler", send(), 0);
    look();
    check("the NMI without handler", taken, 0);
    nmi.handler_address = TRIP_ENTRY(2);
    check("XENNMI_register_callback", HYPERVISOR_nmi_op(XENNMI_register_callback, &nmi), 0);
    look();
    check("the NMI that was sent before there was a handler", taken, 0);
    check("CALLBACKOP_unregister of CALLBACKTYPE_nmi", HYPERVISOR_callback_op(CALLBACKOP_unregister, &unreg),
          0);
    reg.address = TRIP_ENTRY(2);
    check("CALLBACKOP_register of CALLBACKTYPE_nmi", HYPERVISOR_callback_op(CALLBACKOP_register, &reg), 0);
    check("VCPUOP_send_nmi, no such vcpu", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 999, NULL), -XEN_ENOENT);
}

static void delivery(void)
{
    bool on;

    forget();
    check("VCPUOP_send_nmi", send(), 0);
    look();
    check("NMIs taken after one was sent", taken, 1);
    check("events masked in its frame", saved_mask, 0);
    check("events masked in its handler", handler_mask, 1);
    forget();
    on = pv_upcalls_disable();
    send();
    look();
    check("NMIs taken while events are masked", taken, 1);
    check("events masked in the frame then", saved_mask, 1);
    check("events masked afterwards", pv_shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
    pv_upcalls_restore(on);
    forget();
    again = true;
    send();
    look();
    check("NMIs taken when one was sent while one was handled", taken, 2);
    check("of these, before the iret of the first", waiting, 1);
    check("handlers of NMIs at one time", deepest, 1);
    forget();
    fault_inside = true;
    send();
    look();
    check("NMIs taken when one was sent while one was handled and its handler had a fault", taken, 2);
    check("of these, before the iret of the NMI's handler", waiting, 2);
}

/* The handler of a fault is interrupted by an NMI. */
static void nested(void)
{
    pv_trap_fn *before = pv_trap_handler(6, in_fault);

    forget();
    __asm__ volatile("ud2" : : : "memory");
    pv_trap_handler(6, before);
    check("NMIs taken in the handler of a fault", waiting, 1);
}

static void frames(void)
{
    struct trip t = trip_to(CODE64("syscall; nop"), TRIP_KERNEL_CS);

    t.start.rax = __HYPERVISOR_vcpu_op;
    t.start.rdi = VCPUOP_send_nmi;
    t.start.rsi = t.start.rdx = 0;
    t.start.rflags |= 0x44400;    /* NT, AC, DF */
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    trip_check("the frame of an NMI in kernel mode with NT, AC and DF", &t,
               "NMI at +2, handler flags +DF, handler mask 1, rax=0");
    trip_gate(2, 4, TRIP_ENTRY(2));
    t.start.rflags = TRIP_FLAGS;
    trip_check("the frame of an NMI whose entry masks events", &t, "NMI at +2, handler mask 1, rax=0");
    t.start.rflags = 0x2;
    trip_check("the same while they are masked", &t, "NMI at +2, rax=0");
    trip_gates();
}

void test_nmi(void)
{
    pv_trap_handler(2, on_nmi);
    registration();
    delivery();
    nested();
    frames();
    pv_trap_handler(2, NULL);
}
