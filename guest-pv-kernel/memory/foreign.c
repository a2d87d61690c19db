/* foreign.c: frames of other domains in a window of our address space. */
#include "internal.h"

#include <pv/console.h>

#define FOREIGN_FLAGS (PV_PTE_P | PV_PTE_US | PV_PTE_A | PV_PTE_D | PV_PTE_NX)

void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    struct pv_area *area = pv_area_alloc(&pv_map_window, n);
    uint64_t flags = FOREIGN_FLAGS | (writable ? PV_PTE_RW : 0);

    if (!area)
        return NULL;
    if (!pv_pt_make_tables(area->start, n)) {
        pv_area_free(&pv_map_window, area);
        return NULL;
    }
    if (pv_pt_fill(area->start, mfns, n, flags, domid, errs) != 0 && !errs) {
        pv_unmap((void *)area->start, n);
        return NULL;
    }
    return (void *)area->start;
}

void pv_unmap(void *p, size_t n)
{
    struct pv_area *area = pv_area_find(&pv_map_window, p, n);

    if (!area)
        pv_panic("pv_unmap(%p, %zu) is not a mapping", p, n);
    if (pv_pt_fill(area->start, NULL, n, 0, DOMID_SELF, NULL) != 0)
        pv_panic("the mapping at %p cannot be removed", p);
    pv_tlb_flush();
    pv_area_free(&pv_map_window, area);
}
