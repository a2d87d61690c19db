/* upcall.c: how an event arrives: the frame that the entry finds, in kernel and in guest user mode, registers
 * afterwards, an upcall within an upcall, callbacks that change. The class of bug: a register or flag lost, a
 * return to the wrong place, a mask that stays. */
#include "events.h"

#include <string.h>

struct frame {
    uint64_t rcx, r11, rip, cs, rflags, rsp, ss;
};

extern volatile uint32_t upcall_count;
extern volatile struct frame upcall_frame;
extern volatile uint64_t upcall_stack, upcall_flags;
extern uint64_t user_saved_rsp;
extern char upcall_entry[], wait_begin[], wait_end[], user_back[], user_code[], user_code_end[];
extern char pv_entry_event[], pv_entry_failsafe[], pv_entry_syscall[];
int wait_with_registers(uint64_t *rsp_out, uint32_t count);
void user_run(const uint64_t *iret_frame);

#define FLAG_IF 0x200
#define FLAGS_SYSTEM 0x7f00    /* TF to NT, with IF and IOPL */

static long use_entry(const void *entry)
{
    return HYPERVISOR_set_callbacks(entry, pv_entry_failsafe, pv_entry_syscall);
}

/* A timer's upcall, while all registers are known. */
static void in_kernel(void)
{
    uint64_t rsp = 0, stack, flags;
    struct frame f;
    unsigned int tries = 0;
    int wrong;

    /* Again if the upcall came before all registers had their values. */
    do {
        uint32_t count = upcall_count;

        HYPERVISOR_set_timer_op(pv_now_ns() + 3 * PV_NS_PER_MS);
        wrong = wait_with_registers(&rsp, count);
        f = upcall_frame;    /* now: printing brings events */
        stack = upcall_stack;
        flags = upcall_flags;
    } while ((f.rip < (uint64_t)wait_begin || f.rip >= (uint64_t)wait_end) && ++tries < 100);
    check("registers after an upcall: the first that is wrong", wrong, 0);
    check_true("frame: rcx and r11 of the interrupted code",
               f.rcx == 0x1111111111111111 && f.r11 == 0xaaaaaaaaaaaaaaaa);
    check_true("frame: the interrupted instruction",
               f.rip >= (uint64_t)wait_begin && f.rip < (uint64_t)wait_end);
    check("frame: cs, without the saved mask", (long)(uint32_t)f.cs & 0xffff, FLAT_KERNEL_CS & ~3);
    check("frame: the mask saved above cs", (long)(f.cs >> 32), 0);
    check("frame: ss", (long)f.ss, FLAT_KERNEL_SS);
    check_true("frame: the interrupted stack", f.rsp == rsp);
    check("frame: flags IF and others", (long)(f.rflags & FLAGS_SYSTEM), FLAG_IF);
    check("bytes from the aligned stack to the frame", (long)((f.rsp & ~15UL) - stack), (long)sizeof(f));
    check_true("flags at the entry: DF, TF and NT clear", (flags & 0x4500) == 0);
    check("the upcall mask after all", vcpu0()->evtchn_upcall_mask, 0);
}

/* Between this and quiet_end() no event comes but our own, and its upcall does. */
static void alone_begin(void)
{
    quiet_begin();
    vcpu0()->evtchn_upcall_mask = 0;
}

/* The upcalls that a send to ourselves makes. */
static uint32_t upcalls_of(evtchn_port_t port)
{
    uint32_t before = upcall_count;

    set_masked(port, false);
    send_port(port);
    return upcall_count - before;
}

/* At the end of a hypercall. */
static void after_a_call(void)
{
    evtchn_port_t port = new_ipi();
    uint32_t upcalls;
    struct frame f;

    alone_begin();
    upcalls = upcalls_of(port);
    f = upcall_frame;
    quiet_end();
    check("upcalls of a send to ourselves", upcalls, 1);
    check("frame: the mask saved above cs, at a hypercall", (long)(f.cs >> 32), 0);
    check("frame: flags IF and others, at a hypercall", (long)(f.rflags & FLAGS_SYSTEM), FLAG_IF);
    check("frame: cs, at a hypercall", (long)(uint32_t)f.cs & 0xffff, FLAT_KERNEL_CS & ~3);
    close_port(port);
}

static evtchn_port_t inner;
static volatile unsigned int depth, deepest, runs;
static volatile uint64_t inner_stack;

static void on_nested(evtchn_port_t port, void *arg)
{
    (void)arg;
    runs++;
    if (++depth > deepest)
        deepest = depth;
    if (port != inner) {
        vcpu0()->evtchn_upcall_mask = 0;
        send_port(inner);
        inner_stack = upcall_stack;
        vcpu0()->evtchn_upcall_mask = 1;
    }
    depth--;
}

static void nesting(void)
{
    int outer = pv_event_bind_ipi(on_nested, NULL);
    long rc;

    inner = (evtchn_port_t)pv_event_bind_ipi(on_nested, NULL);
    rc = send_port((evtchn_port_t)outer);
    check_state("a handler that lets upcalls through and sends", rc, 0,
                "an upcall within the upcall, each once",
                deepest == 2 && runs == 2);
    check_true("the frame of the inner one is below the outer one's handler",
               inner_stack < (uint64_t)&rc && inner_stack > (uint64_t)&rc - 16384);
    check("upcalls are not masked afterwards", vcpu0()->evtchn_upcall_mask, 0);
    pv_event_close((evtchn_port_t)outer);
    pv_event_close(inner);
}

static void callbacks(void)
{
    evtchn_port_t port = new_ipi();
    uint32_t after_wrong, at_old, at_new;
    long wrong, old, new;

    alone_begin();
    wrong = use_entry(NON_CANONICAL);
    after_wrong = upcalls_of(port);
    old = use_entry(pv_entry_event);
    at_old = upcalls_of(port);
    vcpu0()->evtchn_upcall_mask = 1;
    at_new = upcall_count;
    upcalls_of(port);
    new = use_entry(upcall_entry);
    vcpu0()->evtchn_upcall_mask = 0;
    unmask_port(port);
    at_new = upcall_count - at_new;
    quiet_end();
    check_state("set_callbacks, event entry not canonical", wrong, 0, "the entry before that stays",
                after_wrong == 1);
    check_state("set_callbacks, the kit's entry", old, 0, "no upcall comes to the one before", at_old == 0);
    check_state("set_callbacks with an upcall due", new, 0, "it comes to the new entry", at_new == 1);
    close_port(port);
}

/* Guest user mode: a page of code, and the counter of upcalls to look at. */
#define USER_BASE 0x8000000000UL
static char *l4, *l3, *l2, *l1, *code, *kernel_stack;
static struct pv_regs seen;      /* how user mode was left ... */
static struct frame seen_frame;  /* ... and the last upcall before that */
static uint64_t seen_stack;
static uint32_t seen_upcalls;

static bool leave_user(struct pv_regs *regs)
{
    if ((regs->cs & 3) != 3)
        return false;
    seen = *regs;
    seen_frame = upcall_frame;
    seen_stack = upcall_stack;
    seen_upcalls = upcall_count;
    regs->rip = (uint64_t)user_back;
    regs->rsp = user_saved_rsp;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    regs->rflags = 0x202;
    return true;
}

static void build_user(void)
{
    char **pages[] = { &l4, &l3, &l2, &l1, &code };
    unsigned int i;

    for (i = 0; i < 5; i++)
        *pages[i] = pv_pages_alloc(1);
    kernel_stack = pv_pages_alloc(4);
    memcpy(code, user_code, (size_t)(user_code_end - user_code));
    ((uint64_t *)l1)[0] = entry_for(code, FLAGS_RO);
    ((uint64_t *)l1)[1] = entry_for((void *)&upcall_count, FLAGS_RO | PV_PTE_NX);
    ((uint64_t *)l2)[0] = entry_for(l1, FLAGS_RW);
    ((uint64_t *)l3)[0] = entry_for(l2, FLAGS_RW);
    ((uint64_t *)l4)[1] = entry_for(l3, FLAGS_RW);
    for (i = 0; i < 4; i++)
        make_read_only(*pages[i]);
    mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(l4));
    mmuext1(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(l4));
    HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)kernel_stack + 4 * PV_PAGE_SIZE);
}

static void demolish_user(void)
{
    char *pages[] = { l4, l3, l2, l1, code };
    unsigned int i;

    mmuext1(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l4));
    for (i = 0; i < 5; i++) {
        make_writable(pages[i]);
        pv_pages_free(pages[i], 1);
    }
    pv_pages_free(kernel_stack, 4);
}

/* Into user mode until an upcall has come. With `due` one waits already, and no other comes. The number of
 * upcalls. */
static uint32_t run_user(bool due)
{
    uint64_t frame[9] = { USER_BASE + PV_PAGE_SIZE, 0x2222, 0, 0, USER_BASE, FLAT_USER_CS64, 0x203,
                          USER_BASE + 0x123450, FLAT_USER_SS64 };
    evtchn_port_t port = new_ipi();
    uint32_t before;

    if (due) {
        quiet_begin();
        set_masked(port, false);
        send_port(port);
    } else {
        pv_upcalls_disable();
        HYPERVISOR_set_timer_op(pv_now_ns() + 3 * PV_NS_PER_MS);
    }
    frame[2] = before = upcall_count;
    user_run(frame);
    if (due)
        quiet_end();
    close_port(port);
    return seen_upcalls - before;
}

static void check_user_frame(const struct frame *f, uint64_t stack)
{
    check("frame: rcx, which user mode was to have", f->rcx + 1 == seen_upcalls, 1);
    check("frame: r11, which user mode was to have", (long)f->r11, 0x2222);
    check("frame: cs of user mode", (long)(uint32_t)f->cs & 0xffff, FLAT_USER_CS64);
    check("frame: ss of user mode", (long)f->ss, FLAT_USER_SS64);
    check("frame: stack of user mode", (long)(f->rsp - USER_BASE), 0x123450);
    check("frame: flags of user mode", (long)f->rflags & 0xfff, 0x203);
    check("frame: the mask saved above cs, user mode", (long)(f->cs >> 32), 0);
    check("bytes from the top of the kernel's stack to the frame",
          (long)((uint64_t)kernel_stack + 4 * PV_PAGE_SIZE - stack), (long)sizeof(*f));
}

static void in_user(void)
{
    unsigned int tries = 0;
    uint32_t upcalls;

    build_user();
    pv_trap_handler(258, leave_user);
    upcalls = run_user(true);
    check_state("iret to user mode with an upcall due", seen.vector, 258,
                "taken before the first instruction",
                upcalls == 1 && seen_frame.rip == USER_BASE);
    check_user_frame(&seen_frame, seen_stack);
    check("user mode goes on with its registers", (long)seen.rax - (long)USER_BASE, PV_PAGE_SIZE);
    do    /* again if one more came between user mode and the look at the frame */
        upcalls = run_user(false);
    while (upcalls > 1 && ++tries < 100);
    check_state("a timer's upcall in user mode", seen.vector, 258, "the interrupted code, and back",
                upcalls == 1 && seen_frame.rip >= USER_BASE && seen_frame.rip < USER_BASE + 16);
    check("upcalls are not masked after user mode", vcpu0()->evtchn_upcall_mask, 0);
    pv_trap_handler(258, NULL);
    demolish_user();
}

void test_upcall(void)
{
    use_entry(upcall_entry);
    in_kernel();
    after_a_call();
    nesting();
    callbacks();
    in_user();
    use_entry(pv_entry_event);
}
