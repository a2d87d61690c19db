/* mmu.c: page-table entries, flushes, pins. Every operation changes something: an entry that is written as
 * it was costs a hypervisor less. */
#include "bench.h"

#define BATCH 128
#define ENTRIES 512

static char *pages, *page, *other, *table;
static uint64_t page_entry, other_entry;
static struct mmu_update updates[BATCH];

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
    uint64_t saved[BATCH + 1];
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

static uint32_t one_accessed(void) { return mmu_toggle(1, PV_PTE_A); }
static uint32_t many_accessed(void) { return mmu_toggle(BATCH, PV_PTE_A); }
static uint32_t one_frame(void) { return mmu_shift(1); }
static uint32_t many_frames(void) { return mmu_shift(BATCH); }

static uint32_t mmuext_cost(unsigned int cmd, uint64_t arg)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };
    struct call c = CALL(mmuext_op, .a1 = (uint64_t)&op, .a2 = 1, .a3 = 0, .a4 = DOMID_SELF);

    return cost(&c);
}

static uint32_t flush(void) { return mmuext_cost(MMUEXT_TLB_FLUSH_LOCAL, 0); }
static uint32_t flush_page(void) { return mmuext_cost(MMUEXT_INVLPG_LOCAL, (uint64_t)page); }
static uint32_t new_base(void)
{
    return mmuext_cost(MMUEXT_NEW_BASEPTR, pv_virt_to_mfn((void *)pv_start_info->pt_base));
}

static uint32_t pin(void)
{
    uint64_t mfn = pv_virt_to_mfn(table);
    uint32_t ticks = mmuext_cost(MMUEXT_PIN_L1_TABLE, mfn);

    return ticks + mmuext_cost(MMUEXT_UNPIN_TABLE, mfn) - CLOCK;
}

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

/* The mean of two writes that the hypervisor must carry out, each to a pinned table. (Xen adds the global
 * bit.) */
static uint32_t trapped(uint64_t first, uint64_t second)
{
    volatile uint64_t *entry = (uint64_t *)table;
    uint32_t ticks = clock_write(table, first);

    if ((*entry & ~PV_PTE_G) != first)
        fail("the trapped write left %lx, not %lx", *entry, first);
    return (ticks + clock_write(table, second)) / 2;
}

static uint32_t trapped_accessed(void) { return trapped(page_entry & ~PV_PTE_A, page_entry); }
static uint32_t trapped_frame(void) { return trapped(other_entry, page_entry); }
static uint32_t trapped_clear(void) { return trapped(0, page_entry); }

static uint32_t trapped_exchange(void)
{
    uint32_t ticks = clock_exchange(table, 0);

    return (ticks + clock_exchange(table, page_entry)) / 2;
}

static void bench_pins(void)
{
    uint64_t *entries = (uint64_t *)table;
    unsigned int i;

    for (i = 0; i < ENTRIES; i++)
        entries[i] = entry_for(pages + (i % BATCH) * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    bench("L1 of 512 entries: read-only, pin, unpin, writable", pin_afresh);
    set_entry(table, entry_for(table, FLAGS_RO | PV_PTE_NX));
    bench("pin and unpin an L1 of 512 entries", pin);
    must("vm_assist", HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
    mmuext(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(table));
    bench("trapped write to a pinned L1, accessed/dirty only", trapped_accessed);
    bench("trapped write to a pinned L1, another frame", trapped_frame);
    bench("trapped write to a pinned L1, clear and set", trapped_clear);
    bench("trapped exchange in a pinned L1, clear and set", trapped_exchange);
    mmuext(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(table));
    set_entry(table, entry_for(table, FLAGS_RW | PV_PTE_NX));
}

void bench_mmu(void)
{
    unsigned int i;

    pages = pv_pages_alloc(BATCH + 1);
    table = pv_pages_alloc(1);
    page = pages;
    other = pages + PV_PAGE_SIZE;
    page_entry = entry_for(page, FLAGS_RW | PV_PTE_NX);
    other_entry = entry_for(other, FLAGS_RW | PV_PTE_NX);
    bench("update_va_mapping, accessed/dirty only, no flush", va_accessed);
    bench("update_va_mapping, accessed/dirty only, INVLPG", va_accessed_flush);
    bench("update_va_mapping, writable to read-only and back", va_protect);
    bench("update_va_mapping, another frame", va_frame);
    bench("update_va_mapping, clear and set", va_clear);
    for (i = 0; i < BATCH; i++) {
        pv_pt_lookup(pages + i * PV_PAGE_SIZE, 1, &updates[i].ptr);
        updates[i].val = entry_for(pages + i * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    }
    bench("mmu_update of 1, accessed/dirty only", one_accessed);
    bench("mmu_update of 1, another frame", one_frame);
    bench_each("mmu_update of 128, each, accessed/dirty only", many_accessed, BATCH);
    bench_each("mmu_update of 128, each, other frames", many_frames, BATCH);
    bench("TLB_FLUSH_LOCAL", flush);
    bench("INVLPG_LOCAL", flush_page);
    bench("NEW_BASEPTR, the same one", new_base);
    bench_pins();
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
    pv_pages_free(pages, BATCH + 1);
    pv_pages_free(table, 1);
}
