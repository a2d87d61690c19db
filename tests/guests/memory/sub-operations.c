/* sub-operations.c: every number, with an argument that is nowhere; and what a guest puts above the number,
 * where Xen keeps how far a call has come (XSA-212). The class of bug: progress that the guest tells is
 * believed. */
#include "memory.h"
#include "pages.h"

void sub_operations(void)
{
    static const struct {
        const char *name;
        unsigned int cmd;
        long domu, initial;
    } rows[] = {
        { "increase_reservation", XENMEM_increase_reservation, 0, 0 },
        { "decrease_reservation", XENMEM_decrease_reservation, 0, 0 },
        { "machphys_mfn_list", XENMEM_machphys_mfn_list, -XEN_EFAULT, -XEN_EFAULT },
        { "populate_physmap", XENMEM_populate_physmap, 0, 0 },
        { "add_to_physmap", XENMEM_add_to_physmap, -XEN_EFAULT, -XEN_EFAULT },
        { "8, which is none", 8, -XEN_ENOSYS, -XEN_ENOSYS },
        { "memory_map", XENMEM_memory_map, -XEN_EFAULT, -XEN_EFAULT },
        { "machine_memory_map", XENMEM_machine_memory_map, -XEN_EPERM, -XEN_EFAULT },
        { "exchange", XENMEM_exchange, -XEN_EFAULT, -XEN_EFAULT },
        { "machphys_mapping", XENMEM_machphys_mapping, -XEN_EFAULT, -XEN_EFAULT },
        { "set_memory_map", XENMEM_set_memory_map, -XEN_EFAULT, -XEN_EFAULT },
        { "remove_from_physmap", XENMEM_remove_from_physmap, -XEN_EFAULT, -XEN_EFAULT },
        { "set_pod_target", XENMEM_set_pod_target, -XEN_EFAULT, -XEN_EFAULT },
        { "get_pod_target", XENMEM_get_pod_target, -XEN_EFAULT, -XEN_EFAULT },
        { "paging_op", XENMEM_paging_op, -XEN_ENOSYS, -XEN_ENOSYS },
        { "access_op", XENMEM_access_op, -XEN_EFAULT, -XEN_EFAULT },
        { "sharing_op", XENMEM_sharing_op, -XEN_ENOSYS, -XEN_ENOSYS },
        { "add_to_physmap_batch", XENMEM_add_to_physmap_batch, -XEN_EFAULT, -XEN_EFAULT },
        { "claim_pages", XENMEM_claim_pages, -XEN_EFAULT, -XEN_EFAULT },
        { "machphys_compat_mfn_list", XENMEM_machphys_compat_mfn_list, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
        { "get_vnumainfo", XENMEM_get_vnumainfo, -XEN_EFAULT, -XEN_EFAULT },
        { "reserved_device_memory_map", XENMEM_reserved_device_memory_map, -XEN_EFAULT, -XEN_EFAULT },
        { "acquire_resource", XENMEM_acquire_resource, -XEN_EFAULT, -XEN_EFAULT },
        { "29, which is none", 29, -XEN_ENOSYS, -XEN_ENOSYS },
        { "30, which is none", 30, -XEN_ENOSYS, -XEN_ENOSYS },
        { "40, which is none", 40, -XEN_ENOSYS, -XEN_ENOSYS },
        { "63, which is none", 63, -XEN_ENOSYS, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(named("sub-op %s, argument unmapped", rows[i].name),
              HYPERVISOR_memory_op(rows[i].cmd, UNMAPPED),
              by_role(rows[i].domu, rows[i].initial));
        check(named("sub-op %s, argument at the hypervisor's address", rows[i].name),
              HYPERVISOR_memory_op(rows[i].cmd, HYPERVISOR_SPACE), by_role(rows[i].domu, rows[i].initial));
    }
    check("get_sharing_freed_pages", HYPERVISOR_memory_op(XENMEM_get_sharing_freed_pages, NULL), 0);
    check("get_sharing_shared_pages", HYPERVISOR_memory_op(XENMEM_get_sharing_shared_pages, NULL), 0);
}

/* `from` as the number of the first extent that is not done yet. */
static unsigned int starting_at(unsigned int cmd, unsigned int from)
{
    return cmd | from << 6;
}

void start_extents(void)
{
    static const struct {
        const char *name;
        unsigned int from;
        long want;
    } rows[] = {
        { "1 of 2", 1, 2 },
        { "2 of 2", 2, 2 },
        { "3 of 2", 3, 3 },
        { "2^26 - 1 of 2", (1U << 26) - 1, (1L << 26) - 1 },
    };
    domid_t self = DOMID_SELF;
    struct spare s = spare_begin(0);
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        xen_pfn_t frames[2] = { 1UL << 40, s.mfn };
        long before = frames_owned(), rc;

        rc = reserve(starting_at(XENMEM_decrease_reservation, rows[i].from), frames, 2, 0, 0, DOMID_SELF);
        check(named("decrease_reservation said to be at extent %s, XSA-212", rows[i].name), rc, rows[i].want);
        if (frames_owned() < before)
            spare_take(&s);
    }
    spare_end(&s);
    check("current_reservation said to be at extent 1, XSA-212",
          HYPERVISOR_memory_op(starting_at(XENMEM_current_reservation, 1), &self), -XEN_EINVAL);
    check("maximum_ram_page said to be at extent 1, XSA-212",
          HYPERVISOR_memory_op(starting_at(XENMEM_maximum_ram_page, 1), NULL), -XEN_EINVAL);
    check("machphys_mapping said to be at extent 1, XSA-212",
          HYPERVISOR_memory_op(starting_at(XENMEM_machphys_mapping, 1), UNMAPPED), -XEN_ENOSYS);
    check("exchange said to be at extent 1, XSA-212",
          HYPERVISOR_memory_op(starting_at(XENMEM_exchange, 1), UNMAPPED), -XEN_EINVAL);
}
