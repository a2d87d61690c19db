/* Makes kernel images for the tests: small ELF files with notes, bzImages around them, packed forms. */
#ifndef ENSO_TEST_TOOLSTACK_ELF_H
#define ENSO_TEST_TOOLSTACK_ELF_H

#include <stddef.h>
#include <stdint.h>

#define TEST_VIRT_BASE 0xffffffff80000000ull
#define TEST_LOAD      0x100000ull          /* physical address of the first segment */
#define TEST_ENTRY     (TEST_VIRT_BASE + TEST_LOAD + 0x40)

/* Where things are in the image that test_elf() makes; program header i is at TEST_PHDR(i). */
#define TEST_PHDR(i)  (64 + 56 * (i))
#define TEST_PHDRS    3
#define TEST_NOTES    0x200
#define TEST_TEXT     0x1000
#define TEST_TEXT_LEN 0x2000
#define TEST_DATA     0x3000
#define TEST_DATA_LEN 0x800
#define TEST_ELF_SIZE 0x3800

/* A kernel as Linux makes them: two PT_LOAD and a PT_NOTE with the usual notes. TEST_ELF_SIZE bytes. */
void test_elf(uint8_t *elf);

void test_put(uint8_t *at, uint64_t value, unsigned bytes);

/* Writes one note at at, name "Xen"; returns its size. */
size_t test_note(uint8_t *at, uint32_t type, const void *desc, uint32_t size);
size_t test_note_number(uint8_t *at, uint32_t type, uint64_t value);
size_t test_note_text(uint8_t *at, uint32_t type, const char *text);

/* Replaces all notes of a test_elf() by these. */
void test_set_notes(uint8_t *elf, const uint8_t *notes, size_t size);

/* An image with a __xen_guest section instead of notes; text is the section's content. Returns its size, at
 * most TEST_ELF_SIZE + 1024. */
size_t test_legacy_elf(uint8_t *elf, const char *text);

enum test_packing { TEST_GZIP, TEST_XZ, TEST_ZSTD, TEST_LZ4 };

/* Packs as the tools of Linux's build do; malloc()ed. */
uint8_t *test_pack(enum test_packing packing, const void *data, size_t len, size_t *packed);

/* A bzImage around a payload; append_size: the unpacked size follows it (every packer but gzip). malloc()ed.
 * */
uint8_t *test_bzimage(const void *payload, size_t len, int append_size, uint32_t unpacked, size_t *size);

#endif
