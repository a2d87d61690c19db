/* area.c: windows of address space and the areas in them, found first-fit. Behind each area one page stays
 * unmapped, so running off its end faults. */
#include "internal.h"

#include <stdlib.h>

/* Both lie in the first L4 slot, above any memory that is mapped linearly (up to 256 GiB). */
struct pv_window pv_map_window = { 256UL << 30, 384UL << 30, NULL };
struct pv_window pv_region_window = { 384UL << 30, 512UL << 30, NULL };

struct pv_area *pv_area_alloc(struct pv_window *w, size_t pages)
{
    struct pv_area **link = &w->areas, *area;
    uintptr_t at = w->start;

    if (pages == 0 || pages > (w->end - w->start) / PV_PAGE_SIZE - 1)
        return NULL;
    while (*link && (*link)->start - at < (pages + 1) * PV_PAGE_SIZE) {
        at = (*link)->start + ((*link)->pages + 1) * PV_PAGE_SIZE;
        link = &(*link)->next;
    }
    if (w->end - at < (pages + 1) * PV_PAGE_SIZE)
        return NULL;
    area = calloc(1, sizeof(*area));
    if (!area)
        return NULL;
    area->start = at;
    area->pages = pages;
    area->next = *link;
    *link = area;
    return area;
}

struct pv_area *pv_area_find(struct pv_window *w, const void *start, size_t pages)
{
    struct pv_area *area;

    for (area = w->areas; area; area = area->next)
        if (area->start == (uintptr_t)start)
            return area->pages == pages ? area : NULL;
    return NULL;
}

void pv_area_free(struct pv_window *w, struct pv_area *area)
{
    struct pv_area **link = &w->areas;

    while (*link != area)
        link = &(*link)->next;
    *link = area->next;
    free(area->handles);
    free(area);
}
