/* in-use.c: frames given back while something still uses them. The class of bug: a frame that is handed to
 * somebody else while it is mapped, a table, pinned, granted or in a descriptor table (XSA-252). Xen takes
 * such a frame and frees it when the last use ends. */
#include "memory.h"
#include "pages.h"

#include <pv/grant.h>

/* After a frame was taken while in use, and the use has ended: gets the page a new one. */
static void replace(struct spare *s, long taken)
{
    if (taken == 1)
        spare_take(s);
    spare_end(s);
}

static void mapped(uint64_t flags, const char *how)
{
    struct spare s = spare_begin(0x5a);
    volatile char *byte = s.va;
    long rc, before = frames_owned();

    spare_map(&s, flags | PV_PTE_NX);
    rc = spare_give(&s);
    check(named("decrease_reservation of a page that is mapped %s", how), rc, 1);
    check_true(named("the mapping %s still shows it", how), *byte == 0x5a);
    check(named("mapping %s it a second time", how), make_read_only(s.va), 0);
    spare_map(&s, 0);
    check(named("frames that we own less when the mapping %s is gone", how), before - frames_owned(), 1);
    replace(&s, rc);
}

static void pinned(void)
{
    struct spare s = spare_begin(0);
    long rc, before = frames_owned();

    check("pinning a table", mmuext1(MMUEXT_PIN_L1_TABLE, s.mfn), 0);
    rc = spare_give(&s);
    check("decrease_reservation of a pinned table, XSA-252", rc, 1);
    check("unpinning it", mmuext1(MMUEXT_UNPIN_TABLE, s.mfn), 0);
    check_true("then we own as many less as were taken", before - frames_owned() == rc);
    replace(&s, rc);
}

/* A table of level 1 in the tables that we run on, under an unused entry of level 2. */
static void table_in_use(void)
{
    struct spare s = spare_begin(0);
    uint64_t maddr, *l2 = pv_pages_alloc(1), *l3 = pv_pages_alloc(1);
    long rc;

    l2[0] = (uint64_t)s.mfn << PV_PAGE_SHIFT | FLAGS_RW;
    l3[0] = entry_for(l2, FLAGS_RW);
    make_read_only(l2);
    make_read_only(l3);
    pv_pt_lookup(0, 4, &maddr);
    check("a tree of tables is hung in", mmu_update1(maddr + 300 * 8, entry_for(l3, FLAGS_RW)), 0);
    rc = spare_give(&s);
    check("decrease_reservation of a table in use", rc, 1);
    check("the tree is taken out", mmu_update1(maddr + 300 * 8, 0), 0);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    make_writable(l2);
    make_writable(l3);
    pv_pages_free(l2, 1);
    pv_pages_free(l3, 1);
    replace(&s, rc);
}

static void granted(void)
{
    struct spare s = spare_begin(0x5a);
    grant_ref_t ref;
    char *seen;
    int err = 0;
    long rc;

    spare_map(&s, PV_PTE_RW | PV_PTE_NX);
    ref = (grant_ref_t)pv_grant_access(own_domid, s.va, false);
    seen = pv_grant_map(own_domid, &ref, 1, true, &err);
    spare_map(&s, 0);
    check("mapping a grant of the page", err, 0);
    rc = spare_give(&s);
    check("decrease_reservation of a page that is granted and mapped by its grant", rc, 1);
    check_true("the grant still shows it", seen && seen[0] == 0x5a);
    check("unmapping the grant", seen ? pv_grant_unmap(seen, 1) : -1, 0);
    check("ending the grant", pv_grant_end(ref), 0);
    replace(&s, rc);
}

static void in_gdt(void)
{
    struct spare s = spare_begin(0);
    unsigned long frame = s.mfn;
    long rc;

    check("set_gdt of one frame", HYPERVISOR_set_gdt(&frame, 512), 0);
    rc = spare_give(&s);
    check("decrease_reservation of a frame of the GDT", rc, 1);
    check("set_gdt of none", HYPERVISOR_set_gdt(NULL, 0), 0);
    replace(&s, rc);
}

/* A table of descriptors that the processor loads by its address. */
static void in_ldt(void)
{
    struct spare s = spare_begin(0);
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)s.va,
                            .arg2.nr_ents = 512 };
    unsigned int limit = 0;
    long rc;

    spare_map(&s, PV_PTE_NX);
    check("MMUEXT_SET_LDT of one frame", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    /* Looking at an entry brings the frame into use. */
    __asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(0x7) : "cc");
    rc = spare_give(&s);
    check("decrease_reservation of a frame of the LDT, which is mapped", rc, 1);
    op.arg2.nr_ents = 0;
    check("MMUEXT_SET_LDT of none", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    spare_map(&s, 0);
    replace(&s, rc);
}

/* The root of user mode. */
static void user_root(void)
{
    struct spare s = spare_begin(0);
    long rc;

    check("MMUEXT_NEW_USER_BASEPTR", mmuext1(MMUEXT_NEW_USER_BASEPTR, s.mfn), 0);
    rc = spare_give(&s);
    check("decrease_reservation of the root of user mode", rc, 1);
    check("MMUEXT_NEW_USER_BASEPTR of none", mmuext1(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    replace(&s, rc);
}

/* Granted, but nobody has mapped it: then the grant has nothing to give. */
static void promised(void)
{
    struct spare s = spare_begin(0x5a);
    grant_ref_t ref;
    int err = 0;
    char *seen;
    long rc;

    spare_map(&s, PV_PTE_RW | PV_PTE_NX);
    ref = (grant_ref_t)pv_grant_access(own_domid, s.va, false);
    spare_map(&s, 0);
    rc = spare_give(&s);
    check("decrease_reservation of a page that is granted", rc, 1);
    seen = pv_grant_map(own_domid, &ref, 1, true, &err);
    check_true("the grant of a page that was given back cannot be mapped", err != 0);
    if (err == 0)
        pv_grant_unmap(seen, 1);
    check("ending that grant", pv_grant_end(ref), 0);
    replace(&s, rc);
}

void in_use(void)
{
    mapped(PV_PTE_RW, "writable");
    mapped(0, "read-only");
    pinned();
    table_in_use();
    granted();
    in_gdt();
    in_ldt();
    user_root();
    promised();
}
