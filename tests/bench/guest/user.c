/* user.c: guest user code: its system calls and page faults, and the way to it. User mode needs page tables
 * of its own: here for one page each of code, stack and results. */
#include "bench.h"

#include <string.h>

#define USER_BASE 0x8000000000UL        /* slot 1 of level 4 */
#define USER_STACK (USER_BASE + 0x1000)
#define USER_RESULTS (USER_BASE + 0x2000)
#define ROUNDS 101
#define VECTOR_PF 14
#define VECTOR_UD 6

enum { CODE, STACK, RESULTS, PAGES };

static char *pages;
static struct tree tree;
static const uint32_t *next_result;

/* With the kit's handlers for NULL. */
static void set_handlers(const char *page_fault, const char *end)
{
    struct trap_info table[3] = { 0 };

    table[0].vector = VECTOR_PF;
    table[0].cs = FLAT_KERNEL_CS;
    table[0].address = (unsigned long)(page_fault ? page_fault : pv_trap_stubs + VECTOR_PF * 16);
    table[1].vector = VECTOR_UD;
    table[1].cs = FLAT_KERNEL_CS;
    table[1].address = (unsigned long)(end ? end : pv_trap_stubs + VECTOR_UD * 16);
    must("set_trap_table", HYPERVISOR_set_trap_table(table));
}

static char *page(unsigned int i)
{
    return pages + i * PV_PAGE_SIZE;
}

static void build(void)
{
    uint64_t *l1;

    pages = pv_pages_alloc(PAGES);
    tree_make(&tree, 1);
    memcpy(page(CODE), user_code, (size_t)(user_code_end - user_code));
    l1 = tree_table(&tree, TREE_L1);
    l1[CODE] = entry_for(page(CODE), FLAGS_RO);
    l1[STACK] = entry_for(page(STACK), FLAGS_RW | PV_PTE_NX);
    l1[RESULTS] = entry_for(page(RESULTS), FLAGS_RW | PV_PTE_NX);
    tree_protect(&tree, false);
    mmuext(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(tree_table(&tree, TREE_L4)));
    mmuext(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(tree_table(&tree, TREE_L4)));
}

static void demolish(void)
{
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(tree_table(&tree, TREE_L4)));
    tree_protect(&tree, true);
    tree_free(&tree);
    pv_pages_free(pages, PAGES);
}

static void run(const char *code, unsigned int rounds)
{
    user_run(USER_BASE + (uint64_t)(code - user_code), USER_STACK + PV_PAGE_SIZE, USER_RESULTS, rounds);
    next_result = (const uint32_t *)page(RESULTS);
}

/* What user code has measured itself. */
static uint32_t result(void)
{
    return *next_result++;
}

static uint32_t arrival(void)
{
    run(user_arrival, 1);
    return result();
}

/* user_run() is left by a trap, so its frame must not be in the way of the kernel stack that the trap
 * arrives on. */
void bench_user(void)
{
    char *stack = pv_pages_alloc(1);

    build();
    must("stack_switch", HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack + PV_PAGE_SIZE));
    must("set_callbacks", HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, syscall_by_hypercall));
    set_handlers(fault_by_hypercall, user_end);
    group("guest user code");
    run(user_code, ROUNDS + 1);
    bench("system call of guest user code: in, and iret back", result);
    run(user_fault, ROUNDS + 1);
    bench("page fault of guest user code: in, and iret back", result);
    bench("iret hypercall to guest user code", arrival);
    set_handlers(NULL, NULL);
    upcalls_by_kit();
    demolish();
    pv_pages_free(stack, 1);
}
