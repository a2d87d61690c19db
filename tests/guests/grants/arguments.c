/* arguments.c: operations that are none, arguments that cannot be read, counts of all sizes. */
#include "grants.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned int cmd;
    bool single;    /* takes one element */
} ops[] = {
    { "map_grant_ref", GNTTABOP_map_grant_ref, false },
    { "unmap_grant_ref", GNTTABOP_unmap_grant_ref, false },
    { "setup_table", GNTTABOP_setup_table, true },
    { "dump_table", GNTTABOP_dump_table, false },
    { "transfer", GNTTABOP_transfer, false },
    { "copy", GNTTABOP_copy, false },
    { "query_size", GNTTABOP_query_size, true },
    { "unmap_and_replace", GNTTABOP_unmap_and_replace, false },
    { "set_version", GNTTABOP_set_version, true },
    { "get_status_frames", GNTTABOP_get_status_frames, true },
    { "get_version", GNTTABOP_get_version, false },
    { "swap_grant_ref", GNTTABOP_swap_grant_ref, false },
    { "cache_flush", GNTTABOP_cache_flush, false },
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static void pointers(void)
{
    static const struct { const char *name; void *pointer; } bad[] = {
        { "not mapped", UNMAPPED },
        { "the hypervisor's", HYPERVISOR_SPACE },
        { "not canonical", NON_CANONICAL },
    };
    unsigned int i, j;

    for (i = 0; i < OPS; i++)
        for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
            check(named("%s, argument %s", ops[i].name, bad[j].name), table_op(ops[i].cmd, bad[j].pointer, 1),
                  ops[i].cmd == GNTTABOP_dump_table ? -XEN_ENOSYS : -XEN_EFAULT);
}

static void counts(void)
{
    unsigned int i;

    *(domid_t *)(void *)page[0] = DOMID_SELF;    /* for those that begin with a domain */
    for (i = 0; i < OPS; i++) {
        long none = ops[i].cmd == GNTTABOP_dump_table ? -XEN_ENOSYS : ops[i].single ? -XEN_EINVAL : 0;

        if (ops[i].cmd != GNTTABOP_set_version)
            check(named("%s of none", ops[i].name), table_op(ops[i].cmd, page[0], 0), none);
        check(named("%s of 0x80000000", ops[i].name), table_op(ops[i].cmd, page[0], 0x80000000), -XEN_EINVAL);
        check(named("%s of 0xffffffff", ops[i].name), table_op(ops[i].cmd, page[0], ~0U), -XEN_EINVAL);
    }
    check("query_size of two", table_op(GNTTABOP_query_size, page[0], 2), -XEN_EINVAL);
    check("setup_table of two", table_op(GNTTABOP_setup_table, page[0], 2), -XEN_EINVAL);
    check("get_version of two: of the first", table_op(GNTTABOP_get_version, page[0], 2), 0);
    check("map_grant_ref of none, argument not mapped", table_op(GNTTABOP_map_grant_ref, UNMAPPED, 0), 0);
    check("map_grant_ref of 0x7fffffff, argument not mapped", table_op(GNTTABOP_map_grant_ref, UNMAPPED,
                                                                       0x7fffffff),
          -XEN_EFAULT);
    check("copy of 0x7fffffff, argument not mapped", table_op(GNTTABOP_copy, UNMAPPED, 0x7fffffff),
          -XEN_EFAULT);
}

static void unknown(void)
{
    static const struct { unsigned int cmd; long want; } rows[] = {
        { 13, -XEN_ENOSYS }, { 14, -XEN_ENOSYS }, { 99, -XEN_ENOSYS }, { 0xfff, -XEN_ENOSYS },
        { 0x1000, -XEN_EINVAL }, { 0x1063, -XEN_EINVAL }, { 0x80000000, -XEN_EINVAL }, { 0xffffffff,
                                                                                         -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("operation %#x", rows[i].cmd), table_op(rows[i].cmd, page[0], 1), rows[i].want);
    check("operation 99, argument not mapped", table_op(99, UNMAPPED, 1), -XEN_ENOSYS);
    check("operation 99 of 0x80000000", table_op(99, page[0], 0x80000000), -XEN_EINVAL);
}

/* The result can't be written. What was done stays done. */
static void read_only(void)
{
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    struct gnttab_get_version version = { .dom = DOMID_SELF };
    struct gnttab_copy copy = { .len = 1, .flags = 0 };

    memcpy(page[0], &query, sizeof(query));
    make_read_only(page[0]);
    check("query_size, argument on a read-only page", table_op(GNTTABOP_query_size, page[0], 1), -XEN_EFAULT);
    make_writable(page[0]);
    memcpy(page[0], &version, sizeof(version));
    make_read_only(page[0]);
    check("get_version, argument on a read-only page", table_op(GNTTABOP_get_version, page[0], 1),
          -XEN_EFAULT);
    make_writable(page[0]);
    memcpy(page[0], &copy, sizeof(copy));
    make_read_only(page[0]);
    check("copy, argument on a read-only page", table_op(GNTTABOP_copy, page[0], 1), -XEN_EFAULT);
    make_writable(page[0]);
}

void test_arguments(void)
{
    memset(page[0], 0, PV_PAGE_SIZE);
    pointers();
    counts();
    unknown();
    read_only();
    memset(page[0], 0, PV_PAGE_SIZE);
}
