/* roots.c: the roots of kernel and user mode. The class of bug: a root that is none, a root that is given up
 * while somebody runs on it, a user mode that sees what the kernel's root shows. */
#include "form.h"
#include "scratch.h"

#include <string.h>

FORM_CODE(root_read, "movb (%rdi), %al; ud2")
FORM_CODE(root_write, "movb $5, (%rdi); ud2")

static long new_root(const char *page)
{
    return mmuext1(MMUEXT_NEW_BASEPTR, mfn_of(page));
}

static long new_user_root(const char *page)
{
    return mmuext1(MMUEXT_NEW_USER_BASEPTR, mfn_of(page));
}

static long unpin(const char *page)
{
    return mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(page));
}

/* s.l4 maps what the live root maps, the hypervisor's slots included, as it may read them. */
static void copy_root(void)
{
    memcpy(s.l4, ROOT, PV_PAGE_SIZE);
    make_read_only(s.l4);
}

static void wrong_roots(void)
{
    static const char *const commands[] = { "MMUEXT_NEW_BASEPTR", "MMUEXT_NEW_USER_BASEPTR" };
    unsigned int level, user;
    long rc;

    for (user = 0; user < 2; user++) {
        unsigned int cmd = user ? MMUEXT_NEW_USER_BASEPTR : MMUEXT_NEW_BASEPTR;

        for (level = 1; level <= 3; level++) {
            make_read_only(s.t1);
            mmuext1(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(s.t1));
            rc = mmuext1(cmd, mfn_of(s.t1));
            check_state(named("%s, a pinned table of level %u", commands[user], level), rc, -XEN_EINVAL,
                        "the tree is where it was", try_read(TREE) == 0);
            make_ordinary(s.t1);
        }
        entries(s.t1)[9] = BEYOND << 4 | FLAGS_RW;
        make_read_only(s.t1);
        check(named("%s, a root with a bad entry", commands[user]), mmuext1(cmd, mfn_of(s.t1)), -XEN_EINVAL);
        make_ordinary(s.t1);
    }
    check_true("the page that was refused is ordinary", is_ordinary(s.t1));
}

static void switching(void)
{
    check("MMUEXT_NEW_BASEPTR, the same again", new_root(ROOT), 0);
    copy_root();
    check("MMUEXT_NEW_BASEPTR, a root that is not pinned", new_root(s.l4), 0);
    check("the tree shows: reading there", try_read(TREE), 0);
    check("the root that runs cannot be mapped writable", make_writable(s.l4), -XEN_EBUSY);
    check("MMUEXT_PIN_L4_TABLE, the root that runs", mmuext1(MMUEXT_PIN_L4_TABLE, mfn_of(s.l4)), 0);
    check("MMUEXT_UNPIN_TABLE, the root that runs", unpin(s.l4), 0);
    check("MMUEXT_UNPIN_TABLE, the root that runs, not pinned", unpin(s.l4), -XEN_EINVAL);
    check("the tree still shows", try_read(TREE), 0);
    check("an entry of the root that runs is cleared", mmu_update1(maddr_of(s.l4, TREE_SLOT), 0), 0);
    flush();
    check("the tree does not show any more", try_read(TREE), TRAP(14, 0));
    check("MMUEXT_NEW_BASEPTR, back", new_root(ROOT), 0);
    check("the tree shows in the other root", try_read(TREE), 0);
    check("the root that ran is mapped writable", make_writable(s.l4), 0);
    make_ordinary(s.l4);
}

/* A second tree: s.l4[TREE_SLOT] -> s.t3 -> s.t2 -> s.t1 -> s.other. */
static void build_second(void)
{
    entries(s.t1)[0] = entry_for(s.other, FLAGS_RW);
    entries(s.t2)[0] = entry_for(s.t1, FLAGS_TABLE);
    entries(s.t3)[0] = entry_for(s.t2, FLAGS_TABLE);
    memcpy(s.l4, ROOT, PV_PAGE_SIZE);
    entries(s.l4)[TREE_SLOT] = entry_for(s.t3, FLAGS_TABLE);
    make_read_only(s.t1);
    make_read_only(s.t2);
    make_read_only(s.t3);
    make_read_only(s.l4);
    *s.page = 'a';
    *s.other = 'b';
}

static char shown(void)
{
    return *(volatile char *)TREE;
}

/* What a processor remembers of one root must not show in another. */
static void two_roots(void)
{
    static const char *const pinned[] = { "not pinned", "pinned" };
    unsigned int i;

    build_second();
    for (i = 0; i < 2; i++) {
        if (i == 1)
            mmuext1(MMUEXT_PIN_L4_TABLE, mfn_of(s.l4));
        check(named("second root, %s: before", pinned[i]), shown(), 'a');
        new_root(s.l4);
        check(named("second root, %s: in it, XSA-292", pinned[i]), shown(), 'b');
        new_root(ROOT);
        check(named("second root, %s: back, XSA-292", pinned[i]), shown(), 'a');
        /* Changes to the root that does not run need no flush. */
        mmu_update1(maddr_of(s.t1, 0), entry_for(s.page, FLAGS_RO));
        new_root(s.l4);
        check(named("second root, %s: changed while the first ran, XSA-292", pinned[i]), shown(), 'a');
        mmu_update1(maddr_of(s.t1, 0), entry_for(s.other, FLAGS_RW));
        mmu_update1(maddr_of(s.l1, 0), entry_for(s.other, FLAGS_RW));
        new_root(ROOT);
        check(named("second root, %s: the first changed while it ran, XSA-292", pinned[i]), shown(), 'b');
        mmu_update1(maddr_of(s.l1, 0), entry_for(s.page, FLAGS_RW));
        new_root(s.l4);
        check(named("second root, %s: in it again, XSA-292", pinned[i]), shown(), 'b');
        new_root(ROOT);
        check(named("second root, %s: back again, XSA-292", pinned[i]), shown(), 'a');
    }
    check_true("the tables of the second root are free afterwards",
               make_ordinary(s.l4) && make_ordinary(s.t3) && make_ordinary(s.t2) && make_ordinary(s.t1));
}

/* The boot root is pinned by the builder: it stays a root when it is neither. */
static void unpinned_boot_root(void)
{
    copy_root();
    check("MMUEXT_UNPIN_TABLE, the live root", unpin(ROOT), 0);
    check("the tree shows: reading there, live root unpinned", try_read(TREE), 0);
    check("the live root, unpinned, cannot be mapped writable", make_writable(ROOT), -XEN_EBUSY);
    check("MMUEXT_PIN_L4_TABLE, the live root", mmuext1(MMUEXT_PIN_L4_TABLE, mfn_of(ROOT)), 0);
    make_ordinary(s.l4);
}

static long read_as_user(const char *at)
{
    struct form_regs r = { .rdi = (uint64_t)at };

    return form_run_user(root_read, &r, s.l4);
}

static long write_as_user(const char *at)
{
    struct form_regs r = { .rdi = (uint64_t)at };

    return form_run_user(root_write, &r, s.l4);
}

/* form_run_user() sets s.l4 as user root and takes it away: the user's code is in the kernel's text. */
static void user_mode(void)
{
    copy_root();
    check("user mode reads by its own root", read_as_user(TREE), TRAP(6, 0));
    mmu_update1(maddr_of(s.l4, TREE_SLOT), 0);
    check("user root not pinned, entry written like memory: user mode reads", read_as_user(TREE),
          TRAP(14, 4));
    check("user mode writes where its root has nothing", write_as_user(TREE), TRAP(14, 6));
    check("kernel mode still reads there", try_read(TREE), 0);
    mmuext1(MMUEXT_PIN_L4_TABLE, mfn_of(s.l4));
    mmu_update1(maddr_of(s.l4, TREE_SLOT), entry_for(s.l3, FLAGS_RO));
    check("user root with a read-only entry: user mode reads", read_as_user(TREE), TRAP(6, 0));
    check("user root with a read-only entry: user mode writes", write_as_user(TREE), TRAP(14, 7));
    check("kernel mode still writes there", try_write(TREE), 0);
    make_ordinary(s.l4);
    make_read_only(s.l4);
    check("user root with nothing: user mode's first instruction", read_as_user(TREE), TRAP(14, 20));
    make_ordinary(s.l4);
}

static void user_roots(void)
{
    make_read_only(s.l4);
    check("MMUEXT_NEW_USER_BASEPTR, an empty root that is not pinned", new_user_root(s.l4), 0);
    check("a user root cannot be mapped writable", make_writable(s.l4), -XEN_EBUSY);
    check("MMUEXT_PIN_L1_TABLE, a user root", mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.l4)), -XEN_EINVAL);
    check("MMUEXT_UNPIN_TABLE, a user root that is not pinned", unpin(s.l4), -XEN_EINVAL);
    check("MMUEXT_NEW_USER_BASEPTR, the same again", new_user_root(s.l4), 0);
    check("MMUEXT_NEW_USER_BASEPTR, the live root", new_user_root(ROOT), 0);
    check("the user root that was is mapped writable", make_writable(s.l4), 0);
    check("MMUEXT_NEW_USER_BASEPTR, none", mmuext1(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    check("MMUEXT_NEW_USER_BASEPTR, none twice", mmuext1(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    make_ordinary(s.l4);
}

void test_roots(void)
{
    scratch_take();
    tree_plant();
    wrong_roots();
    switching();
    two_roots();
    unpinned_boot_root();
    user_roots();
    user_mode();
    tree_fell();
    scratch_give_back();
}
