/* tree.c: page tables of an address space that maps nothing by itself: one table each of level 4, 3 and 2,
 * and a few of level 1. */
#include "bench.h"

#define TREE_SLOT 1             /* of level 4 */

void tree_make(struct tree *t, unsigned int l1s)
{
    unsigned int i;

    t->l1s = l1s;
    t->tables = pv_pages_alloc(TREE_L1 + l1s);
    if (!t->tables)
        fail("no memory for a tree of %u tables", TREE_L1 + l1s);
    tree_table(t, TREE_L4)[TREE_SLOT] = entry_for(tree_table(t, TREE_L3), FLAGS_RW);
    tree_table(t, TREE_L3)[0] = entry_for(tree_table(t, TREE_L2), FLAGS_RW);
    for (i = 0; i < l1s; i++)
        tree_table(t, TREE_L2)[i] = entry_for(tree_table(t, TREE_L1 + i), FLAGS_RW);
}

void tree_free(struct tree *t)
{
    pv_pages_free(t->tables, TREE_L1 + t->l1s);
}

uint32_t tree_protect(struct tree *t, bool writable)
{
    uint32_t ticks = CLOCK;
    unsigned int i;

    for (i = 0; i < TREE_L1 + t->l1s; i++) {
        uint64_t *table = tree_table(t, i);
        struct call c = CALL(update_va_mapping, .a1 = (uint64_t)table,
                             .a2 = entry_for(table, (writable ? FLAGS_RW : FLAGS_RO) | PV_PTE_NX),
                             .a3 = UVMF_INVLPG | UVMF_ALL);

        ticks += cost(&c) - CLOCK;
    }
    return ticks;
}
