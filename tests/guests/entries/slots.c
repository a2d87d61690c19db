/* slots.c: entries that reach what is not the guest's part of the tables: the hypervisor's slots of a root,
 * and tables that lead to themselves. The class of bug: a root entry that the guest controls, a walk without
 * end. */
#include "scratch.h"

static void hypervisor_slots(void)
{
    static const struct { unsigned int slot; long want; } rows[] = {
        { 255, 0 },           { 256, -XEN_EINVAL }, { 257, -XEN_EINVAL }, { 258, -XEN_EINVAL },
        { 259, -XEN_EINVAL }, { 260, -XEN_EINVAL }, { 261, -XEN_EINVAL }, { 262, -XEN_EINVAL },
        { 263, -XEN_EINVAL }, { 264, -XEN_EINVAL }, { 265, -XEN_EINVAL }, { 266, -XEN_EINVAL },
        { 267, -XEN_EINVAL }, { 268, -XEN_EINVAL }, { 269, -XEN_EINVAL }, { 270, -XEN_EINVAL },
        { 271, -XEN_EINVAL }, { 272, 0 },           { 511, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const volatile uint64_t *slot = entries(ROOT) + rows[i].slot;
        uint64_t maddr = maddr_of(ROOT, rows[i].slot), old = *slot, table = entry_for(s.t3, FLAGS_TABLE);
        long rc = mmu_update1(maddr, table);

        check_state(named("root slot %u set to a table", rows[i].slot), rc, rows[i].want,
                    rc ? "it is as before" : "it is as asked",
                    ((*slot ^ (rc ? old : table)) & ~PV_PTE_A) == 0);
        check(named("root slot %u cleared", rows[i].slot), mmu_update1(maddr, 0), rows[i].want);
        check(named("root slot %u, the same again", rows[i].slot), mmu_update1(maddr, old), rows[i].want);
    }
}

/* Whether the hypervisor has something there is its own affair. */
static long but_present(long trap)
{
    return trap ? trap & ~1L : 0;
}

/* What is behind those slots. Only the machine-to-physical table can be read. */
static void hypervisor_addresses(void)
{
    unsigned int slot;

    for (slot = 256; slot < 272; slot++) {
        char *at = (char *)(0xffff000000000000UL | (uint64_t)slot << 39);

        check(named("reading where root slot %u leads", slot), but_present(try_read(at)),
              slot == 256 ? 0 : TRAP(14, 0));
        check(named("writing where root slot %u leads", slot), but_present(try_write(at)), TRAP(14, 2));
        PROBE("jmp *%0", , ARGS("r"(at + PV_PAGE_SIZE)));
        check(named("executing where root slot %u leads", slot), but_present(probe_result()), TRAP(14, 16));
    }
}

/* What the guest had written there before its page became a root. */
static void junk_in_slots(void)
{
    static const unsigned int slots[] = { 256, 257, 260, 261, 264, 270, 271 };
    unsigned int i;

    for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        long rc;

        entries(s.l4)[slots[i]] = entry_for(s.page, FLAGS_RW);
        make_read_only(s.l4);
        rc = mmuext1(MMUEXT_PIN_L4_TABLE, mfn_of(s.l4));
        check_state(named("MMUEXT_PIN_L4_TABLE, a page of ours in slot %u", slots[i]), rc, 0,
                    "the entry is not what it was", entries(s.l4)[slots[i]] != entry_for(s.page, FLAGS_RW));
        check_true(named("the page that slot %u named is as free as before", slots[i]), is_ordinary(s.page));
        make_ordinary(s.l4);
    }
}

/* Entries by which a table leads to itself or to one of its own level. */
static void recursion(void)
{
    static const char *const modes[] = { "read-only", "writable" };
    unsigned int level, rw;

    for (level = 2; level <= 4; level++)
        for (rw = 0; rw < 2; rw++) {
            char *self = level == 4 ? ROOT : table_of_level(level);
            unsigned int index = level == 4 ? TREE_SLOT + 7 : 7;
            uint64_t maddr = maddr_of(self, index), flags = rw ? FLAGS_RW : FLAGS_RO;

            check(named("a %s entry of level %u for its own table, XSA-182 XSA-240", modes[rw], level),
                  mmu_update1(maddr, entry_for(self, flags)), rw ? -XEN_EINVAL : 0);
            if (level < 4)
                check(named("a %s entry of level %u for another table of its level, XSA-240", modes[rw],
                            level),
                      mmu_update1(maddr, entry_for(spare_of_level(level), flags)), rw ? -XEN_EINVAL : 0);
            if (rw == 0)
                check(named("a read-only entry of level %u for its own table made writable, XSA-182", level),
                      mmu_update1(maddr, entry_for(self, FLAGS_RW)), -XEN_EINVAL);
            check(named("level %u, the %s entry cleared", level, modes[rw]), mmu_update1(maddr, 0), 0);
        }
}

/* A chain of tables of one level, each of which leads to the next. */
static void chain(void)
{
    static const unsigned int pins[] = { MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        char *const tables[] = { s.page, s.l4, s.other };
        unsigned int at;

        for (at = 0; at < 3; at++) {
            if (at > 0)
                entries(tables[at])[1] = entry_for(tables[at - 1], FLAGS_RO);
            make_read_only(tables[at]);
            check(named("a chain of tables of level %u, XSA-240 XSA-280 XSA-309: table %u is pinned", i + 2,
                        at),
                  mmuext1(pins[i], mfn_of(tables[at])), at < 2 ? 0 : -XEN_EINVAL);
        }
        for (at = 3; at > 0; at--)
            mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(tables[at - 1]));
        check_true(named("the chained tables of level %u are free again", i + 2),
                   make_ordinary(s.other) && make_ordinary(s.l4) && make_ordinary(s.page));
    }
}

void test_slots(void)
{
    scratch_take();
    tree_plant();
    make_read_only(s.t2);
    make_read_only(s.t3);
    mmuext1(MMUEXT_PIN_L2_TABLE, mfn_of(s.t2));
    mmuext1(MMUEXT_PIN_L3_TABLE, mfn_of(s.t3));
    hypervisor_slots();
    hypervisor_addresses();
    recursion();
    tree_fell();
    junk_in_slots();
    chain();
    scratch_give_back();
}
