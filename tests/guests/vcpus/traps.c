/* traps.c: exceptions, system calls and state of its own on the second vcpu. The class of bug: a trap that
 * goes to another vcpu's handler or stack, a register, base or table of one vcpu that the other uses. */
#include "second.h"

#include <string.h>
#include <pv/memory.h>

#define USER_BASE 0x8000000000UL        /* L4 slot 1 */
#define SYSCALL (TRAP(SECOND_SYSCALL & 0xff, 0) | 1L << 40)

static long do_read(void *arg)
{
    return *(volatile char *)arg;
}

static long do_write(void *arg)
{
    *(volatile char *)arg = 1;
    return 0;
}

static long do_ud2(void *arg)
{
    __asm__ volatile("ud2");
    return (long)arg;
}

static long do_int3(void *arg)
{
    __asm__ volatile("int3");
    return (long)arg;
}

static long do_divide(void *arg)
{
    uint32_t low = 1, high = 0;

    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0));
    return (long)arg;
}

static long do_hlt(void *arg)
{
    __asm__ volatile("hlt");
    return (long)arg;
}

static long do_fpu(void *arg)
{
    HYPERVISOR_fpu_taskswitch(1);
    __asm__ volatile("fninit");
    return (long)arg;
}

static long clear_ts(void *arg)
{
    return HYPERVISOR_fpu_taskswitch(arg != NULL);
}

static void exceptions(void)
{
    static const struct { const char *name; long (*fn)(void *); void *arg; long want; } rows[] = {
        { "a read of an unmapped page", do_read, UNMAPPED, TRAP(14, 0) },
        { "a write to an unmapped page", do_write, UNMAPPED, TRAP(14, 2) },
        { "a write to our own text", do_write, pv_image_start, TRAP(14, 3) },
        { "a read of a non-canonical address", do_read, NON_CANONICAL, TRAP(13, 0) },
        { "ud2", do_ud2, NULL, TRAP(6, 0) },
        { "int3", do_int3, NULL, TRAP(3, 0) },
        { "a division by zero", do_divide, NULL, TRAP(0, 0) },
        { "hlt", do_hlt, NULL, TRAP(13, 0) },
        { "FPU use with TS set", do_fpu, NULL, TRAP(7, 0) },
    };
    uint64_t first_address = pv_fault_address();
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("the second vcpu: %s", rows[i].name), second_do(rows[i].fn, rows[i].arg), rows[i].want);
    second_do(clear_ts, NULL);
    second_do(do_read, UNMAPPED);
    check_true("its fault's address", second_address == (uint64_t)UNMAPPED);
    check_true("the first vcpu's fault address is as before", pv_fault_address() == first_address);
    check("its frame: kernel mode", (long)(second_regs.cs & 3), 0);
    check("its frame: the interrupt flag", (long)(second_regs.rflags >> 9 & 1), 1);
    check_true("its frame lies on its own stack", second_frame_end <= (uint64_t)second_stack_top &&
               second_frame_end > (uint64_t)second_stack_top - 4096);
}

/* What one sets the other does not have. */

static uint64_t at_base = 0x5ec0;
static struct trap_info table[2];

static long set_base(void *arg)
{
    uint64_t value;

    HYPERVISOR_set_segment_base(SEGBASE_FS, (unsigned long)arg);
    if (!arg)
        return 0;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return (long)value;
}

static long set_debugreg(void *arg)
{
    return HYPERVISOR_set_debugreg(2, (unsigned long)arg);
}

static long get_debugreg(void *arg)
{
    (void)arg;
    return HYPERVISOR_get_debugreg(2);
}

static long set_traps(void *arg)
{
    return HYPERVISOR_set_trap_table(arg);
}

static void own_state(void)
{
    static char other;
    uint64_t cr0;

    check("set_segment_base FS by the second vcpu: what it reads there", second_do(set_base, &at_base),
          0x5ec0);
    PROBE("mov %%fs:0, %%rax", , , "rax");
    check("set_segment_base FS by the second vcpu: the first's is another", probe_result(), TRAP(14, 0));
    second_do(set_base, NULL);
    HYPERVISOR_set_debugreg(2, (unsigned long)&other);
    check("set_debugreg by the second vcpu", second_do(set_debugreg, &at_base), 0);
    check_true("the first vcpu's DR2 is as before", HYPERVISOR_get_debugreg(2) == (long)&other);
    check_true("the second vcpu's DR2 is its own", second_do(get_debugreg, NULL) == (long)&at_base);
    HYPERVISOR_set_debugreg(2, 0);
    second_do(set_debugreg, NULL);
    check("fpu_taskswitch by the second vcpu", second_do(clear_ts, &other), 0);
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    check("fpu_taskswitch by the second vcpu: TS of the first", (long)(cr0 >> 3 & 1), 0);
    second_do(clear_ts, NULL);
    table[0] = (struct trap_info){ .vector = 6, .cs = FLAT_KERNEL_CS,
                                   .address = (unsigned long)second_stubs + 5 * SECOND_STUB_BYTES };
    check("set_trap_table by the second vcpu", second_do(set_traps, table), 0);
    check("its ud2 goes to the new handler", second_do(do_ud2, NULL), TRAP(5, 0));
    PROBE("ud2", , );
    check("the first vcpu's ud2 goes where it went", probe_result(), TRAP(6, 0));
    table[0].address = (unsigned long)second_stubs + 6 * SECOND_STUB_BYTES;
    second_do(set_traps, table);
}

/* Guest user mode of the second vcpu. */

static char *l4, *l3, *l2, *l1, *code, *stack;

static long enter(void *arg)
{
    uint64_t frame[9] = { 0x1111, 0x2222, 0x3333, 0, USER_BASE + (uint64_t)((char *)arg - second_user_code),
                          FLAT_USER_CS64, 0x202, USER_BASE + 0x2000, FLAT_USER_SS64 };

    second_enter_user(frame);
}

static long set_user_root(void *arg)
{
    return mmuext1(MMUEXT_NEW_USER_BASEPTR, (xen_pfn_t)(uintptr_t)arg);
}

static void build(void)
{
    char **const pages[] = { &l4, &l3, &l2, &l1, &code, &stack };
    unsigned int i;

    for (i = 0; i < 6; i++)
        *pages[i] = pv_pages_alloc(1);
    memcpy(code, second_user_code, (size_t)(second_user_end - second_user_code));
    ((uint64_t *)l1)[0] = entry_for(code, FLAGS_RO);
    ((uint64_t *)l1)[1] = entry_for(stack, FLAGS_RW | PV_PTE_NX);
    ((uint64_t *)l2)[0] = entry_for(l1, FLAGS_RW);
    ((uint64_t *)l3)[0] = entry_for(l2, FLAGS_RW);
    ((uint64_t *)l4)[1] = entry_for(l3, FLAGS_RW);
    for (i = 0; i < 4; i++)
        make_read_only(*pages[i]);
    mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(l4));
}

static void demolish(void)
{
    char *const pages[] = { l4, l3, l2, l1, code, stack };
    unsigned int i;

    second_do(set_user_root, NULL);
    check("MMUEXT_UNPIN_TABLE, the second vcpu's user tables, which it left",
          mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l4)), 0);
    for (i = 0; i < 6; i++) {
        if (i < 4)
            make_writable(pages[i]);
        pv_pages_free(pages[i], 1);
    }
}

static long register_area(void *arg)
{
    uint64_t at = (uint64_t)arg;

    return HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, SECOND, &at);
}

/* Records by kernel addresses have to be written although the vcpu comes back to user mode, whose tables do
 * not have them: by the time that it is in kernel mode again they are there. */
static void record(void)
{
    char *page = pv_pages_alloc(1);
    const volatile struct vcpu_runstate_info *r = (struct vcpu_runstate_info *)page;
    uint64_t *word = (uint64_t *)(stack + PV_PAGE_SIZE - 8);
    unsigned int i, tries;
    long rc = 0;

    check("VCPUOP_register_runstate_memory_area, by the second vcpu", second_do(register_area, page), 0);
    memset(page, 0, PV_PAGE_SIZE);
    /* Xen 4.17 leaves it out now and then, when nobody else had the CPU meanwhile. */
    for (tries = 0; tries < 20 && r->time[RUNSTATE_offline] == 0; tries++) {
        *word = 0;
        second_begin(enter, second_user_spin);
        pv_sleep_ns(5 * PV_NS_PER_MS);
        memset(page, 0, PV_PAGE_SIZE);
        for (i = 0; i < 5; i++) {
            HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, NULL);
            pv_sleep_ns(10 * PV_NS_PER_MS);
            HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL);
            pv_sleep_ns(10 * PV_NS_PER_MS);
        }
        *word = 1;
        rc = second_end();
    }
    check("down and up in user mode, then a system call", rc, SYSCALL);
    check_true("down and up in user mode: the run state was kept",
               r->state == RUNSTATE_running && r->time[RUNSTATE_offline] != 0);
    second_do(register_area, NULL);
    pv_pages_free(page, 1);
}

static void user_mode(void)
{
    build();
    check("NEW_USER_BASEPTR by the second vcpu", second_do(set_user_root, (void *)pv_virt_to_mfn(l4)), 0);
    check("a system call of its user mode", second_do(enter, second_user_code), SYSCALL);
    check_true("its return address", second_regs.rip == USER_BASE + 2);
    check_true("its stack pointer", second_regs.rsp == USER_BASE + 0x2000);
    check("its frame: user mode", (long)(second_regs.cs & 3), 3);
    check("its rax is what iret gave", (long)second_regs.rax, 0x1111);
    check_true("its frame lies at the top of its kernel stack",
               second_frame_end == (uint64_t)second_stack_top);
    check("a page fault of its user mode", second_do(enter, second_user_read), TRAP(14, 4));
    check("its address", (long)second_address, 0x400000);
    check_true("it lies at the top of its kernel stack too", second_frame_end == (uint64_t)second_stack_top);
    record();
    demolish();
}

void test_traps(void)
{
    if (!second_start())
        return;
    exceptions();
    own_state();
    user_mode();
    second_stop();
}
