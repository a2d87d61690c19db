/* The memory map as firmware tells it (in any order, overlapping) against the clean form, and the free RAM
 * that is left when image and modules are taken out. The clean form is compared address by address with the
 * rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "boot/boot-parse.h"
#include "boot/early.h"
#include "boot/image.h"
#include "lib/lib.h"

/* What boot-info.c and early.c refer to and these tests don't reach. */
const uint8_t image_start[1], image_rodata[1], image_data[1], image_end[1], early_stack[1], early_end[1];
void multiboot1_read(struct boot_info *info, uint64_t address) { (void)info; (void)address; abort(); }
void multiboot2_read(struct boot_info *info, uint64_t address) { (void)info; (void)address; abort(); }
void panic(const char *fmt, ...) { (void)fmt; abort(); }

#define PAGES 64

/* Type that a page must have: RAM only if RAM covers all of it and nothing else touches it. */
static uint32_t wanted_type(const struct boot_range *r, unsigned int n, uint64_t address)
{
    uint32_t type = 0;

    for (unsigned int i = 0; i < n; i++)
        if (address >= r[i].start && address < r[i].end && (type == 0 || type == 1))
            type = r[i].type;
    return type;
}

static uint32_t found_type(const struct boot_info *info, uint64_t address)
{
    for (unsigned int i = 0; i < info->range_count; i++)
        if (address >= info->ranges[i].start && address < info->ranges[i].end)
            return info->ranges[i].type;
    return 0;
}

static void check_form(const struct boot_info *info)
{
    for (unsigned int i = 0; i < info->range_count; i++) {
        const struct boot_range *r = &info->ranges[i];

        assert_true(r->start < r->end);
        if (r->type == 1)
            assert_true(r->start % PAGE_SIZE == 0 && r->end % PAGE_SIZE == 0);
        if (i > 0)
            assert_true(r[-1].end <= r->start);
    }
}

static void test_random_maps(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 2000; round++) {
        static struct boot_info info;
        struct boot_range raw[12];
        unsigned int n = (unsigned int)rand() % 12 + 1;

        info.range_count = 0;
        for (unsigned int i = 0; i < n; i++) {
            raw[i].start = (uint64_t)(rand() % PAGES) * PAGE_SIZE;
            raw[i].end = raw[i].start + (uint64_t)(rand() % 16 + 1) * PAGE_SIZE;
            raw[i].type = (uint32_t)rand() % 5 + 1;
            boot_add_range(&info, raw[i].start, raw[i].end - raw[i].start, raw[i].type);
        }
        boot_sort_ranges(&info);
        check_form(&info);
        for (uint64_t page = 0; page < PAGES + 17; page++)
            assert_int_equal(found_type(&info, page * PAGE_SIZE), wanted_type(raw, n, page * PAGE_SIZE));
    }
}

static void test_odd_ranges(void **state)
{
    static struct boot_info info;

    (void)state;
    boot_add_range(&info, 0x1234, 0x5000, 1);               /* not whole pages */
    boot_add_range(&info, 0xfffffffffffff000, 0x2000, 2);   /* wraps */
    boot_add_range(&info, 0x10000, 0, 1);                   /* empty */
    boot_add_range(&info, 0x20000, 0x800, 1);               /* less than a page */
    boot_add_range(&info, 0x30000, 0x1000, 77);             /* an unknown type is not RAM */
    boot_sort_ranges(&info);
    check_form(&info);
    assert_int_equal(found_type(&info, 0x1234), 0);
    assert_int_equal(found_type(&info, 0x2000), 1);
    assert_int_equal(found_type(&info, 0x6000), 0);
    assert_int_equal(found_type(&info, 0x20000), 0);
    assert_int_equal(found_type(&info, 0x30000), 2);
}

/* RAM from 0 to 16 MiB and from 32 to 40 MiB; image, two modules that touch pages they do not fill. */
static void test_free_ranges(void **state)
{
    static struct boot_info info;
    unsigned int cursor = 0;
    uint64_t start, end, total = 0, last = 0;

    (void)state;
    boot_add_range(&info, 0, 16 << 20, 1);
    boot_add_range(&info, 32 << 20, 8 << 20, 1);
    info.image_start = 0x200000;
    info.image_end = 0x230000;
    info.early_tables_end = 0x240000;
    info.modules[0] = (struct boot_module){ .start = 0x400800, .end = 0x402001 };
    info.modules[1] = (struct boot_module){ .start = 0xfff000, .end = 0x1000000 };
    info.module_count = 2;
    boot_sort_ranges(&info);
    early_init(&info);
    assert_true(early_active());
    assert_int_equal(early_trampoline, 0x9c000);
    early_release(0x230000, 0x240000);

    while (early_next_free_range(&cursor, &start, &end)) {
        assert_true(start < end && start > last && start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0);
        assert_true(end <= 0x200000 || start >= 0x230000);
        assert_true(end <= 0x400000 || start >= 0x403000);
        assert_true(end <= 0xfff000 || start >= 0x2000000);
        assert_true(end <= 0x9c000 || start >= 0xa0000);
        total += end - start;
        last = end;
    }
    assert_false(early_active());
    assert_int_equal(total, (24 << 20) - 0x1000 - 0x4000 - 0x30000 - 0x3000 - 0x1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_maps), cmocka_unit_test(test_odd_ranges),
        cmocka_unit_test(test_free_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
