/* entries.c: page-table entries by hypercall, and flushes. Every operation changes something: an entry that
 * is written as it was costs a hypervisor less. */
#include "bench.h"

#define MANY 512

static char *pages, *page;
static uint64_t page_entry, other_entry;
static struct mmu_update updates[MANY];

static uint32_t update_va(uint64_t entry, uint64_t flags)
{
    struct call c = CALL(update_va_mapping, .a1 = (uint64_t)page, .a2 = entry, .a3 = flags);

    return cost(&c);
}

/* The mean of two, so that each round begins and ends with the same entry. */
static uint32_t update_va_both(uint64_t first, uint64_t second, uint64_t flags)
{
    uint32_t ticks = update_va(first, flags);

    return (ticks + update_va(second, flags)) / 2;
}

static uint32_t va_accessed(void) { return update_va_both(page_entry & ~PV_PTE_A, page_entry, UVMF_NONE); }
static uint32_t va_accessed_flush(void)
{
    return update_va_both(page_entry & ~PV_PTE_A, page_entry, UVMF_INVLPG);
}
static uint32_t va_protect(void) { return update_va_both(page_entry & ~PV_PTE_RW, page_entry, UVMF_NONE); }
static uint32_t va_frame(void) { return update_va_both(other_entry, page_entry, UVMF_NONE); }
static uint32_t va_clear(void) { return update_va_both(0, page_entry, UVMF_NONE); }

static uint32_t mmu_update(unsigned int count)
{
    struct call c = CALL(mmu_update, .a1 = (uint64_t)updates, .a2 = count, .a3 = 0, .a4 = DOMID_SELF);

    return cost(&c);
}

/* Toggles bits (or the frame) of the first entries. */
static uint32_t mmu_toggle(unsigned int count, uint64_t bits)
{
    uint32_t ticks;
    unsigned int i;

    for (i = 0; i < count; i++)
        updates[i].val ^= bits;
    ticks = mmu_update(count);
    for (i = 0; i < count; i++)
        updates[i].val ^= bits;
    return (ticks + mmu_update(count)) / 2;
}

/* Each entry gets its neighbour's frame. */
static uint32_t mmu_shift(unsigned int count)
{
    static uint64_t saved[MANY + 1];
    uint32_t ticks;
    unsigned int i;

    for (i = 0; i <= count; i++)
        saved[i] = entry_for(pages + i * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    for (i = 0; i < count; i++)
        updates[i].val = saved[i + 1];
    ticks = mmu_update(count);
    for (i = 0; i < count; i++)
        updates[i].val = saved[i];
    return (ticks + mmu_update(count)) / 2;
}

static uint32_t accessed_1(void) { return mmu_toggle(1, PV_PTE_A); }
static uint32_t accessed_32(void) { return mmu_toggle(32, PV_PTE_A); }
static uint32_t accessed_128(void) { return mmu_toggle(128, PV_PTE_A); }
static uint32_t accessed_512(void) { return mmu_toggle(512, PV_PTE_A); }
static uint32_t frames_1(void) { return mmu_shift(1); }
static uint32_t frames_32(void) { return mmu_shift(32); }
static uint32_t frames_128(void) { return mmu_shift(128); }
static uint32_t frames_512(void) { return mmu_shift(512); }

static uint32_t flush(void) { return mmuext_cost(MMUEXT_TLB_FLUSH_LOCAL, 0); }
static uint32_t flush_page(void) { return mmuext_cost(MMUEXT_INVLPG_LOCAL, (uint64_t)page); }

void bench_entries(void)
{
    unsigned int i;

    pages = pv_pages_alloc(MANY + 1);
    page = pages;
    page_entry = entry_for(page, FLAGS_RW | PV_PTE_NX);
    other_entry = entry_for(pages + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    group("page-table entries and flushes");
    bench("update_va_mapping, accessed/dirty only, no flush", va_accessed);
    bench("update_va_mapping, accessed/dirty only, INVLPG", va_accessed_flush);
    bench("update_va_mapping, writable to read-only and back", va_protect);
    bench("update_va_mapping, another frame", va_frame);
    bench("update_va_mapping, clear and set", va_clear);
    for (i = 0; i < MANY; i++) {
        pv_pt_lookup(pages + i * PV_PAGE_SIZE, 1, &updates[i].ptr);
        updates[i].val = entry_for(pages + i * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    }
    bench("mmu_update of 1, accessed/dirty only", accessed_1);
    bench_each("mmu_update of 32, each, accessed/dirty only", accessed_32, 32);
    bench_each("mmu_update of 128, each, accessed/dirty only", accessed_128, 128);
    bench_each("mmu_update of 512, each, accessed/dirty only", accessed_512, 512);
    bench("mmu_update of 1, another frame", frames_1);
    bench_each("mmu_update of 32, each, other frames", frames_32, 32);
    bench_each("mmu_update of 128, each, other frames", frames_128, 128);
    bench_each("mmu_update of 512, each, other frames", frames_512, 512);
    bench("TLB_FLUSH_LOCAL", flush);
    bench("INVLPG_LOCAL", flush_page);
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
    pv_pages_free(pages, MANY + 1);
}
