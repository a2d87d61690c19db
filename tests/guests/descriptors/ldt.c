/* ldt.c: the local table. Its pages are looked at when the processor first needs one, so a page that will
 * not do shows as a fault at the guest's own address. The class of bug: a selector that reads past the table,
 * or in a page that the guest can write; a fault that names the hypervisor's address. */
#include "descriptors.h"

#include <string.h>

#define PAGES 3
#define EMPTY TRAP(13, (512 + 6) * 8 + 4)    /* the page is taken, and its descriptor is empty */
#define SELECTOR(n) ((uint16_t)((n) * 8 + 4 + 3))

static uint64_t *pages;

/* Nothing is looked at but the arguments, and of the base only where it begins. */
static void arguments(void)
{
    const struct { const char *what; unsigned long base, entries; long want; } rows[] = {
        { "no entries, base 0", 0, 0, 0 },
        { "1 entry", (unsigned long)pages, 1, 0 },
        { "512 entries", (unsigned long)pages, 512, 0 },
        { "8192 entries", (unsigned long)pages, 8192, 0 },
        { "8193 entries", (unsigned long)pages, 8193, -XEN_EINVAL },
        { "2^32 - 1 entries", (unsigned long)pages, UINT32_MAX, -XEN_EINVAL },
        { "base 8 bytes into a page", (unsigned long)pages + 8, 8, -XEN_EINVAL },
        { "base 1 byte into a page", (unsigned long)pages + 1, 8, -XEN_EINVAL },
        { "no entries, base 8 bytes into a page", (unsigned long)pages + 8, 0, 0 },
        { "base unmapped", 0x10000, 512, 0 },
        { "base non-canonical", (unsigned long)NON_CANONICAL, 512, -XEN_EINVAL },
        { "no entries, base non-canonical", (unsigned long)NON_CANONICAL, 0, 0 },
        { "base in hypervisor space", (unsigned long)HYPERVISOR_SPACE, 512, -XEN_EINVAL },
        { "base is the hypervisor's first page", 0xffff800000000000, 512, -XEN_EINVAL },
        { "the last page before the gap", 0x00007ffffffff000, 512, 0 },
        { "into the gap", 0x00007ffffffff000, 513, 0 },
        { "the top of memory", -0x1000UL, 512, 0 },
        { "wraps", -0x1000UL, 513, 0 },
        { "behind the hypervisor", 0xffff880000000000, 8192, 0 },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("MMUEXT_SET_LDT, %s", rows[i].what), set_ldt((void *)rows[i].base, rows[i].entries),
              rows[i].want);
    check("MMUEXT_SET_LDT, none", set_ldt(NULL, 0), 0);
}

/* Pages of all kinds at the place of the second page of the table. */
static void bad_pages(void)
{
    uint64_t *second = pages + 512, l1 = pv_pt_lookup(pages, 2, NULL) & PV_PTE_FRAME;
    const struct { const char *what; uint64_t entry, descriptor; long want; } rows[] = {
        { "mapped read-only", entry_for(second, FLAGS_RO), DATA_DPL3, EMPTY },
        { "mapped read-only, no-execute", entry_for(second, FLAGS_RO | PV_PTE_NX), DATA_DPL3, EMPTY },
        { "mapped writable", entry_for(second, FLAGS_RW), DATA_DPL3, TRAP(14, 0) },
        { "with a call gate", entry_for(second, FLAGS_RO), CALL_GATE, EMPTY },
        { "with a task segment", entry_for(second, FLAGS_RO), TSS_FREE, TRAP(14, 0) },
        { "with code of DPL 0", entry_for(second, FLAGS_RO), CODE64_DPL0, EMPTY },
        { "not mapped", 0, DATA_DPL3, TRAP(14, 0) },
        { "a level-1 table", l1 | FLAGS_RO, DATA_DPL3, TRAP(14, 0) },
        { "the shared info page", entry_for(pv_shared_info, FLAGS_RO), DATA_DPL3, TRAP(14, 0) },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc;

        make_writable(second);
        second[7] = rows[i].descriptor;
        set_va(second, rows[i].entry);
        set_ldt(pages, 1024);
        probe_address = 0;
        rc = try_load(SEG_FS, SELECTOR(512 + 6));
        check_state(named("load FS from an LDT page, %s", rows[i].what), rc, rows[i].want,
                    "a fault's address is the descriptor's",
                    rc != TRAP(14, 0) || probe_address == (uint64_t)&second[6]);
        set_ldt(NULL, 0);
    }
    make_writable(second);
    second[7] = 0;
}

static void limits(void)
{
    static const struct { const char *what; unsigned int entries, selector; long want; } rows[] = {
        { "the first of 1", 1, 0, 0 }, { "the second of 1", 1, 1, TRAP(13, SELECTOR(1) & ~3) },
        { "the last of 8", 8, 7, 0 }, { "the ninth of 8", 8, 8, TRAP(13, SELECTOR(8) & ~3) },
        { "the last of 512", 512, 511, 0 }, { "behind 512", 512, 512, TRAP(13, SELECTOR(512) & ~3) },
        { "in the second page", 513, 512, 0 }, { "behind 513", 513, 513, TRAP(13, SELECTOR(513) & ~3) },
        { "in the third page of 8192, not mapped", 8192, 1024, TRAP(14, 0) },
        { "the last of 8192, not mapped", 8192, 8191, TRAP(14, 0) },
    };

    for (unsigned int i = 0; i < 1024; i++)
        pages[i] = DATA_DPL3;
    make_read_only(pages);
    make_read_only(pages + 512);
    set_va(pages + 1024, 0);
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_ldt(pages, rows[i].entries);
        check(named("load ES, selector of the LDT: %s, XSA-298", rows[i].what),
              try_load(SEG_ES, SELECTOR(rows[i].selector)), rows[i].want);
    }
    set_ldt(pages, 8);
    for (unsigned int s = 0; s < SEGMENTS; s++)
        check(named("load %s, selector of the LDT", segment_names[s]), try_load(s, SELECTOR(3)), 0);
    check_state("LAR, selector of the LDT", load_rights(SELECTOR(3)), 0xc0f300, "LSL agrees",
                load_limit(SELECTOR(3)) == 0xffffffff);
    check("LAR, selector beyond the LDT, XSA-298", load_rights(SELECTOR(8)), -1);
    check("LSL, selector beyond the LDT, XSA-298", load_limit(SELECTOR(8)), -1);
    set_ldt(NULL, 0);
    check("LAR, selector of the LDT that was", load_rights(SELECTOR(3)), -1);
    make_writable(pages);
    make_writable(pages + 512);
    make_writable(pages + 1024);
}

/* A page that is in use as LDT is as good as one of the GDT. */
static void in_use(void)
{
    unsigned long frame = pv_virt_to_mfn(pages);
    long rc;

    memset(pages, 0, PV_PAGE_SIZE);
    pages[4] = DATA_DPL3;
    make_read_only(pages);
    set_ldt(pages, 512);
    check("update_va_mapping, an LDT page that nobody has looked at, writable",
          set_va(pages, entry_for(pages, FLAGS_RW | PV_PTE_NX)), 0);
    check("load FS, selector of an LDT page that is writable", try_load(SEG_FS, SELECTOR(4)), TRAP(14, 0));
    make_read_only(pages);
    check("load FS, it is read-only again", try_load(SEG_FS, SELECTOR(4)), 0);
    rc = set_va(pages, entry_for(pages, FLAGS_RW));
    check_state("update_va_mapping, an LDT page in use, writable", rc, -XEN_EBUSY, "its entry is as before",
                !(pv_pt_lookup(pages, 1, NULL) & PV_PTE_RW));
    rc = HYPERVISOR_update_descriptor((uint64_t)frame << 12 | 5 * 8, DATA_DPL3);
    check_state("update_descriptor, an LDT page in use", rc, 0, "its selector loads",
                try_load(SEG_FS, SELECTOR(5)) == 0);
    check("update_descriptor, an LDT page in use, a task segment",
          HYPERVISOR_update_descriptor((uint64_t)frame << 12 | 5 * 8, TSS_FREE), -XEN_EINVAL);
    check("set_gdt, the LDT's page too", HYPERVISOR_set_gdt(&frame, 512), 0);
    check("load FS, the same descriptor by the GDT", try_load(SEG_FS, 5 * 8 + 3), 0);
    HYPERVISOR_set_gdt(NULL, 0);
    check("MMUEXT_SET_LDT, the same again", set_ldt(pages, 512), 0);
    check("load FS, selector of the same LDT set again", try_load(SEG_FS, SELECTOR(4)), 0);
    check("MMUEXT_SET_LDT, none, after one in use", set_ldt(NULL, 0), 0);
    check("load FS, without LDT", try_load(SEG_FS, SELECTOR(4)), TRAP(13, SELECTOR(4) & ~3));
    check("update_va_mapping, the page of an LDT that is no more, writable",
          set_va(pages, entry_for(pages, FLAGS_RW | PV_PTE_NX)), 0);
}

/* A page whose mapping goes while the table is in use. */
static void unmapped_later(void)
{
    memset(pages, 0, PV_PAGE_SIZE);
    pages[4] = DATA_DPL3;
    make_read_only(pages);
    set_ldt(pages, 512);
    check("load FS, selector of the LDT before its page is unmapped", try_load(SEG_FS, SELECTOR(4)), 0);
    check("update_va_mapping, the LDT's page, nothing", set_va(pages, 0), 0);
    check("load FS, selector of the LDT after its page is unmapped", try_load(SEG_FS, SELECTOR(4)), 0);
    set_ldt(NULL, 0);
    make_writable(pages);
}

/* Far transfers through the LDT: no gate opens, neither one that is there nor one beyond the table. */
static void far_transfers(void)
{
    /* of the pointer at [rax] */
    static const struct insn call = INSN("\xff\x18"), jump = INSN("\xff\x28");
    static const struct { const char *what; uint64_t descriptor; long call, jump; } rows[] = {
        { "a call gate", CALL_GATE, TRAP(13, SELECTOR(4) & ~3), TRAP(13, SELECTOR(4) & ~3) },
        { "an absent call gate", CALL_GATE & ~(1UL << 47), TRAP(11, SELECTOR(4) & ~3),
          TRAP(11, SELECTOR(4) & ~3) },
        { "data", DATA_DPL3, TRAP(13, SELECTOR(4) & ~3), TRAP(13, SELECTOR(4) & ~3) },
    };
    struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) far = { 0, SELECTOR(4) };
    struct pv_regs in = { .rax = (uint64_t)&far };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_writable(pages);
        pages[4] = rows[i].descriptor;
        make_read_only(pages);
        set_ldt(pages, 8);
        check(named("far call, selector of the LDT: %s, XSA-298", rows[i].what), run(&call, &in),
              rows[i].call);
        check(named("far jump, selector of the LDT: %s, XSA-298", rows[i].what), run(&jump, &in),
              rows[i].jump);
        set_ldt(NULL, 0);
    }
    make_writable(pages);
}

void test_ldt(void)
{
    pages = pv_pages_alloc(PAGES);
    arguments();
    bad_pages();
    limits();
    in_use();
    unmapped_later();
    far_transfers();
    pv_pages_free(pages, PAGES);
}
