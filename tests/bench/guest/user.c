/* user.c: a system call of guest user code to the guest kernel, and back by the iret hypercall. User mode
 * needs page tables of its own: here one page each of code, stack and results. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define USER_BASE 0x8000000000UL        /* slot 1 of level 4 */
#define USER_STACK (USER_BASE + 0x1000)
#define USER_RESULTS (USER_BASE + 0x2000)
#define ROUNDS 101
#define VECTOR_UD 6

enum { L4, L3, L2, L1, CODE, STACK, RESULTS, PAGES };

static char *pages[PAGES];
static const uint32_t *next_result;

static void set_entry_point_of_ud(const char *handler)
{
    struct trap_info table[2] = { 0 };

    table[0].vector = VECTOR_UD;
    table[0].cs = FLAT_KERNEL_CS;
    table[0].address = (unsigned long)handler;
    must("set_trap_table", HYPERVISOR_set_trap_table(table));
}

static void build(void)
{
    unsigned int i;

    for (i = 0; i < PAGES; i++)
        pages[i] = pv_pages_alloc(1);
    memcpy(pages[CODE], user_code, (size_t)(user_code_end - user_code));
    ((uint64_t *)pages[L1])[0] = entry_for(pages[CODE], FLAGS_RO);
    ((uint64_t *)pages[L1])[1] = entry_for(pages[STACK], FLAGS_RW | PV_PTE_NX);
    ((uint64_t *)pages[L1])[2] = entry_for(pages[RESULTS], FLAGS_RW | PV_PTE_NX);
    ((uint64_t *)pages[L2])[0] = entry_for(pages[L1], FLAGS_RW);
    ((uint64_t *)pages[L3])[0] = entry_for(pages[L2], FLAGS_RW);
    ((uint64_t *)pages[L4])[1] = entry_for(pages[L3], FLAGS_RW);
    for (i = L4; i <= L1; i++)
        set_entry(pages[i], entry_for(pages[i], FLAGS_RO | PV_PTE_NX));
    mmuext(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(pages[L4]));
    mmuext(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(pages[L4]));
}

static void demolish(void)
{
    unsigned int i;

    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(pages[L4]));
    for (i = L4; i <= L1; i++)
        set_entry(pages[i], entry_for(pages[i], FLAGS_RW | PV_PTE_NX));
    for (i = 0; i < PAGES; i++)
        pv_pages_free(pages[i], 1);
}

static uint32_t result(void)
{
    return *next_result++;
}

/* user_run() is left by a trap, so its frame must not be in the way of the kernel stack that the trap
 * arrives on. */
void bench_user(void)
{
    char *stack = pv_pages_alloc(1);

    build();
    must("stack_switch", HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack + PV_PAGE_SIZE));
    must("set_callbacks", HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, syscall_by_hypercall));
    set_entry_point_of_ud(user_end);
    user_run(USER_BASE, USER_STACK + PV_PAGE_SIZE, USER_RESULTS, ROUNDS + 1);
    set_entry_point_of_ud(pv_trap_stubs + VECTOR_UD * 16);
    must("set_callbacks", HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, pv_entry_syscall));
    next_result = (const uint32_t *)pages[RESULTS];
    bench("system call of guest user code: in, and iret back", result);
    demolish();
    pv_pages_free(stack, 1);
}
