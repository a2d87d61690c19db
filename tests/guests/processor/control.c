/* control.c: control registers, XCR0 and TS. The class of bug: a bit that reaches the real register, or
 * one that a guest is told it has and has not. */
#include "processor.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CR0_TS 8UL
#define CR4_TSD 4UL
#define CR4_DE 8UL
#define CR4_FSGSBASE (1UL << 16)
#define CR4_OSXSAVE (1UL << 18)

static long mov_to_cr(unsigned int number, uint64_t value)
{
    char bytes[] = { 0x0f, 0x22, (char)(0xc0 | number << 3) };
    struct insn code = { bytes, 3 };
    struct pv_regs in = { .rax = value };

    return run(&code, &in);
}

static long mov_from_cr(unsigned int number, uint64_t *value)
{
    char bytes[] = { 0x0f, 0x20, (char)(0xc0 | number << 3) };
    struct insn code = { bytes, 3 };
    struct pv_regs in = { .rax = 0x5555 };
    long rc = run(&code, &in);

    *value = probe_regs.rax;
    return rc;
}

static uint64_t cr(unsigned int number)
{
    uint64_t value;

    mov_from_cr(number, &value);
    return value;
}

static void numbers(void)
{
    static const struct { unsigned int number; long from, to; } rows[] = {
        { 0, 0, 0 }, { 1, TRAP(13, 0), TRAP(13, 0) }, { 2, 0, 0 }, { 3, 0, 0 }, { 4, 0, 0 },
        { 5, TRAP(13, 0), TRAP(13, 0) }, { 6, TRAP(13, 0), TRAP(13, 0) }, { 7, TRAP(13, 0), TRAP(13, 0) },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        uint64_t value;

        check(named("mov from CR%u", rows[i].number), mov_from_cr(rows[i].number, &value), rows[i].from);
        check(named("mov to CR%u", rows[i].number), mov_to_cr(rows[i].number, value), rows[i].to);
    }
}

static void cr8(void)
{
    static const struct insn from = INSN("\x44\x0f\x20\xc0"), to = INSN("\x44\x0f\x22\xc0");
    static const struct insn from_cr15 = INSN("\x44\x0f\x20\xf8");
    struct pv_regs in = { 0 };

    check("mov from CR8", run(&from, &in), TRAP(13, 0));
    check("mov to CR8", run(&to, &in), TRAP(13, 0));
    check("mov from CR15", run(&from_cr15, &in), TRAP(13, 0));
}

/* Each bit of CR0 turned over but TS, the only one that may change: that is for later. */
static void cr0(void)
{
    uint64_t is = cr(0);

    check("CR0", (long)is, 0x8005003b & ~CR0_TS);
    for (unsigned int bit = 0; bit < 32; bit++) {
        long rc;

        if (1UL << bit == CR0_TS)
            continue;
        rc = mov_to_cr(0, is ^ 1UL << bit);
        check_state(named("mov to CR0, bit %u turned over", bit), rc, TRAP(13, 0), "CR0 is as before",
                    cr(0) == is);
    }
    check("mov to CR0, bit 32 turned over", mov_to_cr(0, is ^ 1UL << 32), TRAP(13, 0));
    check("mov to CR0, bit 63 turned over", mov_to_cr(0, is ^ 1UL << 63), TRAP(13, 0));
    check("mov to CR0, 0", mov_to_cr(0, 0), TRAP(13, 0));
}

static void cr2(void)
{
    static const struct { const char *what; uint64_t value; } rows[] = {
        { "0x123456", 0x123456 }, { "non-canonical", 0x0000900000000000 }, { "all ones", ~0UL },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        long rc = mov_to_cr(2, rows[i].value);

        check_state(named("mov to CR2, %s", rows[i].what), rc, 0, "it reads back",
                    cr(2) == rows[i].value && pv_shared_info->vcpu_info[0].arch.cr2 == rows[i].value);
    }
}

/* CR3 as machine address of the kernel's level-4 table. */
static void cr3(void)
{
    uint64_t root = pv_virt_to_machine((void *)pv_start_info->pt_base);
    uint64_t l3 = pv_pt_lookup(pv_image_start, 4, NULL) & PV_PTE_FRAME;
    const struct { const char *what; uint64_t value; long want; } rows[] = {
        { "as it is", root, 0 },
        { "with PCD, PWT", root | 0x18, 0 },
        { "with all low bits", root | 0xfff, 0 },
        { "with bit 63, XSA-292", root | 1UL << 63, TRAP(13, 0) },
        { "a level-3 table", l3, TRAP(13, 0) },
        { "a page of ours", pv_virt_to_machine(pv_image_start), TRAP(13, 0) },
        { "0", 0, TRAP(13, 0) },
        { "beyond memory", 1UL << 48, TRAP(13, 0) },
        { "a device's frame", 0xfee00000, TRAP(13, 0) },
        { "a table of the hypervisor's", pv_pt_lookup(HYPERVISOR_FIRST, 4, NULL) & PV_PTE_FRAME,
          TRAP(13, 0) },
    };

    check_true("CR3 is our level-4 table", cr(3) == root);
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        long rc = mov_to_cr(3, rows[i].value);

        check_state(named("mov to CR3, %s", rows[i].what), rc, rows[i].want, "CR3 is as before",
                    cr(3) == root);
    }
}

/* CR4: a write is accepted, and what may not change does not, or it is refused. */
static void cr4(void)
{
    uint64_t is = cr(4), allowed = CR4_TSD | CR4_DE | CR4_FSGSBASE | CR4_OSXSAVE;
    long rc;

    check("CR4 without FSGSBASE", (long)(is & ~CR4_FSGSBASE), 0x660);
    for (unsigned int bit = 0; bit < 32; bit++) {
        uint64_t then;

        rc = mov_to_cr(4, is ^ 1UL << bit);
        then = cr(4);
        check_state(named("mov to CR4, bit %u turned over%s", bit, bit == 16 ? ", XSA-293" : ""), rc, 0,
                    "CR4 then",
                    then == (allowed >> bit & 1 ? is ^ 1UL << bit : is));
        mov_to_cr(4, is);
    }
    check("mov to CR4, bit 32", mov_to_cr(4, is | 1UL << 32), 0);
    check("mov to CR4, bit 63", mov_to_cr(4, is | 1UL << 63), 0);
    rc = mov_to_cr(4, 0);
    check_state("mov to CR4, 0", rc, 0, "CR4 then", cr(4) == (is & ~allowed));
    rc = mov_to_cr(4, is);
    check_state("mov to CR4, as it was", rc, 0, "it is", cr(4) == is);
}

/* TSD: the guest kernel counts as ring 0. */
static void tsd(void)
{
    static const struct insn rdtsc = INSN("\x0f\x31");
    struct pv_regs in = { 0 };
    uint64_t is = cr(4);
    long rc;

    check("rdtsc, CR4.TSD off", run(&rdtsc, &in), 0);
    mov_to_cr(4, is | CR4_TSD);
    rc = run(&rdtsc, &in);
    check_state("rdtsc, CR4.TSD on", rc, 0, "the halves are in eax and edx",
                probe_regs.rax >> 32 == 0 && probe_regs.rdx >> 32 == 0 && (probe_regs.rax || probe_regs.rdx));
    mov_to_cr(4, is);
}

/* TS by call, or by CR0. Nothing of ours may use the FPU until it is off: the handler of a trap does. */
static bool switch_begin(int set, bool by_cr0)
{
    bool on = pv_upcalls_disable();
    uint64_t cr0;

    HYPERVISOR_fpu_taskswitch(by_cr0 ? 0 : set);
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    if (by_cr0)
        __asm__ volatile("mov %0, %%cr0" : : "r"(set ? cr0 | CR0_TS : cr0 & ~CR0_TS));
    return on;
}

static void switch_end(const char *name, bool on, long want, bool ts)
{
    uint64_t cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    HYPERVISOR_fpu_taskswitch(0);
    pv_upcalls_restore(on);
    check_state(name, probe_result(), want, ts ? "CR0.TS is on then" : "CR0.TS is off then",
                !!(cr0 & CR0_TS) == ts);
}

#define SWITCHED(name, set, by_cr0, insn, want, ts)      \
    do {                                                 \
        bool on = switch_begin(set, by_cr0);             \
        PROBE(insn, , ARGS("a"(area)));                  \
        switch_end(name, on, want, ts);                  \
    } while (0)

static void task_switched(void)
{
    static uint8_t area[512] __attribute__((aligned(16)));

    SWITCHED("fpu_taskswitch 1, nop", 1, false, "nop", 0, true);
    SWITCHED("fpu_taskswitch -1, nop", -1, false, "nop", 0, true);
    SWITCHED("fpu_taskswitch 2, nop", 2, false, "nop", 0, true);
    SWITCHED("fpu_taskswitch 0, x87", 0, false, "fldz\n\tfstp %%st(0)", 0, false);
    SWITCHED("fpu_taskswitch 1, x87", 1, false, "fldz", TRAP(7, 0), false);
    SWITCHED("fpu_taskswitch 1, SSE", 1, false, "xorps %%xmm0, %%xmm0", TRAP(7, 0), false);
    SWITCHED("fpu_taskswitch 1, wait", 1, false, "fwait", TRAP(7, 0), false);
    SWITCHED("fpu_taskswitch 1, fxsave", 1, false, "fxsave (%%rax)", TRAP(7, 0), false);
    SWITCHED("fpu_taskswitch 1, clts, x87", 1, false, "clts\n\tfldz\n\tfstp %%st(0)", 0, false);
    SWITCHED("mov to CR0 with TS, nop", 1, true, "nop", 0, true);
    SWITCHED("mov to CR0 with TS, x87", 1, true, "fldz", TRAP(7, 0), false);
    SWITCHED("mov to CR0 with TS, clts", 1, true, "clts", 0, false);
    SWITCHED("mov to CR0 without TS, x87", 0, true, "fldz\n\tfstp %%st(0)", 0, false);
}

/* XCR0: all low masks and what stands out. Never the value that faults in the hypervisor. */
static long xsetbv(uint32_t index, uint64_t value)
{
    static const struct insn xsetbv_code = INSN("\x0f\x01\xd1");
    struct pv_regs in = { .rcx = index, .rax = (uint32_t)value, .rdx = value >> 32 };

    return run(&xsetbv_code, &in);
}

static uint64_t xgetbv(void)
{
    static const struct insn xgetbv_code = INSN("\x0f\x01\xd0");
    struct pv_regs in = { .rcx = 0 };

    run(&xgetbv_code, &in);
    return (uint64_t)(uint32_t)probe_regs.rdx << 32 | (uint32_t)probe_regs.rax;
}

/* x87 always, AVX only with SSE; nothing that CPUID does not offer; bounds in both or neither, AVX-512
 * whole and with AVX. */
static bool xcr0_good(uint64_t value, uint64_t offered)
{
    uint64_t bounds = value & 0x18, avx512 = value & 0xe0;

    return (value & 1) && !(value & ~offered) && ((value & 2) || !(value & 4)) &&
           (bounds == 0 || bounds == 0x18) && (avx512 == 0 || (avx512 == 0xe0 && (value & 4)));
}

static void xcr0(void)
{
    static const struct { const char *what; uint32_t index; uint64_t value; long want; } rows[] = {
        { "0", 0, 0, TRAP(13, 0) }, { "x87", 0, 1, 0 }, { "x87, SSE", 0, 3, 0 }, { "SSE", 0, 2, TRAP(13, 0) },
        { "AVX", 0, 4, TRAP(13, 0) }, { "x87, AVX", 0, 5, TRAP(13, 0) },
        { "half of bounds", 0, 0xb, TRAP(13, 0) },
        { "2^32 and x87", 0, 1UL << 32 | 1, TRAP(13, 0) }, { "2^63 and x87", 0, 1UL << 63 | 1, TRAP(13, 0) },
        { "LWP, 2^62", 0, 1UL << 62 | 3, TRAP(13, 0) }, { "all ones", 0, ~0UL, TRAP(13, 0) },
        { "register 1", 1, 3, TRAP(13, 0) }, { "register 2^32 - 1", UINT32_MAX, 3, TRAP(13, 0) },
        { "tile data without its configuration", 0, 1UL << 18 | 3, TRAP(13, 0) },
    };
    struct leaf d = forced_cpuid(0xd, 0);
    uint64_t cr4 = cr(4);
    uint64_t offered = d.a | (uint64_t)d.d << 32, before = xgetbv();
    unsigned int wrong = 0, accepted = 0, unseen = 0;

    write_cr4(cr4 & ~CR4_OSXSAVE);
    check("xsetbv, CR4.OSXSAVE off", xsetbv(0, 3), TRAP(6, 0));
    xsave_on();
    check("XCR0: x87 is on", (long)(before & 1), 1);
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        long rc = xsetbv(rows[i].index, rows[i].value);

        check_state(named("xsetbv, %s, XSA-54", rows[i].what), rc, rows[i].want, "XCR0 then",
                    xgetbv() == (rows[i].want ? before : rows[i].value));
        xsetbv(0, before);
    }
    for (uint64_t mask = 0; mask < 256; mask++) {
        long rc = xsetbv(0, mask);

        accepted += rc == 0;
        wrong += rc != (xcr0_good(mask, offered) ? 0 : TRAP(13, 0));
        unseen += rc == 0 && xgetbv() != mask;
    }
    xsetbv(0, before);
    check("xsetbv, 256 low masks: other than CPUID says, XSA-54", wrong, 0);
    check("xsetbv, 256 low masks: taken but not seen, XSA-54", unseen, 0);
    check_true("xsetbv, 256 low masks: x87, SSE and AVX are among those taken, XSA-54", accepted >= 3);
    check("XCR0 is as before", (long)(xgetbv() ^ before), 0);
    write_cr4(cr4);
}

void test_control(void)
{
    numbers();
    cr8();
    cr0();
    cr2();
    cr3();
    cr4();
    tsd();
    task_switched();
    xcr0();
}
