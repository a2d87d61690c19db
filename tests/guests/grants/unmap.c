/* unmap.c: what unmap_grant_ref undoes, and what it must not. The class of bug: an unmap that takes another
 * mapping than its own away, or counts down for one that is not there. */
#include "grants.h"

#include <string.h>

static bool is_mapped(void)
{
    return strcmp(mapped_at(spot[0], page[0]), "writable") == 0;
}

static void handles(grant_handle_t handle)
{
    static const struct { const char *name; grant_handle_t handle; } wrong[] = {
        { "never given", 200 }, { "123456", 123456 }, { "0x7fffffff", 0x7fffffff }, { "0x80000000",
                                                                                      0x80000000 },
        { "0xffffffff", 0xffffffff },
    };
    unsigned int i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int status = unmap(wrong[i].handle, spot[0]);

        check_after(named("unmap, handle %s, XSA-228", wrong[i].name), status, GNTST_bad_handle,
                    "still mapped",
                    is_mapped() && wrong[i].handle != handle);
    }
}

struct unmap_row {
    const char *name;
    uint64_t address;
    uint64_t bus;       /* 1: the frame's */
    int want;
};

static void addresses(grant_handle_t handle)
{
    const struct unmap_row rows[] = {
        { "another address with nothing mapped", (uintptr_t)spot[1], 0, GNTST_general_error },
        { "an address where another page is mapped", (uintptr_t)page[1], 0, GNTST_general_error },
        { "an address without page tables", 0x700000000000, 0, GNTST_general_error },
        { "the hypervisor's address", 0xffff820000000000, 0, GNTST_general_error },
        { "a non-canonical address", 0x0000900000000000, 0, GNTST_general_error },
        { "no address, XSA-394", 0, 0, GNTST_okay },
        { "no address but the frame's for a device, XSA-394", 0, 1, GNTST_okay },
        { "no address but a wrong one for a device", 0, 0x1000, GNTST_okay },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t bus = rows[i].bus == 1 ? (uint64_t)pv_virt_to_mfn(page[0]) << PV_PAGE_SHIFT : rows[i].bus;
        int status = unmap_full(handle, rows[i].address, bus);

        check_after(named("unmap at %s", rows[i].name), status, rows[i].want, "still mapped and in use",
                    is_mapped() && strcmp(use_of(REF), "reading writing") == 0);
    }
}

static void twice(grant_handle_t handle)
{
    int status = unmap(handle, spot[0]);

    check_after("unmap", status, GNTST_okay, "nothing mapped, not in use",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0 && strcmp(use_of(REF), "unused") == 0);
    PROBE("movb $1, (%0)", , ARGS("r"(spot[0])));
    check("a write through the mapping that was", probe_result(), TRAP(14, 2));
    PROBE("movb (%0), %%al", , ARGS("r"(spot[0])), "rax");
    check("a read through it", probe_result(), TRAP(14, 0));
    check_status("unmap again, XSA-218", unmap(handle, spot[0]), GNTST_bad_handle);
    check_status("unmap again without an address", unmap_full(handle, 0, 0), GNTST_bad_handle);
}

/* Entries that the guest changed under the mapping: only what was mapped may be unmapped. */
struct tamper_row {
    const char *name;
    uint32_t flags;         /* of the map */
    uint64_t entry;         /* what the guest makes of the entry: flags for the same frame */
    int want;
};

static const struct tamper_row tampers[] = {
    { "made read-only, XSA-234", GNTMAP_host_map, FLAGS_RO, GNTST_general_error },
    { "made writable, XSA-234", GNTMAP_host_map | GNTMAP_readonly, FLAGS_RW, GNTST_general_error },
    { "made not executable", GNTMAP_host_map, FLAGS_RW | PV_PTE_NX, GNTST_okay },
    { "accessed and dirty bits cleared", GNTMAP_host_map, PV_PTE_P | PV_PTE_RW | PV_PTE_US, GNTST_okay },
    { "software bits set", GNTMAP_host_map, FLAGS_RW | 7 << 9, GNTST_okay },
    { "global bit set", GNTMAP_host_map, FLAGS_RW | PV_PTE_G, GNTST_okay },
    { "made the kernel's", GNTMAP_host_map, FLAGS_RW & ~PV_PTE_US, GNTST_okay },
};

/* Where an unmap is refused the handle stays good: the entry is put right by another map, and both are
 * undone. */
static void tampered(const struct tamper_row *t)
{
    grant_handle_t handle, again;
    uint64_t after;
    int status;
    long rc;

    give(REF, page[0], GTF_permit_access);
    map(REF, t->flags, spot[0], &handle);
    rc = set_va(spot[0], entry_for(page[0], t->entry));
    status = rc ? CALL(rc) : unmap(handle, spot[0]);
    after = pv_pt_lookup(spot[0], 1, NULL);
    check_after(named("unmap, the entry was %s", t->name), status, t->want,
                status ? "still mapped and in use" : "nothing mapped, not in use",
                status ? (after & PV_PTE_P) && strcmp(use_of(REF), "unused") != 0
                       : !(after & PV_PTE_P) && strcmp(use_of(REF), "unused") == 0);
    if (status != GNTST_okay) {
        set_va(spot[0], entry_for(page[0], t->flags & GNTMAP_readonly ? FLAGS_RO : FLAGS_RW));
        status = unmap(handle, spot[0]);
        check_use(named("unmap after the entry %s was put right", t->name), status, GNTST_okay, "unused");
        if (status != GNTST_okay && map(REF, t->flags, spot[0], &again) == GNTST_okay)
            unmap(handle, spot[0]);
    }
    set_va(spot[0], 0);
    take(REF);
}

/* The guest unmaps by hand: the grant stays in use until it says so. */
static void by_hand(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    check("clear the mapping by hand", set_va(spot[0], 0), 0);
    check_use("the entry then", GNTST_okay, GNTST_okay, "reading writing");
    status = unmap(handle, spot[0]);
    check_use("unmap where nothing is mapped any more", status, GNTST_general_error, "reading writing");
    check("map the frame there by hand", set_va(spot[0], entry_for(page[0], FLAGS_RW)), 0);
    status = unmap(handle, spot[0]);
    check_use("unmap then", status, GNTST_okay, "unused");
    take(REF);
}

/* A copy of a mapping, made by hand. */
static void alias(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    set_va(spot[1], entry_for(page[0], FLAGS_RW));
    status = unmap(handle, spot[1]);
    check_after("unmap at a copy of the mapping", status, GNTST_okay, "the copy is gone, the mapping not",
                strcmp(mapped_at(spot[1], page[0]), "nothing") == 0 && is_mapped());
    set_va(spot[0], 0);
    take(REF);
}

void test_unmap(void)
{
    grant_handle_t handle;
    unsigned int i;
    int status;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    handles(handle);
    addresses(handle);
    twice(handle);
    status = map(REF, GNTMAP_host_map, spot[0], &handle);
    check_status("map after it", status, GNTST_okay);
    status = unmap_full(handle, (uintptr_t)spot[0] + 123, 0);
    check_after("unmap at an address within the page", status, GNTST_okay, "nothing mapped", !is_mapped());
    take(REF);
    for (i = 0; i < sizeof(tampers) / sizeof(tampers[0]); i++)
        tampered(&tampers[i]);
    by_hand();
    alias();
}
