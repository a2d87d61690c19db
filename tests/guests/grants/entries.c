/* entries.c: entries of each kind, mapped both ways; and mappings made in an entry that is named by its
 * machine address. The class of bug: an entry's type, domain or frame not looked at; an entry of a table
 * written without a look at what the table is. */
#include "grants.h"

#include <string.h>

struct entry_row {
    const char *name;
    uint16_t flags;
    domid_t domid;    /* 0: ourselves */
    int writable, readonly;
};

static const struct entry_row entries[] = {
    { "empty", GTF_invalid, 0, GNTST_general_error, GNTST_general_error },
    { "permit_access", GTF_permit_access, 0, GNTST_okay, GNTST_okay },
    { "permit_access readonly", GTF_permit_access | GTF_readonly, 0, GNTST_general_error, GNTST_okay },
    { "readonly alone", GTF_readonly, 0, GNTST_general_error, GNTST_general_error },
    { "accept_transfer", GTF_accept_transfer, 0, GNTST_general_error, GNTST_general_error },
    { "transitive, XSA-50 XSA-226", GTF_transitive, 0, GNTST_general_error, GNTST_general_error },
    { "permit_access sub_page", GTF_permit_access | GTF_sub_page, 0, GNTST_general_error,
      GNTST_general_error },
    { "permit_access PWT PCD PAT", GTF_permit_access | GTF_PWT | GTF_PCD | GTF_PAT, 0, GNTST_okay,
      GNTST_okay },
    { "permit_access with unknown bits", GTF_permit_access | 0xfe00, 0, GNTST_okay, GNTST_okay },
    { "permit_access to nobody", GTF_permit_access, NOBODY, GNTST_general_error, GNTST_general_error },
    { "permit_access to DOMID_SELF", GTF_permit_access, DOMID_SELF, GNTST_general_error,
      GNTST_general_error },
    { "permit_access to DOMID_INVALID", GTF_permit_access, DOMID_INVALID, GNTST_general_error,
      GNTST_general_error },
};

static void try_entry(const struct entry_row *e, bool readonly)
{
    int want = readonly ? e->readonly : e->writable, status;
    grant_handle_t handle;
    bool right;

    give_frame(REF, pv_virt_to_mfn(page[0]), e->domid ? e->domid : own_domid, e->flags);
    status = map(REF, GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0), spot[0], &handle);
    right = strcmp(mapped_at(spot[0], page[0]), want ? "nothing" : readonly ? "read-only" : "writable") == 0;
    if (want)
        right = right && table[REF].flags == e->flags;
    else
        right = right && table[REF].flags == (e->flags | GTF_reading | (readonly ? 0 : GTF_writing));
    if (status == GNTST_okay)
        unmap(handle, spot[0]);
    right = right && table[REF].flags == e->flags;
    check_after(named("map %s, entry %s", readonly ? "read-only" : "writable", e->name), status, want,
                want ? "nothing mapped, the entry as before" :
                    "mapped and marked, then unmapped and as before", right);
    take(REF);
}

void test_map_entries(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        try_entry(&entries[i], false);
        try_entry(&entries[i], true);
    }
}

/* ---- GNTMAP_contains_pte ---- */

static int map_entry(uint64_t entry, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = entry, .flags = GNTMAP_host_map | GNTMAP_contains_pte, .ref = REF, .dom = own_domid,
    };
    int status = map_full(&op);

    *handle = op.handle;
    return status;
}

static void refused_entries(uint64_t entry)
{
    const struct { const char *name; uint64_t entry; } rows[] = {
        { "one byte into an entry, XSA-227", entry + 1 },
        { "four bytes into an entry, XSA-227", entry + 4 },
        { "seven bytes into an entry, XSA-227", entry + 7 },
        { "in an ordinary page", pv_virt_to_machine(page[1]) },
        { "in the grant table", (uint64_t)pv_virt_to_mfn((void *)(uintptr_t)table) << PV_PAGE_SHIFT },
        { "in a table of level 2", 0 },
        { "in a table of level 4", 0 },
        { "beyond memory", 1UL << 52 },
        { "at machine address 0", 0 },
        { "at machine address 0xfffffffffffffff8", ~7UL },
    };
    grant_handle_t handle;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t where = rows[i].entry;
        int status;

        if (strstr(rows[i].name, "level"))
            pv_pt_lookup(spot[0], (unsigned int)(strrchr(rows[i].name, ' ')[1] - '0'), &where);
        status = map_entry(where, &handle);
        check_use(named("map into an entry %s", rows[i].name), status, GNTST_general_error, "unused");
    }
    check_true("the ordinary page is as before", page[1][0] == 0 && page[1][7] == 0);
}

void test_entry_maps(void)
{
    grant_handle_t handle;
    uint64_t entry;
    int status;

    give(REF, page[0], GTF_permit_access);
    pv_pt_lookup(spot[0], 1, &entry);
    refused_entries(entry);
    status = map_entry(entry, &handle);
    check_after("map into an entry of our own table", status, GNTST_okay, "it maps the frame",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    status = unmap_full(handle, (uintptr_t)spot[0], 0);
    check_after("unmap of it by the virtual address", status, GNTST_general_error, "still mapped",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    status = unmap_full(handle, entry + 8, 0);
    check_after("unmap of it by the next entry", status, GNTST_general_error, "still mapped",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    status = unmap_full(handle, entry + 4, 0);
    check_after("unmap of it four bytes into its entry, XSA-227", status, GNTST_general_error, "still mapped",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    status = unmap_full(handle, entry, 0);
    check_after("unmap of it by its entry", status, GNTST_okay, "nothing mapped",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0);
    check_status("unmap of it again", unmap_full(handle, entry, 0), GNTST_bad_handle);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    status = unmap_full(handle, entry, 0);
    check_after("unmap by its entry of a mapping made by address", status, GNTST_general_error,
                "still mapped",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    unmap(handle, spot[0]);
    take(REF);
}
