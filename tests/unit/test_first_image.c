/* The control domain's kernel as the hypervisor reads it: what it takes from a good one, and that it stops
 * with a message at each that is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <xen/elfnote.h>

#include "domain/first-image.h"
#include "lib/lib.h"

#define BASE  0x10000UL
#define BYTES 1024

static uint8_t file[BYTES];
static jmp_buf refused;

void panic(const char *fmt, ...)
{
    (void)fmt;
    longjmp(refused, 1);
}

static void put(size_t at, uint64_t value, size_t bytes)
{
    memcpy(file + at, &value, bytes);
}

static void program_header(unsigned int i, uint32_t type, uint64_t offset, uint64_t virt, uint64_t file_bytes,
                           uint64_t bytes)
{
    size_t at = 64 + i * 56;

    put(at, type, 4);
    put(at + 8, offset, 8);
    put(at + 16, virt, 8);
    put(at + 32, file_bytes, 8);
    put(at + 40, bytes, 8);
}

static void note(unsigned int i, uint32_t type, uint64_t value)
{
    size_t at = 256 + i * 24;

    put(at, 4, 4);
    put(at + 4, 8, 4);
    put(at + 8, type, 4);
    memcpy(file + at + 12, "Xen", 4);
    put(at + 16, value, 8);
}

/* Two segments of which the second has memory behind its bytes, and notes. */
static int make(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\2\1", 6);
    put(18, 62, 2);
    put(24, BASE + 8, 8);
    put(32, 64, 8);
    put(54, 56, 2);
    put(56, 3, 2);
    program_header(0, 4, 256, 0, 4 * 24, 4 * 24);
    program_header(1, 1, 512, BASE, 256, 256);
    program_header(2, 1, 768, BASE + 0x2000, 256, 0x3000);
    note(0, XEN_ELFNOTE_ENTRY, BASE + 16);
    note(1, XEN_ELFNOTE_VIRT_BASE, BASE);
    note(2, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x4000);
    note(3, XEN_ELFNOTE_MOD_START_PFN, 1);
    return 0;
}

static bool is_read(struct first_image *image, size_t bytes)
{
    uint8_t *exact = malloc(bytes);
    bool good = false;

    memcpy(exact, file, bytes);
    if (setjmp(refused) == 0) {
        first_image_read(image, exact, bytes);
        good = true;
    }
    free(exact);
    return good;
}

static void test_a_good_one(void **state)
{
    struct first_image image;

    (void)state;
    assert_true(is_read(&image, BYTES));
    assert_int_equal(image.segment_count, 2);
    assert_int_equal(image.virt_base, BASE);
    assert_int_equal(image.entry, BASE + 16);
    assert_int_equal(image.end, BASE + 0x5000);
    assert_int_equal(image.hypercall_page, BASE + 0x4000);
    assert_true(image.mod_start_pfn);
    assert_int_equal(image.segments[1].mem_bytes, 0x3000);
}

static void test_cut_off(void **state)
{
    struct first_image image;

    (void)state;
    for (size_t n = 1; n < BYTES; n++)
        assert_false(is_read(&image, n));
}

static void test_damaged(void **state)
{
    static const struct { size_t at, bytes; uint64_t value; } damages[] = {
        { 0, 1, 0 },                            /* no ELF */
        { 18, 2, 3 },                           /* another processor's */
        { 54, 2, 32 },                          /* program headers of another size */
        { 32, 8, UINT64_MAX - 56 },             /* ... which lie nowhere */
        { 56, 2, 0xffff },                      /* ... or are too many */
        { 256 + 4, 4, 0xfffffff0 },             /* a note's length */
        { 120 + 8, 8, UINT64_MAX },             /* a segment's place in the file */
        { 120 + 16, 8, BASE - 0x1000 },         /* its address: below VIRT_BASE */
        { 120 + 16, 8, BASE + (2UL << 30) },    /* far above */
        { 120 + 40, 8, 255 },                   /* more in the file than in memory */
        { 176 + 40, 8, UINT64_MAX },            /* beyond all addresses */
        { 256 + 48 + 16, 8, BASE + 0x5000 },    /* the hypercall page behind the image */
        { 256 + 48 + 16, 8, BASE - 0x1000 },    /* before it */
    };
    struct first_image image;

    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        make(state);
        put(damages[i].at, damages[i].value, damages[i].bytes);
        assert_false(is_read(&image, BYTES));
    }
}

static void test_no_hypercall_page(void **state)
{
    struct first_image image;

    (void)state;
    put(256 + 48 + 16, 0, 8);
    assert_true(is_read(&image, BYTES));
    assert_int_equal(image.hypercall_page, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_good_one, make),
        cmocka_unit_test_setup(test_cut_off, make),
        cmocka_unit_test_setup(test_damaged, make),
        cmocka_unit_test_setup(test_no_hypercall_page, make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
