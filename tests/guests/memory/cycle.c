/* cycle.c: frames given back and taken. The class of bug: contents that survive, a frame that stays
 * reachable, counts that do not come back (XSA-100, XSA-385, XSA-511). */
#include "memory.h"
#include "pages.h"

#include <string.h>

#define MANY 64

/* What a page may hold that was given back and comes again, or that nobody had: one byte all over. */
static bool only_zeros_or_ours(const char *page)
{
    unsigned int i;

    for (i = 1; i < PV_PAGE_SIZE; i++)
        if (page[i] != page[0])
            return false;
    return page[0] == 0 || page[0] == 0x5a;
}

static void one_page(void)
{
    struct spare s = spare_begin(0x5a);
    long before = frames_owned();
    xen_pfn_t old = s.mfn;

    check_state("decrease_reservation of a page that is not mapped", spare_give(&s), 1,
                "we own one frame less",
                frames_owned() == before - 1);
    check_true("the machine-to-physical table has no number for it", m2p(old) == PV_INVALID_MFN);
    check_true("mapping it is refused", spare_map(&s, PV_PTE_RW | PV_PTE_NX) != 0);
    check_state("decrease_reservation of it, twice", spare_give(&s), 0, "we own no less",
                frames_owned() == before - 1);
    check_state("populate_physmap of the page", spare_take(&s), 1, "we own as many as before",
                frames_owned() == before);
    check_true("its number is in the machine-to-physical table", m2p(s.mfn) == s.pfn);
    check("mapping it then", spare_map(&s, PV_PTE_RW | PV_PTE_NX), 0);
    check_true("it holds zeros or what we gave back, XSA-100", only_zeros_or_ours(s.va));
    spare_end(&s);
}

static void limit(void)
{
    xen_pfn_t pfn = pv_start_info->nr_pages + 5000;
    long before = frames_owned(), rc = populate(&pfn, 1);

    check("populate_physmap beyond what we may own", rc, by_role(0, 1));
    if (rc == 1)
        give_back(&pfn, 1);
    check_true("we own as many as before", frames_owned() == before);
}

static void many_pages(void)
{
    static struct spare spares[MANY];
    static xen_pfn_t frames[MANY];
    long before = frames_owned();
    unsigned int i, clean = 0, known = 0;

    for (i = 0; i < MANY; i++) {
        spares[i] = spare_begin(0x5a);
        frames[i] = spares[i].mfn;
    }
    check_state("decrease_reservation of 64 pages", give_back(frames, MANY), MANY, "we own 64 less",
                frames_owned() == before - MANY);
    for (i = 0; i < MANY; i++)
        frames[i] = spares[i].pfn;
    check_state("populate_physmap of 64 pages", populate(frames, MANY), MANY, "we own as many as before",
                frames_owned() == before);
    for (i = 0; i < MANY; i++) {
        spares[i].mfn = frames[i];
        known += m2p(frames[i]) == spares[i].pfn;
        spare_map(&spares[i], PV_PTE_RW | PV_PTE_NX);
        clean += only_zeros_or_ours(spares[i].va);
        spare_end(&spares[i]);
    }
    check("pages of them that hold zeros or what we gave back, XSA-100", clean, MANY);
    check("pages of them that the machine-to-physical table knows", known, MANY);
}

static struct multicall_entry memory_op(unsigned int cmd, struct xen_memory_reservation *r, xen_pfn_t *list)
{
    *r = (struct xen_memory_reservation){ .nr_extents = MANY, .domid = DOMID_SELF };
    set_xen_guest_handle(r->extent_start, list);
    return (struct multicall_entry){ .op = __HYPERVISOR_memory_op, .args = { cmd, (unsigned long)r } };
}

/* The same as a list of two calls. */
static void in_a_multicall(void)
{
    static struct spare spares[MANY];
    static xen_pfn_t out[MANY], in[MANY];
    struct xen_memory_reservation give, take;
    struct multicall_entry calls[2];
    long before = frames_owned();
    unsigned int i;

    for (i = 0; i < MANY; i++) {
        spares[i] = spare_begin(0x5a);
        out[i] = spares[i].mfn;
        in[i] = spares[i].pfn;
    }
    calls[0] = memory_op(XENMEM_decrease_reservation, &give, out);
    calls[1] = memory_op(XENMEM_populate_physmap, &take, in);
    check("a multicall of decrease_reservation and populate_physmap", HYPERVISOR_multicall(calls, 2), 0);
    check("frames that the first took", (long)calls[0].result, MANY);
    check_state("frames that the second gave", (long)calls[1].result, MANY, "we own as many as before",
                frames_owned() == before);
    for (i = 0; i < MANY; i++) {
        spares[i].mfn = in[i];
        spare_end(&spares[i]);
    }
}

/* Numbers that a guest may choose for its pages. The table holds what it said. */
static void odd_numbers(void)
{
    static const struct {
        const char *name;
        xen_pfn_t pfn;
    } rows[] = {
        { "0", 0 }, { "2^28", 1UL << 28 }, { "2^32", 1UL << 32 }, { "2^40", 1UL << 40 },
        { "2^52", 1UL << 52 },
        { "2^63", 1UL << 63 }, { "2^64 - 2", ~1UL },
    };
    struct spare s = spare_begin(0);
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        xen_pfn_t frame = rows[i].pfn;
        long rc;

        spare_give(&s);
        rc = populate(&frame, 1);
        if (rc == 1)
            s.mfn = frame;
        else
            spare_take(&s);
        check_state(named("populate_physmap of page %s", rows[i].name), rc, 1,
                    "the machine-to-physical table says so", m2p(s.mfn) == rows[i].pfn);
    }
    spare_end(&s);
}

static void increased(void)
{
    struct spare s = spare_begin(0x5a);
    long before = frames_owned();
    xen_pfn_t mfn = 0;

    spare_give(&s);
    check_state("increase_reservation of one frame", increase(&mfn, 1), 1, "we own as many as before",
                frames_owned() == before);
    s.mfn = mfn;
    check_true("the machine-to-physical table has no number for that", m2p(mfn) == PV_INVALID_MFN);
    check("mapping that", spare_map(&s, PV_PTE_RW | PV_PTE_NX), 0);
    check_true("that holds zeros or what we gave back, XSA-100", only_zeros_or_ours(s.va));
    spare_end(&s);
}

/* The entry is gone, but nobody has told the processor. What it remembers must not reach what is handed out
 * next. */
static void stale_translation(void)
{
    struct spare old = spare_begin(0), window = spare_begin(0);
    xen_pfn_t windows_own = window.mfn;
    long before = frames_owned();
    unsigned int i, reached = 0;

    for (i = 0; i < 16; i++) {
        spare_map(&old, PV_PTE_RW | PV_PTE_NX);
        memset(old.va, 0x5a, PV_PAGE_SIZE);
        HYPERVISOR_update_va_mapping((unsigned long)old.va, 0, UVMF_NONE);
        if (spare_give(&old) != 1 || spare_take(&old) != 1)
            break;
        window.mfn = old.mfn;
        spare_map(&window, PV_PTE_RW | PV_PTE_NX);
        memset(window.va, 0, PV_PAGE_SIZE);
        PROBE("movb $0x77, (%0)", , ARGS("r"(old.va)));
        probe_result();
        reached += window.va[0] != 0;
        spare_map(&window, 0);
        mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    }
    check("rounds of giving back and taking", i, 16);
    check_state("pages that a stale translation reached after they were given out again, XSA-511", reached, 0,
                "we own as many as before", frames_owned() == before);
    window.mfn = windows_own;
    spare_end(&old);
    spare_end(&window);
}

void cycle(void)
{
    one_page();
    limit();
    many_pages();
    in_a_multicall();
    odd_numbers();
    increased();
    stale_translation();
}
