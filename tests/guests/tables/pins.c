/* pins.c: whole tables: pinning and unpinning each level, changing the base, flushing. The class of bug: a
 * table that was validated as one level and used as another, a pin counted twice. */
#include "case.h"

#include <string.h>

static char *l1, *l2, *l3, *l4, *page;

static void leaf_tables(void)
{
    uint64_t *entries = (uint64_t *)l1;
    xen_pfn_t mfn = pv_virt_to_mfn(l1);

    check("pin a page that is mapped writable", mmuext1(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
    entries[3] = entry_for(page, FLAGS_RW);
    entries[5] = 0x100000000000UL | FLAGS_RW;
    make_read_only(l1);
    check("pin a table with a bad entry", mmuext1(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EPERM);
    make_writable(l1);
    entries[5] = 0;
    make_read_only(l1);
    check("pin a good one", mmuext1(MMUEXT_PIN_L1_TABLE, mfn), 0);
    check("pin it twice", mmuext1(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
    check("pin it as another level", mmuext1(MMUEXT_PIN_L2_TABLE, mfn), -XEN_EINVAL);
    check("what it maps can be mapped elsewhere too", set_va(page, entry_for(page, FLAGS_RO)), 0);
    check("what it maps writable cannot be a table", mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page)),
          -XEN_EINVAL);
    set_va(page, entry_for(page, FLAGS_RW | PV_PTE_NX));
    check("unpin", mmuext1(MMUEXT_UNPIN_TABLE, mfn), 0);
    check("unpin it twice", mmuext1(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
    check("it is an ordinary page again", set_va(l1, entry_for(l1, FLAGS_RW | PV_PTE_NX)), 0);
    check_true("with its contents", entries[3] != 0);
    check("pin a frame that is none", mmuext1(MMUEXT_PIN_L1_TABLE, 1UL << 36), -XEN_EINVAL);
    memset(l1, 0, PV_PAGE_SIZE);
}

/* A whole tree: l4[300] -> l3[0] -> l2[0] -> l1[0] -> page. */
static void build_tree(void)
{
    ((uint64_t *)l1)[0] = entry_for(page, FLAGS_RO);
    ((uint64_t *)l2)[0] = entry_for(l1, FLAGS_RW);
    ((uint64_t *)l3)[0] = entry_for(l2, FLAGS_RW);
    ((uint64_t *)l4)[300] = entry_for(l3, FLAGS_RW);
    /* What runs now must be mapped by the new tree too. */
    ((uint64_t *)l4)[0] = pv_pt_lookup(0, 4, NULL);
    make_read_only(l1);
    make_read_only(l2);
    make_read_only(l3);
    make_read_only(l4);
}

static void trees(void)
{
    xen_pfn_t own = pv_virt_to_mfn((void *)pv_start_info->pt_base), root = pv_virt_to_mfn(l4);
    const char *there = (const char *)(0xffff000000000000UL | 300UL << 39);

    build_tree();
    check("pin level 1", mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(l1)), 0);
    check("pin level 2 as level 1", mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(l2)), -XEN_EBUSY);
    check("unpin level 1", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l1)), 0);
    check("pin level 1 as level 4", mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(l1)), -XEN_EINVAL);
    check("pin level 2", mmuext1(MMUEXT_PIN_L2_TABLE, pv_virt_to_mfn(l2)), 0);
    check("pin level 3", mmuext1(MMUEXT_PIN_L3_TABLE, pv_virt_to_mfn(l3)), 0);
    check("pin level 4", mmuext1(MMUEXT_PIN_L4_TABLE, root), 0);
    check("unpin level 2 below", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l2)), 0);
    check("unpin level 3 below", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l3)), 0);
    check("a table in use cannot be written", set_va(l2, entry_for(l2, FLAGS_RW)), -XEN_EBUSY);
    strcpy(page, "through another tree");
    check("NEW_BASEPTR: our second tree", mmuext1(MMUEXT_NEW_BASEPTR, root), 0);
    check_true("it shows the page", strcmp(there, "through another tree") == 0);
    check("unpin the tree in use", mmuext1(MMUEXT_UNPIN_TABLE, root), 0);
    check_true("it is still in use", strcmp(there, "through another tree") == 0);
    check("NEW_BASEPTR: back", mmuext1(MMUEXT_NEW_BASEPTR, own), 0);
    PROBE("movb (%0), %%al", , ARGS("r"(there)), "rax");
    check("the page is not there any more", probe_result(), TRAP(14, 0));
    check("NEW_BASEPTR: a leaf table", mmuext1(MMUEXT_NEW_BASEPTR, pv_virt_to_mfn(page)), -XEN_EINVAL);
    check("NEW_BASEPTR: the same again", mmuext1(MMUEXT_NEW_BASEPTR, own), 0);
    check("level 4 is writable again", set_va(l4, entry_for(l4, FLAGS_RW | PV_PTE_NX)), 0);
    check("level 3 is writable again", set_va(l3, entry_for(l3, FLAGS_RW | PV_PTE_NX)), 0);
    check("level 2 is writable again", set_va(l2, entry_for(l2, FLAGS_RW | PV_PTE_NX)), 0);
    check("level 1 is writable again", set_va(l1, entry_for(l1, FLAGS_RW | PV_PTE_NX)), 0);
}

static void wrong_trees(void)
{
    memset(l4, 0, PV_PAGE_SIZE);
    memset(l3, 0, PV_PAGE_SIZE);
    ((uint64_t *)l3)[0] = entry_for(page, FLAGS_RW);
    make_read_only(l3);
    check("a level 3 above a writable page", mmuext1(MMUEXT_PIN_L3_TABLE, pv_virt_to_mfn(l3)), -XEN_EINVAL);
    make_writable(l3);
    ((uint64_t *)l3)[0] = entry_for(page, FLAGS_RW | PV_PTE_PSE);
    make_read_only(l3);
    check("a level 3 with a 1 GiB page", mmuext1(MMUEXT_PIN_L3_TABLE, pv_virt_to_mfn(l3)), -XEN_EINVAL);
    make_writable(l3);
    ((uint64_t *)l4)[260] = entry_for(page, FLAGS_RW);
    make_read_only(l4);
    check("a level 4 with something in the hypervisor's slots is taken",
          mmuext1(MMUEXT_PIN_L4_TABLE, pv_virt_to_mfn(l4)), 0);
    check("unpin it", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(l4)), 0);
    make_writable(l4);
    check_true("the page it named is ours as before",
               set_va(page, entry_for(page, FLAGS_RW | PV_PTE_NX)) == 0);
}

static void others(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = (unsigned long)page };
    unsigned int done = 7;
    unsigned long mask = 1;

    check("INVLPG_LOCAL", HYPERVISOR_mmuext_op(&op, 1, &done, DOMID_SELF), 0);
    check("one was done", done, 1);
    op.arg1.linear_addr = 0x0000900000000000UL;
    check("INVLPG_LOCAL of a non-canonical address", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    op = (struct mmuext_op){ .cmd = MMUEXT_INVLPG_ALL, .arg1.linear_addr = (unsigned long)page };
    check("INVLPG_ALL", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    op = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_MULTI };
    set_xen_guest_handle(op.arg2.vcpumask, &mask);
    check("TLB_FLUSH_MULTI", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    set_xen_guest_handle(op.arg2.vcpumask, (void *)0x1000);
    check("TLB_FLUSH_MULTI, unmapped mask", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL);
    check("TLB_FLUSH_ALL", mmuext1(MMUEXT_TLB_FLUSH_ALL, 0), 0);
    memset(page, 7, PV_PAGE_SIZE);
    check("CLEAR_PAGE", mmuext1(MMUEXT_CLEAR_PAGE, pv_virt_to_mfn(page)), 0);
    check("it is clear", page[100], 0);
    check("CLEAR_PAGE of a frame that is none", mmuext1(MMUEXT_CLEAR_PAGE, 1UL << 36), -XEN_EINVAL);
    check("unknown command", mmuext1(77, 0), -XEN_ENOSYS);
    check("unmapped list", HYPERVISOR_mmuext_op((void *)0x1000, 1, NULL, DOMID_SELF), -XEN_EFAULT);
}

void test_pins(void)
{
    l1 = pv_pages_alloc(1);
    l2 = pv_pages_alloc(1);
    l3 = pv_pages_alloc(1);
    l4 = pv_pages_alloc(1);
    page = pv_pages_alloc(1);
    leaf_tables();
    trees();
    wrong_trees();
    others();
    make_writable(l1);
    pv_pages_free(l1, 1);
    pv_pages_free(l2, 1);
    pv_pages_free(l3, 1);
    pv_pages_free(l4, 1);
    pv_pages_free(page, 1);
}
