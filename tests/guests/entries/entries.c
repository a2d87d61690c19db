/* entries.c: each flag of an entry at each level: in a new entry, and changed in one that is present. The
 * class of bug: a bit that is let through because an entry looks almost as before, or because it is not
 * present. */
#include "scratch.h"

#define AD (PV_PTE_A | PV_PTE_D)
#define AT 5                     /* the entry of each table that is tried */

struct place {
    unsigned int level;
    uint64_t maddr;
    const volatile uint64_t *slot;
    uint64_t target;             /* a frame that the entry may refer to */
    uint64_t base;               /* what is allowed for sure */
};

static struct place at_level(unsigned int level)
{
    char *table = level == 4 ? ROOT : table_of_level(level);
    unsigned int index = level == 4 ? TREE_SLOT + AT : AT;
    uint64_t target = entry_for(level == 1 ? s.other : spare_of_level(level - 1), 0);

    return (struct place){ level, maddr_of(table, index), entries(table) + index, target, target | FLAGS_RW };
}

/* The processor may set accessed and dirty. A kernel's page is opened to user mode, as all in a PV guest runs
 * there; Xen keeps such a page apart by bit 52, and others by the global bit. */
static uint64_t ignored(unsigned int level, uint64_t entry)
{
    uint64_t bits = AD;

    if (entry & PV_PTE_P)
        bits |= (level == 1 ? PV_PTE_G : 0) | (entry & PV_PTE_US ? 0 : PV_PTE_US | 1UL << 52);
    return bits;
}

static bool is(const struct place *p, uint64_t want)
{
    return ((*p->slot ^ want) & ~ignored(p->level, want)) == 0;
}

/* Sets the entry to `val`, from `old`; what was answered and whether the entry is as it must be then. */
static void set_from(const struct place *p, const char *name, uint64_t old, uint64_t val, long want)
{
    long rc;

    mmu_update1(p->maddr, old);
    rc = mmu_update1(p->maddr, val);
    check_state(name, rc, want, rc ? "it is as before" : "it is as asked", is(p, rc ? old : val));
    mmu_update1(p->maddr, 0);
    flush();
}

struct bit {
    unsigned int number;
    const char *name;
    long domu, initial;      /* level 1 */
    long upper;              /* levels 2 to 4 */
};

static const struct bit bits[] = {
    { 0, "present", 0, 0, 0 },
    { 1, "writable", 0, 0, 0 },
    { 2, "user", 0, 0, 0 },
    { 3, "PWT", -XEN_EINVAL, 0, -XEN_EINVAL },
    { 4, "PCD", -XEN_EINVAL, 0, -XEN_EINVAL },
    { 5, "accessed", 0, 0, 0 },
    { 6, "dirty", 0, 0, 0 },
    { 7, "PAT or PSE", -XEN_EINVAL, 0, -XEN_EINVAL },
    { 8, "global", 0, 0, -XEN_EINVAL },
    { 9, "software", 0, 0, 0 },
    { 10, "software", 0, 0, 0 },
    { 11, "software", 0, 0, 0 },
    { 40, "address", -XEN_EPERM, -XEN_EPERM, -XEN_EINVAL },
    { 45, "address", -XEN_EPERM, -XEN_EPERM, -XEN_EINVAL },
    { 51, "address", -XEN_EPERM, -XEN_EPERM, -XEN_EINVAL },
    { 52, "software", 0, 0, 0 },
    { 53, "software", 0, 0, 0 },
    { 54, "software", 0, 0, 0 },
    { 55, "software", 0, 0, 0 },
    { 56, "software", 0, 0, 0 },
    { 57, "software", 0, 0, 0 },
    { 58, "software", 0, 0, 0 },
    { 59, "software", 0, 0, 0 },
    { 60, "software", 0, 0, 0 },
    { 61, "software", 0, 0, 0 },
    { 62, "software", 0, 0, 0 },
    { 63, "no execute", 0, 0, 0 },
};

/* Advisories that concern a bit at a level. */
static const char *advisory(unsigned int level, unsigned int bit)
{
    if (bit == 0)
        return ", XSA-273";
    if (bit == 3 || bit == 4 || (bit == 7 && level == 1))
        return ", XSA-402";
    return bit == 7 ? ", XSA-148" : "";
}

static void each_bit(const struct place *p)
{
    unsigned int i;

    for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        const struct bit *b = &bits[i];
        uint64_t val = p->base ^ 1UL << b->number;
        long want = p->level > 1 ? b->upper : by_role(b->domu, b->initial);
        const char *with = p->base >> b->number & 1 ? "without" : "with",
                   *xsa = advisory(p->level, b->number);

        set_from(p, named("level %u: a new entry %s bit %u (%s)%s", p->level, with, b->number, b->name, xsa),
                 0, val, want);
        set_from(p,
                 named("level %u: a present entry changed in bit %u (%s)%s", p->level, b->number, b->name,
                       xsa),
                 p->base, val, want);
    }
}

/* Changes of several bits at once, one of which needs a look. */
static void combinations(const struct place *p)
{
    const uint64_t ro = p->base & ~PV_PTE_RW;
    const struct { const char *name; uint64_t from, to; bool upper; long want; } rows[] = {
        { "accessed, dirty and software bits", p->base, (p->base & ~AD) | 0xe00, false, 0 },
        { "all software bits", p->base, p->base | 0xe00 | 0x7ffUL << 52, false, 0 },
        { "writable and PSE together, XSA-148", ro, p->base | PV_PTE_PSE, true, -XEN_EINVAL },
        { "PSE with accessed and dirty, XSA-148", p->base & ~AD, p->base | PV_PTE_PSE, true, -XEN_EINVAL },
        { "PSE with global, XSA-148", p->base, p->base | PV_PTE_PSE | PV_PTE_G, true, -XEN_EINVAL },
        { "PSE with software bits, XSA-148", p->base, p->base | PV_PTE_PSE | 0xe00, true, -XEN_EINVAL },
        { "PSE in place of the table", 0, entry_for(s.other, FLAGS_RW | PV_PTE_PSE), true, -XEN_EINVAL },
        { "PSE, read-only, our own page", 0, entry_for(s.other, FLAGS_RO | PV_PTE_PSE), true, -XEN_EINVAL },
        { "PSE, frame 0", 0, FLAGS_RO | PV_PTE_PSE, true, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!rows[i].upper || p->level > 1)
            set_from(p, named("level %u: %s", p->level, rows[i].name), rows[i].from, rows[i].to,
                     rows[i].want);
}

/* What an entry that is not present may hold. */
static void absent(const struct place *p)
{
    const struct { const char *name; uint64_t val; long want; } rows[] = {
        { "all flags, no frame", 0xfff0000000000ffe, 0 },
        { "frame of a page of ours, XSA-273", entry_for(s.other, 0), 0 },
        { "frame 1, XSA-273", 0x1000, 0 },
        { "all flags and frame 1, XSA-273", 0xfff0000000001ffe, 0 },
        { "a frame beyond memory", BEYOND, 0 },
        { "all address bits", PV_PTE_FRAME, 0 },
        { "all bits but present", ~1UL, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_from(p, named("level %u, a new absent entry: %s", p->level, rows[i].name), 0, rows[i].val,
                 rows[i].want);
        set_from(p, named("level %u, a present entry made absent: %s", p->level, rows[i].name), p->base,
                 rows[i].val, rows[i].want);
    }
}

/* What the frame of an entry may be. */
static void targets(const struct place *p)
{
    char *const self = p->level == 4 ? ROOT : table_of_level(p->level);
    const struct { const char *name; uint64_t frame; long leaf, upper; } rows[] = {
        { "a page that is mapped writable", entry_for(s.page, 0), 0, -XEN_EINVAL },
        { "a pinned table of level 1", entry_for(s.t1, 0), -XEN_EBUSY, p->level == 2 ? 0 : -XEN_EINVAL },
        { "a pinned table of level 2", entry_for(s.t2, 0), -XEN_EBUSY, p->level == 3 ? 0 : -XEN_EINVAL },
        { "a pinned table of level 3", entry_for(s.t3, 0), -XEN_EBUSY, p->level == 4 ? 0 : -XEN_EINVAL },
        { "the table itself, writable, XSA-240", entry_for(self, 0), -XEN_EBUSY, -XEN_EINVAL },
        { "the live root", entry_for(ROOT, 0), -XEN_EBUSY, -XEN_EINVAL },
        { "a frame beyond memory", BEYOND << 4, -XEN_EPERM, -XEN_EINVAL },
        { "the shared page", pv_start_info->shared_info, 0, -XEN_EINVAL },
        { "a frame of the grant table", (uint64_t)grant_frame() << PV_PAGE_SHIFT, 0, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        set_from(p, named("level %u: an entry for %s", p->level, rows[i].name), 0, rows[i].frame | FLAGS_RW,
                 p->level == 1 ? rows[i].leaf : rows[i].upper);
}

/* The flags do what they say: the page is touched through the tree. */
static void effects(void)
{
    static const struct {
        const char *name;
        unsigned int level;
        uint64_t clear, set;
        long read, write;
    } rows[] = {
        { "level 1, as it was", 1, 0, 0, 0, 0 },
        { "level 1, read-only", 1, PV_PTE_RW, 0, 0, TRAP(14, 3) },
        { "level 2, read-only", 2, PV_PTE_RW, 0, 0, TRAP(14, 3) },
        { "level 3, read-only", 3, PV_PTE_RW, 0, 0, TRAP(14, 3) },
        { "level 4, read-only", 4, PV_PTE_RW, 0, 0, TRAP(14, 3) },
        { "level 1, without the user bit", 1, PV_PTE_US, 0, 0, 0 },
        { "level 2, without the user bit", 2, PV_PTE_US, 0, 0, 0 },
        { "level 3, without the user bit", 3, PV_PTE_US, 0, 0, 0 },
        { "level 4, without the user bit", 4, PV_PTE_US, 0, 0, 0 },
        { "level 1, absent", 1, PV_PTE_P | PV_PTE_FRAME, 0, TRAP(14, 0), TRAP(14, 2) },
        { "level 2, absent", 2, PV_PTE_P | PV_PTE_FRAME, 0, TRAP(14, 0), TRAP(14, 2) },
        { "level 3, absent", 3, PV_PTE_P | PV_PTE_FRAME, 0, TRAP(14, 0), TRAP(14, 2) },
        { "level 4, absent", 4, PV_PTE_P | PV_PTE_FRAME, 0, TRAP(14, 0), TRAP(14, 2) },
        { "level 1, global", 1, 0, PV_PTE_G, 0, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t maddr, old = pv_pt_lookup(TREE, rows[i].level, &maddr);

        mmu_update1(maddr, (old & ~rows[i].clear) | rows[i].set);
        flush();
        check(named("%s: reading there", rows[i].name), try_read(TREE), rows[i].read);
        check(named("%s: writing there", rows[i].name), try_write(TREE), rows[i].write);
        mmu_update1(maddr, old);
        flush();
    }
}

static void no_execute(void)
{
    unsigned int level;

    for (level = 1; level <= 4; level++) {
        uint64_t maddr, old = pv_pt_lookup(TREE, level, &maddr);

        mmu_update1(maddr, old | PV_PTE_NX);
        flush();
        PROBE("jmp *%0", , ARGS("r"(TREE)));
        check(named("level %u, no execute: executing there", level), probe_result(), TRAP(14, 17));
        mmu_update1(maddr, old);
    }
    flush();
}

/* Accessed and dirty: the processor's marks, kept or not. */
static void preserved(void)
{
    uint64_t maddr, entry;

    pv_pt_lookup(TREE, 1, &maddr);
    entry = entry_for(s.page, PV_PTE_P | PV_PTE_RW | PV_PTE_US);
    mmu_update1(maddr, entry);
    flush();
    check_true("a new entry is neither accessed nor dirty", (*entries(s.l1) & AD) == 0);
    try_read(TREE);
    check_true("reading marks it accessed", (*entries(s.l1) & AD) == PV_PTE_A);
    flush();
    try_write(TREE);
    check_true("writing marks it dirty", (*entries(s.l1) & AD) == AD);
    check("MMU_PT_UPDATE_PRESERVE_AD, to read-only",
          mmu_update1(maddr | MMU_PT_UPDATE_PRESERVE_AD, entry & ~PV_PTE_RW), 0);
    check_true("both marks are kept, the rest is as asked",
               ((*entries(s.l1) ^ (entry & ~PV_PTE_RW)) & ~PV_PTE_G) == AD);
    check("MMU_NORMAL_PT_UPDATE, to writable", mmu_update1(maddr, entry), 0);
    check_true("the marks are gone", (*entries(s.l1) & AD) == 0);
    check("MMU_PT_UPDATE_PRESERVE_AD, to absent", mmu_update1(maddr | MMU_PT_UPDATE_PRESERVE_AD, 0), 0);
    check_true("it is absent", !(*entries(s.l1) & PV_PTE_P));
    mmu_update1(maddr, entry);
    flush();
}

void test_entries(void)
{
    unsigned int level;

    scratch_take();
    tree_plant();
    for (level = 1; level <= 3; level++) {
        make_read_only(spare_of_level(level));
        mmuext1(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(spare_of_level(level)));
    }
    for (level = 1; level <= 4; level++) {
        struct place p = at_level(level);

        each_bit(&p);
        combinations(&p);
        absent(&p);
        targets(&p);
    }
    effects();
    no_execute();
    preserved();
    tree_fell();
    scratch_give_back();
}
