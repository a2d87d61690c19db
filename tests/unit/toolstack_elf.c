/* See toolstack_elf.h. */
#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "toolstack_elf.h"

void test_put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

size_t test_note(uint8_t *at, uint32_t type, const void *desc, uint32_t size)
{
    test_put(at, 4, 4);
    test_put(at + 4, size, 4);
    test_put(at + 8, type, 4);
    memcpy(at + 12, "Xen", 4);
    memcpy(at + 16, desc, size);
    return 16 + (size + 3) / 4 * 4;
}

size_t test_note_number(uint8_t *at, uint32_t type, uint64_t value)
{
    uint8_t desc[8];

    test_put(desc, value, 8);
    return test_note(at, type, desc, 8);
}

size_t test_note_text(uint8_t *at, uint32_t type, const char *text)
{
    return test_note(at, type, text, (uint32_t)strlen(text) + 1);
}

static void header(uint8_t *elf, unsigned programs, uint64_t entry)
{
    memcpy(elf, "\177ELF\2\1\1", 7);
    test_put(elf + 16, 2, 2);
    test_put(elf + 18, 62, 2);
    test_put(elf + 20, 1, 4);
    test_put(elf + 24, entry, 8);
    test_put(elf + 32, 64, 8);
    test_put(elf + 52, 64, 2);
    test_put(elf + 54, 56, 2);
    test_put(elf + 56, programs, 2);
    test_put(elf + 58, 64, 2);
}

static void program(uint8_t *at, uint32_t type, uint64_t offset, uint64_t vaddr, uint64_t paddr,
                    uint64_t filesz, uint64_t memsz)
{
    test_put(at, type, 4);
    test_put(at + 8, offset, 8);
    test_put(at + 16, vaddr, 8);
    test_put(at + 24, paddr, 8);
    test_put(at + 32, filesz, 8);
    test_put(at + 40, memsz, 8);
    test_put(at + 48, 4, 8);
}

static size_t linux_notes(uint8_t *at)
{
    uint8_t valid[16] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 };
    size_t n = 0;

    n += test_note_text(at + n, 6, "linux");
    n += test_note_text(at + n, 7, "2.6");
    n += test_note_text(at + n, 5, "xen-3.0");
    n += test_note_number(at + n, 3, TEST_VIRT_BASE);
    n += test_note_number(at + n, 15, 0x8000000000ull);
    n += test_note_number(at + n, 1, TEST_ENTRY);
    n += test_note_text(at + n, 10, "!writable_page_tables|pae_pgdir_above_4gb");
    n += test_note_number(at + n, 17, 0x8801);
    n += test_note_text(at + n, 9, "yes");
    n += test_note_text(at + n, 8, "generic");
    n += test_note(at + n, 13, valid, 16);
    n += test_note_number(at + n, 14, 1);
    n += test_note_number(at + n, 16, 1);
    n += test_note_number(at + n, 12, 0xffff800000000000ull);
    n += test_note_number(at + n, 4, 0);
    return n;
}

void test_set_notes(uint8_t *elf, const uint8_t *notes, size_t size)
{
    memset(elf + TEST_NOTES, 0, TEST_TEXT - TEST_NOTES);
    memcpy(elf + TEST_NOTES, notes, size);
    program(elf + TEST_PHDR(2), 4, TEST_NOTES, 0, 0, size, size);
}

void test_elf(uint8_t *elf)
{
    uint8_t notes[1024];
    size_t size = linux_notes(notes);

    memset(elf, 0, TEST_ELF_SIZE);
    header(elf, TEST_PHDRS, TEST_LOAD + 0x40);
    for (unsigned i = TEST_TEXT; i < TEST_ELF_SIZE; i++)
        elf[i] = (uint8_t)(i * 7 + (i >> 8));
    program(elf + TEST_PHDR(0), 1, TEST_TEXT, TEST_VIRT_BASE + TEST_LOAD, TEST_LOAD, TEST_TEXT_LEN,
            TEST_TEXT_LEN);
    program(elf + TEST_PHDR(1), 1, TEST_DATA, TEST_VIRT_BASE + 0x200000, 0x200000, TEST_DATA_LEN, 0x5000);
    test_set_notes(elf, notes, size);
}

size_t test_legacy_elf(uint8_t *elf, const char *text)
{
    static const char names[] = "\0__xen_guest\0.shstrtab";
    uint8_t *sections = elf + TEST_ELF_SIZE;
    size_t length = strlen(text) + 1;

    memset(elf, 0, TEST_ELF_SIZE + 1024);
    header(elf, 1, 0x40);
    program(elf + TEST_PHDR(0), 1, TEST_TEXT, 0, 0, TEST_TEXT_LEN, TEST_TEXT_LEN);
    test_put(elf + 40, TEST_ELF_SIZE, 8);
    test_put(elf + 60, 3, 2);
    test_put(elf + 62, 2, 2);
    test_put(sections + 64, 1, 4);
    test_put(sections + 64 + 4, 1, 4);
    test_put(sections + 64 + 24, TEST_ELF_SIZE + 192, 8);
    test_put(sections + 64 + 32, length, 8);
    test_put(sections + 128, 13, 4);
    test_put(sections + 128 + 4, 3, 4);
    test_put(sections + 128 + 24, TEST_ELF_SIZE + 192 + length, 8);
    test_put(sections + 128 + 32, sizeof(names), 8);
    memcpy(sections + 192, text, length);
    memcpy(sections + 192 + length, names, sizeof(names));
    return TEST_ELF_SIZE + 192 + length + sizeof(names);
}

/* -- packing
 * ------------------------------------------------------------------------------------------------- */

static size_t pack_gzip(uint8_t *out, size_t room, const void *data, size_t len)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len, .next_out = out,
                   .avail_out = (uInt)room };

    deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}

static size_t pack_xz(uint8_t *out, size_t room, const void *data, size_t len)
{
    lzma_options_lzma options;
    lzma_filter filters[3] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &options },
                               { LZMA_VLI_UNKNOWN, NULL } };
    size_t used = 0;

    lzma_lzma_preset(&options, 6);
    options.dict_size = 32u << 20;
    if (lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, data, len, out, &used, room) != LZMA_OK)
        abort();
    return used;
}

static size_t pack_lz4(uint8_t *out, size_t room, const void *data, size_t len)
{
    const char *from = data;
    size_t used = 4;

    test_put(out, 0x184c2102, 4);
    while (len) {
        int block = len > 8u << 20 ? 8 << 20 : (int)len;
        int packed = LZ4_compress_default(from, (char *)out + used + 4, block, (int)(room - used - 4));

        test_put(out + used, (uint32_t)packed, 4);
        used += 4 + (size_t)packed;
        from += block;
        len -= (size_t)block;
    }
    return used;
}

/* Through a stream, so that the frame does not tell its content's size: as in a pipe. */
static size_t pack_zstd(uint8_t *out, size_t room, const void *data, size_t len)
{
    ZSTD_CStream *z = ZSTD_createCStream();
    ZSTD_inBuffer in = { data, len, 0 };
    ZSTD_outBuffer to = { out, room, 0 };

    ZSTD_initCStream(z, 9);
    while (in.pos < in.size)
        ZSTD_compressStream(z, &to, &in);
    ZSTD_endStream(z, &to);
    ZSTD_freeCStream(z);
    return to.pos;
}

uint8_t *test_pack(enum test_packing packing, const void *data, size_t len, size_t *packed)
{
    size_t room = len + len / 8 + 65536;
    uint8_t *out = malloc(room), *exact;

    switch (packing) {
    case TEST_GZIP: *packed = pack_gzip(out, room, data, len); break;
    case TEST_XZ:   *packed = pack_xz(out, room, data, len); break;
    case TEST_ZSTD: *packed = pack_zstd(out, room, data, len); break;
    case TEST_LZ4:  *packed = pack_lz4(out, room, data, len); break;
    }
    exact = malloc(*packed ? *packed : 1); /* so that the sanitizer sees a read behind the end */
    memcpy(exact, out, *packed);
    free(out);
    return exact;
}

uint8_t *test_bzimage(const void *payload, size_t len, int append_size, uint32_t unpacked, size_t *size)
{
    const size_t start = 3 * 512 + 0x80;
    size_t total = len + (append_size ? 4 : 0);
    uint8_t *file = calloc(1, start + total + 100);

    file[0x1f1] = 2;
    test_put(file + 0x1fe, 0xaa55, 2);
    memcpy(file + 0x202, "HdrS", 4);
    test_put(file + 0x206, 0x20f, 2);
    test_put(file + 0x248, 0x80, 4);
    test_put(file + 0x24c, total, 4);
    memcpy(file + start, payload, len);
    if (append_size)
        test_put(file + start + len, unpacked, 4);
    *size = start + total + 100;
    return file;
}
