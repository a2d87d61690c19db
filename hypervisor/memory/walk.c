/* Walks of guests' page tables, by machine address through the direct map, and writes of the guest kernel
 * to its level-1 tables that trap because the table is mapped read-only. */
#include <xen/errno.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

static forced_inline bool walk(mfn_t root, uint64_t va, mfn_t *table)
{
    mfn_t m = root;

#pragma GCC unroll 3
    for (unsigned int level = 4; level > 1; level--) {
        pte_t e = ((const volatile pte_t *)frame_virt(m))[pte_index(va, level)];

        if (!(e & PTE_PRESENT))
            return false;
        m = pte_mfn(e);
    }
    *table = m;
    return true;
}

static inline pte_t leaf_of(mfn_t table, uint64_t va)
{
    return ((const volatile pte_t *)frame_virt(table))[pte_index(va, 1)];
}

bool walk_to_l1(mfn_t root, uint64_t va, mfn_t *table, unsigned int *index)
{
    *index = pte_index(va, 1);
    return walk(root, va, table);
}

pte_t walk_pte(mfn_t root, uint64_t va)
{
    mfn_t table;

    return guest_range_ok(va, 1) && walk(root, va, &table) ? leaf_of(table, va) : 0;
}

/* A level-1 table of the domain, in use. mmu_lock held. */
static inline bool is_own_leaf_table(const struct domain *d, const struct frame *f)
{
    return ref_owner(f->ref) == d->id && type_of(f->type) == FRAME_L1 && (f->type & TYPE_VALIDATED) &&
           (f->type & TYPE_COUNT_MASK);
}

bool pte_trap_candidate(struct vcpu *v, uint64_t va, mfn_t *table, uint64_t *word)
{
    struct domain *d = v->domain;
    bool found = false;
    mfn_t leaf;

    assert(guest_start_ok(va));
    spin_lock(&d->mmu_lock);
    if (walk(v->kernel_root, va, &leaf)) {
        pte_t e = leaf_of(leaf, va);
        struct frame *f = e & PTE_PRESENT ? frame_lookup(pte_mfn(e).n) : NULL;

        found = f && !(e & PTE_RW) && is_own_leaf_table(d, f);
        if (found) {
            *table = pte_mfn(e);
            *word = ((const volatile uint64_t *)frame_virt(*table))[(va & (PAGE_SIZE - 1)) / 8];
        }
    }
    spin_unlock(&d->mmu_lock);
    return found;
}

/* Replaces the bits of `mask` in an entry; with `expect` only if they are so now. mmu_lock held. */
static long write_bits(struct domain *d, mfn_t table, unsigned int index, uint64_t mask, uint64_t bits,
                       uint64_t *expect)
{
    pte_t word = ((const volatile pte_t *)frame_virt(table))[index];
    long rc;

    if (!expect)
        return pte_write(d, table, 1, index, (word & ~mask) | bits, NULL, false, NULL);
    rc = (word & mask) == *expect ? pte_write(d, table, 1, index, (word & ~mask) | bits, &word, false, NULL)
                                  : -XEN_EAGAIN;
    *expect = word & mask;
    return rc;
}

long pte_write_trapped(struct vcpu *v, mfn_t table, uint64_t va, unsigned int size, uint64_t new,
                       uint64_t *expect_old)
{
    struct domain *d = v->domain;
    unsigned int shift = (va & 7) * 8, index = (va & (PAGE_SIZE - 1)) / 8;
    uint64_t mask = size == 8 ? UINT64_MAX : ((1UL << (size * 8)) - 1) << shift;
    uint64_t expect = expect_old ? *expect_old << shift & mask : 0;
    long rc = -XEN_EINVAL;

    if (size > 8 || (va & 7) + size > 8)
        return rc;
    spin_lock(&d->mmu_lock);
    if (is_own_leaf_table(d, frame_of(table)))
        rc = write_bits(d, table, index, mask, new << shift & mask, expect_old ? &expect : NULL);
    spin_unlock(&d->mmu_lock);
    if (expect_old)
        *expect_old = expect >> shift;
    return rc;
}
