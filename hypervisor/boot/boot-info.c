/* The memory map in one clean form, and the checks of what the loader told. */
#include "boot/boot-info.h"

#include "boot/boot-parse.h"
#include "boot/image.h"
#include "boot/memory-map.h"
#include "boot/multiboot.h"
#include "lib/lib.h"

struct boot_info boot_info;

#define TYPE_RAM      1
#define TYPE_RESERVED 2

void boot_add_range(struct boot_info *info, uint64_t start, uint64_t bytes, uint32_t type)
{
    uint64_t end;

    if (info->range_count == BOOT_MAX_RANGES || bytes == 0)
        return;
    if (__builtin_add_overflow(start, bytes, &end))
        end = UINT64_MAX & PAGE_MASK;
    if (type < 1 || type > 5)
        type = TYPE_RESERVED;
    info->ranges[info->range_count++] = (struct boot_range){ start, end, type };
}

/* The type at an address: of what covers it, anything but RAM first. 0: nothing does. */
static uint32_t type_at(const struct boot_range *r, unsigned int n, uint64_t address)
{
    uint32_t type = 0;

    for (unsigned int i = 0; i < n; i++)
        if (address >= r[i].start && address < r[i].end && (type == 0 || type == TYPE_RAM))
            type = r[i].type;
    return type;
}

/* The smallest start or end above an address. */
static uint64_t next_edge(const struct boot_range *r, unsigned int n, uint64_t above)
{
    uint64_t edge = UINT64_MAX;

    for (unsigned int i = 0; i < n; i++) {
        if (r[i].start > above)
            edge = MIN(edge, r[i].start);
        if (r[i].end > above)
            edge = MIN(edge, r[i].end);
    }
    return edge;
}

static void append(struct boot_info *info, struct boot_range r)
{
    struct boot_range *last = info->range_count ? &info->ranges[info->range_count - 1] : NULL;

    if (last && last->type == r.type && last->end == r.start)
        last->end = r.end;
    else if (info->range_count < BOOT_MAX_RANGES)
        info->ranges[info->range_count++] = r;
}

static void trim_ram(struct boot_info *info)
{
    unsigned int kept = 0;

    for (unsigned int i = 0; i < info->range_count; i++) {
        struct boot_range r = info->ranges[i];

        if (r.type == TYPE_RAM) {
            r.start = ROUND_UP(r.start, PAGE_SIZE);
            r.end = MIN(ROUND_DOWN(r.end, PAGE_SIZE), DIRECT_SIZE);
        }
        if (r.start < r.end)
            info->ranges[kept++] = r;
    }
    info->range_count = kept;
}

void boot_sort_ranges(struct boot_info *info)
{
    static struct boot_range raw[BOOT_MAX_RANGES];
    unsigned int n = info->range_count;
    uint64_t at = 0, edge;

    memcpy(raw, info->ranges, n * sizeof(raw[0]));
    info->range_count = 0;
    for (; (edge = next_edge(raw, n, at)) != UINT64_MAX; at = edge) {
        uint32_t type = type_at(raw, n, at);

        if (type)
            append(info, (struct boot_range){ at, edge, type });
    }
    trim_ram(info);
}

void boot_info_read(struct boot_info *info, uint32_t magic, uint64_t address)
{
    if (magic == MULTIBOOT2_LOADER_MAGIC)
        multiboot2_read(info, address);
    else if (magic == MULTIBOOT1_LOADER_MAGIC)
        multiboot1_read(info, address);
    else
        panic("not started by a multiboot loader (magic %x)", magic);

    info->image_start = IMAGE_PHYS;
    info->image_end = image_phys(image_end);
    info->early_tables_end = image_phys(early_end);
    boot_sort_ranges(info);
    if (info->range_count == 0)
        panic("the boot loader gave no memory map");
}
