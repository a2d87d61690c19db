/* user.c: guest user mode: its own page table, system calls, traps and events from there, and back. The
 * class of bug: user mode that reaches the kernel's memory, issues hypercalls, or returns with wrong
 * registers. */
#include "case.h"

#include <string.h>
#include <pv/memory.h>

#define ENTRY_SYSCALL 258

/* Where the pages lie in user space: L4 slot 1. */
#define USER_BASE 0x8000000000UL
#define USER_CODE USER_BASE
#define USER_STACK (USER_BASE + 0x1000)
#define USER_DATA (USER_BASE + 0x2000)

struct user_frame {
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

extern char user_code[], user_code_end[], user_back[];
extern char user_do_syscall[], user_do_syscall_again[], user_do_int80[], user_do_int3[], user_do_ud2[],
    user_do_cli[], user_do_read_null[], user_do_read_kernel[], user_do_write_code[], user_do_cr0[],
    user_do_bases[], user_do_wait[];
void user_enter(const struct user_frame *f);
uint64_t user_saved_rsp;

static char *l4, *l3, *l2, *l1, *code, *stack, *data, *kernel_stack;
static struct pv_regs seen;      /* the way out of user mode */
static uint64_t seen_address;

/* Every way out of user mode ends up here: notes it and goes on in the kernel behind user_enter(). */
static bool leave_user(struct pv_regs *regs)
{
    if ((regs->cs & 3) != 3)
        return false;
    seen = *regs;
    seen_address = pv_fault_address();
    regs->rip = (uint64_t)user_back;
    regs->rsp = user_saved_rsp;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    regs->rflags = 0x202;
    return true;
}

static uint64_t user_address(const char *label)
{
    return USER_CODE + (uint64_t)(label - user_code);
}

/* Runs user code from `label` until it traps: what happened, as PROBE tells it. */
static long run(const char *label, uint64_t flags)
{
    struct user_frame f = {
        .rax = 0x1111, .r11 = 0x2222, .rcx = 0x3333, .flags = flags, .rip = user_address(label),
        .cs = FLAT_USER_CS64, .rflags = 0x202, .rsp = USER_STACK + 0x1000, .ss = FLAT_USER_SS64,
    };

    memset(&seen, 0, sizeof(seen));
    user_enter(&f);
    return TRAP(seen.vector & 0xff, seen.error) | (seen.vector == ENTRY_SYSCALL ? 1L << 40 : 0);
}

#define SYSCALL (TRAP(ENTRY_SYSCALL & 0xff, 0) | 1L << 40)

static void build(void)
{
    char **pages[] = { &l4, &l3, &l2, &l1, &code, &stack, &data };
    unsigned int i;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        *pages[i] = pv_pages_alloc(1);
    kernel_stack = pv_pages_alloc(4);
    memcpy(code, user_code, (size_t)(user_code_end - user_code));
    ((uint64_t *)l1)[0] = entry_for(code, FLAGS_RO);
    ((uint64_t *)l1)[1] = entry_for(stack, FLAGS_RW | PV_PTE_NX);
    ((uint64_t *)l1)[2] = entry_for(data, FLAGS_RW | PV_PTE_NX);
    ((uint64_t *)l2)[0] = entry_for(l1, FLAGS_RW);
    ((uint64_t *)l3)[0] = entry_for(l2, FLAGS_RW);
    ((uint64_t *)l4)[1] = entry_for(l3, FLAGS_RW);
    for (i = 0; i < 4; i++)
        set_va(*pages[i], entry_for(*pages[i], FLAGS_RO));
}

static void demolish(void)
{
    char *tables[] = { l4, l3, l2, l1 }, *pages[] = { l4, l3, l2, l1, code, stack, data };
    unsigned int i;

    check("NEW_USER_BASEPTR: none", mmuext1(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    check("unpin the user's tables", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l4)), 0);
    for (i = 0; i < 4; i++)
        check("a table is an ordinary page again",
              set_va(tables[i], entry_for(tables[i], FLAGS_RW | PV_PTE_NX)), 0);
    for (i = 0; i < 7; i++)
        pv_pages_free(pages[i], 1);
    pv_pages_free(kernel_stack, 4);
}

static void system_calls(void)
{
    check("a system call of user code", run(user_do_syscall, 0), SYSCALL);
    check("its frame: user mode", (long)(seen.cs & 3), 3);
    check("its return address", (long)seen.rip, (long)user_address(user_do_syscall_again));
    check("its stack pointer", (long)seen.rsp, USER_STACK + 0x1000);
    check("it was no hypercall", (long)seen.rax, __HYPERVISOR_xen_version);
    check("iret gave user code its rcx", (long)seen.rdi, 0x3333);
    check("and its r11", (long)seen.rsi, 0x2222);
    check("a return as from a system call", run(user_do_syscall_again, VGCF_in_syscall), SYSCALL);
    check("iret gave it rax", (long)seen.rdi, 0x1111);
    check("and rcx is its address", (long)seen.rsi, (long)user_address(user_do_syscall_again));
}

static void traps(void)
{
    check("int 0x80 of user code, which needs no gate", run(user_do_int80, 0), TRAP(0x80, 0));
    check("int3 of user code", run(user_do_int3, 0), TRAP(3, 0));
    check("its frame: user mode", (long)(seen.cs & 3), 3);
    check("ud2 of user code", run(user_do_ud2, 0), TRAP(6, 0));
    check("cli of user code", run(user_do_cli, 0), TRAP(13, 0));
    check("CR0 read by user code", run(user_do_cr0, 0), TRAP(13, 0));
    check("user code reads address 0", run(user_do_read_null, 0), TRAP(14, 4));
    check("user code reads the kernel's text", run(user_do_read_kernel, 0), TRAP(14, 4));
    check("its address", (long)seen_address, 0x400000);
    check("user code writes its own text", run(user_do_write_code, 0), TRAP(14, 7));
    check("its address", (long)seen_address, USER_CODE);
}

static void bases(void)
{
    ((uint64_t *)data)[16] = 0xf5;
    ((uint64_t *)data)[32] = 0x65;
    HYPERVISOR_set_segment_base(SEGBASE_FS, USER_DATA + 16 * 8);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, USER_DATA + 32 * 8);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0x777000);
    check("user code reads by FS and GS", run(user_do_bases, 0), SYSCALL);
    check("FS", (long)seen.rdi, 0xf5);
    check("GS", (long)seen.rsi, 0x65);
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
}

static volatile unsigned int events;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    events++;
    *(uint64_t *)data = 1;
}

/* An event that is pending when user code starts: its handler runs at once, and user code then goes on. The
 * handler changes what user code waits for. */
static void events_in_user_mode(void)
{
    struct user_frame f = {
        .rip = user_address(user_do_wait), .cs = FLAT_USER_CS64, .rflags = 0x202,
        .rsp = USER_STACK + 0x1000, .ss = FLAT_USER_SS64,
    };
    int port = pv_event_bind_ipi(on_event, NULL);
    register uint64_t r15 __asm__("r15") = USER_DATA;

    *(uint64_t *)data = 0;
    pv_upcalls_disable();
    pv_event_send((evtchn_port_t)port);
    __asm__ volatile("call user_enter" : : "D"(&f), "r"(r15)
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory");
    check("an event reached user code", events, 1);
    check("which then went on", seen.vector == ENTRY_SYSCALL, 1);
    check("upcalls are on", pv_shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
    pv_event_close((evtchn_port_t)port);
}

void test_user(void)
{
    pv_trap_fn *before[256];
    unsigned int v;

    build();
    check("NEW_USER_BASEPTR: a leaf table",
          mmuext1(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(l1)), -XEN_EINVAL);
    check("pin the user's tables", mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(l4)), 0);
    check("NEW_USER_BASEPTR", mmuext1(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(l4)), 0);
    check("stack_switch", HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)kernel_stack + 4 * 4096), 0);
    for (v = 0; v < 256; v++)
        before[v] = pv_trap_handler(v, leave_user);
    pv_trap_handler(ENTRY_SYSCALL, leave_user);
    system_calls();
    traps();
    bases();
    events_in_user_mode();
    for (v = 0; v < 256; v++)
        pv_trap_handler(v, before[v]);
    pv_trap_handler(ENTRY_SYSCALL, NULL);
    demolish();
}


const struct kernel kernel = {
    .name = "user", .checks = "guest user mode",
    .groups = (const struct group[]){
        { "user", test_user, "guest user mode" },
        { 0 },
    },
};
