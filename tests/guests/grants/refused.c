/* refused.c: operations that Enso leaves out by design: transfer, swap, cache_flush, status frames, version
 * 2. Xen has them: they are given what can do no harm there. */
#include "grants.h"

#include <string.h>

static int transfer(uint64_t frame, domid_t domid, grant_ref_t ref)
{
    struct gnttab_transfer op = { .mfn = frame, .domid = domid, .ref = ref, .status = 99 };
    long rc = table_op(GNTTABOP_transfer, &op, 1);

    return rc ? CALL(rc) : op.status;
}

static void transfers(void)
{
    uint64_t table_entry;
    int status;

    pv_pt_lookup(spot[0], 1, &table_entry);
    check_status("transfer of a frame beyond memory, XSA-214", transfer(1UL << 40, own_domid, REF),
                 GNTST_bad_page);
    check_status("transfer of a page table in use, XSA-214", transfer(table_entry >> PV_PAGE_SHIFT,
                                                                      own_domid, REF),
                 GNTST_bad_page);
    status = transfer(pv_virt_to_mfn(pv_shared_info), own_domid, REF);
    check_status("transfer of shared_info, XSA-217 XSA-287", status, GNTST_bad_page);
    status = transfer(pv_virt_to_mfn(page[0]), own_domid, REF);
    check_after("transfer of a page that is mapped, XSA-284", status, GNTST_bad_page, "it is still mapped",
                strcmp(mapped_at(page[0], page[0]), "writable") == 0);
}

struct swap { grant_ref_t a, b; int16_t status; };

static int swap(grant_ref_t a, grant_ref_t b)
{
    struct swap op = { a, b, 99 };
    long rc = table_op(GNTTABOP_swap_grant_ref, &op, 1);

    return rc ? CALL(rc) : op.status;
}

static void swaps(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    give(REF + 1, page[1], GTF_permit_access | GTF_readonly);
    check_status("swap_grant_ref, the first beyond the table, XSA-18", swap(REF_BEYOND, REF),
                 GNTST_bad_gntref);
    check_status("swap_grant_ref, the second beyond the table, XSA-18", swap(REF, 0xffffffff),
                 GNTST_bad_gntref);
    check_status("swap_grant_ref of an entry with itself", swap(REF, REF), GNTST_okay);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    check_status("swap_grant_ref of an entry in use, XSA-134", swap(REF, REF + 1), GNTST_eagain);
    unmap(handle, spot[0]);
    status = swap(REF, REF + 1);
    check_after("swap_grant_ref of two entries, XSA-134", status, GNTST_okay, "each has what the other had",
                table[REF].flags == (GTF_permit_access | GTF_readonly) &&
                    table[REF + 1].flags == GTF_permit_access);
    take(REF);
    take(REF + 1);
}

static long cache_flush(uint64_t address, uint16_t offset, uint16_t length, uint32_t what)
{
    struct { uint64_t a; uint16_t offset, length; uint32_t op; } op = { address, offset, length, what };

    return table_op(GNTTABOP_cache_flush, &op, 1);
}

static int status_frames(domid_t dom, uint32_t n, void *list)
{
    struct gnttab_get_status_frames op = { .nr_frames = n, .dom = dom, .status = 99 };
    long rc;

    set_xen_guest_handle(op.frame_list, (uint64_t *)list);
    rc = table_op(GNTTABOP_get_status_frames, &op, 1);
    return rc ? CALL(rc) : op.status;
}

static long set_version(uint32_t version)
{
    struct gnttab_set_version op = { .version = version };

    return table_op(GNTTABOP_set_version, &op, 1);
}

static void version_two(void)
{
    struct gnttab_get_version get = { .dom = DOMID_SELF };
    grant_handle_t handle;
    long rc;

    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    rc = set_version(2);
    check_state("set_version 2 while a grant is in use, XSA-501", rc, by_role(-XEN_ENOSYS, -XEN_EBUSY),
                "the mapping stays", strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    unmap(handle, spot[0]);
    take(REF);
    rc = set_version(2);
    table_op(GNTTABOP_get_version, &get, 1);
    check_state("set_version 2, XSA-26 XSA-255", rc, by_role(-XEN_ENOSYS, 0), "get_version says so",
                get.version == (rc ? 1U : 2U));
    check("set_version 1 after it", set_version(1), 0);
}

void test_refused(void)
{
    uint64_t list[1] = { 77 };
    int status;

    transfers();
    swaps();
    check("cache_flush of a frame beyond memory, XSA-232", cache_flush(1UL << 52, 0, 64, GNTTAB_CACHE_CLEAN),
          -XEN_EINVAL);
    check("cache_flush of an unknown kind", cache_flush(0, 0, 64, 8), -XEN_EINVAL);
    check("cache_flush across a page's end", cache_flush(0, 4090, 64, GNTTAB_CACHE_CLEAN), -XEN_EINVAL);
    status = status_frames(DOMID_SELF, 1, list);
    check_after("get_status_frames, XSA-255", status, GNTST_general_error, "none is told", list[0] == 77);
    check_status("get_status_frames of nobody", status_frames(NOBODY, 1, list), GNTST_bad_domain);
    check_status("get_status_frames of 0xffffffff", status_frames(DOMID_SELF, ~0U, list),
                 GNTST_general_error);
    version_two();
}
