/* linear.c: takes the domain's memory over from the builder. The builder mapped the image and what it put
 * behind it; we map the rest of nr_pages the same way, then give the image's parts their protection. */
#include "internal.h"

#include <string.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/start.h>

#define DATA_FLAGS (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D | PV_PTE_NX)
#define L2_BYTES (512 * PV_PAGE_SIZE)
#define BATCH 64u       /* entries set by one hypercall */

static uintptr_t max_address(uintptr_t a, uintptr_t b)
{
    return a > b ? a : b;
}

/* The first address behind everything that the builder made. */
static uintptr_t end_of_builder_data(const start_info_t *si, uintptr_t stack_top)
{
    uintptr_t end = max_address((uintptr_t)pv_image_end, stack_top);
    const xen_pfn_t frames[] = { si->store_mfn, si->console.domU.mfn };
    size_t len;
    const char *module = pv_module(&len);
    unsigned int i;

    end = max_address(end, (uintptr_t)si + PV_PAGE_SIZE);
    end = max_address(end, (uintptr_t)si->pt_base + si->nr_pt_frames * PV_PAGE_SIZE);
    end = max_address(end, (uintptr_t)si->mfn_list + si->nr_pages * sizeof(xen_pfn_t));
    if (module)
        end = max_address(end, (uintptr_t)module + len);
    for (i = 0; i < 2 && !pv_is_control_domain(); i++) {
        uintptr_t page = (uintptr_t)pv_mfn_to_virt(frames[i]);

        end = page ? max_address(end, page + PV_PAGE_SIZE) : end;
    }
    return (end + PV_PAGE_SIZE - 1) & ~(PV_PAGE_SIZE - 1);
}

/* Sets an entry of the tables; nothing works without it. */
static void must_set(uint64_t entry_maddr, uint64_t value)
{
    int rc = pv_pt_set(entry_maddr, value);

    if (rc != 0)
        pv_panic("page-table entry %lx cannot be set to %lx: %d", entry_maddr, value, rc);
}

/* Makes the page at `table`, which is mapped and unused, the table below the entry of `level` for va. */
static void hang_table(uintptr_t va, unsigned int level, void *table)
{
    uint64_t maddr;
    int rc = pv_pt_make_table(table);

    if (rc != 0)
        pv_panic("%p cannot become a page table: %d", table, rc);
    pv_pt_lookup((void *)va, level, &maddr);
    must_set(maddr, pv_virt_to_machine(table) | (DATA_FLAGS & ~PV_PTE_NX));
}

/* Fills `table` with leaf entries for the 2 MiB at va, as far as there are frames. */
static void fill_leaves(uint64_t *table, uintptr_t va, const start_info_t *si)
{
    const xen_pfn_t *p2m = (const xen_pfn_t *)si->mfn_list;
    size_t pfn = (va - PV_VIRT_BASE) >> PV_PAGE_SHIFT;
    unsigned int i;

    for (i = 0; i < 512; i++, pfn++)
        table[i] = pfn < si->nr_pages && p2m[pfn] != PV_INVALID_MFN ? p2m[pfn] << PV_PAGE_SHIFT | DATA_FLAGS
                                                                    : 0;
}

/* Changes of entries on their way to the hypervisor. */
struct batch {
    struct mmu_update update[BATCH];
    unsigned int n;
};

static void batch_end(struct batch *b)
{
    long rc = b->n ? HYPERVISOR_mmu_update(b->update, b->n, NULL, DOMID_SELF) : 0;

    if (rc != 0)
        pv_panic("%u page-table entries from %lx on cannot be set: %ld", b->n, b->update[0].ptr, rc);
    b->n = 0;
}

static void batch_add(struct batch *b, uint64_t entry_maddr, uint64_t value)
{
    b->update[b->n].ptr = entry_maddr;
    b->update[b->n++].val = value;
    if (b->n == BATCH)
        batch_end(b);
}

/* Adds the entries that are missing from the leaf table for the 2 MiB at va. */
static void complete_leaves(uintptr_t va, uintptr_t end, const start_info_t *si)
{
    const xen_pfn_t *p2m = (const xen_pfn_t *)si->mfn_list + ((va - PV_VIRT_BASE) >> PV_PAGE_SHIFT);
    const volatile uint64_t *table = pv_pt_leaf_table(va);
    size_t i, pages = (end - va) >> PV_PAGE_SHIFT;
    struct batch batch = { .n = 0 };
    uint64_t maddr;

    pv_pt_lookup((void *)va, 1, &maddr);
    for (i = 0; i < pages; i++)
        if (!(table[i] & PV_PTE_P) && p2m[i] != PV_INVALID_MFN)
            batch_add(&batch, maddr + i * 8, p2m[i] << PV_PAGE_SHIFT | DATA_FLAGS);
    batch_end(&batch);
}

/* Maps all frames. Tables are taken from *free on, which lies in what is mapped already: the builder leaves
 * at least 512 KiB mapped behind its last page, and each new leaf table opens another 2 MiB. */
static void map_the_rest(const start_info_t *si, uintptr_t *free)
{
    uintptr_t end = PV_VIRT_BASE + si->nr_pages * PV_PAGE_SIZE;
    uintptr_t va;

    for (va = PV_VIRT_BASE; va < end; va += L2_BYTES) {
        unsigned int level;

        for (level = 4; level > 2; level--) {
            if (pv_pt_lookup((void *)va, level, NULL) & PV_PTE_P)
                continue;
            memset((void *)*free, 0, PV_PAGE_SIZE);
            hang_table(va, level, (void *)*free);
            *free += PV_PAGE_SIZE;
        }
        if (pv_pt_lookup((void *)va, 2, NULL) & PV_PTE_P) {
            complete_leaves(va, va + L2_BYTES < end ? va + L2_BYTES : end, si);
        } else {
            fill_leaves((uint64_t *)*free, va, si);
            hang_table(va, 2, (void *)*free);
            *free += PV_PAGE_SIZE;
        }
    }
}

/* Text: no writing. Constants: neither writing nor execution. Everything else: no execution. */
static uint64_t protected(uint64_t entry, uintptr_t va)
{
    if (va < (uintptr_t)pv_text_end)
        return entry & ~PV_PTE_RW;
    return va < (uintptr_t)pv_rodata_end ? (entry | PV_PTE_NX) & ~PV_PTE_RW : entry | PV_PTE_NX;
}

static void protect_leaves(uintptr_t va, uintptr_t end)
{
    const volatile uint64_t *table = pv_pt_leaf_table(va);
    size_t i, pages = (end - va) >> PV_PAGE_SHIFT;
    struct batch batch = { .n = 0 };
    uint64_t maddr;

    pv_pt_lookup((void *)va, 1, &maddr);
    for (i = 0; i < pages; i++) {
        uint64_t wanted = protected(table[i], va + i * PV_PAGE_SIZE);

        if ((table[i] & PV_PTE_P) && wanted != table[i])
            batch_add(&batch, maddr + i * 8, wanted);
    }
    batch_end(&batch);
}

/* Behind the image whole 2 MiB stretches by one entry of the level above. */
static void protect(const start_info_t *si)
{
    uintptr_t end = PV_VIRT_BASE + si->nr_pages * PV_PAGE_SIZE, va;
    uint64_t maddr;

    for (va = (uintptr_t)pv_image_start; va < (uintptr_t)pv_image_end && va < end; va += L2_BYTES)
        protect_leaves(va, va + L2_BYTES < end ? va + L2_BYTES : end);
    for (; va < end; va += L2_BYTES) {
        uint64_t entry = pv_pt_lookup((void *)va, 2, &maddr);

        if (!(entry & PV_PTE_NX))
            must_set(maddr, entry | PV_PTE_NX);
    }
    pv_pt_lookup(pv_boot_stack_guard, 1, &maddr);
    must_set(maddr, 0);
    pv_tlb_flush();
}

void pv_linear_init(const start_info_t *si, uintptr_t builder_stack_top)
{
    uintptr_t free = end_of_builder_data(si, builder_stack_top);

    map_the_rest(si, &free);
    protect(si);
    pv_pages_init((free - PV_VIRT_BASE) >> PV_PAGE_SHIFT, si->nr_pages);
}
