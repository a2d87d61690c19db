/* pins.c: pins and unpins of single tables. The class of bug: a table that was validated as one level and is
 * used as another, a pin that is counted twice, an error in the middle that leaves half of the work behind.
 */
#include "scratch.h"

#include <string.h>

static const unsigned int pin_commands[] = {
    0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
};

static long pin(unsigned int level, const char *table)
{
    return mmuext1(pin_commands[level], mfn_of(table));
}

static long unpin(const char *table)
{
    return mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(table));
}

/* An empty page as a table of each level: pinned twice, as every other level, unpinned twice. */
static void one_page(void)
{
    unsigned int level, as;

    for (level = 1; level <= 4; level++) {
        long rc = pin(level, s.page);

        check_state(named("MMUEXT_PIN_L%u_TABLE, a page that is mapped writable", level), rc, -XEN_EINVAL,
                    "it can still be written", try_write(s.page) == 0);
        memset(s.page, 0, PV_PAGE_SIZE);
        make_read_only(s.page);
        check(named("MMUEXT_UNPIN_TABLE, a page that never was pinned (level %u)", level), unpin(s.page),
              -XEN_EINVAL);
        check(named("MMUEXT_PIN_L%u_TABLE, an empty page", level), pin(level, s.page), 0);
        for (as = 1; as <= 4; as++)
            check(named("MMUEXT_PIN_L%u_TABLE, a pinned table of level %u", as, level), pin(as, s.page),
                  -XEN_EINVAL);
        check(named("mapping a pinned table of level %u writable", level), make_writable(s.page), -XEN_EBUSY);
        check(named("mapping a pinned table of level %u read-only again", level), make_read_only(s.page), 0);
        check(named("MMUEXT_UNPIN_TABLE, level %u", level), unpin(s.page), 0);
        check(named("MMUEXT_UNPIN_TABLE, level %u, twice", level), unpin(s.page), -XEN_EINVAL);
        check(named("mapping the unpinned table of level %u writable", level), make_writable(s.page), 0);
        memset(s.page, 0, PV_PAGE_SIZE);
    }
}

/* A page that was a table of one level becomes one of another. */
static void change_of_level(void)
{
    unsigned int from, to;

    for (from = 1; from <= 4; from++)
        for (to = 1; to <= 4; to++) {
            long rc;

            make_read_only(s.page);
            pin(from, s.page);
            rc = unpin(s.page);
            /* A root has the hypervisor's slots, which are nothing for a table of another level. */
            if (from == 4)
                make_ordinary(s.page);
            make_read_only(s.page);
            if (rc == 0)
                rc = pin(to, s.page);
            check(named("a table of level %u is unpinned and pinned as level %u", from, to), rc, 0);
            make_ordinary(s.page);
        }
}

/* A table with a good first entry and a bad one somewhere; it and what it names are then free again. */
static void bad_entries(void)
{
    static const unsigned int at[] = { 0, 1, 255, 511 };
    unsigned int level, i;

    for (level = 1; level <= 4; level++)
        for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
            char *below = level == 1 ? s.other : spare_of_level(level - 1);
            long rc;

            if (level > 1)
                make_read_only(below);
            entries(s.page)[0] = entry_for(below, FLAGS_RW);
            entries(s.page)[at[i]] = BEYOND << 4 | FLAGS_RW;
            make_read_only(s.page);
            rc = pin(level, s.page);
            check_state(named("MMUEXT_PIN_L%u_TABLE, entry %u is bad, XSA-58 XSA-299 XSA-310", level, at[i]),
                        rc, level == 1 ? -XEN_EPERM : -XEN_EINVAL,
                        "the table and what it names are free again",
                        make_ordinary(s.page) && is_ordinary(s.page) && make_ordinary(below) &&
                            is_ordinary(below));
        }
}

/* Each kind of bad entry that one table can hold. */
static void kinds_of_bad_entries(void)
{
    static const struct { const char *name; uint64_t flags; bool own; long leaf, upper; } rows[] = {
        { "a frame beyond memory", FLAGS_RW, false, -XEN_EPERM, -XEN_EINVAL },
        { "a frame beyond memory, read-only", FLAGS_RO, false, -XEN_EPERM, -XEN_EINVAL },
        { "PSE, XSA-148", FLAGS_RW | PV_PTE_PSE, true, 1, -XEN_EINVAL },
        { "global", FLAGS_RW | PV_PTE_G, true, 0, -XEN_EINVAL },
        { "PCD", FLAGS_RW | 0x10, true, 1, -XEN_EINVAL },
        { "a page that is mapped writable", FLAGS_RW, true, 0, -XEN_EINVAL },
    };
    unsigned int level, i;

    for (level = 1; level <= 4; level++)
        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            long leaf = rows[i].leaf > 0 ? by_role(-XEN_EINVAL, 0) : rows[i].leaf, rc;

            entries(s.page)[7] =
                rows[i].own ? entry_for(s.other, rows[i].flags) : BEYOND << 4 | rows[i].flags;
            make_read_only(s.page);
            rc = pin(level, s.page);
            check_state(named("MMUEXT_PIN_L%u_TABLE, an entry with %s", level, rows[i].name), rc,
                        level == 1 ? leaf : rows[i].upper, "the table is free afterwards",
                        make_ordinary(s.page) && is_ordinary(s.page));
        }
}

/* The chain s.l4 -> s.l3 -> s.l2 -> s.l1 with a bad entry at its end or in one of its tables, pinned from the
 * top. */
static void deep(void)
{
    unsigned int bad, level;

    for (bad = 1; bad <= 4; bad++) {
        bool free_again = true;
        long rc;

        entries(s.l1)[0] = entry_for(s.page, FLAGS_RW);
        entries(s.l2)[0] = entry_for(s.l1, FLAGS_TABLE);
        entries(s.l3)[0] = entry_for(s.l2, FLAGS_TABLE);
        entries(s.l4)[0] = entry_for(s.l3, FLAGS_TABLE);
        entries(table_of_level(bad))[500] = BEYOND << 4 | FLAGS_RW;
        for (level = 1; level <= 4; level++)
            make_read_only(table_of_level(level));
        rc = pin(4, s.l4);
        for (level = 1; level <= 4; level++)
            free_again = make_ordinary(table_of_level(level)) && free_again;
        check_state(named("MMUEXT_PIN_L4_TABLE, a tree whose level %u has a bad entry, XSA-299 XSA-310", bad),
                    rc, bad == 1 ? -XEN_EPERM : -XEN_EINVAL, "all its tables are free",
                    free_again && is_ordinary(s.page));
    }
}

/* Tables in use by others. */
static void in_use(void)
{
    long rc;

    tree_plant();
    check("MMUEXT_PIN_L1_TABLE, a table in use", pin(1, s.l1), 0);
    check("MMUEXT_PIN_L2_TABLE, a table of level 1 in use", pin(2, s.l1), -XEN_EINVAL);
    check("MMUEXT_PIN_L1_TABLE, a table of level 2 in use", pin(1, s.l2), -XEN_EINVAL);
    check("MMUEXT_PIN_L4_TABLE, a table of level 3 in use", pin(4, s.l3), -XEN_EINVAL);
    check("MMUEXT_PIN_L3_TABLE, a table of level 3 in use", pin(3, s.l3), 0);
    rc = unpin(s.l1);
    check_state("MMUEXT_UNPIN_TABLE, a table of level 1 in use", rc, 0, "its page can still be read",
                try_read(TREE) == 0);
    check("mapping it writable", make_writable(s.l1), -XEN_EBUSY);
    rc = unpin(s.l3);
    check_state("MMUEXT_UNPIN_TABLE, a table of level 3 in use", rc, 0, "its page can still be read",
                try_read(TREE) == 0);
    check("MMUEXT_UNPIN_TABLE, a table that is in use but not pinned", unpin(s.l2), -XEN_EINVAL);
    check("MMUEXT_PIN_L3_TABLE, again", pin(3, s.l3), 0);
    mmu_update1(maddr_of(ROOT, TREE_SLOT), 0);
    check("mapping a table writable that only a pin holds", make_writable(s.l1), -XEN_EBUSY);
    check("MMUEXT_UNPIN_TABLE, the last use", unpin(s.l3), 0);
    check("mapping it writable then", make_writable(s.l1), 0);
    tree_fell();
}

/* What idle or pinned tables hold is still held. */
static void held(void)
{
    entries(s.l1)[0] = entry_for(s.page, FLAGS_RW);
    make_read_only(s.l1);
    pin(1, s.l1);
    make_read_only(s.page);
    check("MMUEXT_PIN_L1_TABLE, a page that a pinned table maps writable", pin(1, s.page), -XEN_EINVAL);
    unpin(s.l1);
    check("MMUEXT_PIN_L1_TABLE, a page that an unpinned table mapped writable", pin(1, s.page), 0);
    check("MMUEXT_PIN_L1_TABLE, the table that maps that page writable", pin(1, s.l1), -XEN_EBUSY);
    unpin(s.page);
    check("MMUEXT_PIN_L1_TABLE, when the page is free again", pin(1, s.l1), 0);
    make_ordinary(s.l1);
    make_ordinary(s.page);
}

/* One table in many places, and one page in all entries of a table. */
static void many_uses(void)
{
    unsigned int i;

    for (i = 0; i < 512; i++)
        entries(s.l1)[i] = entry_for(s.page, FLAGS_RW);
    for (i = 0; i < 512; i++)
        entries(s.l2)[i] = entry_for(s.l1, FLAGS_TABLE);
    for (i = 0; i < 512; i++)
        entries(s.l3)[i] = entry_for(s.l2, FLAGS_TABLE);
    make_read_only(s.l1);
    make_read_only(s.l2);
    make_read_only(s.l3);
    check("MMUEXT_PIN_L3_TABLE, a tree that names each table 512 times, XSA-45 XSA-264", pin(3, s.l3), 0);
    check("mapping its leaf table writable", make_writable(s.l1), -XEN_EBUSY);
    check("MMUEXT_UNPIN_TABLE, that tree", unpin(s.l3), 0);
    check_true("all its tables are free", make_ordinary(s.l1) && make_ordinary(s.l2) && make_ordinary(s.l3) &&
               is_ordinary(s.page));
}

void test_pins(void)
{
    scratch_take();
    one_page();
    change_of_level();
    bad_entries();
    kinds_of_bad_entries();
    deep();
    in_use();
    held();
    many_uses();
    scratch_give_back();
}
