/* foreign.c: frames and domains that are not ours. The class of bug: a guest that reaches memory of another
 * domain, of the hypervisor, or of a device. */
#include "selftest.h"

static long update_as(domid_t dom, uint64_t maddr, uint64_t entry)
{
    struct mmu_update u = { .ptr = maddr, .val = entry };

    return HYPERVISOR_mmu_update(&u, 1, NULL, dom);
}

/* The first few MiB of frame numbers: ours, the hypervisor's, another domain's or nobody's. Every one that is
 * not ours must be refused. */
static void every_frame(char *page, uint64_t maddr)
{
    uint64_t entry = pv_pt_lookup(page, 1, NULL);
    xen_pfn_t mfn;
    unsigned int taken = 0, refused = 0;

    for (mfn = 0x100; mfn < 0x4000; mfn++) {
        if (pv_mfn_to_virt(mfn))
            continue;
        if (mmu_update1(maddr, (uint64_t)mfn << 12 | FLAGS_RO) == 0)
            taken++;
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
    check_refused("mmu_update for DOMID_XEN: our own frame is not the hypervisor's",
                  update_as(DOMID_XEN, maddr, entry_for(other, FLAGS_RW)));
    if (!pv_is_control_domain()) {
        check("mmu_update for domain 0", update_as(0, maddr, entry), -XEN_EPERM);
        every_frame(page, maddr);
    }
    check("update_va_mapping_otherdomain: nobody",
          HYPERVISOR_update_va_mapping_otherdomain((unsigned long)page, entry, 0, 0x7123), -XEN_ESRCH);
    pv_pages_free(page, 1);
    pv_pages_free(other, 1);
}
