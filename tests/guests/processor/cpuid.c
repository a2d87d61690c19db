/* cpuid.c: what a guest is told about the processor. Properties only: numbers depend on the machine. The
 * class of bug: a feature that is promised and does not work in ring 3, or one that leaks the host. */
#include "processor.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { A, B, C, D };

static uint32_t word(const struct leaf *l, unsigned int which)
{
    return which == A ? l->a : which == B ? l->b : which == C ? l->c : l->d;
}

static bool all_zero(const struct leaf *l)
{
    return (l->a | l->b | l->c | l->d) == 0;
}

static void leaves(void)
{
    struct leaf zero = forced_cpuid(0, 0), ext = forced_cpuid(0x80000000, 0);
    struct leaf l;
    static const struct { const char *what; uint32_t leaf; } rows[] = {
        { "0x20000000", 0x20000000 }, { "0x3fffffff", 0x3fffffff }, { "0x40000100", 0x40000100 },
        { "0x4fffffff", 0x4fffffff }, { "0x7fffffff", 0x7fffffff }, { "0x80860000", 0x80860000 },
        { "0xc0000000", 0xc0000000 }, { "0xffffffff", 0xffffffff },
    };

    check_true("last basic leaf: at least 0xd", zero.a >= 0xd && zero.a < 0x100);
    check("last extended leaf", (long)ext.a, 0x80000021);
    check_true("extended leaf 0 repeats the vendor or nothing",
               (ext.b == zero.b && ext.c == zero.c && ext.d == zero.d) || !(ext.b | ext.c | ext.d));
    check_true("the vendor is one of text", memcmp(&zero.b, "AuthcAMDenti", 12) == 0 ||
               memcmp(&zero.b, "Genuntelinel", 12) == 0 || memcmp(&zero.b, "HygouineGenu", 12) == 0);
    l = forced_cpuid(zero.a + 1, 0);
    check_true("the leaf behind the last basic one is empty", all_zero(&l));
    l = forced_cpuid(ext.a + 1, 0);
    check_true("the leaf behind the last extended one is empty", all_zero(&l));
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        l = forced_cpuid(rows[i].leaf, 0);
        check_true(named("leaf %s is empty", rows[i].what), all_zero(&l));
    }
}

static void hypervisor_leaves(void)
{
    struct leaf l = forced_cpuid(0x40000000, 0), time;
    uint32_t last = l.a, sub;

    check_true("leaf 0x40000000: XenVMMXenVMM", memcmp(&l.b, "XenVMMXenVMM", 12) == 0);
    check("leaf 0x40000000: the last one", last, 0x40000005);
    check("leaf 0x40000001: version 4.17", forced_cpuid(0x40000001, 0).a, 4 << 16 | 17);
    l = forced_cpuid(0x40000001, 0);
    check("leaf 0x40000001: the rest", l.b | l.c | l.d, 0);
    l = forced_cpuid(0x40000002, 0);
    check("leaf 0x40000002: hypercall pages", l.a, 1);
    check("leaf 0x40000002: their MSR", l.b, 0x40000000);
    check("leaf 0x40000002: mmu_pt_update_preserve_ad", l.c & 1, 1);
    check("leaf 0x40000002: reserved", (l.c & ~1U) | l.d, 0);
    time = forced_cpuid(0x40000003, 0);
    check("leaf 0x40000003, 0: kHz of the TSC", time.c > 100000, by_role(1, 0));
    check("leaf 0x40000003, 0: the TSC is emulated", time.a & 1, by_role(1, 0));
    l = forced_cpuid(0x40000003, 1);
    check("leaf 0x40000003, 1: multiplier and shift of vcpu_info",
          l.c == pv_shared_info->vcpu_info[0].time.tsc_to_system_mul &&
          (int8_t)l.d == pv_shared_info->vcpu_info[0].time.tsc_shift, by_role(1, 0));
    l = forced_cpuid(0x40000003, 3);
    check_true("leaf 0x40000003, 3 is empty", all_zero(&l));
    l = forced_cpuid(0x40000004, 0);
    check_true("leaf 0x40000004 is empty", all_zero(&l));
    l = forced_cpuid(0x40000005, 0);
    check_true("leaf 0x40000005: width of a machine address", l.b >= 28 && l.b <= 52);
    for (sub = 1; sub < 3; sub++) {
        l = forced_cpuid(0x40000005, sub);
        check_true(named("leaf 0x40000005, %u is empty", sub), all_zero(&l));
    }
    l = forced_cpuid(0x40000006, 0);
    check_true("leaf 0x40000006 is empty", all_zero(&l));
}

/* Bits that must be on or off. */
static void features(void)
{
    const struct { const char *name; uint32_t leaf; unsigned int word, bit; long want; } rows[] = {
        { "FPU", 1, D, 0, 1 }, { "VME", 1, D, 1, 0 }, { "DE", 1, D, 2, 1 }, { "PSE", 1, D, 3, 0 },
        { "TSC", 1, D, 4, 1 }, { "MSR", 1, D, 5, 1 }, { "PAE", 1, D, 6, 1 }, { "MCE", 1, D, 7, 1 },
        { "CX8", 1, D, 8, 1 }, { "SEP", 1, D, 11, 0 }, { "MTRR", 1, D, 12, by_role(0, 1) },
        { "PGE", 1, D, 13, 0 }, { "MCA", 1, D, 14, 1 }, { "CMOV", 1, D, 15, 1 }, { "PAT", 1, D, 16, 1 },
        { "PSE36", 1, D, 17, 0 }, { "DS", 1, D, 21, 0 }, { "ACPI thermal", 1, D, 22, 1 },
        { "MMX", 1, D, 23, 1 },
        { "FXSR", 1, D, 24, 1 }, { "SSE", 1, D, 25, 1 }, { "SSE2", 1, D, 26, 1 }, { "TM", 1, D, 29, 0 },
        { "APIC", 1, D, 9, 1 }, { "CLFLUSH", 1, D, 19, 1 }, { "self-snoop", 1, D, 27, 1 },
        { "several threads", 1, D, 28, 1 }, { "x2APIC", 1, C, 21, 0 },
        { "SSE3", 1, C, 0, 1 }, { "DTES64", 1, C, 2, 0 }, { "MONITOR", 1, C, 3, 0 }, { "DS-CPL", 1, C, 4, 0 },
        { "VMX", 1, C, 5, 0 }, { "SMX", 1, C, 6, 0 }, { "EIST", 1, C, 7, 0 }, { "TM2", 1, C, 8, 0 },
        { "PDCM", 1, C, 15, 0 }, { "PCID, XSA-292", 1, C, 17, 0 }, { "CX16", 1, C, 13, 1 },
        { "TSC-deadline", 1, C, 24, 0 }, { "XSAVE", 1, C, 26, 1 }, { "hypervisor", 1, C, 31, 1 },
        { "SMEP", 7, B, 7, 0 }, { "INVPCID", 7, B, 10, 0 }, { "PQM", 7, B, 12, 0 }, { "PQE", 7, B, 15, 0 },
        { "HLE, XSA-282", 7, B, 4, 0 }, { "RTM, XSA-282 XSA-305", 7, B, 11, 0 }, { "TSC_ADJUST", 7, B, 1, 0 },
        { "SGX", 7, B, 2, 0 },
        { "SMAP", 7, B, 20, 0 }, { "PT", 7, B, 25, 0 }, { "MPX", 7, B, 14, 0 },
        { "UMIP", 7, C, 2, 0 }, { "PKU", 7, C, 3, 0 }, { "OSPKE", 7, C, 4, 0 }, { "CET_SS", 7, C, 7, 0 },
        { "LA57", 7, C, 16, 0 }, { "PKS", 7, C, 31, 0 }, { "CET_IBT", 7, D, 20, 0 },
        { "SYSCALL", 0x80000001, D, 11, 1 }, { "NX", 0x80000001, D, 20, 1 }, { "LM", 0x80000001, D, 29, 1 },
        { "1 GiB pages", 0x80000001, D, 26, 0 }, { "RDTSCP", 0x80000001, D, 27, 1 },
        { "LAHF", 0x80000001, C, 0, 1 }, { "several cores", 0x80000001, C, 1, 1 },
        { "SVM", 0x80000001, C, 2, 0 },
        { "APIC space", 0x80000001, C, 3, 0 },
        { "IBS", 0x80000001, C, 10, 0 }, { "SKINIT", 0x80000001, C, 12, 0 }, { "WDT", 0x80000001, C, 13, 0 },
        { "LWP", 0x80000001, C, 15, 0 }, { "topology extensions", 0x80000001, C, 22, 0 },
        { "core counters", 0x80000001, C, 23, 0 }, { "MWAITX", 0x80000001, C, 29, 0 },
        { "XSAVES", 0xd, A, 3, 0 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct leaf l = forced_cpuid(rows[i].leaf, rows[i].leaf == 0xd);

        check(named("leaf %#x: %s", rows[i].leaf, rows[i].name), word(&l, rows[i].word) >> rows[i].bit & 1,
              rows[i].want);
    }
}

/* Leaves that tell of the host. */
static void hidden(void)
{
    static const struct { const char *what; uint32_t leaf, sub; } rows[] = {
        { "3, serial number", 3, 0 }, { "5, MONITOR", 5, 0 }, { "8", 8, 0 }, { "9, DCA", 9, 0 },
        { "0xa, counters", 0xa, 0 }, { "0xc", 0xc, 0 }, { "0xf, monitoring", 0xf, 0 },
        { "0x10, allocation", 0x10, 0 }, { "0x12, SGX", 0x12, 0 }, { "0x14, trace", 0x14, 0 },
        { "0x18", 0x18, 0 }, { "0x1b", 0x1b, 0 }, { "0x8000000a, SVM", 0x8000000a, 0 },
        { "0x8000001b, IBS", 0x8000001b, 0 }, { "0x8000001d", 0x8000001d, 0 },
        { "0x8000001e", 0x8000001e, 0 },
        { "0x8000001f, SEV", 0x8000001f, 0 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct leaf l = forced_cpuid(rows[i].leaf, rows[i].sub);

        check_true(named("leaf %s is empty", rows[i].what), all_zero(&l));
    }
}

/* The XSAVE leaf and the registers agree. */
static void xsave(void)
{
    struct leaf d = forced_cpuid(0xd, 0), one = forced_cpuid(1, 0), l;
    uint64_t offered = d.a | (uint64_t)d.d << 32, unknown = 0;
    uint32_t xcr0 = read_xcr0(), size = 576, wrong = 0;
    uint64_t cr4 = xsave_on();

    check("leaf 1: OSXSAVE", one.c >> 27 & 1, 1);
    check("leaf 0xd: x87 and SSE", (long)(offered & 3), 3);
    check_true("leaf 0xd: AVX goes with leaf 1", (offered >> 2 & 1) == (one.c >> 28 & 1));
    check("leaf 0xd: bounds, PKRU, LWP and what is for ring 0", (long)(offered & ~0xe7UL), 0);
    for (unsigned int i = 2; i < 63; i++) {
        l = forced_cpuid(0xd, i);
        if (!(offered >> i & 1))
            unknown |= !all_zero(&l) ? 1UL << i : 0;
        else if (l.a + l.b > size)
            size = l.a + l.b;
        else
            wrong += l.a == 0;
    }
    check("leaf 0xd: components that are not offered are empty", unknown != 0, 0);
    check("leaf 0xd: components without a size", wrong, 0);
    check_true("leaf 0xd: the size of all is the last component's end", d.c == size);
    write_xcr0(1);
    check("leaf 0xd: the size with x87 alone", forced_cpuid(0xd, 0).b, 576);
    if (offered & 4) {
        write_xcr0(7);
        check("leaf 0xd: the size with AVX", forced_cpuid(0xd, 0).b, 576 + 256);
    }
    write_xcr0(xcr0);
    write_cr4(cr4);
    check("leaf 0xd, 1: compacting, saving by supervisors", forced_cpuid(0xd, 1).a & 0xa & ~2U, 0);
    check_true("leaf 0xd, 63 is empty", (l = forced_cpuid(0xd, 63), all_zero(&l)));
}

/* The instruction alone, which a processor with CPUID faulting or none shows. */
static void native(void)
{
    static const struct insn forced = INSN("\x0f\x0bxen\x0f\xa2"), almost = INSN("\x0f\x0bxem\x0f\xa2");
    static const struct insn other = INSN("\x0f\x0bxen\x0f\x31"), prefixed = INSN("\x66\x0f\x0bxen\x0f\xa2");
    static const struct insn hvm = INSN("\x0f\x0bxen\x66\x0f\xa2");
    struct leaf f = forced_cpuid(0, 0), n = native_cpuid(0, 0);
    struct pv_regs in = { .rax = 0xffffffff00000000, .rbx = ~0UL, .rcx = 0xffffffff00000000, .rdx = ~0UL };
    long rc;

    check_true("cpuid as it is: the same vendor", f.b == n.b && f.c == n.c && f.d == n.d);
    rc = run(&forced, &in);
    check_state("forced cpuid, upper halves set", rc, 0, "they are cleared, rip is 7 behind",
                (probe_regs.rax | probe_regs.rbx | probe_regs.rcx | probe_regs.rdx) >> 32 == 0 &&
                probe_regs.rip == run_address + 7);
    check("ud2, xem, cpuid", run(&almost, &in), TRAP(6, 0));
    check("ud2, xen, rdtsc", run(&other, &in), TRAP(6, 0));
    check("66 ud2, xen, cpuid", run(&prefixed, &in), TRAP(6, 0));
    check("ud2, xen, 66 cpuid", run(&hvm, &in), TRAP(6, 0));
}

/* Number of processors and APIC. */
static void topology(void)
{
    struct leaf one = forced_cpuid(1, 0);

    check("leaf 1: APIC number of vcpu 0", one.b >> 24, 0);
    check_true("leaf 1: bytes that CLFLUSH flushes", (one.b >> 8 & 0xff) * 8 >= 32);
    check("leaf 0x80000008: bits of a linear address", forced_cpuid(0x80000008, 0).a >> 8 & 0xff, 48);
    check_true("leaf 0x80000008: bits of a machine address", (forced_cpuid(0x80000008, 0).a & 0xff) >= 36);
}

void test_cpuid(void)
{
    leaves();
    hypervisor_leaves();
    features();
    hidden();
    xsave();
    native();
    topology();
}
