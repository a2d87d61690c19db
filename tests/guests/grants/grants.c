/* grants.c: the grant table with ourselves as both sides: give, map, copy, take back, and every wrong number.
 * The class of bug: a reference, handle or offset trusted; a mapping that outlives its grant. */
#include "case.h"

#include <errno.h>
#include <string.h>
#include <xen/grant_table.h>
#include <pv/grant.h>

static char *page, *other;

static long table_op(unsigned int cmd, void *ops, unsigned int n)
{
    return HYPERVISOR_grant_table_op(cmd, ops, n);
}

static void table(void)
{
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1000000 };
    struct gnttab_set_version version = { .version = 3 };
    struct gnttab_get_version get = { .dom = DOMID_SELF };

    check("grant_table_op: unknown command", table_op(99, &query, 1), -XEN_ENOSYS);
    check("grant_table_op: unmapped argument", table_op(GNTTABOP_query_size, (void *)0x1000, 1), -XEN_EFAULT);
    check("query_size", table_op(GNTTABOP_query_size, &query, 1), 0);
    check("its status", query.status, GNTST_okay);
    check_true("the sizes make sense", query.nr_frames <= query.max_nr_frames && query.max_nr_frames);
    check("query_size of two at once", table_op(GNTTABOP_query_size, &query, 2), -XEN_EINVAL);
    check("setup_table: too large", table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check("its status", setup.status, GNTST_general_error);
    check("set_version 3", table_op(GNTTABOP_set_version, &version, 1), -XEN_EINVAL);
    version.version = 1;
    check("set_version 1", table_op(GNTTABOP_set_version, &version, 1), 0);
    check("get_version", table_op(GNTTABOP_get_version, &get, 1), 0);
    check("it is 1", (long)get.version, 1);
}

static int16_t map_status(domid_t dom, grant_ref_t ref, uint64_t address, uint32_t flags)
{
    struct gnttab_map_grant_ref map = { .host_addr = address, .flags = flags, .ref = ref, .dom = dom };

    if (table_op(GNTTABOP_map_grant_ref, &map, 1) != 0)
        return -1000;
    return map.status;
}

static void wrong_maps(grant_ref_t ref)
{
    struct gnttab_unmap_grant_ref unmap = { .host_addr = (uintptr_t)other, .handle = 123456 };

    check("map: no such domain", map_status(0x7123, ref, (uintptr_t)other, GNTMAP_host_map),
          GNTST_bad_domain);
    check("map: a reference never given", map_status(own_domid, ref + 1, (uintptr_t)other, GNTMAP_host_map),
          GNTST_general_error);
    check("map: a reference beyond the table",
          map_status(own_domid, 100000000, (uintptr_t)other, GNTMAP_host_map), GNTST_bad_gntref);
    check("map: not at all", map_status(own_domid, ref, (uintptr_t)other, 0), GNTST_bad_gntref);
    check("map: writable, granted read-only",
          map_status(own_domid, ref, (uintptr_t)other, GNTMAP_host_map), GNTST_general_error);
    check("map: at an address without page table",
          map_status(own_domid, ref, 0x700000000000, GNTMAP_host_map | GNTMAP_readonly), GNTST_general_error);
    check("map: at the hypervisor's address",
          map_status(own_domid, ref, 0xffff820000000000, GNTMAP_host_map | GNTMAP_readonly),
          GNTST_general_error);
    check("unmap: call", table_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
    check("unmap: a handle never given", unmap.status, GNTST_bad_handle);
}

static void map(void)
{
    int ref, err = 0;
    grant_ref_t refs[1];
    char *seen;

    ref = pv_grant_access(own_domid, page, false);
    check_true("give a page to ourselves", ref >= 8);
    refs[0] = (grant_ref_t)ref;
    strcpy(page, "granted");
    seen = pv_grant_map(own_domid, refs, 1, true, &err);
    check("map it", err, 0);
    if (seen) {
        check_true("its contents are seen", strcmp(seen, "granted") == 0);
        strcpy(seen, "written");
        check_true("and can be written", strcmp(page, "written") == 0);
        check("taking it back while mapped", pv_grant_end(refs[0]), -EBUSY);
        check("unmap", pv_grant_unmap(seen, 1), 0);
        PROBE("movb (%0), %%al", , ARGS("r"(seen)), "rax");
        check("now the address faults", probe_result(), TRAP(14, 0));
    }
    check("take it back", pv_grant_end(refs[0]), 0);
    check_true("mapping it then fails", !pv_grant_map(own_domid, refs, 1, true, &err));
}

static void read_only(void)
{
    int ref = pv_grant_access(own_domid, page, true), err = 0;
    grant_ref_t refs[1] = { (grant_ref_t)ref };
    char *seen;

    wrong_maps(refs[0]);
    seen = pv_grant_map(own_domid, refs, 1, false, &err);
    check("map read-only", err, 0);
    if (seen) {
        PROBE("movb $1, (%0)", , ARGS("r"(seen)));
        check("writing faults", probe_result(), TRAP(14, 3));
        check("making the mapping writable by hand is refused",
              set_va(seen, entry_for(page, FLAGS_RW)) == 0 ? 0 : -1, 0);
        check("unmap after tampering", pv_grant_unmap(seen, 1) == 0 ? 0 : -1, -1);
        set_va(seen, 0);
    }
}

static int16_t copy_status(struct gnttab_copy c)
{
    if (table_op(GNTTABOP_copy, &c, 1) != 0)
        return -1000;
    return c.status;
}

static void copy(void)
{
    int ref = pv_grant_access(own_domid, page, true);
    struct gnttab_copy c = {
        .source = { .u.ref = (grant_ref_t)ref, .domid = own_domid, .offset = 0 },
        .dest = { .u.gmfn = pv_virt_to_mfn(other), .domid = DOMID_SELF, .offset = 100 },
        .len = 8, .flags = GNTCOPY_source_gref,
    }, bad;

    strcpy(page, "copying");
    memset(other, 0, PV_PAGE_SIZE);
    check("copy from a grant", copy_status(c), GNTST_okay);
    check_true("it arrived", strcmp(other + 100, "copying") == 0);
    bad = c, bad.dest.offset = 4092;
    check("copy across a page's end", copy_status(bad), GNTST_bad_copy_arg);
    bad = c, bad.source.u.ref = 100000000;
    check("copy from a reference beyond the table", copy_status(bad), GNTST_bad_gntref);
    bad = c, bad.source.domid = 0x7123;
    check("copy from nobody", copy_status(bad), GNTST_bad_domain);
    bad = c, bad.dest.u.gmfn = 1UL << 40;
    check("copy to a frame that is none", copy_status(bad), GNTST_bad_page);
    bad = c, bad.dest.u.ref = (grant_ref_t)ref, bad.dest.domid = own_domid, bad.dest.offset = 0,
    bad.flags |= GNTCOPY_dest_gref;
    check("copy to a read-only grant", copy_status(bad), GNTST_general_error);
    bad = c, bad.flags = 0, bad.source.u.gmfn = pv_virt_to_mfn(page), bad.source.domid = DOMID_SELF;
    check("copy between own frames", copy_status(bad), GNTST_okay);
    check("the copied page's grant ends", pv_grant_end((grant_ref_t)ref), 0);
}

static void transfer(void)
{
    struct gnttab_transfer t = { .mfn = pv_virt_to_mfn(page), .domid = 0x7123, .ref = 8 };
    struct gnttab_set_version version = { .version = 3 };

    check("transfer of a frame to nobody", table_op(GNTTABOP_transfer, &t, 1), 0);
    check("version 3", table_op(GNTTABOP_set_version, &version, 1), -XEN_EINVAL);
}

void test_grants(void)
{
    page = pv_pages_alloc(1);
    other = pv_pages_alloc(1);
    table();
    map();
    read_only();
    copy();
    transfer();
}


const struct kernel kernel = {
    .name = "grants", .checks = "grants",
    .groups = (const struct group[]){
        { "grants", test_grants, "grants" },
        { 0 },
    },
};
