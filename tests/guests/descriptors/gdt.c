/* gdt.c: set_gdt and what the GDT then is for the processor. The class of bug: a descriptor that opens ring 0
 * or the hypervisor's segments to the guest; a table that the guest can still write. */
#include "descriptors.h"

#include <string.h>

#define GDT_MAX 7168    /* 14 pages; the hypervisor has the rest */

static uint64_t *page, *other;
static unsigned long frame, other_frame;

static unsigned long first_frame_of(const void *va, unsigned int level)
{
    return (unsigned long)((pv_pt_lookup(va, level, NULL) & PV_PTE_FRAME) >> PV_PAGE_SHIFT);
}

/* True if the page is in nobody's hands as a descriptor table: it can be mapped writable. */
static bool is_free(void *p)
{
    return make_writable(p) == 0;
}

static void counts(void)
{
    static const struct { const char *what; unsigned long entries; long want; } rows[] = {
        { "no entries", 0, 0 },
        { "1 entry", 1, 0 },
        { "511 entries", 511, 0 },
        { "512 entries", 512, 0 },
        { "513 entries", 513, 0 },
        { "7167 entries", GDT_MAX - 1, 0 },
        { "7168 entries, 14 times the same page", GDT_MAX, 0 },
        { "7169 entries", GDT_MAX + 1, -XEN_EINVAL },
        { "8192 entries", 8192, -XEN_EINVAL },
        { "65536 entries", 65536, -XEN_EINVAL },
        { "2^31 entries", 1UL << 31, -XEN_EINVAL },
        { "2^32 - 1 entries", UINT32_MAX, -XEN_EINVAL },
    };
    unsigned long frames[16];

    for (unsigned int i = 0; i < 16; i++)
        frames[i] = frame;
    make_read_only(page);
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("set_gdt, %s", rows[i].what), HYPERVISOR_set_gdt(frames, (unsigned int)rows[i].entries),
              rows[i].want);
    HYPERVISOR_set_gdt(frames, 0);
    check_true("set_gdt, no entries: the page is free", is_free(page));
    check("set_gdt, no entries, list NULL", HYPERVISOR_set_gdt(NULL, 0), 0);
}

static void lists(void)
{
    static const struct { const char *what; void *list; unsigned int entries; long want; } rows[] = {
        { "list NULL", NULL, 1, -XEN_EFAULT },
        { "list unmapped", UNMAPPED, 1, -XEN_EFAULT },
        { "list non-canonical", NON_CANONICAL, 1, -XEN_EFAULT },
        { "list in hypervisor space", HYPERVISOR_SPACE, 1, -XEN_EFAULT },
        { "list ends at the top of memory", (void *)-8L, 1024, -XEN_EFAULT },
        { "list wraps", (void *)-16L, 2048, -XEN_EFAULT },
        { "list unmapped, too many entries", UNMAPPED, GDT_MAX + 1, -XEN_EINVAL },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("set_gdt, %s", rows[i].what), HYPERVISOR_set_gdt(rows[i].list, rows[i].entries),
              rows[i].want);
}

/* Frames that must not become descriptor pages. One good frame before each: it must not stay taken. */
static void frames(void)
{
    const struct { const char *what; unsigned long frame; long want; } rows[] = {
        { "a page mapped writable", other_frame, -XEN_EINVAL },
        { "a level-1 table", first_frame_of(page, 2), -XEN_EINVAL },
        { "the level-4 table", pv_virt_to_mfn((void *)pv_start_info->pt_base), -XEN_EINVAL },
        { "the shared info page", pv_virt_to_mfn(pv_shared_info), -XEN_EINVAL },
        { "frame 0", 0, -XEN_EINVAL },
        { "a device's frame", 0xfee00, -XEN_EINVAL },
        { "a frame of the hypervisor's", first_frame_of(HYPERVISOR_FIRST, 4), -XEN_EINVAL },
        { "a frame beyond memory", 1UL << 36, -XEN_EINVAL },
        { "frame 2^40", 1UL << 40, -XEN_EINVAL },
        { "frame 2^52", 1UL << 52, -XEN_EINVAL },
        { "frame 2^64 - 1", ~0UL, -XEN_EINVAL },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long list[2] = { frame, rows[i].frame };
        long rc;

        make_read_only(page);
        rc = HYPERVISOR_set_gdt(list, 1024);
        check_state(named("set_gdt, second frame is %s", rows[i].what), rc, rows[i].want, "the first is free",
                    is_free(page));
    }
    HYPERVISOR_set_gdt(NULL, 0);
}

/* Whole pages with one descriptor at the last place, which set_gdt must look at although the count ends
 * before it. */
static void contents(void)
{
    static const struct { const char *what; uint64_t descriptor; long want; uint64_t becomes; } rows[] = {
        { "data, DPL 3", DATA_DPL3, 0, DATA_DPL3 },
        { "data, DPL 0", DATA_DPL0, 0, DATA_DPL3 },
        { "64-bit code, DPL 3", CODE64_DPL3, 0, CODE64_DPL3 },
        { "64-bit code, DPL 0", CODE64_DPL0, 0, CODE64_DPL3 },
        { "32-bit code, DPL 3", CODE32_DPL3, 0, CODE32_DPL3 },
        { "a call gate", CALL_GATE, 0, CALL_GATE },
        { "a task segment", TSS_FREE, -XEN_EINVAL, TSS_FREE },
        { "a local table", LDT_DESC, -XEN_EINVAL, LDT_DESC },
        { "an absent call gate", CALL_GATE & ~(1UL << 47), 0, CALL_GATE & ~(1UL << 47) },
        { "all ones", ~0UL, 0, ~0UL },
        { "all ones but for S", ~(1UL << 44), -XEN_EINVAL, ~(1UL << 44) },
        { "all ones but for P", ~(1UL << 47), 0, ~(1UL << 47) },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long list = frame;
        uint64_t but;
        long rc;

        page[511] = rows[i].descriptor;
        make_read_only(page);
        rc = HYPERVISOR_set_gdt(&list, 1);
        but = rows[i].descriptor == CALL_GATE ? 3UL << 45 : 0;    /* its DPL depends on who is asked */
        check_state(named("set_gdt, 1 entry, the page's last is %s", rows[i].what), rc, rows[i].want,
                    "it is in the page as DPL 3, or as it was",
                    ((page[511] ^ rows[i].becomes) & ~but) == 0);
        HYPERVISOR_set_gdt(NULL, 0);
        make_writable(page);
    }
    page[511] = 0;
}

/* While it is a GDT the page stays so. */
static void in_use(void)
{
    unsigned long list[2] = { frame, frame };
    long rc;

    make_read_only(page);
    check("set_gdt, a page for reading", HYPERVISOR_set_gdt(list, 512), 0);
    rc = set_va(page, entry_for(page, FLAGS_RW));
    check_state("update_va_mapping, the GDT's page writable", rc, -XEN_EBUSY, "its entry is as before",
                !(pv_pt_lookup(page, 1, NULL) & PV_PTE_RW));
    check("MMUEXT_PIN_L1_TABLE, the GDT's page", mmuext1(MMUEXT_PIN_L1_TABLE, frame), -XEN_EINVAL);
    check("set_gdt, the same page again", HYPERVISOR_set_gdt(list, 512), 0);
    check("set_gdt, its page twice", HYPERVISOR_set_gdt(list, 1024), 0);
    check("set_gdt, refused", HYPERVISOR_set_gdt(UNMAPPED, 512), -XEN_EFAULT);
    rc = HYPERVISOR_update_descriptor(frame << 12 | 8, DATA_DPL3);
    check("set_gdt, refused: the GDT is as before", rc, 0);
    check("set_gdt, refused: its selector loads", try_load(SEG_FS, 8 + 3), 0);
    list[1] = other_frame;
    check("set_gdt, second frame is bad", HYPERVISOR_set_gdt(list, 1024), -XEN_EINVAL);
    check("set_gdt, second frame is bad: a selector of the old one loads", try_load(SEG_FS, 8 + 3), 0);
    HYPERVISOR_set_gdt(NULL, 0);
    check("set_gdt, no entries: the selector does not load", try_load(SEG_FS, 8 + 3), TRAP(13, 8));
    check_true("set_gdt, no entries: the page can be written", is_free(page) && (page[1] = 0) == 0);
}

/* Descriptors that loads and LAR, LSL, VERR, VERW see, in the second of two pages. */
static void selectors(void)
{
    static const struct {
        const char *what;
        uint64_t descriptor;
        long load, load_ss, rights, limit;
        bool read, write;
    } rows[] = {
        { "empty", 0, TRAP(13, 4096), TRAP(13, 4096), -1, -1, false, false },
        { "data", DATA_DPL3, 0, 0, 0xc0f300, 0xffffffff, true, true },
        { "data, one byte", 0x0040f30000000000, 0, 0, 0x40f300, 0, true, true },
        { "data, read-only", 0x00cff1000000ffff, 0, TRAP(13, 4096), 0xc0f100, 0xffffffff, true, false },
        { "data, absent", DATA_DPL3 & ~(1UL << 47), TRAP(11, 4096), TRAP(12, 4096), 0xc07300, 0xffffffff,
          true, true },
        { "data, absent, DPL 0", DATA_DPL0 & ~(1UL << 47), TRAP(13, 4096), TRAP(13, 4096), -1, -1, false,
          false },
        { "64-bit code", CODE64_DPL3, 0, TRAP(13, 4096), 0xa0fb00, 0xffffffff, true, false },
        { "code that cannot be read", 0x00aff9000000ffff, TRAP(13, 4096), TRAP(13, 4096), 0xa0f900,
          0xffffffff, false, false },
        { "a call gate, absent", CALL_GATE & ~(1UL << 47), TRAP(13, 4096), TRAP(13, 4096), 0x406c00, -1,
          false, false },
    };
    unsigned long list[2] = { frame, other_frame };

    make_read_only(page);
    make_read_only(other);
    HYPERVISOR_set_gdt(list, 1024);
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint16_t sel = 4096 + 3;

        HYPERVISOR_update_descriptor(other_frame << 12, rows[i].descriptor);
        check(named("load DS, %s", rows[i].what), try_load(SEG_DS, sel), rows[i].load);
        check(named("load SS, %s", rows[i].what), try_load(SEG_SS, sel), rows[i].load_ss);
        check_state(named("LAR, %s", rows[i].what), load_rights(sel), rows[i].rights, "LSL agrees",
                    load_limit(sel) == rows[i].limit);
        check(named("VERR + 2 VERW, %s", rows[i].what), may_read(sel) + 2 * may_write(sel),
              rows[i].read + 2 * rows[i].write);
    }
    HYPERVISOR_update_descriptor(other_frame << 12, DATA_DPL3);
    for (unsigned int s = 0; s < SEGMENTS; s++)
        check(named("load %s, a selector of the second page", segment_names[s]), try_load(s, 4096 + 3), 0);
    for (unsigned int rpl = 0; rpl < 3; rpl++)
        check(named("load ES, with RPL %u", rpl), try_load(SEG_ES, (uint16_t)(4096 + rpl)), 0);
    check("load ES, the page that is not there", try_load(SEG_ES, 8192 + 3), TRAP(13, 8192));
    HYPERVISOR_set_gdt(NULL, 0);
    make_writable(page);
    make_writable(other);
}

/* The hypervisor's own part of the GDT: what its flat segments are is the ABI's, the rest is not for us. */
static void reserved(void)
{
    static const struct { const char *name; uint16_t selector; long load, rights, limit; } rows[] = {
        { "0xe000", 0xe003, TRAP(13, 0xe000), -1, -1 },
        { "0xe008, the hypervisor's code", 0xe00b, TRAP(13, 0xe008), -1, -1 },
        { "0xe010, the hypervisor's data", 0xe013, TRAP(13, 0xe010), -1, -1 },
        { "0xe018", 0xe019, TRAP(13, 0xe018), -1, -1 },
        { "0xe020", 0xe021, 0, 0xc0fb00, 0xffffffff },
        { "FLAT_RING3_CS32", FLAT_RING3_CS32, 0, 0xc0fb00, 0xffffffff },
        { "FLAT_RING3_DS32", FLAT_RING3_DS32, 0, 0xc0f300, 0xffffffff },
        { "FLAT_RING3_CS64", FLAT_RING3_CS64, 0, 0xa0fb00, 0xffffffff },
        { "0xe038", 0xe03b, TRAP(13, 0xe038), -1, -1 },
        { "0xe040, the task segment", 0xe043, TRAP(13, 0xe040), -1, -1 },
        { "0xe048, its upper half", 0xe04b, TRAP(13, 0xe048), -1, -1 },
        { "0xe050, the local table", 0xe053, TRAP(13, 0xe050), -1, -1 },
        { "0xe058, its upper half", 0xe05b, TRAP(13, 0xe058), -1, -1 },
        { "0xe060", 0xe063, TRAP(13, 0xe060), -1, -1 },
        { "0xe068", 0xe06b, TRAP(13, 0xe068), -1, -1 },
        { "0xe070", 0xe073, TRAP(13, 0xe070), -1, -1 },
        { "0xe078", 0xe07b, TRAP(13, 0xe078), -1, -1 },
        { "0xeff8", 0xeffb, TRAP(13, 0xeff8), -1, -1 },
        { "0xf000", 0xf003, TRAP(13, 0xf000), -1, -1 },
        { "0xfff8", 0xfffb, TRAP(13, 0xfff8), -1, -1 },
        { "0xdff8, the last of ours", 0xdffb, TRAP(13, 0xdff8), -1, -1 },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(named("load DS, selector %s", rows[i].name), try_load(SEG_DS, rows[i].selector), rows[i].load);
        check_state(named("LAR, selector %s", rows[i].name), load_rights(rows[i].selector), rows[i].rights,
                    "LSL agrees", load_limit(rows[i].selector) == rows[i].limit);
    }
}

void test_gdt(void)
{
    page = pv_pages_alloc(2);
    other = page + 512;
    frame = pv_virt_to_mfn(page);
    other_frame = pv_virt_to_mfn(other);
    counts();
    lists();
    frames();
    contents();
    in_use();
    selectors();
    reserved();
    memset(page, 0, 2 * PV_PAGE_SIZE);
    pv_pages_free(page, 2);
}
