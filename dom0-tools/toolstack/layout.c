/* The arithmetic of a new domain's memory. Virtual addresses are compared by their low 48 bits, after the
 * check that none of the ranges leaves its half of the canonical address space. */
#include <errno.h>
#include <string.h>

#include "image.h"
#include "layout.h"

#define VA_MASK         ((UINT64_C(1) << 48) - 1)
#define LOW_END         UINT64_C(0x0000800000000000)
#define HIGH_START      UINT64_C(0xffff880000000000) /* below it lies the hypervisor's range */
#define REGION_ALIGN    (UINT64_C(4) << 20)
#define PADDING_PAGES   128u                         /* 512 KiB */
#define PAGES_LIMIT     (UINT64_C(1) << 34)          /* 64 TiB: sums of page counts stay far from wrapping */

enum { PTE_P = 1, PTE_RW = 2, PTE_US = 4, PTE_A = 0x20, PTE_D = 0x40 };

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes >> LAYOUT_PAGE_SHIFT) + (bytes % LAYOUT_PAGE_SIZE != 0);
}

static unsigned table_shift(unsigned level)
{
    return LAYOUT_PAGE_SHIFT + 9 * (level + 1);
}

uint64_t layout_virt(const struct layout *layout, uint64_t pfn)
{
    return layout->in.virt_base + (pfn << LAYOUT_PAGE_SHIFT);
}

static bool is_guest_range(uint64_t start, uint64_t end)
{
    return start < end && ((start < LOW_END && end <= LOW_END) || start >= HIGH_START);
}

/* Numbers of the tables of one level for a range, without those that `other` has already. Both ranges are
 * contiguous and apart, so that they share at most the table at one end. Returns the count. */
static uint64_t cover(struct layout_range *range, unsigned level, const struct layout_range *other)
{
    struct layout_level *l = &range->level[level];
    uint64_t first = (range->start & VA_MASK) >> table_shift(level);
    uint64_t last = ((range->end - 1) & VA_MASK) >> table_shift(level);

    if (other) {
        const struct layout_level *o = &other->level[level];

        if (first >= o->first && first < o->first + o->count)
            first = o->first + o->count;
        if (last >= o->first && last < o->first + o->count)
            last = o->first - 1; /* from table 0 this wraps, and the sum below is 0 again or negative */
    }
    l->first = first;
    l->count = (int64_t)(last - first) < 0 ? 0 : last - first + 1;
    return l->count;
}

/* Tables of a range from the top down, on consecutive pages from pfn on; returns how many. */
static uint64_t cover_all(struct layout_range *range, uint64_t pfn, const struct layout_range *other)
{
    uint64_t total = 0;

    for (int level = 3; level >= 0; level--) {
        range->level[level].pfn = pfn + total;
        total += cover(range, (unsigned)level, other);
    }
    return total;
}

/* The tables map themselves: more tables may need a larger region, which may need more tables. */
static int settle_region(struct layout *l, const char *name, struct toolstack_error *err)
{
    uint64_t tables = 4, settled = 0, end;

    while (tables != settled) {
        settled = tables;
        l->stack_pfn = l->tables_pfn + settled;
        end = layout_virt(l, l->stack_pfn + 1 + PADDING_PAGES);
        if (end < l->in.virt_base || end > UINT64_MAX - 2 * REGION_ALIGN)
            return toolstack_fail(err, -EINVAL, name, "the kernel at 0x%llx leaves no room behind it",
                                  (unsigned long long)l->in.virt_base);
        end = (end + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1);
        l->region.start = l->in.virt_base;
        l->region.end = end;
        tables = cover_all(&l->region, l->tables_pfn, NULL);
    }
    l->tables = settled;
    l->virt_end = l->region.end;
    if (!is_guest_range(l->region.start, l->region.end))
        return toolstack_fail(err, -EINVAL, name, "the kernel at 0x%llx touches the hypervisor's addresses",
                              (unsigned long long)l->in.virt_base);
    return 0;
}

static void place_region(struct layout *l)
{
    uint64_t next = pages_of(l->in.kernel_end - l->in.virt_base);

    if (l->ramdisk_pages && !l->in.ramdisk_unmapped) {
        l->ramdisk_pfn = next;
        next += l->ramdisk_pages;
    }
    if (l->in.init_p2m == IMAGE_UNSET) {
        l->p2m_pfn = next;
        l->p2m_virt = layout_virt(l, next);
        next += l->p2m_pages;
    }
    l->start_info_pfn = next++;
    l->store_pfn = next++;
    l->console_pfn = next++;
    l->tables_pfn = next;
}

/* Behind the region, where nothing is mapped yet: the p2m list of an INIT_P2M kernel with its tables. */
static int place_p2m(struct layout *l, uint64_t *next, const char *name, struct toolstack_error *err)
{
    uint64_t start = l->in.init_p2m, end = start + (l->p2m_pages << LAYOUT_PAGE_SHIFT);

    if (start % LAYOUT_PAGE_SIZE || !is_guest_range(start, end))
        return toolstack_fail(err, -EINVAL, name, "INIT_P2M 0x%llx is no place for the p2m list",
                              (unsigned long long)start);
    if (start < l->region.end && end > l->region.start)
        return toolstack_fail(err, -EINVAL, name, "INIT_P2M 0x%llx overlaps the kernel's own mapping",
                              (unsigned long long)start);
    l->p2m.start = start;
    l->p2m.end = end;
    l->p2m_virt = start;
    l->p2m_pfn = *next;
    l->p2m_frames = l->p2m_pages + cover_all(&l->p2m, *next + l->p2m_pages, &l->region);
    *next += l->p2m_frames;
    return 0;
}

static int too_small(const struct layout *l, const char *name, struct toolstack_error *err)
{
    toolstack_fail(err, -ENOMEM, name,
                   "the domain is too small: kernel and ramdisk need %llu KiB, it has %llu KiB",
                   (unsigned long long)l->used_pages * 4, (unsigned long long)l->in.pages * 4);
    toolstack_advise(err, "set `memory` to %llu or more", (unsigned long long)(l->used_pages / 256 + 1));
    return -ENOMEM;
}

int layout_compute(struct layout *layout, const struct layout_input *in, const char *name,
                   struct toolstack_error *err)
{
    uint64_t next;
    int rc;

    memset(layout, 0, sizeof(*layout));
    layout->in = *in;
    layout->ramdisk_pfn = LAYOUT_NO_PFN;
    layout->ramdisk_pages = pages_of(in->ramdisk_bytes);
    layout->p2m_pages = pages_of(in->pages * sizeof(uint64_t));
    if (in->pages >= PAGES_LIMIT || layout->ramdisk_pages >= PAGES_LIMIT || in->kernel_end < in->virt_base ||
        pages_of(in->kernel_end - in->virt_base) >= PAGES_LIMIT)
        return toolstack_fail(err, -EINVAL, name, "a size is beyond what a domain can have");

    place_region(layout);
    rc = settle_region(layout, name, err);
    if (rc)
        return rc;
    next = (layout->virt_end - in->virt_base) >> LAYOUT_PAGE_SHIFT;
    layout->used_pages = layout->stack_pfn + 1 + PADDING_PAGES;
    if (in->init_p2m != IMAGE_UNSET) {
        rc = place_p2m(layout, &next, name, err);
        if (rc)
            return rc;
        layout->used_pages = next;
    }
    if (layout->ramdisk_pages && in->ramdisk_unmapped) {
        layout->ramdisk_pfn = next;
        layout->used_pages = next + layout->ramdisk_pages;
    }
    return layout->used_pages > in->pages ? too_small(layout, name, err) : 0;
}

static bool is_table_pfn(const struct layout *l, uint64_t pfn)
{
    return (pfn >= l->tables_pfn && pfn < l->tables_pfn + l->tables) ||
           (l->p2m_frames && pfn >= l->p2m_pfn + l->p2m_pages && pfn < l->p2m_pfn + l->p2m_frames);
}

static bool in_range(const struct layout_range *range, uint64_t va)
{
    return range->start != range->end && va >= (range->start & VA_MASK) && va <= ((range->end - 1) & VA_MASK);
}

/* The L1 entry for a 48-bit address: 0 where nothing is to be mapped. */
static uint64_t leaf_entry(const struct layout *l, uint64_t va, const uint64_t *p2m)
{
    uint64_t pfn;

    if (in_range(&l->region, va))
        pfn = (va - (l->region.start & VA_MASK)) >> LAYOUT_PAGE_SHIFT;
    else if (in_range(&l->p2m, va))
        pfn = l->p2m_pfn + ((va - (l->p2m.start & VA_MASK)) >> LAYOUT_PAGE_SHIFT);
    else
        return 0;
    if (pfn >= l->in.pages)
        return 0;
    return p2m[pfn] << LAYOUT_PAGE_SHIFT | PTE_P | PTE_US | PTE_A | (is_table_pfn(l, pfn) ? 0 : PTE_RW);
}

static uint64_t table_pfn(const struct layout_range *range, unsigned level, uint64_t number)
{
    const struct layout_level *l = &range->level[level];

    return number >= l->first && number - l->first < l->count ? l->pfn + (number - l->first) : LAYOUT_NO_PFN;
}

/* The entry of an upper table that leads to table `number` of the level below. */
static uint64_t table_entry(const struct layout *l, unsigned level, uint64_t number, const uint64_t *p2m)
{
    uint64_t pfn = table_pfn(&l->region, level, number);

    if (pfn == LAYOUT_NO_PFN)
        pfn = table_pfn(&l->p2m, level, number);
    if (pfn == LAYOUT_NO_PFN)
        return 0;
    return p2m[pfn] << LAYOUT_PAGE_SHIFT | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
}

void layout_fill_table(const struct layout *layout, const struct layout_range *range, unsigned level,
                       uint64_t index, const uint64_t *p2m, uint64_t table[512])
{
    uint64_t number = range->level[level].first + index;

    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = number << 9 | i;

        table[i] = level == 0 ? leaf_entry(layout, entry << LAYOUT_PAGE_SHIFT, p2m)
                              : table_entry(layout, level - 1, entry, p2m);
    }
}
