/* translated.c: operations for domains that do not see machine frames, for sharing and paging of memory, for
 * nodes and devices: what a PV guest finds when it calls them. The class of bug: code for another kind of
 * domain (XSA-14). */
#include "memory.h"
#include "pages.h"

static long op(unsigned int cmd, void *arg)
{
    return HYPERVISOR_memory_op(cmd, arg);
}

static void physmap(void)
{
    static const struct {
        const char *name;
        unsigned int space;
        long want;
    } spaces[] = {
        { "shared_info", XENMAPSPACE_shared_info, -XEN_EACCES },
        { "grant_table", XENMAPSPACE_grant_table, -XEN_EACCES },
        { "gmfn", XENMAPSPACE_gmfn, -XEN_EACCES },
        { "gmfn_range", XENMAPSPACE_gmfn_range, -XEN_EACCES },
        { "gmfn_foreign", XENMAPSPACE_gmfn_foreign, -XEN_ENOSYS },
        { "dev_mmio", XENMAPSPACE_dev_mmio, -XEN_EACCES },
        { "99", 99, -XEN_EACCES },
    };
    struct xen_remove_from_physmap remove = { .domid = DOMID_SELF, .gpfn = 1 };
    unsigned int i;

    for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = spaces[i].space, .size = 1,
                                          .gpfn = 1 };
        struct xen_add_to_physmap_batch batch = { .domid = DOMID_SELF, .space = (uint16_t)spaces[i].space };

        check(named("add_to_physmap, space %s", spaces[i].name), op(XENMEM_add_to_physmap, &add),
              spaces[i].want);
        check(named("add_to_physmap_batch of none, space %s", spaces[i].name),
              op(XENMEM_add_to_physmap_batch, &batch),
              spaces[i].space == XENMAPSPACE_gmfn_range ? -XEN_EOPNOTSUPP : -XEN_EACCES);
    }
    check("remove_from_physmap", op(XENMEM_remove_from_physmap, &remove), -XEN_EACCES);
    remove.domid = NOBODY;
    check("remove_from_physmap of nobody", op(XENMEM_remove_from_physmap, &remove), -XEN_ESRCH);
}

static void on_demand(void)
{
    struct xen_pod_target target = { .domid = DOMID_SELF };

    check("set_pod_target", op(XENMEM_set_pod_target, &target), -XEN_EINVAL);
    check("get_pod_target", op(XENMEM_get_pod_target, &target), -XEN_EINVAL);
    target.domid = NOBODY;
    check("set_pod_target of nobody", op(XENMEM_set_pod_target, &target), -XEN_ESRCH);
    check("get_pod_target of nobody", op(XENMEM_get_pod_target, &target), -XEN_ESRCH);
}

static void others(void)
{
    struct xen_mem_paging_op paging = { .op = 99, .domain = DOMID_SELF };
    struct xen_mem_access_op access = { .op = 99, .domid = DOMID_SELF };
    struct xen_mem_sharing_op sharing = { .op = 99, .domain = DOMID_SELF };
    struct xen_memory_reservation claim = { .nr_extents = 0, .domid = DOMID_SELF };
    struct xen_vnuma_topology_info nodes = { .domid = DOMID_SELF };
    struct xen_reserved_device_memory_map devices = { .flags = 0xfffffffe };
    struct xen_mem_acquire_resource resource = { .domid = DOMID_SELF, .type = 99 };

    check("paging_op 99", op(XENMEM_paging_op, &paging), -XEN_ENOSYS);
    check("access_op 99", op(XENMEM_access_op, &access), -XEN_ESRCH);
    check("sharing_op 99", op(XENMEM_sharing_op, &sharing), -XEN_ENOSYS);
    check("claim_pages of none", op(XENMEM_claim_pages, &claim), -XEN_EINVAL);
    claim.domid = NOBODY;
    check("claim_pages for nobody", op(XENMEM_claim_pages, &claim), -XEN_EINVAL);
    check("get_vnumainfo", op(XENMEM_get_vnumainfo, &nodes), -XEN_EOPNOTSUPP);
    nodes.domid = NOBODY;
    check("get_vnumainfo of nobody", op(XENMEM_get_vnumainfo, &nodes), -XEN_ESRCH);
    check("reserved_device_memory_map, unknown flags", op(XENMEM_reserved_device_memory_map, &devices),
          -XEN_EINVAL);
    check("acquire_resource of ourselves", op(XENMEM_acquire_resource, &resource), -XEN_ESRCH);
    resource.domid = NOBODY;
    check("acquire_resource of nobody", op(XENMEM_acquire_resource, &resource), -XEN_ESRCH);
}

void translated(void)
{
    physmap();
    on_demand();
    others();
}
