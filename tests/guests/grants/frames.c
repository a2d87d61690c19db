/* frames.c: what may be behind an entry: frames of each kind, mapped both ways. A frame that is a page table
 * or holds descriptors may be mapped read-only, never writable; one that is not ours never. */
#include "grants.h"

#include <string.h>

enum kind { PLAIN, UNMAPPED_PAGE, L1_TABLE, L4_TABLE, GDT_PAGE, SHARED_INFO, GRANT_TABLE, BEYOND_MEMORY,
            ZERO, ALL_ONES };

struct frame_row {
    const char *name;
    enum kind kind;
    int writable, readonly;
};

static const struct frame_row rows[] = {
    { "an ordinary page", PLAIN, GNTST_okay, GNTST_okay },
    { "a page that is mapped nowhere", UNMAPPED_PAGE, GNTST_okay, GNTST_okay },
    { "a table of level 1 in use", L1_TABLE, GNTST_general_error, GNTST_okay },
    { "the table of level 4", L4_TABLE, GNTST_general_error, GNTST_okay },
    { "a page of the GDT", GDT_PAGE, GNTST_general_error, GNTST_okay },
    { "shared_info", SHARED_INFO, GNTST_okay, GNTST_okay },
    { "the grant table itself", GRANT_TABLE, GNTST_okay, GNTST_okay },
    { "a frame beyond memory", BEYOND_MEMORY, GNTST_bad_page, GNTST_bad_page },
    { "frame 0, which no domain has", ZERO, GNTST_bad_page, GNTST_bad_page },
    { "frame 0xffffffff", ALL_ONES, GNTST_bad_page, GNTST_bad_page },
};

static char *gdt_page;
static uint64_t unmapped_frame;

static uint64_t frame_of(enum kind kind)
{
    uint64_t entry = 0;

    switch (kind) {
    case UNMAPPED_PAGE:
        return unmapped_frame;
    case L1_TABLE:
        return (pv_pt_lookup(spot[0], 1, &entry), entry >> PV_PAGE_SHIFT);
    case L4_TABLE:
        return (pv_pt_lookup(spot[0], 4, &entry), entry >> PV_PAGE_SHIFT);
    case GDT_PAGE:
        return pv_virt_to_mfn(gdt_page);
    case SHARED_INFO:
        return pv_virt_to_mfn(pv_shared_info);
    case GRANT_TABLE:
        return pv_virt_to_mfn((void *)(uintptr_t)table);
    case BEYOND_MEMORY:
        return 0x0fffffff;
    case ZERO:
        return 0;
    case ALL_ONES:
        return 0xffffffff;
    default:
        return pv_virt_to_mfn(page[0]);
    }
}

static void try_frame(const struct frame_row *r, bool readonly)
{
    uint64_t frame = frame_of(r->kind), entry;
    grant_handle_t handle;
    int status, want = readonly ? r->readonly : r->writable;
    bool right;

    give_frame(REF, frame, own_domid, GTF_permit_access);
    status = map(REF, GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0), spot[0], &handle);
    entry = pv_pt_lookup(spot[0], 1, NULL);
    right = status == GNTST_okay ? (entry & PV_PTE_FRAME) >> PV_PAGE_SHIFT == frame &&
        !(entry & PV_PTE_RW) == readonly
                                 : !(entry & PV_PTE_P);
    if (status == GNTST_okay)
        unmap(handle, spot[0]);
    right = right && strcmp(use_of(REF), "unused") == 0 && !(pv_pt_lookup(spot[0], 1, NULL) & PV_PTE_P);
    set_va(spot[0], 0);
    check_after(named("map %s, %s", readonly ? "read-only" : "writable", r->name), status, want,
                want ? "nothing mapped, the entry not in use" : "that frame mapped, and undone", right);
    take(REF);
}

/* A table that comes to be while its frame is mapped writable must wait for the unmap. */
static void becomes_table(void)
{
    grant_handle_t handle;
    long rc;

    give(REF, page[1], GTF_permit_access);
    make_read_only(page[1]);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    rc = mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page[1]));
    check_state("pin as a table a page that a grant maps writable", rc < 0, 1, "the mapping stays",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0);
    if (rc == 0)
        mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(page[1]));
    unmap(handle, spot[0]);
    rc = mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page[1]));
    check("pin it after the unmap", rc, 0);
    check_status("map of the pinned table, writable", map(REF, GNTMAP_host_map, spot[0], &handle),
                 GNTST_general_error);
    check_status("map of the pinned table, read-only", map(REF, GNTMAP_host_map | GNTMAP_readonly, spot[0],
                                                           &handle),
                 GNTST_okay);
    check("unpin it while it is mapped so", mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(page[1])), 0);
    unmap(handle, spot[0]);
    check_status("map of what was a table, writable", map(REF, GNTMAP_host_map, spot[0], &handle),
                 GNTST_okay);
    unmap(handle, spot[0]);
    make_writable(page[1]);
    take(REF);
}

/* The mapping is a reference of its own: what another entry maps is not lost when one goes. */
static void over_another(void)
{
    grant_handle_t first, second;
    int status;

    give(REF, page[0], GTF_permit_access);
    give(REF + 1, page[1], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &first);
    status = map(REF + 1, GNTMAP_host_map, spot[0], &second);
    check_after("map where another grant is mapped", status, GNTST_okay,
                "the second is seen, both are in use",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0 && strcmp(use_of(REF),
                                                                               "reading writing") == 0 &&
                strcmp(use_of(REF + 1), "reading writing") == 0);
    status = unmap(first, spot[0]);
    check_after("unmap of the first", status, GNTST_general_error, "the second is seen",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0);
    check_status("unmap of the second", unmap(second, spot[0]), GNTST_okay);
    check_status("unmap of the first, nothing mapped there", unmap(first, spot[0]), GNTST_general_error);
    map(REF, GNTMAP_host_map, spot[0], &second);
    check_status("unmap of the first where the same frame is mapped again", unmap(first, spot[0]),
                 GNTST_okay);
    check_use("its entry, mapped once more", GNTST_okay, GNTST_okay, "reading writing");
    set_va(spot[0], entry_for(page[0], FLAGS_RW));
    unmap(second, spot[0]);
    check_use("all unmapped", GNTST_okay, GNTST_okay, "unused");
    take(REF);
    take(REF + 1);
}

/* Over a page that is mapped as usual: the grant takes its place, the unmap leaves nothing. */
static void over_a_page(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    set_va(spot[0], entry_for(page[2], FLAGS_RW));
    status = map(REF, GNTMAP_host_map, spot[0], &handle);
    check_after("map where a page is mapped", status, GNTST_okay, "the grant is seen",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    status = unmap(handle, spot[0]);
    check_after("unmap of it", status, GNTST_okay, "nothing is",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0);
    take(REF);
}

void test_frames(void)
{
    uint64_t entry = entry_for(page[2], FLAGS_RW | PV_PTE_NX);
    unsigned long frame;
    unsigned int i;

    unmapped_frame = pv_virt_to_mfn(page[2]);
    gdt_page = pv_pages_alloc(1);
    frame = pv_virt_to_mfn(gdt_page);
    make_read_only(gdt_page);
    check("set_gdt of a page without descriptors", HYPERVISOR_set_gdt(&frame, 512), 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].kind == UNMAPPED_PAGE)
            set_va(page[2], 0);
        try_frame(&rows[i], false);
        try_frame(&rows[i], true);
        if (rows[i].kind == UNMAPPED_PAGE)
            set_va(page[2], entry);
    }
    HYPERVISOR_set_gdt(&frame, 0);
    make_writable(gdt_page);
    pv_pages_free(gdt_page, 1);
    becomes_table();
    over_another();
    over_a_page();
}
