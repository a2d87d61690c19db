/* deaths.c: sudden ends: faults with and without handler, lost stacks, lost memory, wrong returns. */
#include "crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>
#include <pv/console.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/sched.h>
#include <pv/start.h>

static void no_handler(const char *arg)
{
    (void)arg;
    HYPERVISOR_set_trap_table(NULL);
    __asm__ volatile("ud2");
}

static void bad_opcode(const char *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
}

static void jump(const char *arg)
{
    (void)arg;
    ((void (*)(void))0x1000)();
}

static void write_text(const char *arg)
{
    (void)arg;
    *(volatile char *)(uintptr_t)jump = 0;
}

static volatile int deepest = -1;    /* never reached, but the compiler cannot know */

static int recurse(int depth)
{
    volatile char block[512];

    if (depth == deepest)
        return 0;
    block[depth % 512] = (char)depth;
    return recurse(depth + 1) + block[(depth + 1) % 512];
}

static void overflow(const char *arg)
{
    (void)arg;
    printf("%d\n", recurse(0));
}

static void bad_stack(const char *arg)
{
    (void)arg;
    __asm__ volatile("mov %0, %%rsp; ud2" : : "r"(0x2000UL));
}

static void hypervisor_stack(const char *arg)
{
    (void)arg;
    __asm__ volatile("mov %0, %%rsp; ud2" : : "r"(0xffff830000001000UL));
}

static void bad_callback(const char *arg)
{
    (void)arg;
    HYPERVISOR_set_callbacks((void *)0x3000, (void *)0x3000, (void *)0x3000);
    HYPERVISOR_set_timer_op(1);
    for (;;)
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static void unmap_text(const char *arg)
{
    (void)arg;
    HYPERVISOR_update_va_mapping((unsigned long)unmap_text & ~(PV_PAGE_SIZE - 1), 0,
                                 UVMF_TLB_FLUSH | UVMF_ALL);
}

/* Into user mode, which has no page table. */
static void no_user_table(const char *arg)
{
    (void)arg;
    __asm__ volatile("push %0; push $0; push $0x202; push %1; push $0x1000\n\t"
                     "push $0; push $0; push $0; push $0\n\t"
                     "mov %2, %%eax; syscall"
                     : : "r"((uint64_t)FLAT_USER_SS64), "r"((uint64_t)FLAT_USER_CS64), "i"(__HYPERVISOR_iret)
                     : "memory");
}

/* The iret hypercall with a stack pointer that leads nowhere. */
static void bad_iret(const char *arg)
{
    (void)arg;
    __asm__ volatile("mov %0, %%rsp; mov %1, %%eax; syscall" : : "r"(0x2000UL), "i"(__HYPERVISOR_iret));
}

/* Gives all memory back, the pages under its own feet included. */
static void give_back(const char *arg)
{
    xen_pfn_t *p2m = (xen_pfn_t *)pv_start_info->mfn_list;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    unsigned long i, taken = 0;

    (void)arg;
    for (i = 0; i < pv_start_info->nr_pages; i++) {
        set_xen_guest_handle(r.extent_start, p2m + i);
        taken += HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r) == 1;
    }
    printf("crash: %lu of %lu frames given back\n", taken, i);
    memset((void *)PV_VIRT_BASE, 0, PV_PAGE_SIZE);
}

/* Tries to map every frame of the machine that is not ours. */
static void foreign_frames(const char *arg)
{
    char *page = pv_pages_alloc(1);
    unsigned long top = (unsigned long)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL), mfn, mapped = 0;
    uint64_t flags = PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_NX;

    (void)arg;
    for (mfn = 0; mfn <= top; mfn++)
        if (!pv_mfn_to_virt(mfn) &&
            HYPERVISOR_update_va_mapping((unsigned long)page, mfn << 12 | flags, 0) == 0)
            mapped++;
    printf("crash: %lu of %lu frames mapped beside our memory (the hypervisor shares some with us)\n", mapped,
           top);
}

static void hang(const char *arg)
{
    (void)arg;
    pv_upcalls_disable();
    for (;;)
        __asm__ volatile("" ::: "memory");
}

static void sleep_for_ever(const char *arg)
{
    struct sched_poll poll = { .nr_ports = 0 };

    (void)arg;
    pv_upcalls_disable();
    for (;;)
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}

static void shutdown_with(const char *arg)
{
    pv_shutdown(*arg ? (unsigned int)strtoul(arg, NULL, 0) : SHUTDOWN_crash);
}

static void call_panic(const char *arg)
{
    pv_panic("asked for by \"%s\"", arg);
}

static void call_abort(const char *arg)
{
    (void)arg;
    abort();
}

static void exit_code(const char *arg)
{
    exit(*arg ? atoi(arg) : 1);
}

const struct mode death_modes[] = {
    { "nohandler", "a fault without a trap table", no_handler },
    { "ud2", "an invalid instruction, reported", bad_opcode },
    { "jump", "a jump to an unmapped page, reported", jump },
    { "text", "a write to its own text, reported", write_text },
    { "stack", "endless recursion into the guard page", overflow },
    { "badstack", "a fault with the stack pointer on an unmapped page", bad_stack },
    { "hvstack", "a fault with the stack pointer in the hypervisor", hypervisor_stack },
    { "callback", "an event callback at an unmapped address", bad_callback },
    { "unmap", "its own code unmapped", unmap_text },
    { "nouser", "a return to user mode without page table", no_user_table },
    { "iret", "the iret hypercall on a bad stack", bad_iret },
    { "giveback", "all its memory given back", give_back },
    { "frames", "tries to map all frames that are not its own", foreign_frames },
    { "hang", "an endless loop with events masked", hang },
    { "sleep", "sleeps for ever with events masked", sleep_for_ever },
    { "shutdown", "SHUTDOWN_crash, or the reason whose number follows", shutdown_with },
    { "panic", "the kit's panic", call_panic },
    { "abort", "abort() of the C library", call_abort },
    { "exit", "exit(1), or the code that follows", exit_code },
    { NULL, NULL, NULL },
};
