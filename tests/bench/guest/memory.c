/* memory.c: frames given back to the hypervisor, and others taken; what the machine's memory is used for. */
#include "bench.h"

#include <xen/memory.h>
#include <xen/sysctl.h>

#define MANY 512

static char *pages;
static xen_pfn_t frames[MANY];          /* what the pages' addresses are backed by */
static xen_pfn_t pfns[MANY];
static uint32_t populate_ticks;

static uint32_t op(unsigned int cmd, unsigned int count)
{
    struct xen_memory_reservation r = { .nr_extents = count, .domid = DOMID_SELF };
    struct call c = CALL(memory_op, .a1 = cmd, .a2 = (uint64_t)&r, .want = count);

    set_xen_guest_handle(r.extent_start, frames);
    return cost(&c);
}

/* What taking as many again costs is left in populate_ticks. */
static uint32_t decrease(unsigned int count)
{
    uint32_t ticks = op(XENMEM_decrease_reservation, count);
    unsigned int i;

    for (i = 0; i < count; i++)
        frames[i] = pfns[i];
    populate_ticks = op(XENMEM_populate_physmap, count);
    return ticks;
}

static uint32_t populate(unsigned int count)
{
    decrease(count);
    return populate_ticks;
}

static uint32_t decrease_1(void) { return decrease(1); }
static uint32_t decrease_512(void) { return decrease(MANY); }
static uint32_t populate_1(void) { return populate(1); }
static uint32_t populate_512(void) { return populate(MANY); }

void memory_figures(void)
{
    struct xen_sysctl sysctl = {
        .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };
    domid_t self = DOMID_SELF;
    long own = HYPERVISOR_memory_op(XENMEM_current_reservation, &self);

    must("physinfo", HYPERVISOR_sysctl(&sysctl));
    figure("KiB of RAM that the hypervisor knows of", sysctl.u.physinfo.total_pages * 4);
    figure("KiB of them free", sysctl.u.physinfo.free_pages * 4);
    figure("KiB of them the domain's", (uint64_t)own * 4);
}

void bench_memory(void)
{
    unsigned int i;

    pages = pv_pages_alloc(MANY);
    for (i = 0; i < MANY; i++) {
        frames[i] = pv_virt_to_mfn(pages + i * PV_PAGE_SIZE);
        pfns[i] = ((uint64_t)pages - PV_VIRT_BASE) / PV_PAGE_SIZE + i;
        set_entry(pages + i * PV_PAGE_SIZE, 0);
    }
    group("memory");
    bench("memory decrease of 1 frame", decrease_1);
    bench_each("memory decrease of 512 frames, each", decrease_512, MANY);
    bench("memory populate of 1 frame", populate_1);
    bench_each("memory populate of 512 frames, each", populate_512, MANY);
    for (i = 0; i < MANY; i++)
        set_entry(pages + i * PV_PAGE_SIZE, frames[i] << PV_PAGE_SHIFT | FLAGS_RW | PV_PTE_NX);
    pv_pages_free(pages, MANY);
}
