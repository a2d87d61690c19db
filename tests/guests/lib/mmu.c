/* mmu.c: page-table calls of one element. */
#include "case.h"

long mmu_update1(uint64_t ptr, uint64_t val)
{
    struct mmu_update u = { .ptr = ptr, .val = val };

    return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

long mmuext1(unsigned int cmd, xen_pfn_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long set_va(const void *va, uint64_t entry)
{
    return HYPERVISOR_update_va_mapping((unsigned long)va, entry, UVMF_INVLPG | UVMF_ALL);
}

long make_read_only(const void *page)
{
    return set_va(page, entry_for(page, FLAGS_RO));
}

long make_writable(const void *page)
{
    return set_va(page, entry_for(page, FLAGS_RW | PV_PTE_NX));
}
