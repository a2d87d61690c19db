/* copy.c: GNTTABOP_copy: sides, offsets, lengths, frames of each kind. The class of bug: a copy across the
 * end of a page, a page table written, an entry that stays in use after an error. */
#include "grants.h"

#include <string.h>

/* A good copy: eight bytes from page 0, which is granted, to page 1. */
static struct gnttab_copy good(void)
{
    return (struct gnttab_copy){
        .source = { .u.ref = REF, .domid = own_domid },
        .dest = { .u.gmfn = pv_virt_to_mfn(page[1]), .domid = DOMID_SELF },
        .len = 8, .flags = GNTCOPY_source_gref,
    };
}

static void fill(void)
{
    unsigned int i;

    for (i = 0; i < PV_PAGE_SIZE; i++) {
        page[0][i] = (char)(i * 7 + 3);
        page[1][i] = 0;
    }
}

/* A case: page 1 must hold the bytes that the copy names, and nothing else. */
static void try_range(const char *name, const struct gnttab_copy *c, int want)
{
    unsigned int i;
    bool right = true;
    int status;

    fill();
    status = copy1(c);
    for (i = 0; i < PV_PAGE_SIZE; i++) {
        bool inside = want == GNTST_okay && i >= c->dest.offset && i < (unsigned int)c->dest.offset + c->len;

        right = right && page[1][i] == (inside ? page[0][i - c->dest.offset + c->source.offset] : 0);
    }
    check_after(name, status, want, want ? "nothing copied, not in use" :
                "these bytes and no others, not in use",
                right && strcmp(use_of(REF), "unused") == 0);
}

static void ranges(void)
{
    static const struct { uint16_t from, to, len; int want; } rows[] = {
        { 0, 0, 0, GNTST_okay }, { 0, 0, 1, GNTST_okay }, { 4095, 0, 1, GNTST_okay }, { 0, 4095, 1,
                                                                                        GNTST_okay },
        { 4095, 4095, 1, GNTST_okay }, { 0, 0, 4096, GNTST_okay }, { 1, 0, 4095, GNTST_okay },
        { 0, 1, 4095, GNTST_okay }, { 100, 200, 300, GNTST_okay }, { 4096, 0, 0, GNTST_okay },
        { 0, 4096, 0, GNTST_okay }, { 4088, 4088, 8, GNTST_okay }, { 1, 0, 4096, GNTST_bad_copy_arg },
        { 0, 1, 4096, GNTST_bad_copy_arg }, { 4089, 0, 8, GNTST_bad_copy_arg }, { 0, 4089, 8,
                                                                                  GNTST_bad_copy_arg },
        { 4096, 0, 1, GNTST_bad_copy_arg }, { 0, 4096, 1, GNTST_bad_copy_arg }, { 4097, 0, 0,
                                                                                  GNTST_bad_copy_arg },
        { 0, 4097, 0, GNTST_bad_copy_arg }, { 0, 0, 4097, GNTST_bad_copy_arg }, { 0, 0, 65535,
                                                                                  GNTST_bad_copy_arg },
        { 65535, 0, 1, GNTST_bad_copy_arg }, { 0, 65535, 1, GNTST_bad_copy_arg },
        { 65535, 65535, 65535, GNTST_bad_copy_arg },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gnttab_copy c = good();

        c.source.offset = rows[i].from;
        c.dest.offset = rows[i].to;
        c.len = rows[i].len;
        try_range(named("copy %u bytes from %u to %u", rows[i].len, rows[i].from, rows[i].to), &c,
                  rows[i].want);
    }
}

static void side_kinds(void)
{
    struct gnttab_copy c = good();

    try_range("copy, grant to frame", &c, GNTST_okay);
    c.source.u.gmfn = pv_virt_to_mfn(page[0]);
    c.source.domid = DOMID_SELF;
    c.flags = 0;
    try_range("copy, frame to frame", &c, GNTST_okay);
    c.dest = (struct gnttab_copy_ptr){ .u.ref = REF + 1, .domid = own_domid };
    c.flags = GNTCOPY_dest_gref;
    try_range("copy, frame to grant", &c, GNTST_okay);
    c.source = (struct gnttab_copy_ptr){ .u.ref = REF, .domid = own_domid };
    c.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
    try_range("copy, grant to grant, XSA-73", &c, GNTST_okay);
    c.source.domid = c.dest.domid = DOMID_SELF;
    try_range("copy, grant to grant, both of DOMID_SELF", &c, GNTST_okay);
    c = good();
    c.flags |= 4;
    try_range("copy with the unknown flag 4", &c, GNTST_okay);
    c.flags |= 0xfffc;
    try_range("copy with all unknown flags", &c, GNTST_okay);
    c = good();
    c.dest.domid = own_domid;
    try_range("copy to a frame of ours by our number", &c, GNTST_permission_denied);
    c.flags = 0;
    c.source.u.gmfn = pv_virt_to_mfn(page[0]);
    c.source.domid = own_domid;
    c.dest.domid = DOMID_SELF;
    try_range("copy from a frame of ours by our number", &c, GNTST_permission_denied);
}

static void domains(void)
{
    static const struct { const char *name; domid_t id; } others[] = {
        { "nobody", NOBODY }, { "DOMID_IO", DOMID_IO }, { "DOMID_XEN", DOMID_XEN }, { "DOMID_INVALID",
                                                                                      DOMID_INVALID },
    };
    unsigned int i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct gnttab_copy c = good();

        c.source.domid = others[i].id;
        try_range(named("copy from a grant of %s", others[i].name), &c, GNTST_bad_domain);
        c.source.u.gmfn = pv_virt_to_mfn(page[0]);
        c.flags = 0;
        try_range(named("copy from a frame of %s", others[i].name), &c, GNTST_bad_domain);
        c = good();
        c.dest.domid = others[i].id;
        try_range(named("copy to a frame of %s", others[i].name), &c, GNTST_bad_domain);
        c.dest.u.ref = REF + 1;
        c.flags |= GNTCOPY_dest_gref;
        try_range(named("copy to a grant of %s", others[i].name), &c, GNTST_bad_domain);
    }
    if (!pv_is_control_domain()) {
        struct gnttab_copy c = good();

        c.source.domid = 0;
        try_range("copy from a grant of domain 0, which gives nothing", &c, GNTST_general_error);
        c.source.u.ref = REF_BEYOND;
        try_range("copy from a grant of domain 0 beyond its table", &c, GNTST_bad_gntref);
    }
}

static void references(void)
{
    struct gnttab_copy c = good();

    c.source.u.ref = REF_BEYOND;
    try_range("copy from a reference beyond the table", &c, GNTST_bad_gntref);
    c.source.u.ref = 0xffffffff;
    try_range("copy from reference 0xffffffff", &c, GNTST_bad_gntref);
    c.source.u.ref = REF + 3;
    try_range("copy from a reference never given", &c, GNTST_general_error);
    c.source.u.ref = REF_BEYOND;
    c.len = 5000;
    try_range("copy from a reference beyond the table, too many bytes", &c, GNTST_bad_gntref);
    c = good();
    c.dest.u.ref = REF_BEYOND;
    c.flags |= GNTCOPY_dest_gref;
    try_range("copy to a reference beyond the table", &c, GNTST_bad_gntref);
    c.dest.u.ref = REF + 3;
    c.dest.domid = own_domid;
    try_range("copy to a reference never given", &c, GNTST_general_error);
    give(REF + 1, page[1], GTF_permit_access | GTF_readonly);
    c.dest.u.ref = REF + 1;
    try_range("copy to a read-only grant", &c, GNTST_general_error);
    c.dest.u.ref = REF + 3;
    give(REF + 3, page[1], GTF_transitive);
    try_range("copy to a transitive grant, XSA-226 XSA-411", &c, GNTST_general_error);
    give(REF + 3, page[1], GTF_accept_transfer);
    try_range("copy to a grant that accepts a transfer", &c, GNTST_general_error);
    give_frame(REF + 3, pv_virt_to_mfn(page[1]), NOBODY, GTF_permit_access);
    try_range("copy to a grant for nobody", &c, GNTST_general_error);
    give(REF, page[0], GTF_permit_access | GTF_readonly);
    c = good();
    try_range("copy from a read-only grant", &c, GNTST_okay);
    give(REF, page[0], GTF_permit_access | GTF_sub_page);
    try_range("copy from a sub_page grant", &c, GNTST_okay);
    give(REF, page[0], GTF_permit_access);
    give(REF + 1, page[1], GTF_permit_access);
    take(REF + 3);
}

void test_copy(void)
{
    give(REF, page[0], GTF_permit_access);
    give(REF + 1, page[1], GTF_permit_access);
    ranges();
    side_kinds();
    domains();
    references();
    take(REF);
    take(REF + 1);
}

static void frames(void)
{
    uint64_t l1, l4;
    const struct { const char *name; uint64_t frame; int from, to; } rows[] = {
        { "beyond memory", 0x0fffffff, GNTST_bad_page, GNTST_bad_page },
        { "2^40", 1UL << 40, GNTST_bad_page, GNTST_bad_page },
        { "0xffffffffffffffff", ~0UL, GNTST_bad_page, GNTST_bad_page },
        { "of a table of level 1", (pv_pt_lookup(spot[0], 1, &l1), l1 >> PV_PAGE_SHIFT), GNTST_okay,
          GNTST_general_error },
        { "of the table of level 4", (pv_pt_lookup(spot[0], 4, &l4), l4 >> PV_PAGE_SHIFT), GNTST_okay,
          GNTST_general_error },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gnttab_copy c = good();

        c.source = (struct gnttab_copy_ptr){ .u.gmfn = rows[i].frame, .domid = DOMID_SELF };
        c.flags = 0;
        check_status(named("copy from the frame %s", rows[i].name), copy1(&c), rows[i].from);
        c = good();
        c.dest.u.gmfn = rows[i].frame;
        check_use(named("copy to the frame %s", rows[i].name), copy1(&c), rows[i].to, "unused");
        give_frame(REF + 1, rows[i].frame, own_domid, GTF_permit_access);
        c.dest = (struct gnttab_copy_ptr){ .u.ref = REF + 1, .domid = own_domid };
        c.flags |= GNTCOPY_dest_gref;
        if (i != 1)
            check_use(named("copy to a grant of the frame %s", rows[i].name), copy1(&c), i < 3 ?
                      GNTST_bad_page : GNTST_general_error, "unused");
    }
}

/* Both sides the same. */
static void same_page(void)
{
    struct gnttab_copy c = good();
    int status;

    c.dest = (struct gnttab_copy_ptr){ .u.ref = REF, .domid = own_domid, .offset = 2000 };
    c.flags |= GNTCOPY_dest_gref;
    fill();
    status = copy1(&c);
    check_after("copy from a grant to itself, XSA-236", status, GNTST_okay, "copied, not in use",
                memcmp(page[0], page[0] + 2000, 8) == 0 && strcmp(use_of(REF), "unused") == 0);
    fill();
    c.dest.offset = 4;
    c.len = 64;
    status = copy1(&c);
    check_after("copy within a page, overlapping upwards", status, GNTST_okay, "what was there before",
                page[0][4] == 3 && page[0][67] == (char)(63 * 7 + 3));
    fill();
    c.source.offset = 4;
    c.dest.offset = 0;
    status = copy1(&c);
    check_after("copy within a page, overlapping downwards", status, GNTST_okay, "what was there before",
                page[0][0] == (char)(4 * 7 + 3) && page[0][63] == (char)(67 * 7 + 3));
    fill();
    c.dest.offset = c.source.offset;
    status = copy1(&c);
    check_after("copy of bytes to themselves", status, GNTST_okay, "as they were",
                page[0][5] == (char)(5 * 7 + 3));
}

/* The frame that was given counts as long as the grant is in use: XSA-500. */
static void rewritten(void)
{
    struct gnttab_copy c = good();
    grant_handle_t handle;
    int status;

    fill();
    memset(page[2], 0x55, PV_PAGE_SIZE);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    table[REF].frame = (uint32_t)pv_virt_to_mfn(page[2]);
    status = copy1(&c);
    check_after("copy from an entry whose frame changed while mapped, XSA-500", status, GNTST_okay,
                "from the frame that is mapped", memcmp(page[1], page[0], 8) == 0);
    c = (struct gnttab_copy){
        .source = { .u.gmfn = pv_virt_to_mfn(page[2]), .domid = DOMID_SELF },
        .dest = { .u.ref = REF, .domid = own_domid }, .len = 8, .flags = GNTCOPY_dest_gref,
    };
    memset(page[2], 0x66, 8);
    status = copy1(&c);
    check_after("copy to an entry whose frame changed while mapped, XSA-500", status, GNTST_okay,
                "to the frame that is mapped", page[0][0] == 0x66);
    unmap(handle, spot[0]);
    take(REF);
    give(REF, page[0], GTF_permit_access);
    memset(page[2], 0, PV_PAGE_SIZE);
}

void test_copy_pages(void)
{
    give(REF, page[0], GTF_permit_access);
    frames();
    same_page();
    rewritten();
    take(REF);
    take(REF + 1);
    memset(page[0], 0, PV_PAGE_SIZE);
    memset(page[1], 0, PV_PAGE_SIZE);
}
