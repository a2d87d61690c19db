/* bases.c: FS and GS bases by hypercall, by MSR and by instruction. The class of bug: a base that is not
 * canonical reaches the real register and faults in the hypervisor. */
#include "descriptors.h"

#include <xen/sched.h>

#define MSR_FS_BASE 0xc0000100U
#define MSR_GS_BASE 0xc0000101U
#define MSR_GS_SHADOW 0xc0000102U

static uint64_t fs_data = 0x1122334455667788, gs_data = 0x8877665544332211;

static uint64_t read_fs(void)
{
    uint64_t value;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

static uint64_t read_gs(void)
{
    uint64_t value;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    return value;
}

/* Which register is written; what reads it back. */
static const struct { const char *name; unsigned int which; uint32_t msr; } bases[] = {
    { "SEGBASE_FS", SEGBASE_FS, MSR_FS_BASE },
    { "SEGBASE_GS_USER", SEGBASE_GS_USER, MSR_GS_SHADOW },
    { "SEGBASE_GS_KERNEL", SEGBASE_GS_KERNEL, MSR_GS_BASE },
};

static const struct { const char *what; uint64_t value; long want_call, want_msr; } values[] = {
    { "0", 0, 0, 0 },
    { "an address of ours", 0x401000, 0, 0 },
    { "the last address before the gap", 0x00007fffffffffff, 0, 0 },
    { "the first address of the gap", 0x0000800000000000, -XEN_EINVAL, TRAP(13, 0) },
    { "the last address of the gap", 0xffff7fffffffffff, -XEN_EINVAL, TRAP(13, 0) },
    { "non-canonical", 0x0000900000000000, -XEN_EINVAL, TRAP(13, 0) },
    { "2^63", 1UL << 63, -XEN_EINVAL, TRAP(13, 0) },
    { "2^56", 1UL << 56, -XEN_EINVAL, TRAP(13, 0) },
    { "the hypervisor's first address", 0xffff800000000000, 0, 0 },
    { "in hypervisor space", 0xffff830000000000, 0, 0 },
    { "2^64 - 1", ~0UL, 0, 0 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void by_hypercall(void)
{
    for (unsigned int b = 0; b < COUNT(bases); b++)
        for (unsigned int i = 0; i < COUNT(values); i++) {
            bool right;
            long rc;

            HYPERVISOR_set_segment_base(bases[b].which, 0x1234000);
            rc = HYPERVISOR_set_segment_base(bases[b].which, values[i].value);
            right = read_msr(bases[b].msr) == (rc == 0 ? values[i].value : 0x1234000);
            check_state(named("set_segment_base, %s, %s, XSA-193", bases[b].name, values[i].what), rc,
                        values[i].want_call, rc == 0 ? "it is the base" : "the old one is the base", right);
            HYPERVISOR_set_segment_base(bases[b].which, 0);
        }
    check("set_segment_base, register 4", HYPERVISOR_set_segment_base(4, 0), -XEN_EINVAL);
    check("set_segment_base, register 2^32 - 1", HYPERVISOR_set_segment_base(UINT32_MAX, 0), -XEN_EINVAL);
}

static void by_msr(void)
{
    for (unsigned int b = 0; b < COUNT(bases); b++)
        for (unsigned int i = 0; i < COUNT(values); i++) {
            uint64_t is;
            long rc;

            write_msr(bases[b].msr, 0x1234000);
            probe_result();
            write_msr(bases[b].msr, values[i].value);
            rc = probe_result();
            is = read_msr(bases[b].msr);
            check_state(named("wrmsr, base of %s, %s, XSA-193", bases[b].name, values[i].what), rc,
                        values[i].want_msr, rc == 0 ? "it is the base" : "the old one is the base",
                        is == (rc == 0 ? values[i].value : 0x1234000));
            write_msr(bases[b].msr, 0);
        }
}

/* Memory through the segments. */
static void effect(void)
{
    uint64_t value = 0;
    long rc;

    HYPERVISOR_set_segment_base(SEGBASE_FS, (unsigned long)&fs_data);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&gs_data);
    check_true("read through FS, base set", read_fs() == fs_data);
    check_true("read through GS, base set", read_gs() == gs_data);
    HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    check_true("read through FS after a yield", read_fs() == fs_data);
    check_true("read through GS after a yield", read_gs() == gs_data);
    pv_sleep_ns(2 * PV_NS_PER_MS);
    check_true("read through FS after a sleep", read_fs() == fs_data);
    check_true("read through GS after a sleep", read_gs() == gs_data);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, (unsigned long)&fs_data);
    check_true("read through GS, the user's base set", read_gs() == gs_data);
    write_msr(MSR_FS_BASE, (uint64_t)&gs_data);
    check_true("read through FS, base written as an MSR", read_fs() == gs_data);
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0xffff830000000000);
    PROBE("mov %%fs:0, %0", ARGS("=r"(value)), );
    check("read through FS, base in hypervisor space", probe_result(), TRAP(14, 1));
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0x1000);
    PROBE("mov %%fs:0, %0", ARGS("=r"(value)), );
    rc = probe_result();
    check_state("read through FS, base unmapped", rc, TRAP(14, 0), "the address is the sum",
                probe_address == 0x1000);
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0x00007ffffffffffc);
    PROBE("mov %%fs:8, %0", ARGS("=r"(value)), );
    check("read through FS, over the end of the canonical range", probe_result(), TRAP(13, 0));
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
}

/* SEGBASE_GS_USER_SEL loads a selector into the GS that user mode has; its base goes with it. */
static void user_selector(void)
{
    static const struct { const char *what; unsigned long selector; uint64_t base; } rows[] = {
        { "null", 0, 0 }, { "null with RPL 3", 3, 0 }, { "the flat data segment", FLAT_RING3_DS32, 0 },
        { "data of the GDT", 8 + 3, 0x12345678 }, { "an empty descriptor", 16 + 3, 0 },
        { "beyond the GDT", 4096 + 3, 0 }, { "the hypervisor's data", 0xe013, 0 },
        { "the task segment", 0xe043, 0 }, { "beyond all", 0xfffb, 0 },
        { "of an LDT that is not there", 0xf, 0 },
        { "data of the GDT, 2^16 more", 65536 + 8 + 3, 0x12345678 },
    };
    uint64_t *gdt = pv_pages_alloc(1);
    unsigned long frame = pv_virt_to_mfn(gdt);

    gdt[1] = DATA_DPL3 | 0x1200003456780000UL;    /* base 0x12345678 */
    make_read_only(gdt);
    HYPERVISOR_set_gdt(&frame, 512);
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        long rc;

        HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 0x5000);
        HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0x6000);
        rc = HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, rows[i].selector);
        check_state(named("set_segment_base, SEGBASE_GS_USER_SEL, %s", rows[i].what), rc, 0,
                    "the base is the descriptor's, or 0; the kernel's is as before",
                    read_msr(MSR_GS_SHADOW) == rows[i].base && read_msr(MSR_GS_BASE) == 0x6000);
    }
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
    HYPERVISOR_set_gdt(NULL, 0);
    make_writable(gdt);
    gdt[1] = 0;
    pv_pages_free(gdt, 1);
}

/* The instructions for the bases, which a PV kernel has if its CR4 says so, and SWAPGS, which it has not. */
static void by_instruction(void)
{
    static const struct { const char *name; struct insn code; } instructions[] = {
        { "rdfsbase", INSN("\xf3\x48\x0f\xae\xc0") }, { "rdgsbase", INSN("\xf3\x48\x0f\xae\xc8") },
        { "wrfsbase", INSN("\xf3\x48\x0f\xae\xd0") }, { "wrgsbase", INSN("\xf3\x48\x0f\xae\xd8") },
    };
    static const struct insn swapgs = INSN("\x0f\x01\xf8");
    struct pv_regs in = { .rax = 0x3000 };
    uint64_t cr4;
    long rc;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    for (unsigned int on = 0; on < 2; on++) {
        uint64_t want = on ? cr4 | 0x10000 : cr4 & ~0x10000UL;

        __asm__ volatile("mov %0, %%cr4" : : "r"(want));
        for (unsigned int i = 0; i < COUNT(instructions); i++)
            check(named("%s, CR4.FSGSBASE %s, XSA-293", instructions[i].name, on ? "on" : "off"),
                  run(&instructions[i].code, &in), on ? 0 : TRAP(6, 0));
        if (on)
            check_true("wrfsbase and wrgsbase, the MSRs show it",
                       read_msr(MSR_FS_BASE) == 0x3000 && read_msr(MSR_GS_BASE) == 0x3000);
    }
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
    rc = run(&swapgs, &in);
    check_state("swapgs", rc, TRAP(13, 0), "the bases are as before",
                read_msr(MSR_GS_BASE) == 0 && read_msr(MSR_GS_SHADOW) == 0);
}

void test_bases(void)
{
    by_hypercall();
    by_msr();
    effect();
    user_selector();
    by_instruction();
}
