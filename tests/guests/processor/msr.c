/* msr.c: the policy for MSRs: which a guest may read, what it then sees, and which it may write. The class
 * of bug: a register of the host's that a guest sees or sets; one that faults in the hypervisor because this
 * processor does not have it. */
#define _GNU_SOURCE    /* memmem */
#include "processor.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REFUSED TRAP(13, 0)
#define INITIAL 1    /* the initial domain alone may read it */

/* What a read must give: refused, or a value of which the bits of the mask are as said. */
static const struct readable {
    const char *name;
    uint32_t msr;
    long want;
    uint64_t mask, value;
} readable[] = {
    { "TSC", 0x10, 0, 0, 0 },
    { "APIC_BASE", 0x1b, 0, 0x900, 0x900 },
    { "FEATURE_CONTROL", 0x3a, REFUSED, 0, 0 },
    { "TSC_ADJUST", 0x3b, REFUSED, 0, 0 },
    { "SPEC_CTRL", 0x48, REFUSED, 0, 0 },
    { "PRED_CMD", 0x49, REFUSED, 0, 0 },
    { "BIOS_UPDT_TRIG", 0x79, REFUSED, 0, 0 },
    { "UCODE_REV", 0x8b, 0, 0, 0 },
    { "PERFCTR0", 0xc1, REFUSED, 0, 0 },
    { "PLATFORM_INFO", 0xce, 0, ~0UL, 0 },
    { "PKG_CST_CONFIG", 0xe2, REFUSED, 0, 0 },
    { "MPERF", 0xe7, REFUSED, 0, 0 },
    { "APERF", 0xe8, REFUSED, 0, 0 },
    { "MTRRcap", 0xfe, REFUSED, 0, 0 },
    { "ARCH_CAPABILITIES", 0x10a, REFUSED, 0, 0 },
    { "FLUSH_CMD", 0x10b, REFUSED, 0, 0 },
    { "TSX_FORCE_ABORT, XSA-282", 0x10f, REFUSED, 0, 0 },
    { "TSX_CTRL, XSA-305", 0x122, REFUSED, 0, 0 },
    { "MISC_FEATURES_ENABLES", 0x140, 0, ~0UL, 0 },
    { "SYSENTER_CS", 0x174, REFUSED, 0, 0 },
    { "SYSENTER_ESP", 0x175, REFUSED, 0, 0 },
    { "SYSENTER_EIP", 0x176, REFUSED, 0, 0 },
    { "MCG_CAP", 0x179, 0, 0, 0 },
    { "MCG_STATUS", 0x17a, 0, ~0UL, 0 },
    { "MCG_CTL", 0x17b, 0, 0, 0 },
    { "PERFEVTSEL0", 0x186, REFUSED, 0, 0 },
    { "PERF_STATUS, XSA-351", 0x198, REFUSED, 0, 0 },
    { "PERF_CTL", 0x199, REFUSED, 0, 0 },
    { "THERM_CONTROL", 0x19a, REFUSED, 0, 0 },
    { "THERM_STATUS, XSA-351", 0x19c, REFUSED, 0, 0 },
    { "MISC_ENABLE", 0x1a0, 0, 0x1880, 0x1800 },
    { "DEBUGCTL", 0x1d9, REFUSED, 0, 0 },
    { "MTRRphysBase0", 0x200, REFUSED, 0, 0 },
    { "MTRRfix64K", 0x250, REFUSED, 0, 0 },
    { "PAT", 0x277, 0, ~0UL, 0x050100070406 },
    { "MTRRdefType", 0x2ff, REFUSED, 0, 0 },
    { "PERF_GLOBAL_CTRL", 0x38f, REFUSED, 0, 0 },
    { "MC0_CTL", 0x400, 0, 0, 0 },
    { "MC0_STATUS", 0x401, 0, ~0UL, 0 },
    { "VMX_BASIC, XSA-333", 0x480, REFUSED, 0, 0 },
    { "DS_AREA", 0x600, REFUSED, 0, 0 },
    { "RAPL_POWER_UNIT, XSA-351", 0x606, REFUSED, 0, 0 },
    { "PKG_ENERGY_STATUS, XSA-351", 0x611, REFUSED, 0, 0 },
    { "DRAM_ENERGY_STATUS, XSA-351", 0x619, REFUSED, 0, 0 },
    { "PP0_ENERGY_STATUS, XSA-351", 0x639, REFUSED, 0, 0 },
    { "TSC_DEADLINE", 0x6e0, REFUSED, 0, 0 },
    { "X2APIC_ID", 0x802, REFUSED, 0, 0 },
    { "XSS", 0xda0, REFUSED, 0, 0 },
    { "hypercall page", 0x40000000, 0, ~0UL, 0 },
    { "0x40000200", 0x40000200, REFUSED, 0, 0 },
    { "EFER", 0xc0000080, 0, 0xd01, 0xd01 },
    { "STAR", 0xc0000081, REFUSED, 0, 0 },
    { "LSTAR", 0xc0000082, REFUSED, 0, 0 },
    { "CSTAR", 0xc0000083, REFUSED, 0, 0 },
    { "SFMASK", 0xc0000084, REFUSED, 0, 0 },
    { "TSC_AUX", 0xc0000103, 0, ~0UL, 0 },
    { "AMD TSC_RATIO", 0xc0000104, REFUSED, 0, 0 },
    { "AMD SYSCFG, XSA-333", 0xc0010010, INITIAL, ~0UL, 0 },
    { "AMD HWCR, XSA-333", 0xc0010015, 0, 0, 0 },
    { "AMD IORR", 0xc0010016, INITIAL, ~0UL, 0 },
    { "AMD TOP_MEM", 0xc001001a, INITIAL, ~0UL, 0 },
    { "AMD PATCH_LOADER", 0xc0010020, REFUSED, 0, 0 },
    { "AMD interrupt pending", 0xc0010055, REFUSED, 0, 0 },
    { "AMD P-state limit", 0xc0010061, 0, 0, 0 },
    { "AMD P-state status", 0xc0010063, 0, 0, 0 },
    { "AMD VM_CR", 0xc0010114, REFUSED, 0, 0 },
    { "AMD VIRT_SPEC_CTRL", 0xc001011f, REFUSED, 0, 0 },
    { "AMD OS-visible workarounds", 0xc0010140, REFUSED, 0, 0 },
    { "AMD RAPL power unit, XSA-351", 0xc0010299, REFUSED, 0, 0 },
    { "AMD core energy, XSA-351", 0xc001029a, REFUSED, 0, 0 },
    { "AMD package energy, XSA-351", 0xc001029b, REFUSED, 0, 0 },
    { "AMD LS_CFG", 0xc0011020, REFUSED, 0, 0 },
    { "AMD DE_CFG", 0xc0011029, 0, 2, 2 },
    { "AMD DR0 mask, XSA-444", 0xc0011027, REFUSED, 0, 0 },
    { "AMD DR1 mask, XSA-444", 0xc0011019, REFUSED, 0, 0 },
    { "P5_MC_ADDR", 0, 0, ~0UL, 0 },
    { "P5_MC_TYPE", 1, 0, ~0UL, 0 },
    { "0xdeadbeef", 0xdeadbeef, REFUSED, 0, 0 },
    { "0xffffffff", 0xffffffff, REFUSED, 0, 0 },
};

static void reads(void)
{
    for (unsigned int i = 0; i < COUNT(readable); i++) {
        const struct readable *r = &readable[i];
        uint64_t value = read_msr(r->msr);
        long rc = probe_result(), want = r->want == INITIAL ? by_role(REFUSED, 0) : r->want;

        check_state(named("rdmsr, %s", r->name), rc, want, want ? "no value" : "its value",
                    want ? value == 0 : (value & r->mask) == r->value);
    }
}

/* Writes of what was read, or of 0. */
static void writes_back(void)
{
    static const struct { const char *name; uint32_t msr; long want; } rows[] = {
        { "TSC", 0x10, REFUSED }, { "APIC_BASE", 0x1b, REFUSED }, { "FEATURE_CONTROL", 0x3a, REFUSED },
        { "SPEC_CTRL", 0x48, REFUSED }, { "PRED_CMD", 0x49, REFUSED }, { "BIOS_UPDT_TRIG", 0x79, REFUSED },
        { "UCODE_REV", 0x8b, REFUSED }, { "PLATFORM_INFO", 0xce, REFUSED },
        { "ARCH_CAPABILITIES", 0x10a, REFUSED },
        { "FLUSH_CMD", 0x10b, REFUSED }, { "MISC_FEATURES_ENABLES", 0x140, 0 },
        { "SYSENTER_CS", 0x174, REFUSED }, { "SYSENTER_EIP", 0x176, REFUSED }, { "MCG_STATUS", 0x17a, 0 },
        { "PERF_CTL", 0x199, REFUSED }, { "MISC_ENABLE", 0x1a0, 0 }, { "DEBUGCTL", 0x1d9, REFUSED },
        { "MTRRphysBase0", 0x200, REFUSED }, { "PAT", 0x277, REFUSED }, { "MTRRdefType", 0x2ff, REFUSED },
        { "MC0_CTL", 0x400, 0 }, { "TSC_DEADLINE", 0x6e0, REFUSED }, { "XSS", 0xda0, REFUSED },
        { "EFER", 0xc0000080, 0 }, { "STAR", 0xc0000081, REFUSED }, { "LSTAR", 0xc0000082, REFUSED },
        { "CSTAR", 0xc0000083, REFUSED }, { "SFMASK", 0xc0000084, REFUSED }, { "TSC_AUX", 0xc0000103, 0 },
        { "AMD SYSCFG", 0xc0010010, REFUSED }, { "AMD HWCR", 0xc0010015, 0 },
        { "AMD PATCH_LOADER", 0xc0010020, REFUSED }, { "AMD P-state control", 0xc0010062, 0 },
        { "AMD VM_CR", 0xc0010114, REFUSED }, { "AMD VIRT_SPEC_CTRL", 0xc001011f, REFUSED },
        { "AMD DE_CFG", 0xc0011029, 0 }, { "AMD DR0 mask, XSA-444", 0xc0011027, REFUSED },
        { "0xdeadbeef", 0xdeadbeef, REFUSED },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        uint64_t value = read_msr(rows[i].msr);

        probe_result();
        write_msr(rows[i].msr, value);
        check(named("wrmsr, %s, as it is", rows[i].name), probe_result(), rows[i].want);
    }
}

/* Writes of other values: refused, or without effect. */
static void changes(void)
{
    static const struct { const char *what; uint32_t msr; uint64_t turn; long want; } rows[] = {
        { "APIC_BASE, off", 0x1b, 0x800, REFUSED }, { "APIC_BASE, moved", 0x1b, 0x1000, REFUSED },
        { "APIC_BASE, x2APIC", 0x1b, 0x400, REFUSED },
        { "PAT, other", 0x277, 0x1, REFUSED }, { "PAT, reserved type", 0x277, 0x7, REFUSED },
        { "EFER, no system calls", 0xc0000080, 0x1, REFUSED }, { "EFER, LME", 0xc0000080, 0x100, REFUSED },
        { "EFER, LMA", 0xc0000080, 0x400, REFUSED }, { "EFER, no NX", 0xc0000080, 0x800, REFUSED },
        { "EFER, SVM", 0xc0000080, 0x1000, REFUSED }, { "EFER, LMSLE", 0xc0000080, 0x2000, REFUSED },
        { "EFER, FFXSR", 0xc0000080, 0x4000, REFUSED }, { "EFER, TCE", 0xc0000080, 0x8000, REFUSED },
        { "EFER, bit 1", 0xc0000080, 0x2, REFUSED }, { "EFER, bit 63", 0xc0000080, 1UL << 63, REFUSED },
        { "MC0_STATUS, 1", 0x401, 1, REFUSED },
        { "UCODE_REV, 1", 0x8b, 1, REFUSED }, { "LSTAR, 0x1000", 0xc0000082, 0x1000, REFUSED },
        { "STAR, ring 0 selectors", 0xc0000081, 0xe008UL << 48, REFUSED },
        { "TSC, 0x1000", 0x10, 0x1000, REFUSED }, { "TSC_AUX, 2^32", 0xc0000103, 1UL << 32, REFUSED },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        uint64_t before = read_msr(rows[i].msr), after;
        long rc;

        probe_result();
        write_msr(rows[i].msr, before ^ rows[i].turn);
        rc = probe_result();
        after = read_msr(rows[i].msr);
        probe_result();
        check_state(named("wrmsr, %s", rows[i].what), rc, rows[i].want, "it is as before",
                    rows[i].msr == 0x10 || after == before);
    }
}

/* The page of hypercalls that a write of its address fills in. */
static void hypercall_page(void)
{
    static const struct { const char *what; uint64_t add; long want; } rows[] = {
        { "4 bytes off", 4, REFUSED }, { "beyond memory", 1UL << 48, REFUSED },
        { "a page of ours, XSA-466", 0, 0 },
    };
    uint8_t *page = pv_pages_alloc(1);

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        long rc;

        write_msr(0x40000000, pv_virt_to_machine(page) + rows[i].add);
        rc = probe_result();
        check_state(named("wrmsr, hypercall page, %s", rows[i].what), rc, rows[i].want,
                    rows[i].want ? "nothing is written" : "stub 17 loads 17, and calls",
                    rows[i].want ? page[17 * 32] == 0 : memmem(page + 17 * 32, 32, "\xb8\x11\0\0\0\x0f\x05",
                                                               7) != NULL);
    }
    memset(page, 0, PV_PAGE_SIZE);
    write_msr(0x40000000, 0);
    check("wrmsr, hypercall page, frame 0", probe_result(), REFUSED);
    pv_pages_free(page, 1);
}

/* Machine-check state is the guest's own. */
static void machine_check(void)
{
    uint64_t then;
    long rc;

    write_msr(0x17a, 1);
    rc = probe_result();
    then = read_msr(0x17a);
    probe_result();
    check_state("wrmsr, MCG_STATUS, 1", rc, 0, "it reads back", then == 1);
    write_msr(0x17a, 0);
    probe_result();
}

/* What RDTSCP puts into ecx. */
static void auxiliary(void)
{
    static const struct insn rdtscp = INSN("\x0f\x01\xf9");
    struct pv_regs in = { .rcx = 0x5555 };
    long rc = run(&rdtscp, &in);

    check_state("rdtscp", rc, 0, "ecx is TSC_AUX", probe_regs.rcx == read_msr(0xc0000103));
    write_msr(0xc0000103, 5);
    rc = probe_result();
    run(&rdtscp, &in);
    check_state("wrmsr, TSC_AUX, 5", rc, 0, "rdtscp shows it", probe_regs.rcx == 5);
    write_msr(0xc0000103, 0);
    probe_result();
}

/* Only ecx counts, and rdmsr clears the upper halves. */
static void registers(void)
{
    static const struct insn read = INSN("\x0f\x32");
    struct pv_regs in = { .rcx = 0xffffffffc0000080, .rax = ~0UL, .rdx = ~0UL };
    long rc;

    rc = run(&read, &in);
    check_state("rdmsr, EFER, upper halves of rcx, rax, rdx set", rc, 0, "rax and rdx are the value",
                (probe_regs.rax & 0xffffffff00000d01) == 0xd01 && probe_regs.rdx == 0 &&
                    probe_regs.rcx == in.rcx);
    check_true("rdmsr, TSC: it moves", read_msr(0x10) < read_msr(0x10));
    probe_result();
}


void test_msrs(void)
{
    reads();
    writes_back();
    changes();
    hypercall_page();
    machine_check();
    auxiliary();
    registers();
}
