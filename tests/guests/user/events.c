/* events.c: event upcalls around user mode, and the stacks on which frames are built. The class of bug: an
 * event that is lost or delivered while it is masked, a frame that reaches out of the guest's address
 * space. */
#include "user.h"

#include <xen/callback.h>

static evtchn_port_t port;

static void on_event(evtchn_port_t p, void *arg)
{
    (void)p;
    (void)arg;
}

static void event_callback(unsigned long address, uint16_t flags)
{
    struct callback_register reg = { .type = CALLBACKTYPE_event, .flags = flags, .address = address };

    HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

/* Code that an event waits for: it is pending, and masked until the iret. */
static void pending(const char *name, uint64_t cs, uint64_t rflags, uint64_t vgcf, const char *want)
{
    struct trip t = trip_to(CODE64("ud2; nop"), cs);
    bool on = pv_upcalls_disable();

    t.start.rflags = rflags;
    t.start.error = vgcf;
    event_callback(TRIP_ENTRY(TRIP_EVENT), 0);
    if (vgcf)
        t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);    /* which user code gets only where no event comes */
    pv_event_send(port);
    trip_run(&t);
    event_callback((unsigned long)trip_upcall, 0);
    pv_upcalls_restore(on);
    check_text(name, trip_text(&t), want);
}

static void upcalls(void)
{
    port = (evtchn_port_t)pv_event_bind_ipi(on_event, NULL);
    pending("an event pending at an iret to user mode", FLAT_USER_CS64, 0x202, 0,
            "event at +0, handler mask 1");
    pending("an event pending at an iret to user mode, IF clear", FLAT_USER_CS64, 0x2, 0, "#UD at +0");
    pending("an event pending at an iret to user mode with TF, DF, NT and AC", FLAT_USER_CS64, 0x44702, 0,
            "event at +0, handler flags +DF, handler mask 1");
    pending("an event pending at a return from a system call", FLAT_USER_CS64, 0x202, VGCF_in_syscall,
            "event at +0, handler mask 1");
    pending("an event pending at an iret to 32-bit user mode", FLAT_USER_CS32, 0x202, 0,
            "event at +0, handler mask 1");
    pending("an event pending at an iret to kernel mode", TRIP_KERNEL_CS, 0x202, 0,
            "event at +0, handler mask 1");
    pending("an event pending at an iret to kernel mode, IF clear", TRIP_KERNEL_CS, 0x2, 0, "#UD at +0");
    pv_event_close(port);
}

/* User code that waits for what the handler of an event changes. */
static volatile unsigned int handled;

static void change(evtchn_port_t p, void *arg)
{
    (void)p;
    (void)arg;
    handled++;
    *(volatile uint32_t *)trip_data = 1;
}

static void interrupted(void)
{
    struct trip t = trip_to(CODE64("1: cmpl $0, 0x60002000; je 1b; int3"), FLAT_USER_CS64);

    port = (evtchn_port_t)pv_event_bind_ipi(change, NULL);
    *(volatile uint32_t *)trip_data = 0;
    pv_upcalls_disable();
    pv_event_send(port);
    pv_shared_info->vcpu_info[0].evtchn_upcall_mask = 0;    /* not looked at before the next entry */
    trip_run(&t);
    check_text("user code waits for what an event's handler changes", trip_text(&t), "#BP at +11");
    check("handlers of the event", handled, 1);
    pv_event_close(port);
}

/* With events masked: not every one of these stacks has room for an upcall. */
static void kernel_stack(const char *name, uint64_t ss, uint64_t sp, const char *want)
{
    struct trip t = trip_to(CODE64("ud2; nop"), FLAT_USER_CS64);
    char *before = trip_kernel_stack;
    bool on = pv_upcalls_disable();
    long rc = HYPERVISOR_stack_switch(ss, sp);

    t.start.rflags &= ~0x200UL;
    trip_kernel_stack = (char *)(sp & ~15UL);
    trip_run(&t);
    pv_upcalls_restore(on);
    check_text(name, rc ? named("%ld", rc) : trip_text(&t), want);
    trip_kernel_stack = before;
    HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)before);
}

static void stacks(void)
{
    uint64_t top = (uint64_t)trip_kernel_stack;

    kernel_stack("stack_switch", FLAT_KERNEL_SS, top, "#UD at +0");
    kernel_stack("stack_switch, 1 byte off", FLAT_KERNEL_SS, top - 1, "#UD at +0");
    kernel_stack("stack_switch, 8 bytes off", FLAT_KERNEL_SS, top - 8, "#UD at +0");
    kernel_stack("stack_switch, 15 bytes off", FLAT_KERNEL_SS, top - 15, "#UD at +0");
    kernel_stack("stack_switch, ss null", 0, top, "#UD at +0");
    kernel_stack("stack_switch, ss of ring 0", 0xe010, top, "#UD at +0");
    kernel_stack("stack_switch, ss beyond the GDT", 0xfffb, top, "#UD at +0");
    kernel_stack("stack_switch, ss code", 0xe033, top, "#UD at +0");
    kernel_stack("stack_switch, ss all ones", ~0UL, top, "#UD at +0");
    kernel_stack("stack_switch, 0x60 bytes behind the hypervisor, XSA-215", FLAT_KERNEL_SS, TRIP_HIGH + 0x60,
                 "#UD at +0");
    kernel_stack("stack_switch, 0x70 bytes behind the hypervisor, XSA-215", FLAT_KERNEL_SS, TRIP_HIGH + 0x70,
                 "#UD at +0");
    kernel_stack("stack_switch, 0x7f bytes behind the hypervisor, XSA-215", FLAT_KERNEL_SS, TRIP_HIGH + 0x7f,
                 "#UD at +0");
    check("stack_switch, non-canonical", HYPERVISOR_stack_switch(FLAT_KERNEL_SS, 0x900000000000), 0);
    check("stack_switch, the hypervisor", HYPERVISOR_stack_switch(FLAT_KERNEL_SS, 0xffff82d040000000), 0);
    kernel_stack("stack_switch, back again", FLAT_KERNEL_SS, top, "#UD at +0");
}

void test_stack(void)
{
    stacks();
}

void test_events(void)
{
    upcalls();
    interrupted();
}
