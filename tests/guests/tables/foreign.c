/* foreign.c: frames and domains that are not ours. The class of bug: a guest that reaches memory of another
 * domain, of the hypervisor, or of a device. */
#include "case.h"

#include <stdio.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

static long update_as(domid_t dom, uint64_t maddr, uint64_t entry)
{
    struct mmu_update u = { .ptr = maddr, .val = entry };

    return HYPERVISOR_mmu_update(&u, 1, NULL, dom);
}

/* The frames that the hypervisor shares with us on purpose: the shared page and our grant table. */
static bool is_shared(xen_pfn_t mfn)
{
    static xen_pfn_t frames[64];
    static unsigned int n;
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF };
    unsigned int i;

    if (n == 0) {
        HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1);
        n = setup.nr_frames = query.nr_frames < 64 ? query.nr_frames : 64;
        set_xen_guest_handle(setup.frame_list, frames);
        HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    }
    for (i = 0; i < n; i++)
        if (frames[i] == mfn)
            return true;
    return mfn == pv_start_info->shared_info >> PV_PAGE_SHIFT;
}

/* Frame numbers that are ours, the hypervisor's, another domain's or nobody's. Every one that is not ours
 * must be refused, read-only and writable. */
static void every_frame(char *page, uint64_t maddr)
{
    uint64_t entry = pv_pt_lookup(page, 1, NULL);
    unsigned long top = (unsigned long)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL), mfn;
    unsigned int taken = 0, refused = 0;

    for (mfn = 0; mfn <= top; mfn += mfn < 0x4000 ? 1 : 61) {
        if (pv_mfn_to_virt(mfn) || is_shared(mfn))
            continue;
        if (mmu_update1(maddr, mfn << 12 | FLAGS_RO) == 0 || mmu_update1(maddr, mfn << 12 | FLAGS_RW) == 0)
            taken += printf("frame %#lx could be mapped\n", mfn) > 0;
        else
            refused++;
    }
    mmu_update1(maddr, entry);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    check("frames that are not ours and could be mapped", taken, 0);
    check_true("frames that were refused", refused > 0);
}

void test_foreign(void)
{
    char *page = pv_pages_alloc(1), *other = pv_pages_alloc(1);
    uint64_t maddr, entry = pv_pt_lookup(page, 1, &maddr);

    check("mmu_update for nobody", update_as(0x7123, maddr, entry), -XEN_ESRCH);
    check("mmu_update for DOMID_XEN: our own frame is not the hypervisor's",
          update_as(DOMID_XEN, maddr, entry_for(other, FLAGS_RW)), by_role(-XEN_EPERM, -XEN_EINVAL));
    if (!pv_is_control_domain()) {
        check("mmu_update for domain 0", update_as(0, maddr, entry), -XEN_EPERM);
        every_frame(page, maddr);
    }
    check("update_va_mapping_otherdomain: nobody",
                 HYPERVISOR_update_va_mapping_otherdomain((unsigned long)page, entry, 0, 0x7123), -XEN_ESRCH);
    pv_pages_free(page, 1);
    pv_pages_free(other, 1);
}
