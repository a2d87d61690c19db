/* m2p.c: the machine-to-physical table: everybody reads it, and has it changed for frames of his own. What it
 * says is the guest's affair: nothing may depend on it. The class of bug: a frame whose owner is not looked
 * at, a table that can be written, a decision made by what a guest put there. */
#include "scratch.h"

#include <xen/memory.h>

static void contents(void)
{
    struct xen_machphys_mapping map = { 0 };
    const xen_pfn_t *p2m = (const xen_pfn_t *)pv_start_info->mfn_list;
    unsigned long pfn, wrong = 0;

    check("XENMEM_machphys_mapping", HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map), 0);
    check_true("it begins where the ABI says", map.v_start == MACH2PHYS_VIRT_START);
    check_true("it has an entry for the frame of each of our pages", map.max_mfn >= mfn_of(s.page));
    for (pfn = 0; pfn < pv_start_info->nr_pages; pfn++)
        if (p2m[pfn] != PV_INVALID_MFN && machine_to_phys_mapping[p2m[pfn]] != pfn)
            wrong++;
    check("pages of ours whose entry is wrong", (long)wrong, 0);
}

static void writes(void)
{
    volatile unsigned long *own = (volatile unsigned long *)&machine_to_phys_mapping[mfn_of(s.page)];
    unsigned long before = *own, value = 7;

    check("a byte written to the first entry", try_write((void *)machine_to_phys_mapping), TRAP(14, 3));
    check("a byte written to our own entry", try_write(own), TRAP(14, 3));
    PROBE("movq $5, (%0)", , ARGS("r"(own)));
    check("an entry of ours overwritten", probe_result(), TRAP(14, 3));
    PROBE("lock orq $5, (%0)", , ARGS("r"(own)));
    check("an entry of ours changed with lock or", probe_result(), TRAP(14, 3));
    PROBE("xchgq %0, (%1)", ARGS("+r"(value)), ARGS("r"(own)));
    check("an entry of ours exchanged", probe_result(), TRAP(14, 3));
    check_true("our entry is as before", *own == before);
}

static void updates(void)
{
    static const struct { const char *name; uint64_t pfn; } values[] = {
        { "0", 0 }, { "4242", 4242 }, { "2^32", 1UL << 32 }, { "all ones", ~0UL }, { "2^63", 1UL << 63 },
    };
    const struct { const char *name; xen_pfn_t mfn; } others[] = {
        { "frame 0", 0 }, { "a frame beyond memory", BEYOND_MFN }, { "frame 2^32", 1UL << 32 },
        { "the last frame there can be", (1UL << 40) - 1 }, { "a frame number of 52 bits", (1UL << 52) - 1 },
    };
    xen_pfn_t mfn = mfn_of(s.page), pfn = machine_to_phys_mapping[mfn];
    unsigned int i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        long rc = mmu_update1(mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, values[i].pfn);

        check_state(named("MMU_MACHPHYS_UPDATE, a page of ours, %s", values[i].name), rc, 0,
                    "the table says so", machine_to_phys_mapping[mfn] == values[i].pfn);
    }
    /* The hypervisor must not have believed it. */
    mmu_update1(mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 1UL << 63);
    check_true("a page whose entry is nonsense can be used as before, XSA-251",
               make_writable(s.page) == 0 && try_write(s.page) == 0 && is_ordinary(s.page));
    check("MMU_MACHPHYS_UPDATE, back", mmu_update1(mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn), 0);
    check("MMU_MACHPHYS_UPDATE, an address inside the frame",
          mmu_update1(mfn << PV_PAGE_SHIFT | 0xff8 | MMU_MACHPHYS_UPDATE, pfn), 0);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        check(named("MMU_MACHPHYS_UPDATE, %s", others[i].name),
              mmu_update1(others[i].mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL);
    check("MMU_MACHPHYS_UPDATE, the shared page",
          mmu_update1(pv_start_info->shared_info | MMU_MACHPHYS_UPDATE, ~0UL), 0);
    check("MMU_MACHPHYS_UPDATE, a frame of the grant table",
          mmu_update1((uint64_t)grant_frame() << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, ~0UL), 0);
    check("MMU_MACHPHYS_UPDATE for our own number",
          update_for(own_domid, mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn), -XEN_ESRCH);
}

/* Two pages swap their numbers: addresses follow, memory does not. */
static void swapped(void)
{
    xen_pfn_t a = mfn_of(s.page), b = mfn_of(s.other), pfn_a = machine_to_phys_mapping[a],
              pfn_b = machine_to_phys_mapping[b];
    struct mmu_update u[2] = {
        { a << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn_b },
        { b << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn_a },
    };

    *s.page = 'a';
    *s.other = 'b';
    check("MMU_MACHPHYS_UPDATE, two pages of ours swapped", HYPERVISOR_mmu_update(u, 2, NULL, DOMID_SELF), 0);
    check_true("both entries are swapped",
               machine_to_phys_mapping[a] == pfn_b && machine_to_phys_mapping[b] == pfn_a);
    check_true("both pages are where they were", *s.page == 'a' && *s.other == 'b');
    u[0].val = pfn_a;
    u[1].val = pfn_b;
    check("MMU_MACHPHYS_UPDATE, swapped back", HYPERVISOR_mmu_update(u, 2, NULL, DOMID_SELF), 0);
}

void test_m2p(void)
{
    scratch_take();
    contents();
    writes();
    updates();
    swapped();
    scratch_give_back();
}
