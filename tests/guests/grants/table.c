/* table.c: operations on a table as a whole: frames, sizes, versions; of ourselves and of others. */
#include "grants.h"

static int query(domid_t dom, struct gnttab_query_size *op)
{
    long rc;

    *op = (struct gnttab_query_size){ .dom = dom, .status = 99 };
    rc = table_op(GNTTABOP_query_size, op, 1);
    return rc ? CALL(rc) : op->status;
}

static int setup_of(domid_t dom, uint32_t frames, void *list)
{
    struct gnttab_setup_table op = { .dom = dom, .nr_frames = frames, .status = 99 };
    long rc;

    set_xen_guest_handle(op.frame_list, (xen_pfn_t *)list);
    rc = table_op(GNTTABOP_setup_table, &op, 1);
    return rc ? CALL(rc) : op.status;
}

static long version_of(domid_t dom)
{
    struct gnttab_get_version op = { .dom = dom };
    long rc = table_op(GNTTABOP_get_version, &op, 1);

    return rc ? rc : (long)op.version;
}

static void of_others(void)
{
    static const struct { const char *name; domid_t id; } others[] = {
        { "nobody", NOBODY }, { "DOMID_IO", DOMID_IO }, { "DOMID_XEN", DOMID_XEN }, { "DOMID_COW",
                                                                                      DOMID_COW },
        { "DOMID_INVALID", DOMID_INVALID },
    };
    struct gnttab_query_size size;
    xen_pfn_t list[1];
    unsigned int i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        check_status(named("query_size of %s", others[i].name), query(others[i].id, &size), GNTST_bad_domain);
        check_status(named("setup_table of %s", others[i].name), setup_of(others[i].id, 1, list),
                     GNTST_bad_domain);
        check(named("get_version of %s", others[i].name), version_of(others[i].id), -XEN_ESRCH);
    }
    if (pv_is_control_domain())
        return;
    check_status("query_size of domain 0", query(0, &size), GNTST_permission_denied);
    check_status("setup_table of domain 0", setup_of(0, 1, list), GNTST_permission_denied);
    check("get_version of domain 0", version_of(0), -XEN_EPERM);
}

static void ours(void)
{
    struct gnttab_query_size size;
    xen_pfn_t list[2] = { 0, 77 }, again[1] = { 0 };
    int status = query(DOMID_SELF, &size);
    long rc;

    check_after("query_size", status, GNTST_okay, "at least one frame, not above the limit",
                size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames);
    check_status("query_size by our number", query(own_domid, &size), GNTST_okay);
    status = setup_of(DOMID_SELF, 1, list);
    check_after("setup_table of one frame", status, GNTST_okay, "one number is told", list[0] != 0 &&
                list[1] == 77);
    status = setup_of(own_domid, 1, again);
    check_after("setup_table by our number", status, GNTST_okay, "the same frame", again[0] == list[0]);
    check_status("setup_table of no frames", setup_of(DOMID_SELF, 0, NULL), GNTST_okay);
    check_status("setup_table of one frame too many", setup_of(DOMID_SELF, size.max_nr_frames + 1, list),
                 GNTST_general_error);
    check_status("setup_table of 1000000 frames", setup_of(DOMID_SELF, 1000000, list), GNTST_general_error);
    check_status("setup_table of 0xffffffff frames", setup_of(DOMID_SELF, ~0U, list), GNTST_general_error);
    check_status("setup_table, list not mapped", setup_of(DOMID_SELF, 1, UNMAPPED), GNTST_bad_virt_addr);
    check_status("setup_table, the hypervisor's list", setup_of(DOMID_SELF, 1, HYPERVISOR_SPACE),
                 CALL(-XEN_EFAULT));
    check_status("setup_table, list not canonical", setup_of(DOMID_SELF, 1, NON_CANONICAL),
                 CALL(-XEN_EFAULT));
    make_read_only(page[0]);
    check_status("setup_table, list on a read-only page", setup_of(DOMID_SELF, 1, page[0]),
                 GNTST_bad_virt_addr);
    make_writable(page[0]);
    rc = set_va(spot[0], list[0] << PV_PAGE_SHIFT | FLAGS_RO);
    check("map the table's frame by hand", rc, 0);
    check("unmap it", set_va(spot[0], 0), 0);
}

static long set_version(uint32_t version, uint32_t *now)
{
    struct gnttab_set_version op = { .version = version };
    long rc = table_op(GNTTABOP_set_version, &op, 1);

    *now = op.version;
    return rc;
}

static void versions(void)
{
    static const uint32_t wrong[] = { 0, 3, 0x7fffffff, 0xffffffff };
    grant_handle_t handle;
    uint32_t now;
    unsigned int i;
    long rc;

    check("get_version", version_of(DOMID_SELF), 1);
    check("get_version by our number", version_of(own_domid), 1);
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rc = set_version(wrong[i], &now);
        check_state(named("set_version %#x", wrong[i]), rc, -XEN_EINVAL, "still version 1",
                    version_of(DOMID_SELF) == 1);
    }
    give(REF, page[0], GTF_permit_access);
    map(REF, GNTMAP_host_map, spot[0], &handle);
    rc = set_version(1, &now);
    check_state("set_version 1 while a grant is in use", rc, 0, "the mapping stays, and version 1",
                mapped_at(spot[0], page[0])[0] == 'w' && now == 1);
    unmap(handle, spot[0]);
    take(REF);
    give(REF, page[0], GTF_permit_access);
    rc = set_version(1, &now);
    check_state("set_version 1 with an entry given", rc, 0, "the entry stays",
                table[REF].flags == GTF_permit_access);
    take(REF);
}

void test_table(void)
{
    of_others();
    ours();
    versions();
}
