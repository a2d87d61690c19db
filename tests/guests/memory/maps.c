/* maps.c: what a guest is told of the machine: where the machine-to-physical table is, what it says, which
 * addresses are memory. The class of bug: a buffer that is overrun or believed. */
#include "memory.h"
#include "pages.h"
#include "place.h"

#include <string.h>

void machphys(void)
{
    struct xen_machphys_mapping map = { 0 };
    struct xen_machphys_mfn_list list = { .max_extents = 1 };
    char *page = pv_pages_alloc(1);
    xen_pfn_t chunk = 0;

    check("machphys_mapping", HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map), 0);
    check_true("it is where the ABI says", map.v_start == MACH2PHYS_VIRT_START);
    check_true("its end is behind the entry of the last frame",
               map.v_end > map.v_start + (uint64_t)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL) * 8);
    check_true("its last frame is at least that of memory",
               (long)map.max_mfn + 1 >= HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL));
    check_true("it knows a page of ours", m2p(pv_virt_to_mfn(page)) ==
               ((uintptr_t)page - PV_VIRT_BASE) >> PV_PAGE_SHIFT);
    PROBE("movq $1, (%0)", , ARGS("r"(MACH2PHYS_VIRT_START)));
    check("writing to it", probe_result(), TRAP(14, 3));
    check("machphys_mapping to a read-only page",
          HYPERVISOR_memory_op(XENMEM_machphys_mapping, pv_image_start),
          -XEN_EFAULT);
    set_xen_guest_handle(list.extent_start, &chunk);
    check("machphys_mfn_list of one", HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    check("entries told", list.nr_extents, 1);
    list.max_extents = list.nr_extents = 0;
    check("machphys_mfn_list of none", HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    check("entries told then", list.nr_extents, 0);
    list.max_extents = 1;
    set_xen_guest_handle(list.extent_start, (xen_pfn_t *)UNMAPPED);
    check("machphys_mfn_list to nowhere", HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &list), -XEN_EFAULT);
    pv_pages_free(page, 1);
}

static long map_of(unsigned int cmd, unsigned int *n, void *buffer)
{
    struct xen_memory_map map = { .nr_entries = *n };
    long rc;

    set_xen_guest_handle(map.buffer, buffer);
    rc = HYPERVISOR_memory_op(cmd, &map);
    *n = map.nr_entries;
    return rc;
}

#define ENTRY_BYTES 20

static long set_map(domid_t dom, unsigned int n, void *buffer)
{
    struct xen_foreign_memory_map map = { .domid = dom, .map = { .nr_entries = n } };

    set_xen_guest_handle(map.map.buffer, buffer);
    return HYPERVISOR_memory_op(XENMEM_set_memory_map, &map);
}

static char buffer[ENTRY_BYTES * 130];

static long map_into_buffer(unsigned int cmd, unsigned int *n)
{
    memset(buffer, 0xa5, sizeof(buffer));
    return map_of(cmd, n, buffer);
}

/* The buffer holds the first n entries of `entries`, and nothing behind them. */
static bool holds(const char *entries, unsigned int n)
{
    return memcmp(buffer, entries, n * ENTRY_BYTES) == 0 && buffer[n * ENTRY_BYTES] == (char)0xa5;
}

static void own_map(void)
{
    static char entries[3 * ENTRY_BYTES];
    unsigned int n = 128, i;
    long rc;

    check("memory_map before one was set", map_into_buffer(XENMEM_memory_map, &n), -XEN_ENOSYS);
    for (i = 0; i < sizeof(entries); i++)
        entries[i] = (char)i;
    check("set_memory_map of three entries", set_map(DOMID_SELF, 3, entries), 0);
    n = 128;
    rc = map_into_buffer(XENMEM_memory_map, &n);
    check_state("memory_map", rc, 0, "it is what was set", n == 3 && holds(entries, 3));
    n = 2;
    rc = map_into_buffer(XENMEM_memory_map, &n);
    check_state("memory_map, room for two", rc, 0, "two are told", n == 2 && holds(entries, 2));
    n = 0;
    rc = map_into_buffer(XENMEM_memory_map, &n);
    check_state("memory_map, room for none", rc, 0, "none is told", n == 0 && holds(entries, 0));
    n = 0xffffffff;
    rc = map_into_buffer(XENMEM_memory_map, &n);
    check_state("memory_map, room for 2^32 - 1", rc, 0, "three are told", n == 3 && holds(entries, 3));
    n = 128;
    check("memory_map to nowhere", map_of(XENMEM_memory_map, &n, UNMAPPED), -XEN_EFAULT);
    check("memory_map to the hypervisor's address", map_of(XENMEM_memory_map, &n, HYPERVISOR_SPACE),
          -XEN_EFAULT);
    check("set_memory_map from nowhere", set_map(DOMID_SELF, 1, UNMAPPED), -XEN_EFAULT);
    check("set_memory_map from the hypervisor's address", set_map(DOMID_SELF, 1, HYPERVISOR_SPACE),
          -XEN_EFAULT);
    check("set_memory_map of 100 entries", set_map(DOMID_SELF, 100, buffer), 0);
    check("set_memory_map of 2^32 - 1 entries", set_map(DOMID_SELF, 0xffffffff, buffer), -XEN_EINVAL);
    check("set_memory_map of 2^31 entries", set_map(DOMID_SELF, 0x80000000, buffer), -XEN_EINVAL);
    check("set_memory_map for nobody", set_map(NOBODY, 1, buffer), -XEN_ESRCH);
    if (!pv_is_control_domain())
        check("set_memory_map for domain 0, in a domU", set_map(0, 1, buffer), -XEN_EPERM);
    check("set_memory_map of none", set_map(DOMID_SELF, 0, buffer), 0);
}

static void machine_map(void)
{
    unsigned int n = 128;
    long rc = map_into_buffer(XENMEM_machine_memory_map, &n);

    check("machine_memory_map", rc, by_role(-XEN_EPERM, 0));
    if (!pv_is_control_domain())
        return;
    check_true("it has entries, and nothing is written behind them",
               n > 0 && n < 128 && buffer[n * ENTRY_BYTES] == (char)0xa5);
    n = 1;
    rc = map_into_buffer(XENMEM_machine_memory_map, &n);
    check_state("machine_memory_map, room for one", rc, -XEN_EINVAL, "none is told", holds("", 0));
    n = 0;
    check("machine_memory_map, room for none", map_into_buffer(XENMEM_machine_memory_map, &n), -XEN_EINVAL);
    n = 128;
    check("machine_memory_map to nowhere", map_of(XENMEM_machine_memory_map, &n, UNMAPPED), -XEN_EFAULT);
    n = 128;
    check("machine_memory_map to the hypervisor's address",
          map_of(XENMEM_machine_memory_map, &n, HYPERVISOR_SPACE), -XEN_EFAULT);
}

void memory_maps(void)
{
    own_map();
    machine_map();
}
