/* conflicts.c: a page that is a table or a descriptor page, and a writable mapping of it, by every route to
 * either. The class of bug: one route that forgets to ask. */
#include "form.h"
#include "scratch.h"

#include <string.h>
#include <xen/grant_table.h>
#include <pv/grant.h>

#define REFUSED TRAP(14, 3)

FORM_CODE(conflict_mov, "movq %rsi, (%rdi)")

static char *subject;            /* the page that is used as something */
static grant_ref_t ref;          /* a grant of it to ourselves, writable */

/* The routes to a writable mapping, or to a write. */
static long by_update_va_mapping(void)
{
    return make_writable(subject);
}

static long by_mmu_update(void)
{
    return mmu_update1(entry_maddr(subject), entry_for(subject, FLAGS_RW));
}

static long by_second_mapping(void)
{
    long rc = mmu_update1(maddr_of(s.l1, 9), entry_for(subject, FLAGS_RW));

    mmu_update1(maddr_of(s.l1, 9), 0);
    return rc;
}

static long by_trapped_write(void)
{
    struct form_regs r = { .rdi = (uint64_t)(entries(s.l1) + 9),
                           .rsi = entry_for(subject, FLAGS_RW),
                           .rflags = 0x202 };
    long rc = form_run(conflict_mov, &r);

    mmu_update1(maddr_of(s.l1, 9), 0);
    return rc;
}

/* A table that maps it writable, not validated yet. */
static void table_that_maps(char *table)
{
    entries(table)[1] = entry_for(s.page, FLAGS_RW);
    entries(table)[77] = entry_for(subject, FLAGS_RW);
    make_read_only(table);
}

static long by_pinned_table(void)
{
    long rc;

    table_that_maps(s.other);
    rc = mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.other));
    make_ordinary(s.other);
    return rc;
}

static long by_table_put_into_use(void)
{
    long rc;

    table_that_maps(s.other);
    rc = mmu_update1(maddr_of(s.l2, 9), entry_for(s.other, FLAGS_TABLE));
    mmu_update1(maddr_of(s.l2, 9), 0);
    make_ordinary(s.other);
    return rc;
}

static long by_grant_map(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = (uint64_t)TREE + 9 * PV_PAGE_SIZE,
        .flags = GNTMAP_host_map,
        .ref = ref,
        .dom = own_domid,
    };

    HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    return map.status;
}

static long by_grant_copy(void)
{
    struct gnttab_copy copy = {
        .source = { .u.gmfn = mfn_of(s.page), .domid = DOMID_SELF },
        .dest = { .u.gmfn = mfn_of(subject), .domid = DOMID_SELF },
        .len = 8,
    };

    HYPERVISOR_grant_table_op(GNTTABOP_copy, &copy, 1);
    return copy.status;
}

static long by_grant_copy_ref(void)
{
    struct gnttab_copy copy = {
        .source = { .u.gmfn = mfn_of(s.page), .domid = DOMID_SELF },
        .dest = { .u.ref = ref, .domid = own_domid },
        .len = 8,
        .flags = GNTCOPY_dest_gref,
    };

    HYPERVISOR_grant_table_op(GNTTABOP_copy, &copy, 1);
    return copy.status;
}

static long by_clear_page(void)
{
    return mmuext1(MMUEXT_CLEAR_PAGE, mfn_of(subject));
}

static long by_copy_page(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_COPY_PAGE,
                            .arg1.mfn = mfn_of(subject),
                            .arg2.src_mfn = mfn_of(s.page) };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long by_list_of_what_is_done(void)
{
    struct mmu_update u = { .ptr = maddr_of(s.l1, 9), .val = 0 };
    uint64_t before = *entries(subject);
    long rc = HYPERVISOR_mmu_update(&u, 1, (unsigned int *)subject, DOMID_SELF);

    return *entries(subject) == before ? rc : 1;
}

static long by_descriptor(void)
{
    return HYPERVISOR_update_descriptor(maddr_of(subject, 9), 0x00cff3000000ffff);
}

static long by_plain_write(void)
{
    PROBE("movq $-1, (%0)", , ARGS("r"(subject)));
    return probe_result();
}

struct route {
    const char *name;
    long (*go)(void);
    long table, segdesc;     /* the answers for a table and for a descriptor page */
};

static const struct route routes[] = {
    { "update_va_mapping", by_update_va_mapping, -XEN_EBUSY, -XEN_EBUSY },
    { "mmu_update", by_mmu_update, -XEN_EBUSY, -XEN_EBUSY },
    { "mmu_update, a second mapping", by_second_mapping, -XEN_EBUSY, -XEN_EBUSY },
    { "a trapped write", by_trapped_write, REFUSED, REFUSED },
    { "pinning a table that maps it", by_pinned_table, -XEN_EBUSY, -XEN_EBUSY },
    { "an entry for a table that maps it", by_table_put_into_use, -XEN_EBUSY, -XEN_EBUSY },
    { "mapping a grant of it", by_grant_map, GNTST_general_error, GNTST_general_error },
    { "a grant copy to its frame", by_grant_copy, GNTST_general_error, GNTST_general_error },
    { "a grant copy to a grant of it", by_grant_copy_ref, GNTST_general_error, GNTST_general_error },
    { "MMUEXT_CLEAR_PAGE", by_clear_page, -XEN_EINVAL, -XEN_EINVAL },
    { "MMUEXT_COPY_PAGE", by_copy_page, -XEN_EINVAL, -XEN_EINVAL },
    { "the hypervisor's answer stored there", by_list_of_what_is_done, 0, 0 },
    { "update_descriptor", by_descriptor, -XEN_EINVAL, 0 },
    { "an ordinary write", by_plain_write, REFUSED, REFUSED },
};

static void by_every_route(const char *what, bool segdesc)
{
    static uint64_t before[512];
    unsigned int i;

    for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        long rc;

        memcpy(before, subject, sizeof(before));
        rc = routes[i].go();
        check_state(named("%s: %s", what, routes[i].name), rc, segdesc ? routes[i].segdesc : routes[i].table,
                    rc || routes[i].go == by_list_of_what_is_done ? "it is as before" : "it is changed",
                    (memcmp(before, subject, sizeof(before)) == 0) ==
                        (rc != 0 || routes[i].go == by_list_of_what_is_done));
    }
}

static void grant_subject(void)
{
    ref = (grant_ref_t)pv_grant_access(own_domid, subject, false);
}

static void tables(void)
{
    static const char *const names[] = {
        "a pinned table of level 1",
        "a pinned table of level 2",
        "a pinned table of level 3",
        "a pinned table of level 4",
    };
    unsigned int level;

    for (level = 1; level <= 4; level++) {
        subject = s.t1;
        make_read_only(subject);
        mmuext1(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(subject));
        grant_subject();
        by_every_route(names[level - 1], false);
        check(named("a pinned table of level %u: the grant is taken back", level), pv_grant_end(ref), 0);
        make_ordinary(subject);
    }
    subject = s.t2;
    entries(subject)[3] = entry_for(s.page, FLAGS_RO);
    make_read_only(subject);
    mmu_update1(maddr_of(s.l2, 5), entry_for(subject, FLAGS_TABLE));
    grant_subject();
    by_every_route("a table in use", false);
    pv_grant_end(ref);
    mmu_update1(maddr_of(s.l2, 5), 0);
    make_ordinary(subject);
    subject = gdt_take();
    grant_subject();
    by_every_route("a descriptor page", true);
    pv_grant_end(ref);
    gdt_drop();
}

/* The other way round: a page that is mapped writable, and the routes by which it would become something. */
static long as_pinned(unsigned int level)
{
    return mmuext1(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(subject));
}

static long as_l1(void) { return as_pinned(1); }
static long as_l2(void) { return as_pinned(2); }
static long as_l3(void) { return as_pinned(3); }
static long as_l4(void) { return as_pinned(4); }

static long as_entry(char *table, unsigned int index)
{
    long rc = mmu_update1(maddr_of(table, index), entry_for(subject, FLAGS_TABLE));

    mmu_update1(maddr_of(table, index), 0);
    return rc;
}

static long as_entry_of_l2(void) { return as_entry(s.l2, 9); }
static long as_entry_of_l3(void) { return as_entry(s.l3, 9); }
static long as_entry_of_root(void) { return as_entry(ROOT, TREE_SLOT + 9); }
static long as_root(void) { return mmuext1(MMUEXT_NEW_BASEPTR, mfn_of(subject)); }
static long as_user_root(void) { return mmuext1(MMUEXT_NEW_USER_BASEPTR, mfn_of(subject)); }

static long as_gdt(void)
{
    unsigned long frame = mfn_of(subject);

    return HYPERVISOR_set_gdt(&frame, 512);
}

/* An LDT's page is looked at when a segment is loaded from it. */
static long as_ldt(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT,
                            .arg1.linear_addr = (unsigned long)subject,
                            .arg2.nr_ents = 512 };
    long rc;

    if (HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF) != 0)
        return -1;
    PROBE("mov %0, %%fs", , ARGS("r"((uint16_t)(4 * 8 + 4 + 3))));
    rc = probe_result();
    op.arg2.nr_ents = 0;
    HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
    return rc;
}

static const struct { const char *name; long (*go)(void); long want; } uses[] = {
    { "MMUEXT_PIN_L1_TABLE", as_l1, -XEN_EINVAL },
    { "MMUEXT_PIN_L2_TABLE", as_l2, -XEN_EINVAL },
    { "MMUEXT_PIN_L3_TABLE", as_l3, -XEN_EINVAL },
    { "MMUEXT_PIN_L4_TABLE", as_l4, -XEN_EINVAL },
    { "an entry of level 2", as_entry_of_l2, -XEN_EINVAL },
    { "an entry of level 3", as_entry_of_l3, -XEN_EINVAL },
    { "an entry of level 4", as_entry_of_root, -XEN_EINVAL },
    { "MMUEXT_NEW_BASEPTR", as_root, -XEN_EINVAL },
    { "MMUEXT_NEW_USER_BASEPTR", as_user_root, -XEN_EINVAL },
    { "set_gdt", as_gdt, -XEN_EINVAL },
    { "a segment loaded from an LDT there", as_ldt, TRAP(14, 0) },
};

static void used(const char *how)
{
    unsigned int i;

    for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        check(named("%s: %s", how, uses[i].name), uses[i].go(), uses[i].want);
}

static void writable_pages(void)
{
    struct gnttab_unmap_grant_ref unmap = { .host_addr = (uint64_t)TREE + 9 * PV_PAGE_SIZE };
    struct gnttab_map_grant_ref map = { .host_addr = unmap.host_addr,
                                        .flags = GNTMAP_host_map,
                                        .dom = own_domid };

    subject = s.t1;
    used("a page that is mapped writable");
    make_read_only(subject);
    mmu_update1(maddr_of(s.l1, 9), entry_for(subject, FLAGS_RW));
    used("a page that a second mapping has writable");
    mmu_update1(maddr_of(s.l1, 9), 0);
    table_that_maps(s.other);
    mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.other));
    used("a page that a pinned table maps writable");
    make_ordinary(s.other);
    make_ordinary(subject);
    grant_subject();
    map.ref = ref;
    make_read_only(subject);
    HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
    unmap.handle = map.handle;
    used("a page that a grant maps writable");
    HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    check("the grant's mapping is taken away", unmap.status, GNTST_okay);
    check("then it can be a table", as_l1(), 0);
    pv_grant_end(ref);
    make_ordinary(subject);
}

/* A table of one level in a place for another. */
static void other_levels(void)
{
    unsigned int level, i;

    subject = s.t1;
    for (level = 1; level <= 4; level++) {
        make_read_only(subject);
        as_pinned(level);
        for (i = 4; i < sizeof(uses) / sizeof(uses[0]); i++) {
            bool fits = (level == 1 && uses[i].go == as_entry_of_l2) ||
                        (level == 2 && uses[i].go == as_entry_of_l3) ||
                        (level == 3 && uses[i].go == as_entry_of_root) ||
                        (level == 4 && uses[i].go == as_user_root);

            if (uses[i].go != as_root)
                check(named("a pinned table of level %u: %s", level, uses[i].name), uses[i].go(),
                      fits ? 0 : uses[i].want);
        }
        mmuext1(MMUEXT_NEW_USER_BASEPTR, 0);
        make_ordinary(subject);
    }
}

/* Tables that were unpinned are memory like any other, however long the hypervisor remembers what
 * they were. Each entry is overwritten with what no table could hold; it and what it led to are
 * used once, not twice, after that. */
static void tables_of_the_past(void)
{
    static const char *const by[] = { "unpinned as level 2", "unpinned as level 3" };
    unsigned int deep, index;

    for (deep = 0; deep < 2; deep++)
        for (index = 0; index < 2; index++) {
            long rc;

            entries(s.t1)[0] = entry_for(s.other, FLAGS_RW);
            entries(s.t2)[0] = entry_for(s.t1, FLAGS_TABLE);
            entries(s.t3)[0] = entry_for(s.t2, FLAGS_TABLE);
            make_read_only(s.t1);
            make_read_only(s.t2);
            make_read_only(s.t3);
            mmuext1(deep ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L2_TABLE, mfn_of(deep ? s.t3 : s.t2));
            mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(deep ? s.t3 : s.t2));
            rc = mmu_update1(maddr_of(s.t1, index), entry_for(s.t1, FLAGS_RW));
            check_state(named("a leaf table below one that was %s: word %u overwritten with its own frame, "
                              "writable", by[deep], index), rc, 0, "all pages are free again",
                        make_ordinary(s.t3) && make_ordinary(s.t2) && make_ordinary(s.t1) &&
                        is_ordinary(s.t1) && is_ordinary(s.other) && is_ordinary(s.t2));
        }
}

void test_conflicts(void)
{
    scratch_take();
    HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    tree_plant();
    tables();
    writable_pages();
    other_levels();
    tables_of_the_past();
    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    tree_fell();
    scratch_give_back();
}
