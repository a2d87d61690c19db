/* trap.c: the trap table, and what happens to an exception: the program's handler, or a report and the
 * end. */
#include "internal.h"

#include <pv/console.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/sched.h>
#include <pv/start.h>

static pv_trap_fn *handlers[PV_ENTRIES];
static unsigned int reports;

static const char *const names[] = {
    [0] = "divide error", [1] = "debug", [2] = "NMI", [3] = "breakpoint", [4] = "overflow",
    [5] = "bound range", [6] = "invalid opcode", [7] = "no FPU", [8] = "double fault",
    [10] = "invalid TSS", [11] = "segment not present", [12] = "stack segment",
    [13] = "general protection", [14] = "page fault", [16] = "x87 error", [17] = "alignment check",
    [18] = "machine check", [19] = "SSE error", [21] = "control protection",
    [PV_ENTRY_FAILSAFE] = "segment reload failed", [PV_ENTRY_SYSCALL] = "system call",
};

void pv_trap_init(void)
{
    static struct trap_info table[257];
    unsigned int v;
    long rc;

    for (v = 0; v < 256; v++) {
        table[v].vector = (uint8_t)v;
        table[v].flags = v == 3 || v == 4 ? 3 : 0;    /* int3 and into may come from guest user mode */
        table[v].cs = FLAT_KERNEL_CS;
        table[v].address = (unsigned long)(pv_trap_stubs + v * PV_TRAP_STUB_BYTES);
    }
    rc = HYPERVISOR_set_trap_table(table);
    if (rc == 0)
        rc = HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, pv_entry_syscall);
    if (rc != 0)
        pv_panic("the hypervisor refused the trap table or the callbacks: %ld", rc);
}

pv_trap_fn *pv_trap_handler(unsigned int vector, pv_trap_fn *fn)
{
    pv_trap_fn *before;

    if (vector >= PV_ENTRIES)
        return NULL;
    before = handlers[vector];
    handlers[vector] = fn;
    return before;
}

uint64_t pv_fault_address(void)
{
    return pv_shared_info->vcpu_info[0].arch.cr2;
}

static void report(const struct pv_regs *r)
{
    const char *name = r->vector < PV_ENTRIES ? names[r->vector] : NULL;

    pv_console_emergency("\nunexpected trap %lu (%s), error code %lx\n", r->vector,
                         name ? name : "no name", r->error);
    if (r->vector == 14)
        pv_console_emergency("%s of address %016lx, %s\n", r->error & 2 ? "write" : r->error & 16 ?
                             "execution" : "read", pv_fault_address(),
                             r->error & 1 ? "against its protection" : "which is not mapped");
    pv_console_emergency("rip %016lx  cs  %04lx  rflags %08lx  rsp %016lx  ss %04lx\n",
                         r->rip, r->cs & 0xffff, r->rflags, r->rsp, r->ss & 0xffff);
    pv_console_emergency("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    pv_console_emergency("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
    pv_console_emergency("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
    pv_console_emergency("r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14, r->r15);
    pv_backtrace(r->rbp);
}

/* From entry.S, for everything that comes in. */
void pv_trap_entry(struct pv_regs *regs);
void pv_trap_entry(struct pv_regs *regs)
{
    if (regs->vector == PV_ENTRY_EVENT) {
        pv_event_upcall();
        return;
    }
    if (handlers[regs->vector] && handlers[regs->vector](regs))
        return;
    pv_upcalls_disable();       /* their entry may be what is broken */
    if (reports++ == 0)
        report(regs);
    else if (reports == 2)    /* what the report needs is broken too */
        pv_console_emergency("\ntrap %lu at %016lx during the report\n", regs->vector, regs->rip);
    pv_shutdown(SHUTDOWN_crash);
}
