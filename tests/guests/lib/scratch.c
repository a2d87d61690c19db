/* scratch.c: see scratch.h. */
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <xen/grant_table.h>

struct scratch s;

static char **scratch_pages(void)
{
    return &s.l1;
}

void scratch_take(void)
{
    unsigned int i;

    for (i = 0; i < SCRATCH_PAGES; i++)
        scratch_pages()[i] = pv_pages_alloc(1);
}

bool make_ordinary(char *page)
{
    mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(page));
    if (make_writable(page) != 0)
        return false;
    memset(page, 0, PV_PAGE_SIZE);
    return true;
}

bool is_ordinary(char *page)
{
    static const unsigned int pins[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
    };
    unsigned int i;

    memset(page, 0, PV_PAGE_SIZE);
    for (i = 0; i < 4; i++) {
        bool ok = make_read_only(page) == 0 && mmuext1(pins[i], mfn_of(page)) == 0 &&
                  mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(page)) == 0;

        if (!ok || make_writable(page) != 0)
            return false;
        memset(page, 0, PV_PAGE_SIZE);    /* a root leaves the hypervisor's slots there */
    }
    return true;
}

void scratch_give_back(void)
{
    unsigned int i, left = 0;

    for (i = 0; i < SCRATCH_PAGES; i++) {
        bool ok = make_ordinary(scratch_pages()[i]) && is_ordinary(scratch_pages()[i]);

        if (!ok)
            printf("scratch page %u is in use\n", i);
        left += !ok;
    }
    for (i = 0; i < SCRATCH_PAGES && left == 0; i++)
        pv_pages_free(scratch_pages()[i], 1);
    check("afterwards: pages that are still in use as something", left, 0);
}

const volatile uint64_t *entry_of(const void *page)
{
    uint64_t table = pv_pt_lookup(page, 2, NULL) & PV_PTE_FRAME;

    return (uint64_t *)pv_mfn_to_virt(table >> PV_PAGE_SHIFT) + ((uintptr_t)page >> PV_PAGE_SHIFT & 511);
}

uint64_t entry_maddr(const void *page)
{
    uint64_t maddr;

    pv_pt_lookup(page, 1, &maddr);
    return maddr;
}

char *table_of_level(unsigned int level)
{
    return (&s.l1)[level - 1];
}

char *spare_of_level(unsigned int level)
{
    return (&s.t1)[level - 1];
}

void tree_plant(void)
{
    entries(s.l1)[0] = entry_for(s.page, FLAGS_RW);
    entries(s.l2)[0] = entry_for(s.l1, FLAGS_TABLE);
    entries(s.l3)[0] = entry_for(s.l2, FLAGS_TABLE);
    make_read_only(s.l1);
    make_read_only(s.l2);
    make_read_only(s.l3);
    if (mmu_update1(maddr_of(ROOT, TREE_SLOT), entry_for(s.l3, FLAGS_TABLE)) != 0)
        printf("the tree could not be planted\n");
}

void tree_fell(void)
{
    if (mmu_update1(maddr_of(ROOT, TREE_SLOT), 0) != 0)
        printf("the tree could not be felled\n");
    flush();
    make_ordinary(s.l1);
    make_ordinary(s.l2);
    make_ordinary(s.l3);
}

void flush(void)
{
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

xen_pfn_t grant_frame(void)
{
    static xen_pfn_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

    if (frame == 0) {
        set_xen_guest_handle(setup.frame_list, &frame);
        HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    }
    return frame;
}

static char *gdt;

char *gdt_take(void)
{
    unsigned long frame;

    gdt = pv_pages_alloc(1);
    frame = mfn_of(gdt);
    make_read_only(gdt);
    if (HYPERVISOR_set_gdt(&frame, 512) != 0)
        printf("the descriptor page was refused\n");
    return gdt;
}

void gdt_drop(void)
{
    HYPERVISOR_set_gdt(NULL, 0);
    check_true("the descriptor page is ordinary again", make_ordinary(gdt) && is_ordinary(gdt));
    pv_pages_free(gdt, 1);
}

long update_for(unsigned int foreigndom, uint64_t ptr, uint64_t val)
{
    struct mmu_update u = { .ptr = ptr, .val = val };

    return HYPERVISOR_mmu_update(&u, 1, NULL, foreigndom);
}

long try_read(const volatile void *at)
{
    PROBE("movb (%0), %%al", , ARGS("r"(at)), "rax");
    return probe_result();
}

long try_write(volatile void *at)
{
    PROBE("movb $1, (%0)", , ARGS("r"(at)));
    return probe_result();
}
