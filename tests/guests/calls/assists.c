/* assists.c: vm_assist, and what set_timer_op takes. The class of bug: a type that is used as a shift before
 * it is compared. */
#include "calls.h"
#include "case.h"

static const struct {
    const char *name;
    unsigned int type;
    long want;
} types[] = {
    { "4gb_segments", VMASST_TYPE_4gb_segments, 0 },
    { "4gb_segments_notify", VMASST_TYPE_4gb_segments_notify, 0 },
    { "writable_pagetables", VMASST_TYPE_writable_pagetables, 0 },
    { "pae_extended_cr3", VMASST_TYPE_pae_extended_cr3, 0 },
    { "architectural_iopl", VMASST_TYPE_architectural_iopl, 0 },
    { "runstate_update_flag", VMASST_TYPE_runstate_update_flag, 0 },
    { "6", 6, -XEN_EINVAL },
    { "7", 7, -XEN_EINVAL },
    { "28", 28, -XEN_EINVAL },
    { "31", 31, -XEN_EINVAL },
    { "m2p_strict", VMASST_TYPE_m2p_strict, 0 },
    { "33", 33, -XEN_EINVAL },
    { "34", 34, -XEN_EINVAL },
    { "63", 63, -XEN_EINVAL },
    { "64", 64, -XEN_EINVAL },
    { "66", 66, -XEN_EINVAL },
    { "1000", 1000, -XEN_EINVAL },
    { "2^31 + 2", 0x80000002, -XEN_EINVAL },
    { "2^32 - 1", 0xffffffff, -XEN_EINVAL },
};

/* A plain write to a page-table entry: what happened to it. */
static long plain_write(uint64_t *l1, uint64_t value)
{
    PROBE("movq %1, (%0)", , ARGS("r"(l1), "r"(value)));
    return probe_result();
}

/* Whether the entry shows the page; the hypervisor adds flags of its own. */
static bool shows(uint64_t entry, const char *page)
{
    return (entry & PV_PTE_P) && (entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT == pv_virt_to_mfn(page);
}

static void effect(void)
{
    uint64_t *l1 = pv_pages_alloc(1);
    char *page = pv_pages_alloc(1);
    xen_pfn_t mfn = pv_virt_to_mfn(l1);
    uint64_t entry = entry_for(page, FLAGS_RO);

    check("a table of level 1", make_read_only(l1), 0);
    check("is pinned", mmuext1(MMUEXT_PIN_L1_TABLE, mfn), 0);
    /* Xen does the initial domain's writes without being asked. */
    check("without writable_pagetables a write to a pinned table", plain_write(l1, entry),
          by_role(TRAP(14, 3), 0));
    check("entries that it has set", shows(l1[0], page), by_role(0, 1));
    check("writable_pagetables on", HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables),
          0);
    check_state("with it the same write", plain_write(l1, entry), 0, "the entry is set", shows(l1[0], page));
    check("writable_pagetables on, twice",
          HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    check("writable_pagetables off",
          HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    check("without it again", plain_write(l1, 0), by_role(TRAP(14, 3), 0));
    check("entries that are left", shows(l1[0], page), by_role(1, 0));
    mmuext1(MMUEXT_UNPIN_TABLE, mfn);
    make_writable(l1);
    pv_pages_free(l1, 1);
    pv_pages_free(page, 1);
}

void assists(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        check(named("enable %s", types[i].name), HYPERVISOR_vm_assist(VMASST_CMD_enable, types[i].type),
              types[i].want);
        check(named("disable %s", types[i].name), HYPERVISOR_vm_assist(VMASST_CMD_disable, types[i].type),
              types[i].want);
    }
    check("command 2", HYPERVISOR_vm_assist(2, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS);
    check("command 2^32 - 1", HYPERVISOR_vm_assist(0xffffffff, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS);
    check("command 2, type 1000", HYPERVISOR_vm_assist(2, 1000), -XEN_EINVAL);
    effect();
}

/* The time kernel looks at what a timer does; here is that no deadline is refused. */
void timer_arguments(void)
{
    static const struct {
        const char *name;
        uint64_t at;
    } rows[] = {
        { "0: none", 0 }, { "1: long ago", 1 }, { "2^31", 1UL << 31 }, { "2^62", 1UL << 62 },
        { "2^63 - 1", ~0UL >> 1 },
        { "2^63", 1UL << 63 }, { "2^64 - 1", ~0UL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("set_timer_op, deadline %s", rows[i].name), HYPERVISOR_set_timer_op(rows[i].at), 0);
    check("set_timer_op, none again", HYPERVISOR_set_timer_op(0), 0);
}
