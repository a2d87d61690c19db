/* The kernel loader (bzImage, packings, ELF, notes), then the layout of what it accepted. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "layout.h"

#define LIMIT (16u << 20)
#define PAGES 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t allocated;

static void *alloc(size_t bytes)
{
    allocated += bytes;
    return malloc(bytes);
}

static void release(void *p, size_t bytes)
{
    allocated -= bytes;
    free(p);
}

static const struct image_ops ops = { alloc, release, NULL };

/* Every byte that the builder would copy lies in the file, and every address in the image. */
static void check(const struct image *image)
{
    for (unsigned i = 0; i < image->segments; i++) {
        const struct image_segment *s = &image->segment[i];

        if (s->file_size > image->elf_size || s->file_offset > image->elf_size - s->file_size ||
            s->file_size > s->memory_size || s->address < image->start ||
            s->memory_size > image->end - s->address || s->address < image->notes.virt_base)
            abort();
    }
    if (image->notes.entry < image->start || image->notes.entry >= image->end)
        abort();
}

static void check_layout(const struct image *image)
{
    struct layout_input in = {
        .virt_base = image->notes.virt_base, .kernel_end = image->end, .ramdisk_bytes = 70000, .pages = PAGES,
        .init_p2m = image->notes.init_p2m, .ramdisk_unmapped = image->notes.mod_start_pfn,
    };
    static struct layout layout;
    static uint64_t p2m[PAGES], table[512];

    if (layout_compute(&layout, &in, "fuzz", NULL))
        return;
    if (layout.used_pages > PAGES || layout.tables_pfn + layout.tables > layout.stack_pfn)
        abort();
    for (unsigned level = 0; level < 4; level++)
        for (uint64_t i = 0; i < layout.region.level[level].count; i++)
            layout_fill_table(&layout, &layout.region, level, i, p2m, table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toolstack_error err;
    struct image image;
    int rc = image_load(&image, "fuzz", data, size, LIMIT, &ops, &err);

    if (rc == 0) {
        check(&image);
        check_layout(&image);
        image_release(&image, &ops);
    } else if (rc > 0 || err.code != rc || !err.message[0]) {
        abort();
    }
    if (allocated)
        abort();
    return 0;
}
