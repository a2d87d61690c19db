/* The final page tables of the hypervisor's half: every L3 exists from here on, so that roots never change.
 * Text is executable and read-only, everything else not executable; only the direct map and the image map RAM
 * twice. */
#include "boot/early.h"

#include "boot/boot-info.h"
#include "boot/image.h"
#include "boot/memory-map.h"
#include "cpu/cpu.h"
#include "lib/lib.h"
#include "memory/heap.h"
#include "memory/pagetable.h"

#define LARGE_PAGE  (1UL << 21)
#define LEAF_RW     (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_NX)
#define LEAF_RO     (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define LEAF_RX     (PTE_PRESENT | PTE_ACCESSED)
#define TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY)

/* Entries of the fixed PAT that cpu/ sets: 2 is UC-, 3 is UC, 4 is WC. */
#define LEAF_UC     (LEAF_RW | PTE_PCD | PTE_PWT)
#define LEAF_WC     (LEAF_RW | PTE_PAT)

mfn_t hypervisor_root;
static uint64_t device_next = DEVICE_VIRT;

static uint64_t *table_of(uint64_t entry)
{
    return phys_virt(entry & PTE_FRAME);
}

static uint64_t new_table(void)
{
    void *page = early_active() ? early_alloc(PAGE_SIZE, PAGE_SIZE) : heap_alloc_zeroed(PAGE_SIZE);

    if (!page)
        panic("no memory for a page table");
    return virt_phys(page);
}

/* The entry for va in its table of `level`, through tables that are made where they are missing. */
static uint64_t *entry_of(uint64_t va, unsigned int level, uint64_t user)
{
    uint64_t *table = frame_virt(hypervisor_root);

    for (unsigned int l = 4; l > level; l--) {
        uint64_t *e = &table[pte_index(va, l)];

        if (!*e)
            *e = new_table() | TABLE_FLAGS;
        BUG_ON(l < 4 && (*e & PTE_PSE));
        *e |= user;
        table = table_of(*e);
    }
    return &table[pte_index(va, level)];
}

void map_region(uint64_t va, uint64_t pa, size_t bytes, uint64_t pte_flags)
{
    uint64_t end = va + bytes;

    BUG_ON((va | pa | bytes) & (PAGE_SIZE - 1) || va < HYPERVISOR_START || end > HYPERVISOR_END || end < va);
    while (va < end) {
        bool large = ((va | pa) & (LARGE_PAGE - 1)) == 0 && end - va >= LARGE_PAGE && !(pte_flags & PTE_PAT);
        uint64_t *e = entry_of(va, large ? 2 : 1, pte_flags & PTE_USER);
        uint64_t step = large ? LARGE_PAGE : PAGE_SIZE;

        BUG_ON(*e);
        *e = pa | pte_flags | (large ? PTE_PSE : 0);
        va += step;
        pa += step;
    }
}

static void make_root(void)
{
    uint64_t *l4 = early_alloc(PAGE_SIZE, PAGE_SIZE);

    hypervisor_root = virt_mfn(l4);
    for (unsigned int slot = HYPERVISOR_FIRST_SLOT; slot <= HYPERVISOR_LAST_SLOT; slot++)
        l4[slot] = new_table() | TABLE_FLAGS;
    l4[pte_index(M2P_VIRT, 4)] |= PTE_USER;
}

static void map_image(void)
{
    uint64_t text = (uint64_t)image_start, rodata = (uint64_t)image_rodata;
    uint64_t data = (uint64_t)image_data, end = (uint64_t)early_end;    /* the stack that we still run on */

    map_region(text, text - IMAGE_VIRT, rodata - text, LEAF_RX);
    map_region(rodata, rodata - IMAGE_VIRT, data - rodata, LEAF_RO);
    map_region(data, data - IMAGE_VIRT, end - data, LEAF_RW);
}

static void map_direct(uint64_t start, uint64_t end, uint64_t flags)
{
    if (start < end)
        map_region(DIRECT_VIRT + start, start, end - start, flags);
}

/* All RAM; of the image's text and rodata no writable alias remains. */
static void map_ram(const struct boot_info *info)
{
    uint64_t fixed = image_phys(image_start), fixed_end = image_phys(image_data);

    for (unsigned int i = 0; i < info->range_count; i++) {
        const struct boot_range *r = &info->ranges[i];

        if (r->type != 1)
            continue;
        map_direct(r->start, MIN(r->end, fixed), LEAF_RW);
        map_direct(MAX(r->start, fixed), MIN(r->end, fixed_end), LEAF_RO);
        map_direct(MAX(r->start, fixed_end), r->end, LEAF_RW);
    }
}

/* ---- CPU areas ---- */

uint64_t *cpu_area_ptes(unsigned int id)
{
    return entry_of(CPU_AREA_VIRT + id * (uint64_t)CPU_AREA_SIZE, 1, 0);
}

/* Pages of an area that are memory of the CPU's own; see boot/memory-map.h. */
static bool area_page_used(unsigned int page)
{
    bool ist_stack = page < 8 && page % 2 == 1, main_stack = page >= 9 && page <= 15;

    return ist_stack || main_stack || page == (CPU_GDT_OFFSET >> PAGE_SHIFT) + 14 ||
           page == CPU_TSS_OFFSET >> PAGE_SHIFT;
}

void paging_map_cpu(unsigned int id)
{
    uint64_t *ptes = cpu_area_ptes(id);

    for (unsigned int page = 0; page < CPU_AREA_SIZE >> PAGE_SHIFT; page++)
        if (area_page_used(page))
            ptes[page] = new_table() | LEAF_RW;
}

/* ---- windows ---- */

/* Address space for a window, a page of which stays free behind it. */
static uint64_t take_window(size_t bytes)
{
    uint64_t va = device_next;

    device_next += bytes + PAGE_SIZE;
    BUG_ON(device_next > DIRECT_VIRT);
    return va;
}

static void *map_window(uint64_t pa, size_t bytes, uint64_t flags)
{
    uint64_t first = ROUND_DOWN(pa, PAGE_SIZE), end = ROUND_UP(pa + bytes, PAGE_SIZE),
             va = take_window(end - first);

    map_region(va, first, end - first, flags);
    return (void *)(va + (pa - first));
}

void *device_map(uint64_t pa, size_t bytes)
{
    return map_window(pa, bytes, LEAF_UC);
}

uint64_t device_reserve(size_t bytes)
{
    uint64_t va = take_window(bytes);

    for (size_t at = 0; at < bytes; at += PAGE_SIZE)
        BUG_ON(*entry_of(va + at, 1, 0));       /* makes the tables above it */
    return va;
}

void device_set(uint64_t va, uint64_t pa)
{
    uint64_t *e = entry_of(va, 1, 0);

    BUG_ON(*e);
    *e = pa | LEAF_UC;
}

void *framebuffer_map(uint64_t pa, size_t bytes)
{
    return map_window(pa, bytes, LEAF_WC);
}

const void *firmware_map(uint64_t pa, size_t bytes)
{
    return map_window(pa, bytes, LEAF_RO);
}

void paging_drop_early(void)
{
    for (uint64_t va = (uint64_t)image_end; va < (uint64_t)early_end; va += PAGE_SIZE)
        *entry_of(va, 1, 0) = 0;
    cpu_flush_tlb_local();
    early_release(image_phys(image_end), image_phys(early_end));
}

void paging_init(const struct boot_info *info)
{
    make_root();
    map_image();
    map_ram(info);
    paging_map_cpu(0);
    __asm__ volatile("mov %0, %%cr3" : : "r"(hypervisor_root.n << PAGE_SHIFT) : "memory");
    early_allow_all();
}
