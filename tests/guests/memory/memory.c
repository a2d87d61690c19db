/* memory.c: memory_op. The class of bug: a count or an order that is not bounded, a frame that is not ours. */
#include "case.h"

#include <xen/memory.h>

static void memory(void)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    struct xen_machphys_mapping map = { 0 };
    domid_t self = DOMID_SELF, nobody = 0x7123;
    xen_pfn_t frame = 1UL << 40;
    long now = HYPERVISOR_memory_op(XENMEM_current_reservation, &self);

    check_true("memory_op: we have at least the pages of start_info", now >= (long)pv_start_info->nr_pages);
    check_true("memory_op: and at most the maximum",
               HYPERVISOR_memory_op(XENMEM_maximum_reservation, &self) >= now);
    check("memory_op: reservation of nobody",
                 HYPERVISOR_memory_op(XENMEM_current_reservation, &nobody), -XEN_ESRCH);
    check_true("memory_op: the host has memory", HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL) > now);
    check("memory_op: unknown sub-op", HYPERVISOR_memory_op(60, NULL), -XEN_ENOSYS);
    check("memory_op: unmapped argument", HYPERVISOR_memory_op(XENMEM_current_reservation, UNMAPPED),
          -XEN_EFAULT);
    check("memory_op: machphys mapping", HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map), 0);
    check("memory_op: it is where the ABI says", (long)map.v_start, (long)MACH2PHYS_VIRT_START);
    check_true("memory_op: its size makes sense", map.max_mfn >= pv_start_info->nr_pages);
    set_xen_guest_handle(r.extent_start, &frame);
    check("memory_op: giving back a frame that is none",
          HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    frame = 0;
    check("memory_op: giving back another's frame", HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    r.extent_order = 40;
    check("memory_op: an extent of 2^40 frames", HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    r = (struct xen_memory_reservation){ .nr_extents = 1UL << 60, .domid = DOMID_SELF };
    check("memory_op: 2^60 extents", HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 0);
}

const struct kernel kernel = {
    .name = "memory", .checks = "memory_op",
    .groups = (const struct group[]){
        { "memory", memory, "reservations and what the hypervisor tells about memory" },
        { 0 },
    },
};
