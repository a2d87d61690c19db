/* pages.c: who has which page behind the image. malloc's memory grows from below (sbrk), pages are taken from
 * above; the map has a bit for each page, set while it is in use. Threads only; nothing here waits. */
#include "internal.h"

#include <string.h>
#include <pv/console.h>

static uint64_t *map;           /* bit set: in use */
static size_t map_pages;        /* bits */
static size_t free_pages;
static size_t heap_start;       /* first page that malloc may have */
static uintptr_t heap_end;      /* sbrk's current address */

static void *address(size_t page)
{
    return (void *)(PV_VIRT_BASE + page * PV_PAGE_SIZE);
}

static bool in_use(size_t page)
{
    return (map[page / 64] >> (page % 64)) & 1;
}

static void mark(size_t page, size_t n, bool used)
{
    for (; n; n--, page++) {
        if (in_use(page) == used)
            pv_panic("page %p %s", address(page), used ? "given out twice" : "freed twice");
        map[page / 64] ^= 1ULL << (page % 64);
        free_pages += used ? -1UL : 1UL;
    }
}

/* Makes the pages of a stretch free that are mapped; it lies within 2 MiB. */
static void offer(size_t page, size_t end)
{
    const volatile uint64_t *table = pv_pt_leaf_table((uintptr_t)address(page));
    size_t i;

    for (i = 0; table && page + i < end; i++)
        if (table[i + (uintptr_t)address(page) / PV_PAGE_SIZE % 512] & PV_PTE_P)
            mark(page + i, 1, false);
}

/* The map takes its own pages from the start of the free memory. */
void pv_pages_init(size_t first_free, size_t nr_pages)
{
    size_t words = (nr_pages + 63) / 64;
    size_t own = (words * 8 + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;
    size_t page, next;

    if (first_free + own >= nr_pages)
        pv_panic("%zu pages of memory are too few: the start needs %zu", nr_pages, first_free + own);
    map = address(first_free);
    map_pages = nr_pages;
    memset(map, 0xff, words * 8);
    heap_start = first_free + own;
    heap_end = (uintptr_t)address(heap_start);
    for (page = heap_start; page < nr_pages; page = next) {
        next = page + 512 - (uintptr_t)address(page) / PV_PAGE_SIZE % 512;
        offer(page, next < nr_pages ? next : nr_pages);
    }
}

/* The highest run of n free pages, or 0. */
static size_t find_run(size_t n)
{
    size_t page = map_pages, run = 0;

    while (page > heap_start) {
        if (page % 64 == 0 && map[page / 64 - 1] == ~0ULL) {
            page -= 64;
            run = 0;
            continue;
        }
        page--;
        run = in_use(page) ? 0 : run + 1;
        if (run == n)
            return page;
    }
    return 0;
}

void *pv_pages_alloc(size_t n)
{
    size_t page = n && n <= free_pages ? find_run(n) : 0;

    if (!page)
        return NULL;
    mark(page, n, true);
    return memset(address(page), 0, n * PV_PAGE_SIZE);
}

void pv_pages_free(void *p, size_t n)
{
    size_t page = ((uintptr_t)p - PV_VIRT_BASE) >> PV_PAGE_SHIFT;

    if ((uintptr_t)p % PV_PAGE_SIZE || page < heap_start || page > map_pages || n > map_pages - page)
        pv_panic("pv_pages_free(%p, %zu) is not memory of pv_pages_alloc()", p, n);
    mark(page, n, false);
}

size_t pv_pages_free_count(void)
{
    return free_pages;
}

static size_t page_behind(uintptr_t end)
{
    return (end - PV_VIRT_BASE + PV_PAGE_SIZE - 1) >> PV_PAGE_SHIFT;
}

/* malloc expects new memory to be zero. */
void *pv_pages_sbrk(ptrdiff_t bytes)
{
    uintptr_t old = heap_end;
    uintptr_t end = old + (uintptr_t)bytes;
    size_t from = page_behind(old), to = page_behind(end), page;

    if (bytes > 0 && (end < old || to > map_pages))
        return NULL;
    if (bytes < 0 && (end > old || end < (uintptr_t)address(heap_start)))
        return NULL;
    for (page = from; page < to; page++)
        if (in_use(page))
            return NULL;
    if (to > from)
        mark(from, to - from, true);
    else if (to < from)
        mark(to, from - to, false);
    heap_end = end;
    if (bytes > 0)
        memset((void *)old, 0, (size_t)bytes);
    return (void *)old;
}
