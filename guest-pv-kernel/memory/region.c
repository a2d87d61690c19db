/* region.c: memory taken from the hypervisor at run time and given back. A region's pseudo-physical numbers
 * follow from its place in the window, behind those of the start-of-day memory. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <xen/memory.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/start.h>

/* Frames asked for or given back with one hypercall. */
#define CHUNK 256

#define REGION_FLAGS (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A | PV_PTE_D | PV_PTE_NX)

static size_t pages_of(size_t bytes)
{
    return bytes / PV_PAGE_SIZE + (bytes % PV_PAGE_SIZE != 0);
}

/* The number of frames that the hypervisor took or gave. */
static size_t reserve(unsigned int cmd, xen_pfn_t *frames, size_t n)
{
    struct xen_memory_reservation r = { .nr_extents = n, .extent_order = 0, .domid = DOMID_SELF };
    long rc;

    set_xen_guest_handle(r.extent_start, frames);
    rc = HYPERVISOR_memory_op(cmd, &r);
    return rc > 0 ? (size_t)rc : 0;
}

static void give_back(xen_pfn_t *frames, size_t n)
{
    size_t done = reserve(XENMEM_decrease_reservation, frames, n);

    if (done != n)
        pv_panic("the hypervisor took back %zu of %zu frames", done, n);
}

/* Populates and maps the chunk of n pages at va. False: nothing of it remains. */
static bool populate(uintptr_t va, size_t n)
{
    xen_pfn_t frames[CHUNK];
    xen_pfn_t pfn = pv_start_info->nr_pages + ((va - pv_region_window.start) >> PV_PAGE_SHIFT);
    size_t i, done;

    for (i = 0; i < n; i++)
        frames[i] = pfn + i;
    done = reserve(XENMEM_populate_physmap, frames, n);
    if (done == n && pv_pt_fill(va, frames, n, REGION_FLAGS, DOMID_SELF, NULL) == 0)
        return true;
    if (done == n) {
        pv_pt_fill(va, NULL, n, 0, DOMID_SELF, NULL);
        pv_tlb_flush();
    }
    if (done)
        give_back(frames, done);
    return false;
}

/* Unmaps and gives back the chunk of n pages at va. */
static void depopulate(uintptr_t va, size_t n)
{
    xen_pfn_t frames[CHUNK];
    size_t i;

    for (i = 0; i < n; i++)
        frames[i] = pv_virt_to_mfn((void *)(va + i * PV_PAGE_SIZE));
    if (pv_pt_fill(va, NULL, n, 0, DOMID_SELF, NULL) != 0)
        pv_panic("the region at %p cannot be unmapped", (void *)va);
    pv_tlb_flush();
    give_back(frames, n);
}

static void release(struct pv_area *area, size_t pages)
{
    size_t at, n;

    for (at = 0; at < pages; at += n) {
        n = pages - at < CHUNK ? pages - at : CHUNK;
        depopulate(area->start + at * PV_PAGE_SIZE, n);
    }
    pv_area_free(&pv_region_window, area);
}

void *pv_region_alloc(size_t bytes)
{
    size_t pages = pages_of(bytes), at, n;
    struct pv_area *area = pv_area_alloc(&pv_region_window, pages);

    if (!area)
        return NULL;
    if (!pv_pt_make_tables(area->start, pages)) {
        release(area, 0);
        return NULL;
    }
    for (at = 0; at < pages; at += n) {
        n = pages - at < CHUNK ? pages - at : CHUNK;
        if (!populate(area->start + at * PV_PAGE_SIZE, n)) {
            release(area, at);
            return NULL;
        }
    }
    return (void *)area->start;
}

void pv_region_free(void *p, size_t bytes)
{
    struct pv_area *area = p ? pv_area_find(&pv_region_window, p, pages_of(bytes)) : NULL;

    if (!p)
        return;
    if (!area)
        pv_panic("pv_region_free(%p, %zu) is not a region", p, bytes);
    release(area, area->pages);
}
