/* batch.c: many elements in a call: each has a status of its own, written once, whatever its neighbours
 * have; a call that is too long for one go goes on where it stopped. */
#include "grants.h"

#include <stdlib.h>
#include <string.h>

#define MANY 1000
#define MARK 77

static void middle(void)
{
    struct gnttab_map_grant_ref maps[5];
    struct gnttab_unmap_grant_ref unmaps[5];
    unsigned int i;
    long rc;

    for (i = 0; i < 5; i++) {
        give(REF + i, page[0], GTF_permit_access);
        maps[i] = (struct gnttab_map_grant_ref){
            .host_addr = (uintptr_t)spot[i], .flags = GNTMAP_host_map, .ref = REF + i, .dom = own_domid,
            .status = MARK, .handle = 12345,
        };
    }
    maps[1].ref = REF_BEYOND;
    maps[3].dom = NOBODY;
    rc = table_op(GNTTABOP_map_grant_ref, maps, 5);
    check_state("map of five, the second and the fourth wrong, XSA-361", rc, 0, "each has its own status",
                maps[0].status == 0 && maps[1].status == GNTST_bad_gntref && maps[2].status == 0 &&
                maps[3].status == GNTST_bad_domain && maps[4].status == 0);
    for (i = 0; i < 5; i++)
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = (uintptr_t)spot[i], .handle = maps[i].handle, .status = MARK,
        };
    unmaps[1].handle = unmaps[3].handle = 200;
    rc = table_op(GNTTABOP_unmap_grant_ref, unmaps, 5);
    check_state("unmap of five, the second and the fourth not mapped", rc, 0, "each has its own status",
                unmaps[0].status == 0 && unmaps[1].status == GNTST_bad_handle && unmaps[2].status == 0 &&
                unmaps[3].status == GNTST_bad_handle && unmaps[4].status == 0);
    for (i = 0; i < 5; i++)
        take(REF + i);
}

/* The same mapping twice in a batch. */
static void same_twice(void)
{
    struct gnttab_unmap_grant_ref unmaps[2];
    grant_handle_t handle;
    long rc;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    unmaps[0] = unmaps[1] = (struct gnttab_unmap_grant_ref){
        .host_addr = (uintptr_t)spot[0], .handle = handle, .status = MARK,
    };
    rc = table_op(GNTTABOP_unmap_grant_ref, unmaps, 2);
    check_state("unmap of a mapping twice in a call", rc, 0, "once, then a bad handle or nothing mapped",
                unmaps[0].status == GNTST_okay && unmaps[1].status < 0 && strcmp(use_of(REF), "unused") == 0);
    take(REF);
}

static struct gnttab_copy *copies(void)
{
    struct gnttab_copy *c = calloc(MANY, sizeof(*c));
    unsigned int i;

    for (i = 0; i < MANY; i++)
        c[i] = (struct gnttab_copy){
            .source = { .u.ref = REF, .domid = own_domid, .offset = (uint16_t)i },
            .dest = { .u.gmfn = pv_virt_to_mfn(page[1]), .domid = DOMID_SELF, .offset = (uint16_t)i },
            .len = i % 10 == 9 ? 5000 : 1, .flags = GNTCOPY_source_gref, .status = MARK,
        };
    return c;
}

static void many_copies(void)
{
    struct gnttab_copy *c = copies();
    unsigned int i, right = 0, copied = 0;
    long rc;

    give(REF, page[0], GTF_permit_access);
    memset(page[0], 0x11, PV_PAGE_SIZE);
    memset(page[1], 0, PV_PAGE_SIZE);
    rc = table_op(GNTTABOP_copy, c, MANY);
    for (i = 0; i < MANY; i++) {
        right += c[i].status == (i % 10 == 9 ? GNTST_bad_copy_arg : GNTST_okay);
        copied += page[1][i] == (i % 10 == 9 ? 0 : 0x11);
    }
    check_state("copy of 1000, each tenth wrong, XSA-318", rc, 0, "each has its status and its byte",
                right == MANY && copied == MANY);
    for (i = 0; i < MANY; i++)
        c[i].status = MARK;
    rc = table_op(GNTTABOP_copy, c, 500);
    for (right = 0, i = 0; i < MANY; i++)
        right += c[i].status == (i >= 500 ? MARK : i % 10 == 9 ? GNTST_bad_copy_arg : GNTST_okay);
    check_state("copy of the first 500 of them", rc, 0, "the others have none", right == MANY);
    check_use("the entry afterwards", GNTST_okay, GNTST_okay, "unused");
    free(c);
    take(REF);
    memset(page[0], 0, PV_PAGE_SIZE);
    memset(page[1], 0, PV_PAGE_SIZE);
}

/* 1000 maps and unmaps of eight spots in turn. */
static void many_maps(void)
{
    struct gnttab_map_grant_ref *m = calloc(SPOTS, sizeof(*m));
    struct gnttab_unmap_grant_ref *u = calloc(MANY, sizeof(*u));
    unsigned int i, right = 0;
    long rc;

    give(REF, page[0], GTF_permit_access);
    for (i = 0; i < SPOTS; i++)
        m[i] = (struct gnttab_map_grant_ref){
            .host_addr = (uintptr_t)spot[i], .flags = GNTMAP_host_map, .ref = REF, .dom = own_domid,
                .status = MARK,
        };
    rc = table_op(GNTTABOP_map_grant_ref, m, SPOTS);
    for (i = 0; i < MANY; i++)
        u[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = (uintptr_t)spot[i % SPOTS], .handle = i < SPOTS ? m[i].handle : 200 + i,
                .status = MARK,
        };
    check("map of eight at once", rc, 0);
    rc = table_op(GNTTABOP_unmap_grant_ref, u, MANY);
    for (i = 0; i < MANY; i++)
        right += u[i].status == (i < SPOTS ? GNTST_okay : GNTST_bad_handle);
    check_state("unmap of 1000, eight of them mapped", rc, 0, "each has its status, none in use",
                right == MANY && strcmp(use_of(REF), "unused") == 0);
    free(m);
    free(u);
    take(REF);
}

/* An array that ends at a page that is not mapped: what comes before is done. */
static void torn(void)
{
    char *pages = pv_pages_alloc(2);
    uint64_t second = entry_for(pages + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    struct gnttab_copy *c = (struct gnttab_copy *)(void *)(pages + PV_PAGE_SIZE) - 3;
    struct gnttab_map_grant_ref *m = (struct gnttab_map_grant_ref *)(void *)(pages + PV_PAGE_SIZE) - 1;
    long rc;
    unsigned int i;

    give(REF, page[0], GTF_permit_access);
    set_va(pages + PV_PAGE_SIZE, 0);
    for (i = 0; i < 3; i++)
        c[i] = (struct gnttab_copy){
            .source = { .u.ref = REF, .domid = own_domid }, .len = 1, .flags = GNTCOPY_source_gref,
                .status = MARK,
            .dest = { .u.gmfn = pv_virt_to_mfn(page[1]), .domid = DOMID_SELF },
        };
    rc = table_op(GNTTABOP_copy, c, 4);
    check_state("copy of four, the last not mapped", rc, -XEN_EFAULT, "three have a status",
                c[0].status == 0 && c[1].status == 0 && c[2].status == 0);
    *m = (struct gnttab_map_grant_ref){
        .host_addr = (uintptr_t)spot[0], .flags = GNTMAP_host_map, .ref = REF, .dom = own_domid,
            .status = MARK,
    };
    rc = table_op(GNTTABOP_map_grant_ref, m, 2);
    check_state("map of two, the second not mapped", rc, -XEN_EFAULT, "the first is done",
                m->status == GNTST_okay && strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    check_status("unmap of it", unmap(m->handle, spot[0]), GNTST_okay);
    set_va(pages + PV_PAGE_SIZE, second);
    pv_pages_free(pages, 2);
    take(REF);
}

void test_batches(void)
{
    middle();
    same_twice();
    many_copies();
    many_maps();
    torn();
}
