/* replace.c: unmap_and_replace: a grant's mapping gives way to that of another address, which is left empty.
 * */
#include "grants.h"

#include <string.h>

static int replace(grant_handle_t handle, uint64_t address, uint64_t by)
{
    struct gnttab_unmap_and_replace op = { .host_addr = address, .new_addr = by, .handle = handle,
                                           .status = 99 };
    long rc = table_op(GNTTABOP_unmap_and_replace, &op, 1);

    return rc ? CALL(rc) : op.status;
}

struct replace_row {
    const char *name;
    uint64_t address, by;       /* 1: the mapping, 2: the page that is to replace it */
    bool good_handle;
    int want;
};

static const struct replace_row rows[] = {
    { "handle never given", 1, 2, false, GNTST_bad_handle },
    { "new address 0, handle never given", 1, 0, false, GNTST_bad_handle },
    { "new address without page tables", 1, 0x700000000000, true, GNTST_general_error },
    { "the hypervisor's new address", 1, 0xffff820000000000, true, GNTST_general_error },
    { "non-canonical new address", 1, 0x0000900000000000, true, GNTST_general_error },
    { "new address within a page, handle never given", 1, 3, false, GNTST_bad_handle },
    { "address without page tables", 0x700000000000, 2, true, GNTST_general_error },
    { "the hypervisor's address", 0xffff820000000000, 2, true, GNTST_general_error },
};

static void refused(grant_handle_t handle)
{
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct replace_row *r = &rows[i];
        uint64_t address = r->address == 1 ? (uintptr_t)spot[0] : r->address;
        uint64_t by = r->by == 2 ? (uintptr_t)spot[1] : r->by == 3 ? (uintptr_t)spot[1] + 8 : r->by;
        int status;

        set_va(spot[1], entry_for(page[1], FLAGS_RW));
        status = replace(r->good_handle ? handle : 200, address, by);
        check_after(named("unmap_and_replace, %s", r->name), status, r->want, "still mapped, in use",
                    strcmp(mapped_at(spot[0], page[0]), "writable") == 0 &&
                    strcmp(use_of(REF), "reading writing") == 0);
        set_va(spot[1], 0);
    }
}

void test_replace(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    refused(handle);
    set_va(spot[1], entry_for(page[1], FLAGS_RW));
    status = replace(handle, (uintptr_t)spot[0], (uintptr_t)spot[1]);
    check_after("unmap_and_replace", status, GNTST_okay, "the other page, and nothing where it was",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0 &&
                strcmp(mapped_at(spot[1], page[1]), "nothing") == 0);
    check_use("its entry", GNTST_okay, GNTST_okay, "unused");
    check_status("unmap_and_replace again", replace(handle, (uintptr_t)spot[0], (uintptr_t)spot[1]),
                 GNTST_bad_handle);
    set_va(spot[0], 0);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    status = replace(handle, (uintptr_t)spot[0], (uintptr_t)spot[1]);
    check_after("unmap_and_replace by an address with nothing mapped", status, GNTST_okay, "nothing mapped",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0);
    if (status != GNTST_okay)
        unmap(handle, spot[0]);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    set_va(spot[1], entry_for(page[1], FLAGS_RO));
    status = replace(handle, (uintptr_t)spot[0], (uintptr_t)spot[1]);
    check_after("unmap_and_replace by a read-only mapping", status, GNTST_okay, "it is read-only there too",
                strcmp(mapped_at(spot[0], page[1]), "read-only") == 0);
    set_va(spot[0], 0);
    set_va(spot[1], entry_for(page[1], FLAGS_RW));
    map(REF, GNTMAP_host_map, spot[0], &handle);
    status = replace(handle, (uintptr_t)spot[0], (uintptr_t)spot[1] + 8);
    check_after("unmap_and_replace, new address within a page", status, GNTST_okay, "the page is moved",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0 &&
                strcmp(mapped_at(spot[1], page[1]), "nothing") == 0);
    set_va(spot[0], 0);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    status = replace(handle, (uintptr_t)spot[0], 0);
    check_after("unmap_and_replace, new address 0", status, GNTST_okay, "nothing mapped",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0);
    if (status != GNTST_okay)
        unmap(handle, spot[0]);
    set_va(spot[0], 0);
    set_va(spot[1], 0);
    check_use("its entry after all", GNTST_okay, GNTST_okay, "unused");
    take(REF);
}
