/* failsafe.c: the failsafe callback, which runs when a selector of the guest's cannot be loaded as its
 * vcpu starts to run: spare vcpus begin with selectors of nothing. The class of bug: a frame of other
 * words than an exception's that is checked as if it were one, a selector that is left as it was. */
#include "traps.h"
#include "failsafe.h"

#include <string.h>
#include <xen/vcpu.h>

#define STACK_BYTES 4096UL

volatile struct arrival arrival;

static struct vcpu_guest_context context;
static unsigned int spare = 1;      /* the next vcpu that has never run */
static uint8_t masked = 1;          /* its events */

/* A context that starts in kernel mode, or in user mode with cs of the user's. */
static void prepare(bool user)
{
    static char stack[STACK_BYTES] __attribute__((aligned(4096)));

    memset(&context, 0, sizeof(context));
    context.flags = user ? 0 : VGCF_in_kernel;
    context.user_regs.rip = user ? TRIP_CODE : (unsigned long)spare_start;
    context.user_regs.rsp = user ? TRIP_RSP : (unsigned long)stack + STACK_BYTES;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.rflags = 0x202;
    context.user_regs.rcx = 0xc0c0;
    context.user_regs.r11 = 0x1111;
    context.user_regs.r15 = spare;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = (unsigned long)stack + STACK_BYTES;
    context.ctrlreg[3] = xen_pfn_to_cr3(pv_virt_to_mfn((void *)pv_start_info->pt_base));
    if (user)
        context.ctrlreg[1] = xen_pfn_to_cr3(trip_user_root());
    context.event_callback_eip = context.syscall_callback_eip = (unsigned long)spare_start;
    context.failsafe_callback_eip = (unsigned long)spare_failsafe;
}

static const char *words(void)
{
    const volatile uint64_t *f = arrival.frame;
    const struct cpu_user_regs *r = &context.user_regs;
    uint64_t stack = context.flags & VGCF_in_kernel ? r->rsp & ~15UL : context.kernel_sp;

    if (arrival.kind == AT_START)
        return named("no callback, ds %lx es %lx fs %lx gs %lx", arrival.ds, arrival.es, arrival.fs,
                     arrival.gs);
    return named("frame ds %lx es %lx fs %lx gs %lx, cs %lx flags %lx ss %lx%s%s%s, live ds %lx es %lx fs "
                 "%lx gs %lx%s",
                 f[2], f[3], f[4], f[5], f[7], f[8] & ~0x10000UL, f[10],
                 f[6] == r->rip ? "" : ", another rip", f[9] == r->rsp ? "" : ", another rsp",
                 f[0] == r->rcx && f[1] == r->r11 ? "" : ", another rcx or r11",
                 arrival.ds, arrival.es, arrival.fs, arrival.gs,
                 arrival.rsp == stack - sizeof(arrival.frame) ? "" : ", at another place");
}

/* Starts the next vcpu with the context and tells what came. */
static void starts(const char *name, const char *want)
{
    uint64_t end = pv_now_ns() + 5 * PV_NS_PER_SEC;
    long rc;

    arrival.kind = NOT_YET;
    rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, spare, &context);
    pv_shared_info->vcpu_info[spare].evtchn_upcall_mask = masked;
    if (rc == 0)
        rc = HYPERVISOR_vcpu_op(VCPUOP_up, spare, NULL);
    while (rc == 0 && HYPERVISOR_vcpu_op(VCPUOP_is_up, spare, NULL) != 0 && pv_now_ns() < end)
        HYPERVISOR_sched_op(0, NULL);
    check_text(name, rc ? named("%ld", rc) : arrival.kind == NOT_YET ? "nothing" : words(), want);
    spare++;
}

static void selectors(const char *name, uint16_t ds, uint16_t es, uint16_t fs, uint16_t gs, bool user,
                      const char *want)
{
    prepare(user);
    context.user_regs.ds = ds;
    context.user_regs.es = es;
    context.user_regs.fs = fs;
    context.user_regs.gs = gs;
    starts(name, want);
}

/* What becomes of the event mask of the vcpu. */
static void masks(void)
{
    masked = 0;
    prepare(false);
    context.user_regs.fs = 0x1233;
    starts("fs without a descriptor, events not masked",
           "frame ds 0 es 0 fs 1233 gs 0, cs e030 flags 202 ss e02b, live ds 0 es 0 fs 0 gs 0");
    check("the event mask after it", pv_shared_info->vcpu_info[spare - 1].evtchn_upcall_mask, 0);
    prepare(false);
    context.user_regs.fs = 0x1233;
    context.flags |= VGCF_failsafe_disables_events;
    starts("fs without a descriptor, a callback that masks events",
           "frame ds 0 es 0 fs 1233 gs 0, cs e030 flags 202 ss e02b, live ds 0 es 0 fs 0 gs 0");
    check("the event mask after that", pv_shared_info->vcpu_info[spare - 1].evtchn_upcall_mask, 1);
    masked = 1;
}

static void stacks(void)
{
    prepare(false);
    context.user_regs.fs = 0x1233;
    context.user_regs.rsp = TRIP_HIGH + 0x60;
    starts("fs beyond the GDT, a stack that begins 0x60 bytes behind the hypervisor, XSA-215",
           "frame ds 0 es 0 fs 1233 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    prepare(false);
    context.user_regs.fs = 0x1233;
    context.user_regs.rsp = TRIP_HIGH + 0x70;
    starts("fs beyond the GDT, a stack that begins 0x70 bytes behind the hypervisor, XSA-215",
           "frame ds 0 es 0 fs 1233 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    prepare(false);
    context.user_regs.fs = 0x1233;
    context.user_regs.rsp = TRIP_HIGH + 0x8f;
    starts("fs beyond the GDT, a stack that begins 0x8f bytes behind the hypervisor, XSA-215",
           "frame ds 0 es 0 fs 1233 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    prepare(true);
    context.user_regs.fs = 0x1233;
    context.kernel_sp = TRIP_HIGH + 0x70;
    starts("fs beyond the GDT in user mode, a kernel stack that begins 0x70 bytes behind the hypervisor, "
           "XSA-215", "frame ds 0 es 0 fs 1233 gs 0, cs 10000e033 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
}

void test_failsafe(void)
{
    if (HYPERVISOR_vcpu_op(VCPUOP_is_up, 19, NULL) < 0) {
        check_true("there are 20 vcpus", false);
        return;
    }
    selectors("flat selectors", 0xe02b, 0xe02b, 0xe02b, 0xe02b, false,
              "no callback, ds e02b es e02b fs e02b gs e02b");
    selectors("ds beyond the GDT", 0xfff3, 0, 0, 0, false,
              "frame ds fff3 es 0 fs 0 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    selectors("es without a descriptor", 0, 0x1233, 0, 0, false,
              "frame ds 0 es 1233 fs 0 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    selectors("fs without a descriptor", 0, 0, 0x1233, 0, false,
              "frame ds 0 es 0 fs 1233 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    selectors("gs without a descriptor", 0, 0, 0, 0x1233, false,
              "frame ds 0 es 0 fs 0 gs 1233, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    selectors("ds of ring 0", 0xe010, 0, 0, 0, false, "no callback, ds 0 es 0 fs 0 gs 0");
    selectors("es of the LDT, without LDT", 0xe02b, 7, 0xe02b, 0xe02b, false,
              "frame ds e02b es 7 fs e02b gs e02b, cs 10000e030 flags 2 ss e02b, live ds e02b es 0 fs e02b "
              "gs e02b");
    selectors("fs the task segment", 0, 0, 0xe043, 0, false,
              "frame ds 0 es 0 fs e043 gs 0, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs 0");
    selectors("all without a descriptor", 0x1003, 0x1013, 0x1023, 0x1033, false,
              "frame ds 1003 es 1013 fs 1023 gs 1033, cs 10000e030 flags 2 ss e02b, live ds 0 es 0 fs 0 gs "
              "0");
    selectors("all without a descriptor, in user mode", 0x1003, 0x1013, 0x1023, 0x1033, true,
              "frame ds 1003 es 1013 fs 1023 gs 1033, cs 10000e033 flags 2 ss e02b, live ds 0 es 0 fs 0 gs "
              "0");
    selectors("gs without a descriptor, in user mode", 0xe02b, 0xe02b, 0xe02b, 0x1233, true,
              "frame ds e02b es e02b fs e02b gs 1233, cs 10000e033 flags 2 ss e02b, live ds e02b es e02b fs "
              "e02b gs 0");
    prepare(false);
    context.user_regs.fs = 0x1233;
    context.user_regs.rflags = 0x244602;
    starts("fs without a descriptor, with DF, NT, AC and ID",
           "frame ds 0 es 0 fs 1233 gs 0, cs 10000e030 flags 244402 ss e02b, live ds 0 es 0 fs 0 gs 0");
    masks();
    stacks();
}
