/* tlb.c: what one vcpu changes in page tables must be so on the other at once: while the second writes
 * to a page in a loop that never leaves it, the first takes the right away. The class of bug: a flush
 * that leaves a CPU out, or a frame that is a page table, a descriptor page or free memory while a CPU
 * still writes to it. */
#include "second.h"

#include <string.h>
#include <xen/memory.h>
#include <pv/memory.h>

#define BEYOND (1UL << 50 | PV_PTE_P)    /* an entry that no table may have */
#define SLOT 7      /* of the word in the page that is written */

static volatile unsigned int writes, stop;
static volatile uint64_t *victim, value;
static char *pages;             /* two, of which the first is the victim */

/* Writes until told to stop, or until it is not allowed any more. Nothing here enters the hypervisor. */
static long hammer(void *arg)
{
    (void)arg;
    while (!stop) {
        victim[SLOT] = value;
        writes++;
    }
    return 0;
}

static long read_on(void *arg)
{
    (void)arg;
    while (!stop) {
        (void)victim[SLOT];
        writes++;
    }
    return 0;
}

static bool begin(long (*how)(void *))
{
    stop = 0;
    writes = 0;
    victim = (volatile uint64_t *)pages;
    second_begin(how, NULL);
    return changes(&writes, 0);
}

/* Its trap, or 0 if it still goes on so long after the change. */
static long end_within(uint64_t ns)
{
    uint64_t until = pv_now_ns() + ns;

    while (!second_has_answered() && pv_now_ns() < until)
        yield();
    stop = 1;
    return second_end();
}

static long end(void)
{
    return end_within(2 * PV_NS_PER_SEC);
}

static uint64_t entry_address(const void *page)
{
    uint64_t at = 0;

    pv_pt_lookup(page, 1, &at);
    return at;
}

/* Changes the entry and leaves the TLBs as they are. */
static long set_quietly(uint64_t flags)
{
    return mmu_update1(entry_address(pages) | MMU_NORMAL_PT_UPDATE, entry_for(pages, flags));
}

static long multi(unsigned int cmd, uint64_t vcpus)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.linear_addr = (unsigned long)pages;
    set_xen_guest_handle(op.arg2.vcpumask, &vcpus);
    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void flushes(void)
{
    static const struct { const char *name; unsigned int cmd; uint64_t vcpus; } rows[] = {
        { "MMUEXT_INVLPG_MULTI, the other vcpu", MMUEXT_INVLPG_MULTI, 2 },
        { "MMUEXT_INVLPG_MULTI, both vcpus and some that are not there", MMUEXT_INVLPG_MULTI, ~0UL },
        { "MMUEXT_INVLPG_ALL", MMUEXT_INVLPG_ALL, 0 },
        { "MMUEXT_TLB_FLUSH_MULTI, the other vcpu", MMUEXT_TLB_FLUSH_MULTI, 2 },
        { "MMUEXT_TLB_FLUSH_ALL", MMUEXT_TLB_FLUSH_ALL, 0 },
    };
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(hammer);
        set_quietly(FLAGS_RO);
        rc = multi(rows[i].cmd, rows[i].vcpus);
        check(rows[i].name, rc, 0);
        check(named("%s: its next write", rows[i].name), end(), TRAP(14, 3));
        make_writable(pages);
    }
}

static void va_mappings(void)
{
    static uint64_t other = 2;
    const struct { const char *name; unsigned long flags; } rows[] = {
        { "update_va_mapping, read-only, UVMF_INVLPG on all", UVMF_INVLPG | UVMF_ALL },
        { "update_va_mapping, read-only, UVMF_TLB_FLUSH on all", UVMF_TLB_FLUSH | UVMF_ALL },
        { "update_va_mapping, read-only, UVMF_INVLPG on the other", UVMF_INVLPG | (unsigned long)&other },
        { "update_va_mapping, read-only, UVMF_TLB_FLUSH on the other",
          UVMF_TLB_FLUSH | (unsigned long)&other },
    };
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(hammer);
        rc = HYPERVISOR_update_va_mapping((unsigned long)pages, entry_for(pages, FLAGS_RO), rows[i].flags);
        check(rows[i].name, rc, 0);
        check(named("%s: its next write", rows[i].name), end(), TRAP(14, 3));
        make_writable(pages);
    }
    begin(read_on);
    check("update_va_mapping, nothing, UVMF_INVLPG on all",
          HYPERVISOR_update_va_mapping((unsigned long)pages, 0, UVMF_INVLPG | UVMF_ALL), 0);
    check("update_va_mapping, nothing, UVMF_INVLPG on all: its next read", end(), TRAP(14, 0));
}

void test_tlb(void)
{
    uint64_t entry;

    if (!second_start())
        return;
    pages = pv_pages_alloc(1);
    entry = entry_for(pages, FLAGS_RW | PV_PTE_NX);
    flushes();
    va_mappings();
    set_va(pages, entry);
    pv_pages_free(pages, 1);
    second_stop();
}

static void tables(void)
{
    static const struct { const char *name; unsigned int cmd; } rows[] = {
        { "MMUEXT_PIN_L1_TABLE", MMUEXT_PIN_L1_TABLE }, { "MMUEXT_PIN_L2_TABLE", MMUEXT_PIN_L2_TABLE },
        { "MMUEXT_PIN_L3_TABLE", MMUEXT_PIN_L3_TABLE }, { "MMUEXT_PIN_L4_TABLE", MMUEXT_PIN_L4_TABLE },
    };
    xen_pfn_t mfn = pv_virt_to_mfn(pages);
    unsigned int i, k;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = 0, trap = TRAP(14, 3);

        /* Again and again: the flush that is missing may be missing once in a while. */
        for (k = 0; k < 4 && rc == 0 && trap == TRAP(14, 3); k++) {
            begin(hammer);
            set_quietly(FLAGS_RO);
            rc = mmuext1(rows[i].cmd, mfn);
            value = BEYOND;     /* Xen's initial domain may write what is right in an L1 table */
            trap = end();
            value = 0;
            mmuext1(MMUEXT_UNPIN_TABLE, mfn);
            memset(pages, 0, make_writable(pages) == 0 ? PV_PAGE_SIZE : 0);
        }
        check(named("%s, a page just written to by another vcpu, XSA-241 XSA-401", rows[i].name), rc, 0);
        check(named("%s: its next write, XSA-241 XSA-401", rows[i].name), trap, TRAP(14, 3));
    }
}

static void descriptors(void)
{
    unsigned long mfn = pv_virt_to_mfn(pages);
    long rc;

    begin(hammer);
    set_quietly(FLAGS_RO);
    rc = HYPERVISOR_set_gdt(&mfn, 512);
    check("set_gdt, a page just written to by another vcpu, XSA-401", rc, 0);
    check("set_gdt: its next write, XSA-401", end(), TRAP(14, 3));
    HYPERVISOR_set_gdt(NULL, 0);
    make_writable(pages);
}

/* The page is given back while the other vcpu may still write to it, and another takes its place, often
 * the same. (Xen 4.17 takes its time until the page is given out again: the other vcpu may go on until
 * then.) */
static void given_back(void)
{
    xen_pfn_t mfn = pv_virt_to_mfn(pages), pfn = ((uintptr_t)pages - PV_VIRT_BASE) >> PV_PAGE_SHIFT,
        got = pfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    char *elsewhere = pv_pages_alloc(1);
    uint64_t was = entry_for(elsewhere, FLAGS_RW | PV_PTE_NX), entry;
    long rc;

    value = 0x5ca1ab1e;
    begin(hammer);
    mmu_update1(entry_address(pages) | MMU_NORMAL_PT_UPDATE, 0);
    set_xen_guest_handle(r.extent_start, &mfn);
    check("XENMEM_decrease_reservation, a page just written to by another vcpu, XSA-511",
          HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 1);
    set_xen_guest_handle(r.extent_start, &got);
    check("XENMEM_populate_physmap, a page in its place, XSA-511",
          HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 1);
    ((xen_pfn_t *)pv_start_info->mfn_list)[pfn] = got;
    entry = (uint64_t)got << PV_PAGE_SHIFT | FLAGS_RW | PV_PTE_NX;
    rc = set_va(elsewhere, entry);
    if (rc == 0)
        ((uint64_t *)elsewhere)[SLOT] = 0;
    end_within(20 * PV_NS_PER_MS);
    check_state("update_va_mapping, that page", rc, 0, "the other vcpu does not write to it",
                rc == 0 && ((volatile uint64_t *)elsewhere)[SLOT] == 0);
    set_va(elsewhere, was);
    set_va(pages, entry);
    pv_pages_free(elsewhere, 1);
    value = 0;
}

void test_types(void)
{
    if (!second_start())
        return;
    pages = pv_pages_alloc(1);
    tables();
    descriptors();
    given_back();
    pv_pages_free(pages, 1);
    second_stop();
}
