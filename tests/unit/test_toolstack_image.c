/* Kernel images: good ones of every kind are understood; malformed, hostile and unsuitable ones are refused,
 * each with its own message, without reading a byte out of bounds (sanitizers) and without a leak (counted).
 * */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "image.h"
#include "toolstack_elf.h"

static struct image image;
static struct toolstack_error err;

/* -- memory that is counted and can run out
 * ------------------------------------------------------------------ */

static size_t allocated;
static unsigned allocations, fail_at, yields;

static void *counted_alloc(size_t bytes)
{
    if (++allocations == fail_at)
        return NULL;
    allocated += bytes;
    return malloc(bytes);
}

static void counted_release(void *p, size_t bytes)
{
    assert_true(allocated >= bytes);
    allocated -= bytes;
    free(p);
}

static void counted_yield(void)
{
    yields++;
}

static const struct image_ops ops = { counted_alloc, counted_release, counted_yield };

static int load(const void *file, size_t len, uint64_t limit)
{
    allocations = fail_at = yields = 0;
    memset(&err, 0, sizeof(err));
    return image_load(&image, "kernel", file, len, limit, &ops, &err);
}

static void assert_refused(int rc, int code, const char *message)
{
    assert_int_equal(rc, code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.subject, "kernel");
    if (!strstr(err.message, message))
        fail_msg("expected \"%s\" in \"%s\"", message, err.message);
    assert_int_equal(allocated, 0);
}

/* Inspects an exact copy, so that the sanitizer sees a read behind the end. */
static int inspect(const uint8_t *elf, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    int rc;

    memcpy(copy, elf, size);
    memset(&image, 0, sizeof(image));
    rc = image_inspect(&image, "kernel", copy, size, &err);
    free(copy);
    return rc;
}

/* -- good kernels
 * -------------------------------------------------------------------------------------------- */

static void test_linux_like(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];

    (void)state;
    test_elf(elf);
    assert_int_equal(load(elf, sizeof(elf), 1 << 20), 0);
    assert_string_equal(image.packing, "none");
    assert_ptr_equal(image.elf, elf);
    assert_null(image.owned);
    assert_int_equal(image.segments, 2);
    assert_int_equal(image.segment[0].address, TEST_VIRT_BASE + TEST_LOAD);
    assert_int_equal(image.segment[0].file_size, TEST_TEXT_LEN);
    assert_int_equal(image.segment[1].memory_size, 0x5000);
    assert_int_equal(image.start, TEST_VIRT_BASE + TEST_LOAD);
    assert_int_equal(image.end, TEST_VIRT_BASE + 0x205000);
    assert_int_equal(image.notes.entry, TEST_ENTRY);
    assert_int_equal(image.notes.virt_base, TEST_VIRT_BASE);
    assert_int_equal(image.notes.paddr_offset, 0);
    assert_int_equal(image.notes.init_p2m, 0x8000000000ull);
    assert_int_equal(image.notes.hypercall_page, IMAGE_UNSET);
    assert_int_equal(image.notes.required, 1);
    assert_int_equal(image.notes.supported, 0x8801 | 1 | 1 << 4);
    assert_int_equal(image.notes.l1_mfn_mask, 1);
    assert_int_equal(image.notes.l1_mfn_value, 1);
    assert_int_equal(image.notes.suspend_cancel, 1);
    assert_true(image.notes.mod_start_pfn);
    assert_false(image.notes.legacy);
    assert_string_equal(image.notes.guest_os, "linux");
    assert_string_equal(image.notes.pae_mode, "yes");
    image_release(&image, &ops);
}

static void test_linked_at_zero(void **state)
{
    uint8_t elf[TEST_ELF_SIZE + 1024];
    size_t size = test_legacy_elf(elf, "GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,HYPERCALL_PAGE=0x1,"
                                       "LOADER=generic,PAE=yes[extended-cr3],BSD_SYMTAB=yes");

    (void)state;
    assert_int_equal(inspect(elf, size), 0);
    assert_true(image.notes.legacy);
    assert_int_equal(image.notes.virt_base, 0);
    assert_int_equal(image.notes.hypercall_page, 0x1000);
    assert_int_equal(image.notes.entry, 0x40);
    assert_int_equal(image.start, 0);
    assert_int_equal(image.end, TEST_TEXT_LEN);
    assert_true(image.notes.bsd_symtab);
    assert_false(image.notes.mod_start_pfn);
}

/* Without ELF_PADDR_OFFSET the older section means that physical addresses count from VIRT_BASE. */
static void test_legacy_high_half(void **state)
{
    uint8_t elf[TEST_ELF_SIZE + 1024];
    size_t size = test_legacy_elf(elf, "GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
                                       "VIRT_ENTRY=0xffffffff80000100,HYPERCALL_PAGE=1");

    (void)state;
    test_put(elf + TEST_PHDR(0) + 24, TEST_VIRT_BASE, 8);
    assert_int_equal(inspect(elf, size), 0);
    assert_int_equal(image.segment[0].address, TEST_VIRT_BASE);
    assert_int_equal(image.notes.hypercall_page, TEST_VIRT_BASE + 0x1000);
}

static void test_padding_offset(void **state)
{
    uint8_t elf[TEST_ELF_SIZE], notes[512];
    size_t n = 0;

    (void)state;
    test_elf(elf);
    n += test_note_text(notes + n, 8, "generic");
    n += test_note_text(notes + n, 5, "xen-3.0");
    n += test_note_number(notes + n, 3, TEST_VIRT_BASE);
    n += test_note_number(notes + n, 4, 0x100000);
    n += test_note_number(notes + n, 1, TEST_VIRT_BASE + 0x40);
    n += test_note_number(notes + n, 2, TEST_VIRT_BASE + 0x1000);
    test_set_notes(elf, notes, n);
    assert_int_equal(inspect(elf, sizeof(elf)), 0);
    assert_int_equal(image.start, TEST_VIRT_BASE);
    assert_int_equal(image.segment[1].address, TEST_VIRT_BASE + 0x100000);
    assert_int_equal(image.notes.hypercall_page, TEST_VIRT_BASE + 0x1000);
}

/* -- packed kernels
 * ------------------------------------------------------------------------------------------ */

static const char *const packings[] = { "gzip", "xz", "zstd", "lz4" };

static void check_packed(const uint8_t *file, size_t len, const uint8_t *elf, size_t elf_size,
                         const char *packing)
{
    int rc = load(file, len, 64 << 20);

    if (rc)
        fail_msg("%s: %s", packing, err.message);
    assert_string_equal(image.packing, packing);
    assert_int_equal(image.elf_size, elf_size);
    assert_memory_equal(image.elf, elf, elf_size);
    assert_int_equal(image.segments, 2);
    assert_true(yields > 0);
    image_release(&image, &ops);
    assert_int_equal(allocated, 0);
}

/* A kernel with contents that pack about as well as code. */
static uint8_t *big_elf(size_t more, size_t *size)
{
    uint32_t seed = 1;
    uint8_t *elf;

    *size = TEST_ELF_SIZE + more;
    elf = malloc(*size);
    test_elf(elf);
    for (size_t i = TEST_ELF_SIZE; i < *size; i++) {
        seed = seed * 1664525u + 1013904223u;
        elf[i] = i % 4 ? (uint8_t)(i >> 12) : (uint8_t)(seed >> 24);
    }
    return elf;
}

static void test_packings(void **state)
{
    size_t size, packed, wrapped;
    uint8_t *elf = big_elf(9u << 20, &size);

    (void)state;
    for (unsigned i = TEST_GZIP; i <= TEST_LZ4; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, elf, size, &packed);
        uint8_t *file = test_bzimage(payload, packed, i != TEST_GZIP, (uint32_t)size, &wrapped);

        check_packed(payload, packed, elf, size, packings[i]);
        check_packed(file, wrapped, elf, size, packings[i]);
        free(file);
        free(payload);
    }
    free(elf);
}

static void test_bzimage_with_plain_elf(void **state)
{
    uint8_t elf[TEST_ELF_SIZE], *file;
    size_t size;

    (void)state;
    test_elf(elf);
    file = test_bzimage(elf, sizeof(elf), 0, 0, &size);
    assert_int_equal(load(file, size, 1 << 20), 0);
    assert_true(image.bzimage);
    assert_string_equal(image.packing, "none");
    image_release(&image, &ops);
    free(file);
}

/* Every allocation in turn fails: -ENOMEM, and nothing is left. */
static void test_no_memory(void **state)
{
    size_t size, packed;
    uint8_t *elf = big_elf(1u << 20, &size);

    (void)state;
    for (unsigned i = TEST_GZIP; i <= TEST_LZ4; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, elf, size, &packed);
        unsigned total;

        assert_int_equal(load(payload, packed, 64 << 20), 0);
        total = allocations;
        image_release(&image, &ops);
        for (unsigned n = 1; n <= total; n++) {
            int rc;

            allocations = 0;
            fail_at = n;
            rc = image_load(&image, "kernel", payload, packed, 64 << 20, &ops, &err);
            if (rc == 0) { /* only the copy that saves room failed */
                assert_int_equal(n, total);
                assert_memory_equal(image.elf, elf, size);
                image_release(&image, &ops);
                continue;
            }
            assert_refused(rc, -ENOMEM, "no memory");
        }
        free(payload);
    }
    free(elf);
}

static void test_damaged(void **state)
{
    size_t size, packed;
    uint8_t *elf = big_elf(1u << 20, &size);

    (void)state;
    for (unsigned i = TEST_GZIP; i <= TEST_LZ4; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, elf, size, &packed);

        assert_refused(load(payload, packed / 2, 64 << 20), -EBADMSG, "damaged");
        assert_refused(load(payload, 20, 64 << 20), -EBADMSG, "damaged");
        free(payload);
    }
    free(elf);
}

/* Single bits flipped everywhere in small packed kernels: an error or a kernel, never a crash. lz4's legacy
 * frame has no checksum, so a changed kernel may come out. */
static void test_flipped_bits(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];
    size_t packed;

    (void)state;
    test_elf(elf);
    for (unsigned i = TEST_GZIP; i <= TEST_LZ4; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, elf, sizeof(elf), &packed);

        for (size_t bit = 0; bit < packed * 8; bit += 13) {
            payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (load(payload, packed, 1 << 20) == 0)
                image_release(&image, &ops);
            assert_int_equal(allocated, 0);
            payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(payload);
    }
}

static void test_bombs(void **state)
{
    size_t size = 64u << 20, packed;
    uint8_t *zeroes = calloc(1, size);

    (void)state;
    memcpy(zeroes, "\177ELF", 4);
    for (unsigned i = TEST_GZIP; i <= TEST_ZSTD; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, zeroes, size, &packed);

        assert_refused(load(payload, packed, 1u << 30), -EFBIG, "decompression bomb");
        assert_refused(load(payload, packed, 2u << 20), -EFBIG, "unpacks to more than 2048 KiB");
        free(payload);
    }
    free(zeroes);
}

/* The size that a bzImage promises may be wrong in both directions. */
static void test_lying_size(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];
    size_t packed, size;

    (void)state;
    test_elf(elf);
    for (unsigned i = TEST_XZ; i <= TEST_LZ4; i++) {
        uint8_t *payload = test_pack((enum test_packing)i, elf, sizeof(elf), &packed);
        uint8_t *small = test_bzimage(payload, packed, 1, 1, &size), *huge;
        int rc = load(small, size, 1 << 20);

        if (rc == 0) { /* the buffer grew, or a page was enough */
            assert_memory_equal(image.elf, elf, sizeof(elf));
            image_release(&image, &ops);
        } else {
            assert_refused(rc, -EBADMSG, "damaged");
        }
        huge = test_bzimage(payload, packed, 1, 0xf0000000, &size);
        assert_int_equal(load(huge, size, 1 << 20), 0);
        assert_memory_equal(image.elf, elf, sizeof(elf));
        image_release(&image, &ops);
        free(small);
        free(huge);
        free(payload);
    }
}

static void test_unsupported_packings(void **state)
{
    static const struct { uint8_t bytes[8]; const char *name; } files[] = {
        { { 'B', 'Z', 'h', '9', '1' }, "packed with bzip2" },
        { { 0x5d, 0, 0, 0x80, 0 }, "packed with lzma" },
        { { 0x89, 'L', 'Z', 'O', 0 }, "packed with lzo" },
    };
    static const uint8_t garbage[600] = "this is no kernel";

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_refused(load(files[i].bytes, sizeof(files[i].bytes), 1 << 20), -EOPNOTSUPP, files[i].name);
    assert_refused(load(garbage, sizeof(garbage), 1 << 20), -ENOEXEC, "neither an ELF file nor a bzImage");
    assert_refused(load(garbage, 0, 1 << 20), -ENOEXEC, "empty");
}

static void test_bad_bzimage(void **state)
{
    uint8_t elf[TEST_ELF_SIZE], *file;
    size_t size;

    (void)state;
    test_elf(elf);
    file = test_bzimage(elf, sizeof(elf), 0, 0, &size);
    assert_refused(load(file, 0x240, 1 << 20), -EBADMSG,
                   "truncated bzImage: 576 bytes do not hold its header");
    assert_refused(load(file, size - 200, 1 << 20), -EBADMSG, "truncated bzImage: its kernel ends at");
    test_put(file + 0x248, 0xffffffff, 4);
    assert_refused(load(file, size, 1 << 20), -EBADMSG, "truncated bzImage");
    test_put(file + 0x206, 0x207, 2);
    assert_refused(load(file, size, 1 << 20), -EOPNOTSUPP, "boot protocol 2.07");
    free(file);
}

/* -- malformed ELF
 * ------------------------------------------------------------------------------------------- */

/* One change to a good image, and what must be said about it. */
static const struct { size_t at; uint64_t value; unsigned bytes; int code; const char *message; } spoils[] = {
    { 4, 1, 1, -ENOEXEC, "32-bit kernels cannot run here" },
    { 5, 2, 1, -ENOEXEC, "not a little-endian ELF64 file" },
    { 18, 183, 2, -ENOEXEC, "built for ELF machine 183" },
    { 16, 1, 2, -ENOEXEC, "type 1 is not a program" },
    { 56, 0, 2, -EBADMSG, "0 program headers" },
    { 56, 0xffff, 2, -EBADMSG, "65535 program headers" },
    { 54, 32, 2, -EBADMSG, "program headers of 32 bytes" },
    { 32, 0xffffffffffffffff, 8, -EBADMSG, "program headers lie outside" },
    { 32, TEST_ELF_SIZE - 100, 8, -EBADMSG, "program headers lie outside" },
    { TEST_PHDR(0) + 8, 0xfffffffffffff000, 8, -EBADMSG, "segment 0 lies outside of the file" },
    { TEST_PHDR(0) + 8, TEST_ELF_SIZE, 8, -EBADMSG, "segment 0 lies outside of the file" },
    { TEST_PHDR(1) + 32, 0x6000, 8, -EBADMSG, "segment 1 has more bytes in the file than in memory" },
    { TEST_PHDR(1) + 24, 0xfffffffffffff000, 8, -EBADMSG, "segment 1 wraps around" },
    { TEST_PHDR(1) + 40, 0xffffffffffffffff, 8, -EBADMSG, "segment 1 wraps around" },
    { TEST_PHDR(1) + 24, TEST_LOAD + 0x1000, 8, -EBADMSG, "load segments 0 and 1 overlap" },
    { TEST_PHDR(1) + 24, 0x90000000, 8, -EBADMSG, "load segment 1 wraps around" },
    { TEST_PHDR(2) + 32, 0x100000, 8, -EBADMSG, "note segment 2 lies outside" },
    { TEST_PHDR(2) + 8, 0xffffffffffffff00, 8, -EBADMSG, "note segment 2 lies outside" },
    { TEST_NOTES, 0xffffffff, 4, -EBADMSG, "runs out of its segment" },
    { TEST_NOTES + 4, 0xffffffff, 4, -EBADMSG, "runs out of its segment" },
};

static void test_spoiled(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
        test_elf(elf);
        test_put(elf + spoils[i].at, spoils[i].value, spoils[i].bytes);
        assert_refused(inspect(elf, sizeof(elf)), spoils[i].code, spoils[i].message);
    }
}

static void test_no_segments(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];

    (void)state;
    test_elf(elf);
    test_put(elf + TEST_PHDR(0), 7, 4);
    test_put(elf + TEST_PHDR(1), 7, 4);
    assert_refused(inspect(elf, sizeof(elf)), -ENOEXEC, "nothing to load");
}

static void test_truncated(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];

    (void)state;
    test_elf(elf);
    for (size_t size = 0; size < sizeof(elf); size++)
        assert_true(inspect(elf, size) < 0);
}

static void test_flipped_headers(void **state)
{
    uint8_t elf[TEST_ELF_SIZE];

    (void)state;
    test_elf(elf);
    for (size_t bit = 0; bit < (TEST_NOTES + 512) * 8; bit++) {
        elf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        inspect(elf, sizeof(elf));
        elf[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(inspect(elf, sizeof(elf)), 0);
}

/* -- notes
 * --------------------------------------------------------------------------------------------------- */

/* The note that is added to a minimal good set; number notes have text == NULL. */
static const struct {
    uint32_t type;
    const char *text;
    uint64_t number;
    int code;
    const char *message;
} notes[] = {
    { 1, NULL, 0x1000, -EBADMSG, "the entry 0x1000 is not in the kernel" },
    { 1, NULL, TEST_VIRT_BASE + 0x205000, -EBADMSG, "is not in the kernel" },
    { 2, NULL, TEST_VIRT_BASE + TEST_LOAD + 8, -EBADMSG, "is not a page of the kernel" },
    { 2, NULL, TEST_VIRT_BASE + 0x900000, -EBADMSG, "is not a page of the kernel" },
    { 3, NULL, TEST_VIRT_BASE + 5, -EBADMSG, "not page-aligned" },
    { 4, NULL, 0x200000, -EBADMSG, "load segment 0 lies below PADDR_OFFSET" },
    { 8, "special", 0, -ENOEXEC, "made for the loader `special`" },
    { 5, "xen-2.0", 0, -ENOEXEC, "made for the interface `xen-2.0`" },
    { 10, "!auto_translated_physmap", 0, -ENOEXEC, "requires the feature `auto_translated_physmap`" },
    { 10, "a|!time_travel|b", 0, -ENOEXEC, "requires the feature `time_travel`" },
    { 10, "time_travel| | |supervisor_mode_kernel", 0, 0, NULL },
    { 10, "!writable_descriptor_tables|!pae_pgdir_above_4gb", 0, 0, NULL },
    { 7, "a version that is much longer than anybody needs", 0, -EBADMSG, "a string of 48 bytes" },
    { 13, NULL, 1, -EBADMSG, "L1_MFN_VALID has 8 bytes" },
    { 2, "odd", 0, 0, NULL }, /* four bytes: a number too, 0x64646f, not page-aligned */
    { 99, "something newer", 0, 0, NULL },
};

static void test_notes(void **state)
{
    uint8_t elf[TEST_ELF_SIZE], set[512];

    (void)state;
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        size_t n = 0;
        int rc;

        test_elf(elf);
        n += test_note_text(set + n, 8, "generic");
        n += test_note_text(set + n, 5, "xen-3.0");
        n += test_note_number(set + n, 3, TEST_VIRT_BASE);
        n += test_note_number(set + n, 1, TEST_ENTRY);
        n += notes[i].text ? test_note_text(set + n, notes[i].type, notes[i].text)
                           : test_note_number(set + n, notes[i].type, notes[i].number);
        test_set_notes(elf, set, n);
        rc = inspect(elf, sizeof(elf));
        if (notes[i].type == 2 && notes[i].text)
            assert_refused(rc, -EBADMSG, "is not a page of the kernel");
        else if (notes[i].code)
            assert_refused(rc, notes[i].code, notes[i].message);
        else
            assert_int_equal(rc, 0);
    }
}

static void test_no_notes(void **state)
{
    uint8_t elf[TEST_ELF_SIZE], set[64];
    size_t n = 0;

    (void)state;
    test_elf(elf);
    test_put(elf + TEST_PHDR(2), 0, 4);
    assert_refused(inspect(elf, sizeof(elf)), -ENOEXEC, "not a PV kernel: neither Xen ELF notes");
    assert_true(strstr(err.advice, "CONFIG_XEN_PV") != NULL);

    test_elf(elf);
    n += test_note_number(set, 18, 0x1000000);
    test_set_notes(elf, set, n);
    assert_refused(inspect(elf, sizeof(elf)), -ENOEXEC, "it can only be started as PVH");
}

static const struct { const char *text; int code; const char *message; } sections[] = {
    { "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=zero", -EBADMSG, "bad value `zero` for VIRT_BASE" },
    { "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0x1ffffffffffffffff", -EBADMSG, "bad value" },
    { "LOADER=generic,XEN_VER=xen-3.0,HYPERCALL_PAGE=0xfffffffffffffff", -EBADMSG,
      "beyond the address space" },
    { "LOADER=generic,XEN_VER=xen-3.0,GUEST_OS=0123456789012345678901234567890123456789", -EBADMSG,
      "GUEST_OS" },
    { "LOADER=generic,XEN_VER=xen-3.0,FEATURES=!dom0", -ENOEXEC, "requires the feature `dom0`" },
    { "LOADER=generic,XEN_VER=xen-3.0,ELF_PADDR_OFFSET=0", -EBADMSG,
      "PADDR_OFFSET is given without VIRT_BASE" },
    { "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xfffffffffffff000,ELF_PADDR_OFFSET=0", -EBADMSG,
      "wraps around" },
    { "XEN_VER=xen-3.0", -ENOEXEC, "made for the loader ``" },
    { "LOADER=generic", -ENOEXEC, "made for the interface ``" },
    { "LOADER=generic,XEN_VER=xen-3.0,,=,A=B=C,FLAG", 0, NULL },
};

static void test_legacy_sections(void **state)
{
    uint8_t elf[TEST_ELF_SIZE + 1024];

    (void)state;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        size_t size = test_legacy_elf(elf, sections[i].text);
        int rc = inspect(elf, size);

        if (sections[i].code)
            assert_refused(rc, sections[i].code, sections[i].message);
        else
            assert_int_equal(rc, 0);
    }
}

static void test_flipped_legacy(void **state)
{
    uint8_t elf[TEST_ELF_SIZE + 1024];
    size_t size = test_legacy_elf(elf, "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0,HYPERCALL_PAGE=1");

    (void)state;
    for (size_t bit = TEST_ELF_SIZE * 8; bit < size * 8; bit++) {
        elf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        inspect(elf, size);
        elf[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(inspect(elf, size), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linux_like),           cmocka_unit_test(test_linked_at_zero),
        cmocka_unit_test(test_legacy_high_half),     cmocka_unit_test(test_padding_offset),
        cmocka_unit_test(test_packings),             cmocka_unit_test(test_bzimage_with_plain_elf),
        cmocka_unit_test(test_no_memory),            cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_flipped_bits),         cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_lying_size),           cmocka_unit_test(test_unsupported_packings),
        cmocka_unit_test(test_bad_bzimage),          cmocka_unit_test(test_spoiled),
        cmocka_unit_test(test_no_segments),          cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped_headers),      cmocka_unit_test(test_notes),
        cmocka_unit_test(test_no_notes),             cmocka_unit_test(test_legacy_sections),
        cmocka_unit_test(test_flipped_legacy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
