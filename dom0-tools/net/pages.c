/* pages.c: the pool's pages are regions of the hypervisor's memory, so that networks do not eat the heap. */
#include <pv/memory.h>

#include "pool.h"

_Static_assert(POOL_PAGE == PV_PAGE_SIZE, "a pool page is a page");

unsigned pool_source(struct pool_page *pages, unsigned n)
{
    uint8_t *region = pv_region_alloc(n * PV_PAGE_SIZE);

    if (!region)
        return 0;
    for (unsigned i = 0; i < n; i++, region += PV_PAGE_SIZE)
        pages[i] = (struct pool_page){ region, pv_virt_to_machine(region) };
    return n;
}
