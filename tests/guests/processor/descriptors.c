/* descriptors.c: segment descriptors and segment bases: GDT, LDT, single descriptors, FS and GS. The class of
 * bug: a descriptor that opens ring 0 or the hypervisor's segments to the guest. */
#include "case.h"

#include <xen/sched.h>



/* A data segment of 4 GiB at 0, DPL 3; a code segment, DPL 0; a system segment. */
#define DATA_DPL3 0x00cff3000000ffffUL
#define CODE64_DPL0 0x00af9b000000ffffUL
#define TSS_AVAILABLE 0x0000890000000067UL

static uint64_t *page;          /* descriptors */
static unsigned long frame;

static void gdt(void)
{
    unsigned long bad = 1UL << 40;
    uint16_t fs;

    check("set_gdt: none", HYPERVISOR_set_gdt(&frame, 0), 0);
    check("set_gdt: one more than fit", HYPERVISOR_set_gdt(&frame, 7169), -XEN_EINVAL);
    check("set_gdt: unmapped list", HYPERVISOR_set_gdt((unsigned long *)0x1000, 1), -XEN_EFAULT);
    check("set_gdt: no such frame", HYPERVISOR_set_gdt(&bad, 512), -XEN_EINVAL);
    check("set_gdt: a page that is mapped writable", HYPERVISOR_set_gdt(&frame, 512), -XEN_EINVAL);
    check("the page becomes read-only", set_va(page, entry_for(page, FLAGS_RO)), 0);
    check("set_gdt: now it is taken", HYPERVISOR_set_gdt(&frame, 512), 0);
    check("a descriptor page cannot become writable", set_va(page, entry_for(page, FLAGS_RW)), -XEN_EBUSY);
    check("update_descriptor in the GDT", HYPERVISOR_update_descriptor((frame << 12) + 8 * 8, DATA_DPL3), 0);
    check_true("the descriptor is in the page", page[8] == DATA_DPL3 || page[8] == (DATA_DPL3 | 1UL << 40));
    PROBE("mov %1, %%fs\n\tmov %%fs, %0", ARGS("=r"(fs)), ARGS("r"((uint16_t)(8 * 8 + 3))));
    check("the segment can be loaded", probe_result(), 0);
    check("and is what was loaded", fs, 8 * 8 + 3);
    PROBE("mov %0, %%fs", , ARGS("r"((uint16_t)(9 * 8 + 3))));
    check("an empty descriptor cannot", probe_result(), TRAP(13, 9 * 8));
    __asm__ volatile("mov %0, %%fs" : : "r"((uint16_t)0));
}

static void descriptors(void)
{
    uint64_t at = (frame << 12) + 16 * 8;

    check("update_descriptor: not aligned", HYPERVISOR_update_descriptor(at + 4, DATA_DPL3), -XEN_EINVAL);
    check("update_descriptor: no such frame", HYPERVISOR_update_descriptor(1UL << 51, DATA_DPL3),
          -XEN_EINVAL);
    check("update_descriptor: a task segment", HYPERVISOR_update_descriptor(at, TSS_AVAILABLE), -XEN_EINVAL);
    check("update_descriptor: code of ring 0 is made ring 3", HYPERVISOR_update_descriptor(at, CODE64_DPL0),
          0);
    check("its level in the page", page[16] >> 45 & 3, 3);
    check("update_descriptor: nothing", HYPERVISOR_update_descriptor(at, 0), 0);
    check("set_gdt: none again", HYPERVISOR_set_gdt(&frame, 0), 0);
    check("the page is writable again", set_va(page, entry_for(page, FLAGS_RW | PV_PTE_NX)), 0);
}

static long set_ldt(const void *base, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)base,
                            .arg2.nr_ents = entries };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void ldt(void)
{
    uint16_t sel = 4 * 8 + 4 + 3;

    check("SET_LDT: too many entries", set_ldt(page, 8193), -XEN_EINVAL);
    check("SET_LDT: not page-aligned", set_ldt(page + 1, 8), -XEN_EINVAL);
    page[4] = DATA_DPL3;
    check("SET_LDT: a page mapped writable is taken", set_ldt(page, 512), 0);
    PROBE("mov %0, %%fs", , ARGS("r"(sel)));
    check("but loads no segment: the page is not read-only", probe_result(), TRAP(14, 0));
    check("the page becomes read-only", set_va(page, entry_for(page, FLAGS_RO)), 0);
    PROBE("mov %0, %%fs", , ARGS("r"(sel)));
    check("a segment of the LDT can be loaded", probe_result(), 0);
    __asm__ volatile("mov %0, %%fs" : : "r"((uint16_t)0));
    check("SET_LDT: none", set_ldt(NULL, 0), 0);
    PROBE("mov %0, %%fs", , ARGS("r"(sel)));
    check("without LDT it cannot", probe_result(), TRAP(13, sel & ~3));
    check("the page is writable again", set_va(page, entry_for(page, FLAGS_RW | PV_PTE_NX)), 0);
}

static void bases(void)
{
    static uint64_t fs_data = 0x1122334455667788, gs_data = 0x8877665544332211;
    uint64_t value;

    check("set_segment_base: FS", HYPERVISOR_set_segment_base(SEGBASE_FS, (unsigned long)&fs_data), 0);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    check("FS reaches it", (long)value, (long)fs_data);
    check("set_segment_base: GS of the kernel",
          HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&gs_data), 0);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    check("GS reaches it", (long)value, (long)gs_data);
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    check("FS survives a yield", (long)value, (long)fs_data);
    check("set_segment_base: GS of user mode", HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 4096), 0);
    check("set_segment_base: GS selector 0", HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    check("set_segment_base: non-canonical FS",
          HYPERVISOR_set_segment_base(SEGBASE_FS, (unsigned long)NON_CANONICAL), -XEN_EINVAL);
    check("set_segment_base: non-canonical GS",
          HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)NON_CANONICAL), -XEN_EINVAL);
    check("set_segment_base: unknown register", HYPERVISOR_set_segment_base(9, 0), -XEN_EINVAL);
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
}

void test_descriptors(void)
{
    page = pv_pages_alloc(1);
    frame = pv_virt_to_mfn(page);
    gdt();
    descriptors();
    ldt();
    bases();
    pv_pages_free(page, 1);
}

void test_descriptors(void);
void test_emulation(void);
void test_fpu(void);

const struct kernel kernel = {
    .name = "processor", .checks = "GDT, LDT, emulated instructions, FPU",
    .groups = (const struct group[]){
        { "descriptors", test_descriptors, "GDT, LDT" },
        { "emulation", test_emulation, "emulated instructions" },
        { "fpu", test_fpu, "FPU" },
        { 0 },
    },
};
