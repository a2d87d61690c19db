/* What the hypervisor parses before there is a guest: the control domain's kernel as a download left it,
 * and the command line. Each lies in a block of exactly its size. */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot-info.h"
#include "domain/first-image.h"
#include "lib/lib.h"

static jmp_buf refused;

void panic(const char *fmt, ...)
{
    (void)fmt;
    longjmp(refused, 1);
}

static void require(bool right)
{
    if (!right)
        abort();
}

static void check_image(const uint8_t *data, size_t size)
{
    struct first_image image;

    first_image_read(&image, data, size);
    require(image.segment_count > 0 && image.segment_count <= FIRST_MAX_SEGMENTS);
    require(image.virt_base <= image.end && image.end - image.virt_base <= 1UL << 30);
    require(image.hypercall_page == 0 ||
            (image.hypercall_page >= image.virt_base && image.hypercall_page < image.end));
    for (unsigned int i = 0; i < image.segment_count; i++) {
        const struct first_segment *s = &image.segments[i];

        require((const uint8_t *)s->data >= data && s->file_bytes <= size);
        require((const uint8_t *)s->data + s->file_bytes <= data + size);
        require(s->file_bytes <= s->mem_bytes && s->virt >= image.virt_base &&
                s->virt + s->mem_bytes <= image.end);
    }
}

static void check_cmdline(const char *line)
{
    static const char *const names[] = { "console", "dom0_mem", "loglvl", "a" };
    const char *end;
    char value[8];

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        memset(value, 'x', sizeof(value));
        if (!cmdline_option(line, names[i], value, sizeof(value)))
            continue;
        require(memchr(value, 0, sizeof(value)) && !memchr(value, ' ', strlen(value)));
        cmdline_list_has(value, "com1");
        parse_number(value, &end);
        require(end >= value && end <= value + strlen(value));
    }
}

#define HEADER  64u
#define ENTRIES 3u              /* program headers: the notes, and two segments */
#define NOTES   4u
#define PREFIX  (HEADER + ENTRIES * 56u + NOTES * 24u)

/* An image whose headers and notes are mostly right, so that what follows them is read; the input's first
 * bytes fill them in, the rest of it lies behind. */
static size_t make_image(uint8_t *image, const uint8_t *data, size_t size)
{
    static const uint8_t start[HEADER] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, [18] = 62, [32] = HEADER, [54] = 56,
                                           [56] = ENTRIES };
    static const uint8_t types[] = { 1, 2, 3, 16 };
    uint8_t *entry = image + HEADER, *note = entry + ENTRIES * 56;
    size_t n = MIN(size, (size_t)(ENTRIES * 6 + NOTES * 3));

    memset(image, 0, PREFIX);
    memcpy(image, start, sizeof(start));
    for (unsigned int i = 0; i < ENTRIES; i++, entry += 56) {
        entry[0] = i ? 1 : 4;
        entry[8] = i ? 0 : (uint8_t)(HEADER + ENTRIES * 56);
        entry[32] = i ? 0 : NOTES * 24;
        entry[42] = 1;                          /* bytes in memory: 64 KiB and more */
        for (unsigned int k = 0; k < 6 && n > i * 6 + k; k++)
            entry[(const uint8_t[]){ 8, 17, 18, 32, 41, 44 }[k]] ^= data[i * 6 + k];
    }
    for (unsigned int i = 0; i < NOTES; i++, note += 24) {
        note[0] = 4;
        note[4] = 8;
        note[8] = types[i];
        memcpy(note + 12, "Xen", 4);
        for (unsigned int k = 0; k < 3 && n > ENTRIES * 6 + i * 3 + k; k++)
            note[(const uint8_t[]){ 4, 17, 18 }[k]] ^= data[ENTRIES * 6 + i * 3 + k];
    }
    memcpy(image + PREFIX, data + n, size - n);
    return PREFIX + size - n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size + PREFIX), *exact = NULL;
    volatile size_t n = size;

    memcpy(block, data, size);
    block[size] = 0;
    check_cmdline((const char *)block);
    if (size && (data[0] & 1))
        n = make_image(block, data + 1, size - 1);
    exact = malloc(n);
    memcpy(exact, block, n);
    if (setjmp(refused) == 0)
        check_image(exact, n);
    free(exact);
    free(block);
    return 0;
}
