/* pagetables.c: entries of page tables, one at a time: what may be set, what is refused, what writes do.
 * The class of bug: a page that is a table and writable at once, or an entry that reaches a frame of
 * somebody else. */
#include "case.h"

#include <string.h>

#define HYPERVISOR_FRAME 0x100000000000UL    /* beyond any memory of the machine */

static char *page, *table;
static uint64_t leaf_maddr;     /* entry that maps `page` */

static uint64_t leaf_of(const void *va, uint64_t *maddr)
{
    return pv_pt_lookup(va, 1, maddr);
}

static void single_entries(void)
{
    uint64_t entry = leaf_of(page, &leaf_maddr), maddr;

    check("entry to read-only", mmu_update1(leaf_maddr, entry & ~PV_PTE_RW), 0);
    check("the table shows it", (long)(leaf_of(page, NULL) & PV_PTE_RW), 0);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    PROBE("movb $1, (%0)", , ARGS("r"(page)));
    check("writing faults", probe_result(), TRAP(14, 3));
    check("at that address", (long)probe_address, (long)page);
    check("entry to writable", mmu_update1(leaf_maddr, entry), 0);
    PROBE("movb $1, (%0)", , ARGS("r"(page)));
    check("writing works", probe_result(), 0);
    check("entry cleared", mmu_update1(leaf_maddr, 0), 0);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    PROBE("movb (%0), %%al", , ARGS("r"(page)), "rax");
    check("reading faults", probe_result(), TRAP(14, 0));
    check("entry set again", mmu_update1(leaf_maddr | MMU_PT_UPDATE_PRESERVE_AD, entry), 0);
    check_true("the contents are still there", *page == 1);
    check("update_va_mapping without flush",
          HYPERVISOR_update_va_mapping((unsigned long)page, entry, UVMF_NONE), 0);
    check("update_va_mapping: no page table there",
          HYPERVISOR_update_va_mapping(0x700000000000, entry, UVMF_NONE), -XEN_EINVAL);
    check("update_va_mapping: the hypervisor's address",
          HYPERVISOR_update_va_mapping(0xffff820000000000, entry, UVMF_NONE), -XEN_EINVAL);
    leaf_of(page, &maddr);
    check("mmu_update: not aligned is an unknown command", mmu_update1(maddr | 4, entry), -XEN_ENOSYS);
}

static void refused_entries(void)
{
    uint64_t entry = leaf_of(page, NULL);

    check("a frame beyond memory", mmu_update1(leaf_maddr, HYPERVISOR_FRAME | FLAGS_RW), -XEN_EPERM);
    check("bit 62", mmu_update1(leaf_maddr, entry | 1UL << 62), 0);
    check("bit 51 of the address", mmu_update1(leaf_maddr, entry | 1UL << 51), -XEN_EPERM);
    check("an entry of nothing we own", mmu_update1(HYPERVISOR_FRAME, entry), -XEN_EINVAL);
    check("not present, other bits set", mmu_update1(leaf_maddr, 0x1000 & ~1UL), 0);
    check("entry set again", mmu_update1(leaf_maddr, entry), 0);
    check("no-execute is kept", mmu_update1(leaf_maddr, entry | PV_PTE_NX), 0);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    PROBE("jmp *%0", , ARGS("r"(page)));
    check("executing there faults", probe_result(), TRAP(14, 17));
    __asm__ volatile("" ::: "memory");
}

static void bits_of_leaves(void)
{
    uint64_t entry = leaf_of(page, NULL);

    /* A domain with devices may choose cache attributes. */
    check("page attribute PCD", mmu_update1(leaf_maddr, entry | 0x10), by_role(-XEN_EINVAL, 0));
    check("page attribute PWT", mmu_update1(leaf_maddr, entry | 0x08), by_role(-XEN_EINVAL, 0));
    check("global", mmu_update1(leaf_maddr, entry | PV_PTE_G), 0);
    check("software bits 9 to 11", mmu_update1(leaf_maddr, entry | 0xe00), 0);
    check("accessed and dirty off", mmu_update1(leaf_maddr, entry & ~(PV_PTE_A | PV_PTE_D)), 0);
    check("entry set again", mmu_update1(leaf_maddr, entry), 0);
}

/* A page that is a table cannot be written, and a page that can be written cannot become a table. */
static void exclusive_types(void)
{
    uint64_t l2_maddr, l2, table_entry = leaf_of(table, NULL);
    static const char *free_va = (const char *)(200UL << 30);
    uint64_t maddr;

    pv_pt_lookup(free_va, 3, &maddr);
    check("a writable page as table", mmu_update1(maddr, entry_for(table, FLAGS_RW)), -XEN_EINVAL);
    check("the page becomes read-only", set_va(table, entry_for(table, FLAGS_RO)), 0);
    check("now it can be a table", mmu_update1(maddr, entry_for(table, FLAGS_RW)), 0);
    check("a table cannot be mapped writable", set_va(table, table_entry), -XEN_EBUSY);
    l2 = pv_pt_lookup(free_va, 3, &l2_maddr);
    check_true("the table is in place", (l2 & PV_PTE_FRAME) >> 12 == pv_virt_to_mfn(table));
    check("a table of level 2 as leaf table", mmu_update1(entry_for(table, 8), entry_for(table, FLAGS_RW)),
          -XEN_EINVAL);
    check("a read-only entry to itself", mmu_update1(entry_for(table, 8), entry_for(table, FLAGS_RO)),
          0);
    mmu_update1(entry_for(table, 8), 0);
    check("a superpage in it", mmu_update1(entry_for(table, 0), entry_for(page, FLAGS_RW | PV_PTE_PSE)),
          -XEN_EINVAL);
    check("table taken out", mmu_update1(maddr, 0), 0);
    check("the page is writable again", set_va(table, table_entry), 0);
    memset(table, 0, PV_PAGE_SIZE);
}

static void hypervisor_slots(void)
{
    uint64_t l4 = (uint64_t)pv_virt_to_mfn((void *)pv_start_info->pt_base) << 12;

    check("L4 slot 256 cannot be set", mmu_update1(l4 + 256 * 8, 0), -XEN_EINVAL);
    check("L4 slot 260 cannot be set", mmu_update1(l4 + 260 * 8, entry_for(page, FLAGS_RW)), -XEN_EINVAL);
    check("L4 slot 271 cannot be set", mmu_update1(l4 + 271 * 8, 0), -XEN_EINVAL);
    check("L4 slot 272 can", mmu_update1(l4 + 272 * 8, 0), 0);
    check("L4 slot 255 can", mmu_update1(l4 + 255 * 8, 0), 0);
}

static void trapped_writes(void)
{
    uint64_t entry = leaf_of(page, NULL);
    xen_pfn_t leaf_table = (pv_pt_lookup(page, 2, NULL) & PV_PTE_FRAME) >> 12;
    uint64_t *slot = (uint64_t *)((char *)pv_mfn_to_virt(leaf_table) + ((uintptr_t)page >> 12 & 511) * 8);
    uint64_t old, value;

    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    if (!pv_is_control_domain()) {    /* Xen does it for the hardware domain with and without */
        PROBE("movq %1, (%0)", , ARGS("r"(slot), "r"(entry & ~PV_PTE_RW)));
        check("without the assist, writing a table faults", probe_result(), TRAP(14, 3));
    }
    HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    PROBE("movq %1, (%0)", , ARGS("r"(slot), "r"(entry & ~PV_PTE_RW)));
    check("trapped mov to a leaf table", probe_result(), 0);
    check("it is done", (long)(*slot & PV_PTE_RW), 0);
    PROBE("lock orq $2, (%0)", , ARGS("r"(slot)));
    check("trapped lock or", probe_result(), 0);
    check("it is done", (long)(*slot & PV_PTE_RW), PV_PTE_RW);
    PROBE("lock btrq $1, (%0)", , ARGS("r"(slot)));
    check("trapped lock btr", probe_result(), 0);
    check("it is done", (long)(*slot & PV_PTE_RW), 0);
    value = 0;
    PROBE("xchgq %0, (%1)", ARGS("+r"(value)), ARGS("r"(slot)));
    check("trapped xchg", probe_result(), 0);
    check("the entry is clear", (long)*slot, 0);
    old = 0;
    PROBE("lock cmpxchgq %2, (%1)", ARGS("+a"(old)), ARGS("r"(slot), "r"(entry)));
    check("trapped cmpxchg", probe_result(), 0);
    check("the entry is set", (long)(*slot & PV_PTE_FRAME), (long)(entry & PV_PTE_FRAME));
    check("and works", *page == 1, 1);
    PROBE("movq %1, (%0)", , ARGS("r"(slot), "r"(HYPERVISOR_FRAME | FLAGS_RW)));
    check("trapped mov of a refused entry faults", probe_result(), TRAP(14, 3));
    check("nothing changed", (long)(*slot & PV_PTE_FRAME), (long)(entry & PV_PTE_FRAME));
    PROBE("movl $0, 1(%0)", , ARGS("r"(slot)));
    check("trapped write that is not aligned faults", probe_result(), TRAP(14, 3));
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
}

static void batches(void)
{
    struct mmu_update batch[3];
    unsigned int done = 77;
    uint64_t entry = leaf_of(page, NULL);

    batch[0] = (struct mmu_update){ leaf_maddr, entry };
    batch[1] = (struct mmu_update){ leaf_maddr, HYPERVISOR_FRAME | FLAGS_RW };
    batch[2] = (struct mmu_update){ leaf_maddr, entry };
    check("mmu_update of three, the second wrong", HYPERVISOR_mmu_update(batch, 3, &done, DOMID_SELF),
          -XEN_EPERM);
    check("one was done", done, 1);
    check("mmu_update of none", HYPERVISOR_mmu_update(batch, 0, &done, DOMID_SELF), 0);
    check("none was done", done, 0);
    check("mmu_update, unmapped list", HYPERVISOR_mmu_update((void *)0x1000, 1, &done, DOMID_SELF),
          -XEN_EFAULT);
    check("MMU_MACHPHYS_UPDATE of our frame",
          mmu_update1(((uint64_t)pv_virt_to_mfn(page) << 12) | MMU_MACHPHYS_UPDATE, 4242), 0);
    check("the table of machine frames shows it", (long)machine_to_phys_mapping[pv_virt_to_mfn(page)], 4242);
    check("and back", mmu_update1(((uint64_t)pv_virt_to_mfn(page) << 12) | MMU_MACHPHYS_UPDATE,
                                  ((uintptr_t)page - PV_VIRT_BASE) >> 12), 0);
    check("MMU_MACHPHYS_UPDATE of no frame", mmu_update1(HYPERVISOR_FRAME | MMU_MACHPHYS_UPDATE, 1),
          -XEN_EINVAL);
    PROBE("movq $0, (%0)", , ARGS("r"(machine_to_phys_mapping)));
    check("the table of machine frames is read-only", probe_result(), TRAP(14, 3));
}

void test_pagetables(void)
{
    page = pv_pages_alloc(1);
    table = pv_pages_alloc(1);
    single_entries();
    refused_entries();
    bits_of_leaves();
    exclusive_types();
    hypervisor_slots();
    trapped_writes();
    batches();
    pv_pages_free(page, 1);
    pv_pages_free(table, 1);
}

void test_pagetables(void);
void test_pins(void);
void test_foreign(void);

const struct kernel kernel = {
    .name = "tables", .checks = "entries, whole tables, frames and domains that are not ours",
    .groups = (const struct group[]){
        { "pagetables", test_pagetables, "entries" },
        { "pins", test_pins, "whole tables" },
        { "foreign", test_foreign, "frames and domains that are not ours" },
        { 0 },
    },
};
