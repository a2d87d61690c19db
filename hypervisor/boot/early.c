/* Memory before there is a heap: a list of the RAM that nothing uses, taken from at the ends of its
 * ranges. */
#include "boot/early.h"

#include "boot/boot-info.h"
#include "lib/lib.h"
#include "memory/frame.h"

/* Cutting a hole splits one range at most; there are as many holes as modules, the image, the trampoline,
 * page 0. */
#define MAX_FREE (BOOT_MAX_RANGES + BOOT_MAX_MODULES + 4)

static struct early_range { uint64_t start, end; } free_ram[MAX_FREE];
static unsigned int free_count;
static bool active;
static uint64_t reach = 1UL << 32;      /* allocations end below */

uint64_t early_trampoline;

bool early_active(void)
{
    return active;
}

static void remove_range(unsigned int i)
{
    free_count--;
    memmove(&free_ram[i], &free_ram[i + 1], (free_count - i) * sizeof(free_ram[0]));
}

static void insert_range(unsigned int i, uint64_t start, uint64_t end)
{
    BUG_ON(free_count == MAX_FREE);
    memmove(&free_ram[i + 1], &free_ram[i], (free_count - i) * sizeof(free_ram[0]));
    free_ram[i] = (struct early_range){ start, end };
    free_count++;
}

/* Takes [start,end), rounded to whole pages, out of the list. */
static void cut(uint64_t start, uint64_t end)
{
    start = ROUND_DOWN(start, PAGE_SIZE);
    end = ROUND_UP(end, PAGE_SIZE);
    for (unsigned int i = 0; i < free_count; i++) {
        struct early_range r = free_ram[i];

        if (end <= r.start || start >= r.end)
            continue;
        remove_range(i);
        if (end < r.end)
            insert_range(i, end, r.end);
        if (r.start < start)
            insert_range(i, r.start, start);
        else
            i--;
    }
}

/* The highest place below 640 KiB. */
static void choose_trampoline(void)
{
    uint64_t bytes = EARLY_TRAMPOLINE_PAGES * PAGE_SIZE;

    for (unsigned int i = 0; i < free_count; i++) {
        uint64_t end = MIN(free_ram[i].end, 0xa0000UL);

        if (free_ram[i].start < end && end - free_ram[i].start >= bytes)
            early_trampoline = end - bytes;
    }
    if (early_trampoline)
        cut(early_trampoline, early_trampoline + bytes);
}

void early_init(const struct boot_info *info)
{
    for (unsigned int i = 0; i < info->range_count; i++)
        if (info->ranges[i].type == 1)
            insert_range(free_count, info->ranges[i].start, info->ranges[i].end);
    cut(0, PAGE_SIZE);
    cut(info->image_start, info->early_tables_end);
    for (unsigned int i = 0; i < info->module_count; i++)
        cut(info->modules[i].start, info->modules[i].end);
    choose_trampoline();
    active = true;
}

void early_allow_all(void)
{
    reach = DIRECT_SIZE;
}

void *early_alloc(size_t bytes, size_t align)
{
    BUG_ON(!active);
    bytes = ROUND_UP(bytes, PAGE_SIZE);
    for (unsigned int i = free_count; i-- > 0; ) {
        struct early_range r = free_ram[i];
        uint64_t end = MIN(r.end, reach), start;

        if (end < r.start + bytes)
            continue;
        start = ROUND_DOWN(end - bytes, align);
        if (start < r.start)
            continue;
        cut(start, start + bytes);
        return memset(phys_virt(start), 0, bytes);
    }
    panic("no RAM for %lu KiB that the hypervisor needs", bytes >> 10);
}

void early_release(uint64_t start, uint64_t end)
{
    unsigned int i = 0;

    while (i < free_count && free_ram[i].start < start)
        i++;
    if (i < free_count && free_ram[i].start == end)
        free_ram[i].start = start;
    else
        insert_range(i, start, end);
    if (i > 0 && free_ram[i - 1].end == start) {
        free_ram[i - 1].end = free_ram[i].end;
        remove_range(i);
    }
}

bool early_next_free_range(unsigned int *cursor, uint64_t *start, uint64_t *end)
{
    active = false;
    if (*cursor >= free_count)
        return false;
    *start = free_ram[*cursor].start;
    *end = free_ram[*cursor].end;
    ++*cursor;
    return true;
}
