/* memory.c: a frame given back to the hypervisor, and another one taken. */
#include "bench.h"

#include <xen/memory.h>

static char *page;
static xen_pfn_t frame;         /* what the page's address is backed by */
static xen_pfn_t pfn;

static uint32_t op(unsigned int cmd, xen_pfn_t *extent)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    struct call c = CALL(memory_op, .a1 = cmd, .a2 = (uint64_t)&r, .want = 1);

    set_xen_guest_handle(r.extent_start, extent);
    return cost(&c);
}

static uint32_t populate_ticks;

static uint32_t decrease(void)
{
    uint32_t ticks = op(XENMEM_decrease_reservation, &frame);

    frame = pfn;
    populate_ticks = op(XENMEM_populate_physmap, &frame);
    return ticks;
}

static uint32_t populate(void)
{
    decrease();
    return populate_ticks;
}

void bench_memory(void)
{
    page = pv_pages_alloc(1);
    frame = pv_virt_to_mfn(page);
    pfn = ((uint64_t)page - PV_VIRT_BASE) >> PV_PAGE_SHIFT;
    set_entry(page, 0);
    bench("memory decrease of a frame", decrease);
    bench("memory populate of a frame", populate);
    set_entry(page, frame << PV_PAGE_SHIFT | FLAGS_RW | PV_PTE_NX);
}
