/* vamapping.c: update_va_mapping. The class of bug: an address that is not the guest's, tables that are
 * walked though they are not there or not any more, a mask of vcpus that is trusted. */
#include "scratch.h"

#include <string.h>

static uint64_t entry, other_entry;

static void addresses(void)
{
    const struct { const char *name; unsigned long va; long want; } rows[] = {
        { "a page of ours", (unsigned long)s.page, 0 },
        { "a page of ours, an address inside", (unsigned long)s.page + 5, 0 },
        { "an address without entry of level 2", (unsigned long)TREE + (1UL << 21), -XEN_EINVAL },
        { "an address without entry of level 3", (unsigned long)TREE + (1UL << 30), -XEN_EINVAL },
        { "an address without entry of level 4", (unsigned long)TREE + (1UL << 39), -XEN_EINVAL },
        { "the last address below the hole", 0x00007fffffffffff, -XEN_EINVAL },
        { "the first non-canonical address, XSA-279", 0x0000800000000000, -XEN_EINVAL },
        { "a non-canonical address, XSA-279", (unsigned long)NON_CANONICAL, -XEN_EINVAL },
        { "a non-canonical address that ends like ours", (unsigned long)s.page | 1UL << 60, -XEN_EINVAL },
        { "the last non-canonical address", 0xffff7fffffffffff, -XEN_EINVAL },
        { "the machine-to-physical table", MACH2PHYS_VIRT_START, -XEN_EINVAL },
        { "the hypervisor's space", (unsigned long)HYPERVISOR_SPACE, -XEN_EINVAL },
        { "the last address of the hypervisor's space", 0xffff87ffffffffff, -XEN_EINVAL },
        { "the first address behind it", 0xffff880000000000, -XEN_EINVAL },
        { "the last address of all", ~0UL, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = HYPERVISOR_update_va_mapping(rows[i].va, other_entry, UVMF_INVLPG);
        bool maps = (*entry_of(s.page) & PV_PTE_FRAME) == (other_entry & PV_PTE_FRAME);

        check_state(rows[i].name, rc, rows[i].want, rc ? "our page is as before" : "its entry is changed",
                    maps == !rc);
        set_va(s.page, entry);
    }
}

/* Each kind of flush with each set of vcpus; the entry is set in any case. */
static void flags(void)
{
    static const char *const types[] = { "no flush", "UVMF_TLB_FLUSH", "UVMF_INVLPG", "flush type 3" };
    static unsigned long __attribute__((aligned(16))) self = 1, nobody, everybody = ~0UL;
    const struct { const char *name; unsigned long bits; long want; } sets[] = {
        { "this vcpu", UVMF_LOCAL, 0 },
        { "all", UVMF_ALL, 0 },
        { "a mask of this vcpu", (unsigned long)&self, 0 },
        { "an empty mask", (unsigned long)&nobody, 0 },
        { "a mask of all ones", (unsigned long)&everybody, 0 },
        { "an unmapped mask", (unsigned long)UNMAPPED, -XEN_EFAULT },
        { "a mask in the hypervisor's space", (unsigned long)HYPERVISOR_SPACE, -XEN_EFAULT },
        { "a non-canonical mask", (unsigned long)NON_CANONICAL, -XEN_EFAULT },
    };
    unsigned int type, i;

    for (type = 0; type < 4; type++)
        for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
            long want = type == 0 || type == 3 ? 0 : sets[i].want, rc;
            bool maps;

            rc = HYPERVISOR_update_va_mapping((unsigned long)s.page, other_entry, sets[i].bits | type);
            maps = (*entry_of(s.page) & PV_PTE_FRAME) == (other_entry & PV_PTE_FRAME);
            check_state(named("%s, %s", types[type], sets[i].name), rc, want, "the entry is changed", maps);
            set_va(s.page, entry);
        }
}

static void refused(void)
{
    const struct { const char *name; uint64_t val; long want; } rows[] = {
        { "a frame beyond memory", BEYOND << 4 | FLAGS_RW, -XEN_EPERM },
        { "a table, writable", entry_for(s.l1, FLAGS_RW), -XEN_EBUSY },
        { "a table, read-only", entry_for(s.l1, FLAGS_RO), 0 },
        { "the live root, writable", entry_for(ROOT, FLAGS_RW), -XEN_EBUSY },
        { "the shared page", pv_start_info->shared_info | FLAGS_RW, 0 },
        { "nothing", 0, 0 },
        { "absent with flags", 0xffe, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = set_va(s.page, rows[i].val);

        check_state(named("entry for %s", rows[i].name), rc, rows[i].want,
                    rc ? "it is as before" : "it is changed",
                    ((*entry_of(s.page) ^ (rc ? entry : rows[i].val)) & ~(PV_PTE_A | PV_PTE_D | PV_PTE_G)) ==
                        0);
        set_va(s.page, entry);
    }
}

/* The tables that count are those of now, not those that a processor may remember. */
static void changed_tables(void)
{
    uint64_t ro = entry_for(s.other, FLAGS_RO);
    long rc;

    make_read_only(s.t1);
    mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.t1));
    try_read(TREE);
    mmu_update1(maddr_of(s.l2, 0), entry_for(s.t1, FLAGS_TABLE));
    rc = HYPERVISOR_update_va_mapping((unsigned long)TREE, ro, UVMF_NONE);
    check_state("after the level 1 table was exchanged without a flush, XSA-286", rc, 0,
                "the new table is changed",
                (entries(s.t1)[0] & PV_PTE_FRAME) == (ro & PV_PTE_FRAME) &&
                    (entries(s.l1)[0] & PV_PTE_FRAME) == entry_for(s.page, 0));
    mmu_update1(maddr_of(s.l2, 0), 0);
    rc = HYPERVISOR_update_va_mapping((unsigned long)TREE, 0, UVMF_NONE);
    check_state("after the level 1 table was taken away without a flush, XSA-286", rc, -XEN_EINVAL,
                "no table is changed", entries(s.t1)[0] != 0 && entries(s.l1)[0] != 0);
    mmu_update1(maddr_of(s.l2, 0), entry_for(s.l1, FLAGS_TABLE));
    try_read(TREE);
    mmu_update1(maddr_of(ROOT, TREE_SLOT), 0);
    rc = HYPERVISOR_update_va_mapping((unsigned long)TREE, ro, UVMF_NONE);
    check_state("after the root's entry was cleared without a flush, XSA-286", rc, -XEN_EINVAL,
                "no table is changed", (entries(s.l1)[0] & PV_PTE_FRAME) == entry_for(s.page, 0));
    flush();
    mmu_update1(maddr_of(ROOT, TREE_SLOT), entry_for(s.l3, FLAGS_TABLE));
    make_ordinary(s.t1);
}

void test_vamapping(void)
{
    scratch_take();
    entry = entry_for(s.page, FLAGS_RW | PV_PTE_NX);
    other_entry = entry_for(s.other, FLAGS_RW | PV_PTE_NX);
    tree_plant();
    addresses();
    flags();
    refused();
    changed_tables();
    tree_fell();
    scratch_give_back();
}
