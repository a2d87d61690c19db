/* pagetable.c: reading and changing the live page tables. Tables are ordinary pages of this domain, mapped
 * read-only in the linear map; every change is asked of the hypervisor. */
#include "internal.h"

#include <errno.h>
#include <xen/memory.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/start.h>

/* Leaf entries written with one hypercall. */
#define BATCH 128

/* The kernel runs in ring 3 like everything in a PV guest, so all its pages are user pages. */
#define TABLE_FLAGS (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D)

static const xen_pfn_t *p2m;
static const xen_pfn_t *m2p;
static uint64_t m2p_entries;
static uint64_t nr_pages;
static xen_pfn_t root;

void pv_pagetable_init(const start_info_t *si)
{
    struct xen_machphys_mapping map = { .v_start = MACH2PHYS_VIRT_START };

    m2p_entries = HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map) == 0 ? map.max_mfn + 1
                                                                           : MACH2PHYS_NR_ENTRIES;
    m2p = (const xen_pfn_t *)map.v_start;
    p2m = (const xen_pfn_t *)si->mfn_list;
    nr_pages = si->nr_pages;
    root = p2m[(si->pt_base - PV_VIRT_BASE) >> PV_PAGE_SHIFT];
}

void *pv_mfn_to_virt(xen_pfn_t mfn)
{
    xen_pfn_t pfn = mfn < m2p_entries ? m2p[mfn] : PV_INVALID_MFN;

    if (pfn >= nr_pages || p2m[pfn] != mfn)
        return NULL;
    return (void *)(PV_VIRT_BASE + pfn * PV_PAGE_SIZE);
}

xen_pfn_t pv_virt_to_mfn(const void *p)
{
    uintptr_t va = (uintptr_t)p;
    uint64_t entry;

    /* Behind the image the linear map holds what the p2m list says; elsewhere only the tables know. */
    if (va >= (uintptr_t)pv_image_end && va - PV_VIRT_BASE < nr_pages * PV_PAGE_SIZE)
        return p2m[(va - PV_VIRT_BASE) >> PV_PAGE_SHIFT];
    entry = pv_pt_lookup(p, 1, NULL);
    return entry & PV_PTE_P ? (entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT : PV_INVALID_MFN;
}

static unsigned int index_at(uintptr_t va, unsigned int level)
{
    return (va >> (PV_PAGE_SHIFT + 9 * (level - 1))) & 511;
}

uint64_t pv_pt_lookup(const void *va, unsigned int level, uint64_t *entry_maddr)
{
    uint64_t entry = (uint64_t)root << PV_PAGE_SHIFT | PV_PTE_P;
    uint64_t maddr = 0;
    unsigned int at;

    for (at = 4; at >= level; at--) {
        xen_pfn_t mfn = (entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT;
        const volatile uint64_t *table = entry & PV_PTE_P ? pv_mfn_to_virt(mfn) : NULL;
        unsigned int index = index_at((uintptr_t)va, at);

        maddr = table ? ((uint64_t)mfn << PV_PAGE_SHIFT) + index * 8 : 0;
        entry = table ? table[index] : 0;
    }
    if (entry_maddr)
        *entry_maddr = maddr;
    return entry;
}

const volatile uint64_t *pv_pt_leaf_table(uintptr_t va)
{
    uint64_t entry = pv_pt_lookup((void *)va, 2, NULL);

    return entry & PV_PTE_P ? pv_mfn_to_virt((entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT) : NULL;
}

int pv_pt_set(uint64_t entry_maddr, uint64_t value)
{
    struct mmu_update u = { .ptr = entry_maddr | MMU_NORMAL_PT_UPDATE, .val = value };

    return pv_errno_from_xen(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF));
}

int pv_pt_make_table(void *page)
{
    return pv_protect(page, 1, PV_PTE_P | PV_PTE_NX);
}

/* Hangs a fresh table below the entry at entry_maddr. 0 or a negative error. */
static int add_table(uint64_t entry_maddr)
{
    void *page = pv_pages_alloc(1);
    uint64_t machine;
    int rc;

    if (!page)
        return -ENOMEM;
    machine = pv_virt_to_machine(page);
    rc = pv_pt_make_table(page);
    if (rc == 0)
        rc = pv_pt_set(entry_maddr, machine | TABLE_FLAGS);
    if (rc != 0 && pv_protect(page, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX) == 0)
        pv_pages_free(page, 1);
    return rc;
}

uint64_t pv_pt_leaf(uintptr_t va)
{
    uint64_t maddr;
    unsigned int level;

    for (level = 4; level > 1; level--)
        if (!(pv_pt_lookup((void *)va, level, &maddr) & PV_PTE_P) && add_table(maddr) != 0)
            return 0;
    pv_pt_lookup((void *)va, 1, &maddr);
    return maddr;
}

bool pv_pt_make_tables(uintptr_t va, size_t n)
{
    size_t i;

    for (i = 0; i < n; i += 512 - index_at(va + i * PV_PAGE_SIZE, 1))
        if (!pv_pt_leaf(va + i * PV_PAGE_SIZE))
            return false;
    return true;
}

/* Gives one batch to the hypervisor. A refused entry ends it (errs NULL) or is noted and stepped over. */
static int flush_batch(struct mmu_update *batch, unsigned int n, domid_t domid, int *errs)
{
    unsigned int at = 0;
    int first = 0;

    while (at < n) {
        unsigned int done = 0;
        int rc = pv_errno_from_xen(HYPERVISOR_mmu_update(batch + at, n - at, &done, domid));

        if (rc >= 0)
            break;
        at += done;
        first = first ? first : rc;
        if (!errs || at >= n)
            break;
        errs[at++] = rc;
    }
    return first;
}

int pv_pt_fill(uintptr_t va, const xen_pfn_t *frames, size_t n, uint64_t flags, domid_t domid, int *errs)
{
    struct mmu_update batch[BATCH];
    uint64_t leaf = 0;
    size_t i, start = 0;
    int first = 0;

    for (i = 0; i < n && (errs || !first); i++, va += PV_PAGE_SIZE) {
        leaf = leaf && index_at(va, 1) ? leaf + 8 : pv_pt_leaf(va);
        batch[i - start].ptr = leaf | MMU_NORMAL_PT_UPDATE;
        batch[i - start].val = frames ? (uint64_t)frames[i] << PV_PAGE_SHIFT | flags : 0;
        if (errs)
            errs[i] = 0;
        if (i - start == BATCH - 1 || i == n - 1) {
            int rc = flush_batch(batch, (unsigned int)(i - start + 1), domid, errs ? errs + start : NULL);

            first = first ? first : rc;
            start = i + 1;
        }
    }
    return first;
}

void pv_tlb_flush(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

    HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

int pv_protect(void *p, size_t n, uint64_t flags)
{
    char *page = p;
    int rc = 0;

    for (; n && rc == 0; n--, page += PV_PAGE_SIZE) {
        uint64_t machine = (uint64_t)pv_virt_to_mfn(page) << PV_PAGE_SHIFT;
        uint64_t pte = flags ? machine | flags | PV_PTE_US | PV_PTE_A | PV_PTE_D : 0;

        rc = pv_errno_from_xen(HYPERVISOR_update_va_mapping((unsigned long)page, pte,
                                                            UVMF_INVLPG | UVMF_ALL));
    }
    return rc;
}
