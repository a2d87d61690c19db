/* flushes.c: each way to flush makes each kind of change take effect, and the hypervisor itself flushes where
 * its own safety needs it. The class of bug: a translation that outlives its entry. */
#include "form.h"
#include "scratch.h"

#include <string.h>

FORM_CODE(flush_cr3, "movq %cr3, %rax; movq %rax, %cr3")

static unsigned long __attribute__((aligned(16))) this_vcpu = 1;

/* The ways. */
static void by_va(unsigned long flags)
{
    HYPERVISOR_update_va_mapping((unsigned long)TREE, pv_pt_lookup(TREE, 1, NULL), flags);
}

static void by_op(unsigned int cmd)
{
    struct mmuext_op op = { .cmd = cmd };

    if (cmd != MMUEXT_NEW_BASEPTR)
        op.arg1.linear_addr = (unsigned long)TREE;
    else
        op.arg1.mfn = mfn_of(ROOT);
    set_xen_guest_handle(op.arg2.vcpumask, &this_vcpu);
    HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void by_cr3(void)
{
    struct form_regs r = { .rflags = 0x202 };

    form_run(flush_cr3, &r);
}

struct way {
    const char *name;
    enum { VA, OP, CR3 } kind;
    unsigned long arg;
};

static const struct way ways[] = {
    { "update_va_mapping, UVMF_TLB_FLUSH, local", VA, UVMF_TLB_FLUSH | UVMF_LOCAL },
    { "update_va_mapping, UVMF_TLB_FLUSH, all", VA, UVMF_TLB_FLUSH | UVMF_ALL },
    { "update_va_mapping, UVMF_TLB_FLUSH, a mask", VA, UVMF_TLB_FLUSH | UVMF_MULTI },
    { "update_va_mapping, UVMF_INVLPG, local", VA, UVMF_INVLPG | UVMF_LOCAL },
    { "update_va_mapping, UVMF_INVLPG, all", VA, UVMF_INVLPG | UVMF_ALL },
    { "update_va_mapping, UVMF_INVLPG, a mask", VA, UVMF_INVLPG | UVMF_MULTI },
    { "MMUEXT_TLB_FLUSH_LOCAL", OP, MMUEXT_TLB_FLUSH_LOCAL },
    { "MMUEXT_TLB_FLUSH_MULTI", OP, MMUEXT_TLB_FLUSH_MULTI },
    { "MMUEXT_TLB_FLUSH_ALL", OP, MMUEXT_TLB_FLUSH_ALL },
    { "MMUEXT_INVLPG_LOCAL", OP, MMUEXT_INVLPG_LOCAL },
    { "MMUEXT_INVLPG_MULTI", OP, MMUEXT_INVLPG_MULTI },
    { "MMUEXT_INVLPG_ALL", OP, MMUEXT_INVLPG_ALL },
    { "MMUEXT_NEW_BASEPTR, the same root", OP, MMUEXT_NEW_BASEPTR },
    { "CR3 written", CR3, 0 },
};

static void go(const struct way *w)
{
    if (w->kind == VA)
        by_va(w->arg | (strstr(w->name, "a mask") ? (unsigned long)&this_vcpu : 0));
    else if (w->kind == OP)
        by_op((unsigned int)w->arg);
    else
        by_cr3();
}

/* The changes: the tree is TREE -> s.page, which holds 'a'; s.other and all below s.t1 hold 'b'. */
struct change {
    const char *name;
    unsigned int level;      /* of the entry that is changed */
    uint64_t clear;          /* bits to clear, or 0: the entry leads to the other page */
    long write;              /* what a write is answered after it */
};

static const struct change changes[] = {
    { "another page", 1, 0, 0 },
    { "read-only", 1, PV_PTE_RW, TRAP(14, 3) },
    { "absent", 1, ~0UL, TRAP(14, 2) },
    { "another table of level 1", 2, 0, 0 },
    { "a read-only entry of level 2", 2, PV_PTE_RW, TRAP(14, 3) },
    { "an absent entry of level 3", 3, ~0UL, TRAP(14, 2) },
    { "an absent entry of level 4", 4, ~0UL, TRAP(14, 2) },
};

static void one(const struct way *w, const struct change *c)
{
    uint64_t maddr, old = pv_pt_lookup(TREE, c->level, &maddr);
    uint64_t new = c->clear        ? old & ~c->clear
                   : c->level == 1 ? entry_for(s.other, FLAGS_RW)
                                   : entry_for(s.t1, FLAGS_TABLE);
    volatile char *at = TREE;
    char seen = 0;
    long rc;

    *s.page = 'a';
    *s.other = 'b';
    *at = 'a';                       /* the translation is remembered, for writing */
    mmu_update1(maddr, new);
    go(w);
    rc = try_write(at);
    if (rc == 0 || c->clear == PV_PTE_RW)
        seen = *at;
    check_state(named("%s: %s", c->name, w->name), rc, c->write,
                rc == 0 ? "the other page is written" : "nothing is written",
                rc == 0 ? seen == 1 && *s.page == 'a' && *s.other == 1 : *s.page == 'a' && *s.other == 'b');
    mmu_update1(maddr, old);
    flush();
}

static void every_way(void)
{
    unsigned int i, j;

    entries(s.t1)[0] = entry_for(s.other, FLAGS_RW);
    make_read_only(s.t1);
    mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.t1));
    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        for (j = 0; j < sizeof(ways) / sizeof(ways[0]); j++)
            if (changes[i].level == 1 || ways[j].kind != VA)
                one(&ways[j], &changes[i]);
    make_ordinary(s.t1);
}

/* A page was written through a mapping that is gone from the tables, but not flushed. It becomes something
 * that must not be written: the hypervisor must have seen to it. */
static void stale_writable(void)
{
    static const struct { const char *name; unsigned int cmd; } rows[] = {
        { "MMUEXT_PIN_L1_TABLE", MMUEXT_PIN_L1_TABLE },
        { "MMUEXT_PIN_L2_TABLE", MMUEXT_PIN_L2_TABLE },
        { "MMUEXT_PIN_L3_TABLE", MMUEXT_PIN_L3_TABLE },
        { "MMUEXT_PIN_L4_TABLE", MMUEXT_PIN_L4_TABLE },
        { "set_gdt", 0 },
        { "an entry of level 2", 1000 },
        { "MMUEXT_NEW_USER_BASEPTR", MMUEXT_NEW_USER_BASEPTR },
    };
    unsigned int i, old;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (old = 0; old < 2; old++) {
            uint64_t maddr = maddr_of(s.l1, 0);
            unsigned long frame = mfn_of(s.page);
            long rc;

            make_read_only(s.page);
            mmu_update1(maddr, entry_for(s.page, FLAGS_RW));
            *(volatile char *)TREE = 0;
            mmu_update1(maddr, old ? entry_for(s.page, FLAGS_RO) : 0);
            rc = rows[i].cmd == 0 ? HYPERVISOR_set_gdt(&frame, 512)
               : rows[i].cmd == 1000 ? mmu_update1(maddr_of(s.l2, 9), entry_for(s.page, FLAGS_TABLE))
                                     : mmuext1(rows[i].cmd, frame);
            check(named("a page whose mapping is %s but not flushed: %s", old ? "read-only" : "gone",
                        rows[i].name),
                  rc, 0);
            PROBE("movq $-1, (%0)", , ARGS("r"(TREE)));    /* no entry that could be set for us */
            rc = probe_result();
            check_state(named("a write through the old mapping, now %s, after %s, XSA-241 XSA-401 XSA-511",
                              old ? "read-only" : "gone", rows[i].name), rc, old ? TRAP(14, 3) : TRAP(14, 2),
                        "nothing is written", *s.page == 0);
            HYPERVISOR_set_gdt(NULL, 0);
            mmu_update1(maddr_of(s.l2, 9), 0);
            mmuext1(MMUEXT_NEW_USER_BASEPTR, 0);
            mmu_update1(maddr, 0);
            make_ordinary(s.page);
            mmu_update1(maddr, entry_for(s.page, FLAGS_RW));
        }
}

/* In the kernel's mode it would do, but that is not offered. */
static void invlpg(void)
{
    PROBE("invlpg (%0)", , ARGS("r"(TREE)));
    check("the instruction invlpg", probe_result(), TRAP(13, 0));
}

/* A second mapping of one page: a flush of one address leaves the other page's translations right too. */
static void other_addresses(void)
{
    mmu_update1(maddr_of(s.l1, 7), entry_for(s.other, FLAGS_RO));
    *s.other = 'b';
    try_read(TREE + 7 * PV_PAGE_SIZE);
    by_op(MMUEXT_INVLPG_LOCAL);
    check_true("another address after MMUEXT_INVLPG_LOCAL", TREE[7 * PV_PAGE_SIZE] == 'b');
    by_op(MMUEXT_TLB_FLUSH_ALL);
    check_true("another address after MMUEXT_TLB_FLUSH_ALL", TREE[7 * PV_PAGE_SIZE] == 'b');
    mmu_update1(maddr_of(s.l1, 7), 0);
    flush();
    check("that address after its entry was cleared", try_read(TREE + 7 * PV_PAGE_SIZE), TRAP(14, 0));
}

/* Global entries must not stay when others go. */
static void global_entries(void)
{
    static const unsigned int flushes[] = { MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_NEW_BASEPTR };
    unsigned int i;

    for (i = 0; i < 2; i++) {
        mmu_update1(maddr_of(s.l1, 0), entry_for(s.page, FLAGS_RW | PV_PTE_G));
        flush();
        try_write(TREE);
        mmu_update1(maddr_of(s.l1, 0), 0);
        by_op(flushes[i]);
        check(named("a global entry cleared: %s", i ? "MMUEXT_NEW_BASEPTR" : "MMUEXT_TLB_FLUSH_LOCAL"),
              try_read(TREE), TRAP(14, 0));
        mmu_update1(maddr_of(s.l1, 0), entry_for(s.page, FLAGS_RW));
    }
}

void test_flushes(void)
{
    scratch_take();
    tree_plant();
    every_way();
    other_addresses();
    global_entries();
    invlpg();
    stale_writable();
    tree_fell();
    scratch_give_back();
}
