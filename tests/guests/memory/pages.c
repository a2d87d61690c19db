/* pages.c: see pages.h. */
#include "pages.h"

#include <string.h>

long reserve(unsigned int cmd, xen_pfn_t *list, unsigned long n, unsigned int order, unsigned int flags,
             domid_t domid)
{
    struct xen_memory_reservation r = {
        .nr_extents = n, .extent_order = order, .mem_flags = flags, .domid = domid,
    };

    set_xen_guest_handle(r.extent_start, list);
    return HYPERVISOR_memory_op(cmd, &r);
}

long give_back(xen_pfn_t *mfns, unsigned long n)
{
    return reserve(XENMEM_decrease_reservation, mfns, n, 0, 0, DOMID_SELF);
}

long populate(xen_pfn_t *pfns, unsigned long n)
{
    return reserve(XENMEM_populate_physmap, pfns, n, 0, 0, DOMID_SELF);
}

long increase(xen_pfn_t *mfns, unsigned long n)
{
    return reserve(XENMEM_increase_reservation, mfns, n, 0, 0, DOMID_SELF);
}

long frames_owned(void)
{
    domid_t self = DOMID_SELF;

    return HYPERVISOR_memory_op(XENMEM_current_reservation, &self);
}

xen_pfn_t m2p(xen_pfn_t mfn)
{
    return ((volatile const xen_pfn_t *)MACH2PHYS_VIRT_START)[mfn];
}

/* Other domains have frames with the same number; they cannot be mapped. */
bool spare_find(struct spare *s)
{
    xen_pfn_t last = (xen_pfn_t)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL), seen;

    for (s->mfn = 0; s->mfn <= last; s->mfn++) {
        PROBE("movq (%1), %0", "=r"(seen), ARGS("r"(MACH2PHYS_VIRT_START + s->mfn * 8)));
        if (probe_result())
            s->mfn |= 0x3ffff;    /* the table has holes of 2 MiB, where memory has holes of 1 GiB */
        else if (seen == s->pfn && spare_map(s, PV_PTE_NX) == 0)
            return spare_map(s, 0) == 0;
    }
    return false;
}

struct spare spare_begin(int fill)
{
    struct spare s = { .va = pv_pages_alloc(1) };

    s.pfn = ((uintptr_t)s.va - PV_VIRT_BASE) >> PV_PAGE_SHIFT;
    s.mfn = pv_virt_to_mfn(s.va);
    memset(s.va, fill, PV_PAGE_SIZE);
    set_va(s.va, 0);
    return s;
}

void spare_end(struct spare *s)
{
    ((xen_pfn_t *)pv_start_info->mfn_list)[s->pfn] = s->mfn;
    mmu_update1((uint64_t)s->mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, s->pfn);
    if (make_writable(s->va) == 0)
        pv_pages_free(s->va, 1);
}

long spare_map(const struct spare *s, uint64_t flags)
{
    return set_va(s->va, flags ? (uint64_t)s->mfn << PV_PAGE_SHIFT | FLAGS_RO | flags : 0);
}

long spare_give(struct spare *s)
{
    xen_pfn_t mfn = s->mfn;

    return give_back(&mfn, 1);
}

long spare_take(struct spare *s)
{
    xen_pfn_t frame = s->pfn;
    long rc = populate(&frame, 1);

    if (rc == 1)
        s->mfn = frame;
    return rc;
}
