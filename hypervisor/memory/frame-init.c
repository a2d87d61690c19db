/* The frame table and the M2P are made from the firmware's memory map; what is free goes to the heap.
 * Only parts of the table that describe RAM take memory: the rest shows one page of zeros, which
 * reads as "no owner, no references". */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/heap.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"

#define M2P_CHUNK_BYTES  (8UL << M2P_CHUNK_SHIFT)
#define M2P_MAX_CHUNKS   (DIRECT_SIZE >> PAGE_SHIFT >> M2P_CHUNK_SHIFT)

uint64_t *m2p_chunks[M2P_MAX_CHUNKS];
static uint64_t m2p_chunk_count;

bool mfn_is_ram(uint64_t n)
{
    for (unsigned int i = 0; i < boot_info.range_count; i++) {
        const struct boot_range *r = &boot_info.ranges[i];

        if (r->type == 1 && n >= r->start >> PAGE_SHIFT && n < r->end >> PAGE_SHIFT)
            return true;
    }
    return false;
}

bool mfn_is_guest_device(uint64_t n)
{
    return n < 1UL << (cpu_features.phys_bits - PAGE_SHIFT) && !mfn_is_ram(n) && !apic_owns_frame(n);
}

uint64_t *hypervisor_pte(uint64_t va)
{
    mfn_t table;
    unsigned int index;

    if (!walk_to_l1(hypervisor_root, va, &table, &index))
        panic("no mapping for window %lx", va);
    return (uint64_t *)frame_virt(table) + index;
}

static void map_table_part(uint64_t start, uint64_t end)
{
    void *p = early_alloc(end - start, PAGE_SIZE);

    map_region(start, virt_phys(p), end - start, PTE_PRESENT | PTE_RW | PTE_NX);
}

/* The page of zeros stands for every page of the table in between. */
static void map_table_hole(uint64_t start, uint64_t end, uint64_t zeros)
{
    for (; start < end; start += PAGE_SIZE)
        map_region(start, zeros, PAGE_SIZE, PTE_PRESENT | PTE_NX);
}

static void frame_table_map(const struct boot_info *info)
{
    uint64_t zeros = virt_phys(early_alloc(PAGE_SIZE, PAGE_SIZE)), mapped = FRAMES_VIRT;

    for (unsigned int i = 0; i < info->range_count; i++) {
        const struct boot_range *r = &info->ranges[i];
        uint64_t start, end;

        if (r->type != 1)
            continue;
        start = ROUND_DOWN((uint64_t)&frame_table[r->start >> PAGE_SHIFT], PAGE_SIZE);
        end = ROUND_UP((uint64_t)&frame_table[r->end >> PAGE_SHIFT], PAGE_SIZE);
        start = MAX(start, mapped);
        if (start >= end)
            continue;
        map_table_hole(mapped, start, zeros);
        map_table_part(start, end);
        mapped = end;
        frame_limit = r->end >> PAGE_SHIFT;
    }
}

void m2p_init(void)
{
    m2p_chunk_count = DIV_ROUND_UP(frame_limit, 1UL << M2P_CHUNK_SHIFT);
    for (uint64_t c = 0; c < m2p_chunk_count; c++) {
        uint64_t first = c << M2P_CHUNK_SHIFT, n;

        for (n = first; n < first + (1UL << M2P_CHUNK_SHIFT); n += 256)
            if (mfn_is_ram(n) || mfn_is_ram(n + 255))
                break;
        if (n >= first + (1UL << M2P_CHUNK_SHIFT))
            continue;
        m2p_chunks[c] = early_alloc(M2P_CHUNK_BYTES, M2P_CHUNK_BYTES);
        memset(m2p_chunks[c], 0xff, M2P_CHUNK_BYTES);
        map_region(M2P_VIRT + c * M2P_CHUNK_BYTES, virt_phys(m2p_chunks[c]), M2P_CHUNK_BYTES,
                   PTE_PRESENT | PTE_USER | PTE_NX);
    }
}

uint64_t m2p_end(void)
{
    return M2P_VIRT + m2p_chunk_count * M2P_CHUNK_BYTES;
}

/* Largest aligned blocks first: the heap would merge single frames to the same, slowly. */
static void heap_add(uint64_t n, uint64_t end)
{
    while (n < end) {
        unsigned int order = n ? MIN(bit_first(n), (unsigned int)HEAP_MAX_ORDER) : HEAP_MAX_ORDER;

        while (n + (1UL << order) > end)
            order--;
        heap_free(mfn(n), order);
        n += 1UL << order;
    }
}

void frame_init(const struct boot_info *info)
{
    unsigned int cursor = 0;
    uint64_t start, end;

    if ((info->ranges[info->range_count - 1].end) > DIRECT_SIZE)
        panic("more memory than the direct map can show");
    frame_table_map(info);
    m2p_init();
    while (early_next_free_range(&cursor, &start, &end))
        heap_add(start >> PAGE_SHIFT, end >> PAGE_SHIFT);
    for (unsigned int i = 0; i < info->range_count; i++)
        if (info->ranges[i].type == 1)
            frame_total += (info->ranges[i].end - info->ranges[i].start) >> PAGE_SHIFT;
}
