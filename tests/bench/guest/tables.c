/* tables.c: whole page tables: pinned and unpinned, alone and in trees, and as base pointers. */
#include "bench.h"

#include <string.h>

#define ENTRIES 512
#define FRAMES 128              /* that full tables map, again and again */
#define LARGE 64                /* tables of level 1 */

static char *frames, *table;
static struct tree small, other, large;

static void fill(uint64_t *entries, unsigned int count)
{
    unsigned int i;

    for (i = 0; i < count; i++)
        entries[i] = entry_for(frames + (i % FRAMES) * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
}

static uint32_t pin_and_unpin(unsigned int cmd, const void *root)
{
    uint64_t mfn = pv_virt_to_mfn(root);
    uint32_t ticks = mmuext_cost(cmd, mfn);

    return ticks + mmuext_cost(MMUEXT_UNPIN_TABLE, mfn) - CLOCK;
}

static uint32_t pin(void) { return pin_and_unpin(MMUEXT_PIN_L1_TABLE, table); }

/* The life of a table: made read-only, pinned, unpinned, made writable again, which is when its contents
 * may change. */
static uint32_t pin_afresh(void)
{
    uint64_t read_only = entry_for(table, FLAGS_RO | PV_PTE_NX);
    uint64_t writable = entry_for(table, FLAGS_RW | PV_PTE_NX);
    uint64_t flags = UVMF_INVLPG | UVMF_ALL;
    struct call lock = CALL(update_va_mapping, .a1 = (uint64_t)table, .a2 = read_only, .a3 = flags);
    struct call unlock = CALL(update_va_mapping, .a1 = (uint64_t)table, .a2 = writable, .a3 = flags);
    uint32_t ticks = cost(&lock) - CLOCK;

    ticks += pin() - CLOCK;
    return ticks + cost(&unlock);
}

static uint32_t tree_pin(struct tree *t)
{
    return pin_and_unpin(MMUEXT_PIN_L4_TABLE, tree_table(t, TREE_L4));
}

static uint32_t tree_life(struct tree *t)
{
    uint32_t ticks = tree_protect(t, false) - CLOCK;

    ticks += tree_pin(t) - CLOCK;
    return ticks + tree_protect(t, true);
}

static uint32_t small_life(void) { return tree_life(&small); }
static uint32_t large_life(void) { return tree_life(&large); }
static uint32_t small_pin(void) { return tree_pin(&small); }
static uint32_t large_pin(void) { return tree_pin(&large); }

static uint64_t first_root, second_root;        /* frames */

static uint32_t same_base(void) { return mmuext_cost(MMUEXT_NEW_BASEPTR, first_root); }

/* The mean of there and back. */
static uint32_t kernel_base(void)
{
    uint32_t ticks = mmuext_cost(MMUEXT_NEW_BASEPTR, second_root);

    return (ticks + mmuext_cost(MMUEXT_NEW_BASEPTR, first_root)) / 2;
}

static uint32_t user_base(void)
{
    uint32_t ticks = mmuext_cost(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(tree_table(&small, TREE_L4)));

    return (ticks + mmuext_cost(MMUEXT_NEW_USER_BASEPTR, pv_virt_to_mfn(tree_table(&other, TREE_L4)))) / 2;
}

/* A second root for our own address space: a copy of the first, but for the hypervisor's slots. */
static void bench_kernel_bases(void)
{
    uint64_t *root = pv_pages_alloc(1);
    unsigned int i;

    memcpy(root, (void *)pv_start_info->pt_base, PV_PAGE_SIZE);
    for (i = 256; i < 272; i++)
        root[i] = 0;
    first_root = pv_virt_to_mfn((void *)pv_start_info->pt_base);
    second_root = pv_virt_to_mfn(root);
    bench("NEW_BASEPTR, the same one", same_base);
    set_entry(root, entry_for(root, FLAGS_RO | PV_PTE_NX));
    mmuext(MMUEXT_PIN_L4_TABLE, second_root);
    bench("NEW_BASEPTR, another one", kernel_base);
    mmuext(MMUEXT_UNPIN_TABLE, second_root);
    set_entry(root, entry_for(root, FLAGS_RW | PV_PTE_NX));
    pv_pages_free(root, 1);
}

static void bench_user_bases(void)
{
    tree_protect(&small, false);
    tree_protect(&other, false);
    mmuext(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(tree_table(&small, TREE_L4)));
    mmuext(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(tree_table(&other, TREE_L4)));
    bench("NEW_USER_BASEPTR, another one", user_base);
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(tree_table(&small, TREE_L4)));
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(tree_table(&other, TREE_L4)));
    tree_protect(&small, true);
    tree_protect(&other, true);
}

static void bench_trees(void)
{
    bench("tree of 1 L1 of 1 entry: read-only, pin, unpin, writable", small_life);
    bench_few("tree of 64 full L1: read-only, pin, unpin, writable", large_life);
    tree_protect(&small, false);
    tree_protect(&large, false);
    bench("pin and unpin a tree of 1 L1 of 1 entry", small_pin);
    bench_few("pin and unpin a tree of 64 full L1", large_pin);
    tree_protect(&small, true);
    tree_protect(&large, true);
}

void bench_tables(void)
{
    unsigned int i;

    frames = pv_pages_alloc(FRAMES);
    table = pv_pages_alloc(1);
    tree_make(&small, 1);
    tree_make(&other, 1);
    tree_make(&large, LARGE);
    fill(tree_table(&small, TREE_L1), 1);
    fill(tree_table(&other, TREE_L1), 1);
    for (i = 0; i < LARGE; i++)
        fill(tree_table(&large, TREE_L1 + i), ENTRIES);
    fill((uint64_t *)table, ENTRIES);
    group("page tables");
    bench_kernel_bases();
    bench_user_bases();
    bench("L1 of 512 entries: read-only, pin, unpin, writable", pin_afresh);
    set_entry(table, entry_for(table, FLAGS_RO | PV_PTE_NX));
    bench("pin and unpin an L1 of 512 entries", pin);
    bench_trapped((uint64_t *)table, entry_for(frames + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX));
    set_entry(table, entry_for(table, FLAGS_RW | PV_PTE_NX));
    group("trees of page tables");
    bench_trees();
    tree_free(&small);
    tree_free(&other);
    tree_free(&large);
    pv_pages_free(frames, FRAMES);
    pv_pages_free(table, 1);
}
