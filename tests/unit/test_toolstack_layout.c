/* The memory layout: every pair of sizes gives page tables through which, walked as the processor walks them,
 * each address of the region leads to the right frame, and page tables are nowhere writable. Machine frames
 * are made up so that a mix-up of pfn and frame cannot go unnoticed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "image.h"
#include "layout.h"

#define HIGH 0xffffffff80000000ull

static struct layout layout;
static struct toolstack_error err;

static uint64_t frame_of(uint64_t pfn)
{
    return 0x100000 + pfn * 3;
}

static uint64_t pfn_of(uint64_t frame)
{
    assert_true(frame >= 0x100000 && (frame - 0x100000) % 3 == 0);
    return (frame - 0x100000) / 3;
}

/* The domain's page tables, filled; tables[pfn] is NULL for pages that are none. */
static uint64_t **tables;
static uint64_t *p2m;

static void fill_range(const struct layout_range *range)
{
    for (unsigned level = 0; level < 4; level++) {
        for (uint64_t i = 0; i < range->level[level].count; i++) {
            uint64_t pfn = range->level[level].pfn + i;

            assert_true(pfn < layout.in.pages);
            assert_null(tables[pfn]); /* no page is two tables */
            tables[pfn] = malloc(4096);
            layout_fill_table(&layout, range, level, i, p2m, tables[pfn]);
        }
    }
}

static void fill(void)
{
    tables = calloc(layout.in.pages, sizeof(*tables));
    p2m = malloc(layout.in.pages * sizeof(*p2m));
    for (uint64_t i = 0; i < layout.in.pages; i++)
        p2m[i] = frame_of(i);
    fill_range(&layout.region);
    if (layout.p2m_frames)
        fill_range(&layout.p2m);
}

static void drop(void)
{
    for (uint64_t i = 0; i < layout.in.pages; i++)
        free(tables[i]);
    free(tables);
    free(p2m);
}

/* The leaf entry for an address; 0 where a table is missing. */
static uint64_t walk(uint64_t va)
{
    uint64_t pfn = layout.tables_pfn;

    for (int level = 3;; level--) {
        uint64_t entry;

        assert_non_null(tables[pfn]);
        entry = tables[pfn][va >> (12 + 9 * level) & 511];
        if (!(entry & 1) || level == 0)
            return entry;
        assert_int_equal(entry & 0xfff, 0x67);
        pfn = pfn_of(entry >> 12 & 0xffffffffff);
    }
}

static void assert_mapped(uint64_t va, uint64_t pfn)
{
    uint64_t entry = walk(va);

    if (pfn >= layout.in.pages) {
        assert_int_equal(entry, 0);
        return;
    }
    assert_int_equal(pfn_of(entry >> 12 & 0xffffffffff), pfn);
    assert_int_equal(entry & 0xfff, tables[pfn] ? 0x25 : 0x27);
}

static void check_mappings(void)
{
    uint64_t end = layout.virt_end - layout.in.virt_base;

    fill();
    for (uint64_t at = 0; at < end; at += 4096)
        assert_mapped(layout.in.virt_base + at, at >> 12);
    for (uint64_t i = 0; i < layout.p2m_pages && layout.p2m_frames; i++)
        assert_mapped(layout.p2m_virt + (i << 12), layout.p2m_pfn + i);
    if (layout.p2m.start != layout.virt_end)
        assert_int_equal(walk(layout.virt_end), 0);
    if (layout.in.virt_base && layout.p2m.end != layout.in.virt_base)
        assert_int_equal(walk(layout.in.virt_base - 4096), 0);
    if (layout.p2m_frames && layout.p2m.end != layout.in.virt_base)
        assert_int_equal(walk(layout.p2m.end), 0);
    drop();
}

static int compute(uint64_t base, uint64_t kernel, uint64_t ramdisk, uint64_t pages, uint64_t init_p2m,
                   bool unmapped)
{
    struct layout_input in = {
        .virt_base = base, .kernel_end = base + kernel, .ramdisk_bytes = ramdisk, .pages = pages,
        .init_p2m = init_p2m, .ramdisk_unmapped = unmapped,
    };

    memset(&err, 0, sizeof(err));
    return layout_compute(&layout, &in, "guest", &err);
}

/* What the ABI promises about the order and the padding. */
static void check_order(void)
{
    uint64_t region_pages = (layout.virt_end - layout.in.virt_base) >> 12;

    assert_int_equal(layout.virt_end % (4 << 20), 0);
    assert_int_equal(layout.store_pfn, layout.start_info_pfn + 1);
    assert_int_equal(layout.console_pfn, layout.start_info_pfn + 2);
    assert_int_equal(layout.tables_pfn, layout.start_info_pfn + 3);
    assert_int_equal(layout.stack_pfn, layout.tables_pfn + layout.tables);
    assert_true(region_pages >= layout.stack_pfn + 1 + 128);
    assert_true(region_pages < layout.stack_pfn + 1 + 128 + 1024);
    assert_int_equal(layout.region.level[3].pfn, layout.tables_pfn);
    assert_int_equal(layout.region.level[3].count, 1);
    assert_true(layout.region.level[2].pfn == layout.tables_pfn + 1);
    assert_true(layout.used_pages <= layout.in.pages);
}

static void test_small_at_zero(void **state)
{
    (void)state;
    assert_int_equal(compute(0, 300000, 0, 4096, IMAGE_UNSET, false), 0);
    check_order();
    assert_int_equal(layout.p2m_pfn, 74);       /* 300000 bytes */
    assert_int_equal(layout.p2m_pages, 8);      /* 4096 entries */
    assert_int_equal(layout.start_info_pfn, 82);
    assert_int_equal(layout.tables, 5);         /* L4, L3, L2, and two L1 for 4 MiB */
    assert_int_equal(layout.virt_end, 4 << 20);
    assert_int_equal(layout.ramdisk_pfn, LAYOUT_NO_PFN);
    assert_int_equal(layout.p2m_frames, 0);
    assert_int_equal(layout_virt(&layout, 5), 0x5000);
    check_mappings();
}

static void test_linux(void **state)
{
    (void)state;
    assert_int_equal(compute(HIGH, 0x3c00000, 3 << 20, 65536, 0x8000000000, true), 0);
    check_order();
    assert_int_equal(layout.p2m_virt, 0x8000000000);
    assert_int_equal(layout.p2m_pages, 128);
    assert_int_equal(layout.p2m_frames, 128 + 3);  /* its own L3, L2 and L1; the L4 is shared */
    assert_int_equal(layout.p2m_pfn, (layout.virt_end - HIGH) >> 12);
    assert_int_equal(layout.ramdisk_pfn, layout.p2m_pfn + layout.p2m_frames);
    assert_int_equal(layout.used_pages, layout.ramdisk_pfn + 768);
    check_mappings();
}

/* Sizes around every border between numbers of tables, with the list in and outside of the region. */
static void test_sizes(void **state)
{
    static const uint64_t bases[] = { 0, 0x400000, 0x3ff000, 0x7ffc00000, HIGH, 0xffff880000000000ull };
    static const uint64_t sizes[] = {
        1, 4096, 0x100000, 0x1f0000, 0x37f000, 0x380000, 0x400000, 0x7fffff, 0x1fff000,
    };

    (void)state;
    for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            assert_int_equal(compute(bases[b], sizes[s], 5000, 16384, IMAGE_UNSET, false), 0);
            check_order();
            assert_int_equal(layout.ramdisk_pfn, (sizes[s] + 4095) / 4096);
            check_mappings();
            assert_int_equal(compute(bases[b], sizes[s], 5000, 16384, 0x100000000000, true), 0);
            check_order();
            check_mappings();
        }
    }
}

/* The list next to the region, so that both share tables of every level. */
static void test_shared_tables(void **state)
{
    (void)state;
    assert_int_equal(compute(0x40000000, 0x10000, 0, 8192, 0x40400000, false), 0);
    assert_int_equal(layout.virt_end, 0x40400000);
    check_mappings();
    assert_int_equal(compute(0x40100000, 0x10000, 0, 8192, 0x400f0000, false), 0);
    assert_int_equal(layout.p2m_frames, 16);    /* all tables are the region's */
    check_mappings();
    assert_int_equal(compute(0x40000000, 0x10000, 0, 8192, 0x3fff0000, false), 0);
    assert_int_equal(layout.p2m_frames, 16 + 2);  /* an L2 and an L1 of its own */
    check_mappings();
}

/* A domain that ends within the padding: the rest of the region is not mapped. */
static void test_tight(void **state)
{
    (void)state;
    assert_int_equal(compute(0, 0x100000, 0, 500, IMAGE_UNSET, false), 0);
    assert_true(layout.virt_end >> 12 > 500);
    check_mappings();
}

static void test_too_small(void **state)
{
    (void)state;
    assert_int_equal(compute(0, 64 << 20, 0, 1024, IMAGE_UNSET, false), -ENOMEM);
    assert_non_null(strstr(err.message, "the domain is too small: kernel and ramdisk need"));
    assert_non_null(strstr(err.message, "it has 4096 KiB"));
    assert_non_null(strstr(err.advice, "set `memory` to 65"));
    assert_int_equal(compute(HIGH, 1 << 20, 64 << 20, 8192, 0x8000000000, true), -ENOMEM);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(compute(0xffff800000000000ull, 4096, 0, 4096, IMAGE_UNSET, false), -EINVAL);
    assert_non_null(strstr(err.message, "touches the hypervisor's addresses"));
    assert_int_equal(compute(0x00007fffffc00000ull, 4096, 0, 4096, IMAGE_UNSET, false), 0);
    assert_int_equal(compute(0x00007ffffffc0000ull, 4096, 0, 4096, IMAGE_UNSET, false), -EINVAL);
    assert_int_equal(compute(0x1234567890000000ull, 4096, 0, 4096, IMAGE_UNSET, false), -EINVAL);
    assert_int_equal(compute(0xfffffffffff00000ull, 4096, 0, 4096, IMAGE_UNSET, false), -EINVAL);
    assert_non_null(strstr(err.message, "leaves no room"));
    assert_int_equal(compute(0x400000, 4096, 0, 4096, 0x500000, false), -EINVAL);
    assert_non_null(strstr(err.message, "overlaps"));
    assert_int_equal(compute(0x400000, 4096, 0, 4096, 0x3fffff, false), -EINVAL);
    assert_int_equal(compute(0x400000, 4096, 0, 4096, 0xffff800000000000ull, false), -EINVAL);
    assert_int_equal(compute(0x400000, 4096, UINT64_MAX, 4096, IMAGE_UNSET, false), -EINVAL);
    assert_int_equal(compute(0x400000, 4096, 0, UINT64_MAX / 8, IMAGE_UNSET, false), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_at_zero), cmocka_unit_test(test_linux),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_shared_tables), cmocka_unit_test(test_tight),  cmocka_unit_test(test_too_small),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
