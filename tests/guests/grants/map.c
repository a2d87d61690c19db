/* map.c: map_grant_ref: flags, addresses, granters, entries. After a refused map nothing is mapped, nothing
 * in use, and the entry as it was. */
#include "grants.h"

#include <string.h>

/* Tries a map; undoes it if it was made. The state: the spot and the entry. */
static void try_map(const char *name, struct gnttab_map_grant_ref *op, int want, const char *mapped)
{
    uint16_t before = table[REF].flags;
    int status = map_full(op);
    const char *now = mapped_at(spot[0], page[0]);
    bool right = strcmp(now, mapped) == 0 && (status == GNTST_okay || table[REF].flags == before);

    if (status == GNTST_okay)
        unmap_full(op->handle, op->flags & GNTMAP_host_map ? op->host_addr : 0,
                   op->flags & GNTMAP_device_map ? op->dev_bus_addr : 0);
    right = right && strcmp(mapped_at(spot[0], page[0]), "nothing") == 0 && table[REF].flags == before;
    check_after(name, status, want, named("%s mapped, and all undone", mapped), right);
    set_va(spot[0], 0);
}

struct flags_row {
    const char *name;
    uint32_t flags;
    int want;
    const char *mapped;
};

static const struct flags_row flags_rows[] = {
    { "none", 0, GNTST_bad_gntref, "nothing" },
    { "readonly", GNTMAP_readonly, GNTST_bad_gntref, "nothing" },
    { "application", GNTMAP_application_map, GNTST_bad_gntref, "nothing" },
    { "host", GNTMAP_host_map, GNTST_okay, "writable" },
    { "host readonly", GNTMAP_host_map | GNTMAP_readonly, GNTST_okay, "read-only" },
    { "host application", GNTMAP_host_map | GNTMAP_application_map, GNTST_okay, "writable" },
    { "device, XSA-224", GNTMAP_device_map, GNTST_okay, "nothing" },
    { "device readonly, XSA-224", GNTMAP_device_map | GNTMAP_readonly, GNTST_okay, "nothing" },
    { "host device, XSA-224", GNTMAP_host_map | GNTMAP_device_map, GNTST_okay, "writable" },
    { "host device readonly, XSA-224", GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly, GNTST_okay,
      "read-only" },
    { "host, unknown bit 5", GNTMAP_host_map | 1 << 5, GNTST_okay, "writable" },
    { "host, unknown bit 15", GNTMAP_host_map | 1 << 15, GNTST_okay, "writable" },
    { "unknown bits alone", 0xffe0, GNTST_bad_gntref, "nothing" },
    { "host, software bits 1", GNTMAP_host_map | 1 << 16, GNTST_okay, "writable" },
    { "host, software bits 7", GNTMAP_host_map | 7 << 16, GNTST_okay, "writable" },
    { "host, all software bits", GNTMAP_host_map | GNTMAP_guest_avail_mask, GNTST_okay, "writable" },
};

#define WRITABLE (PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_NX)

/* The bits of the entry that a mapping makes. */
static void entry_bits(void)
{
    static const struct { const char *name; uint32_t flags; uint64_t want; } rows[] = {
        { "writable", GNTMAP_host_map, WRITABLE },
        { "read-only", GNTMAP_host_map | GNTMAP_readonly, WRITABLE & ~PV_PTE_RW },
        { "application", GNTMAP_host_map | GNTMAP_application_map, WRITABLE },
        { "software bits 5", GNTMAP_host_map | 5 << 16, WRITABLE | 5 << 9 },
        { "software bits 0xf", GNTMAP_host_map | 15 << 16, WRITABLE | 7 << 9 },
    };
    const uint64_t mask = PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_PSE | 7 << 9 | PV_PTE_NX;
    grant_handle_t handle;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        map(REF, rows[i].flags, spot[0], &handle);
        check(named("entry of a mapping, %s", rows[i].name), (long)(pv_pt_lookup(spot[0], 1, NULL) & mask),
              (long)rows[i].want);
        unmap(handle, spot[0]);
    }
}

void test_map_flags(void)
{
    unsigned int i;

    give(REF, page[0], GTF_permit_access);
    for (i = 0; i < sizeof(flags_rows) / sizeof(flags_rows[0]); i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = (uintptr_t)spot[0], .flags = flags_rows[i].flags, .ref = REF, .dom = own_domid,
        };

        try_map(named("map, %s", flags_rows[i].name), &op, flags_rows[i].want, flags_rows[i].mapped);
    }
    entry_bits();
    take(REF);
}

struct where_row {
    const char *name;
    uint64_t address;
    int want;
};

static const struct where_row addresses[] = {
    { "0", 0, GNTST_general_error },
    { "an address without page tables", 0x700000000000, GNTST_general_error },
    { "the hypervisor's address", 0xffff820000000000, GNTST_general_error },
    { "the machine-to-physical table", 0xffff800000000000, GNTST_general_error },
    { "the end of the hypervisor's space", 0xffff87fffffff000, GNTST_general_error },
    { "the first address above it", 0xffff880000000000, GNTST_general_error },
    { "a non-canonical address", 0x0000900000000000, GNTST_general_error },
    { "the last page", 0xfffffffffffff000, GNTST_general_error },
};

static void granters(void)
{
    static const struct { const char *name; domid_t id; } rows[] = {
        { "nobody", NOBODY }, { "DOMID_SELF", DOMID_SELF }, { "DOMID_IO", DOMID_IO }, { "DOMID_XEN",
                                                                                        DOMID_XEN },
        { "DOMID_COW", DOMID_COW }, { "DOMID_INVALID", DOMID_INVALID },
    };
    struct gnttab_map_grant_ref op = { .host_addr = (uintptr_t)spot[0], .flags = GNTMAP_host_map,
                                       .ref = REF };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        op.dom = rows[i].id;
        try_map(named("map, granted by %s", rows[i].name), &op, GNTST_bad_domain, "nothing");
    }
    if (pv_is_control_domain())
        return;
    op.dom = 0;
    try_map("map, granted by domain 0, which gives nothing", &op, GNTST_general_error, "nothing");
    op.ref = REF_BEYOND;
    try_map("map, granted by domain 0, a reference beyond its table", &op, GNTST_bad_gntref, "nothing");
}

void test_map_where(void)
{
    struct gnttab_map_grant_ref op = { .flags = GNTMAP_host_map, .ref = REF, .dom = own_domid };
    static const grant_ref_t beyond[] = { REF_BEYOND, 0x7fffffff, 0x80000000, 0xffffffff };
    unsigned int i;

    give(REF, page[0], GTF_permit_access);
    for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        op.host_addr = addresses[i].address;
        try_map(named("map at %s", addresses[i].name), &op, addresses[i].want, "nothing");
    }
    op.host_addr = (uintptr_t)spot[0] + 8;
    try_map("map at an address within a page", &op, GNTST_okay, "writable");
    op.host_addr = (uintptr_t)spot[0] + 4095;
    try_map("map at the last byte of a page", &op, GNTST_okay, "writable");
    granters();
    op.host_addr = (uintptr_t)spot[0];
    for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        op.ref = beyond[i];
        op.dom = own_domid;
        try_map(named("map of reference %#x", beyond[i]), &op, GNTST_bad_gntref, "nothing");
    }
    op.ref = REF + 1;
    try_map("map of a reference never given, XSA-316", &op, GNTST_general_error, "nothing");
    take(REF);
}
