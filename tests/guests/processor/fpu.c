/* fpu.c: FPU and vector registers: reset in a new vcpu, ours across everything that leaves this code. The
 * class of bug: another domain's registers seen, or ours lost. */
#include "processor.h"

#include <string.h>
#include <xen/sched.h>

struct image {
    uint8_t bytes[4096] __attribute__((aligned(64)));
};

/* the state in which the kernel found itself, as far as its start leaves it */
static struct image first;

/* The kit's start and printf may have used SSE registers, but nothing here uses x87 or the upper halves. */
static void fresh(void)
{
    static const struct { const char *what; unsigned int offset, size; uint64_t want; } rows[] = {
        { "FCW", 0, 2, 0x37f }, { "FSW", 2, 2, 0 }, { "FTW", 4, 1, 0 }, { "FOP, XSA-52", 6, 2, 0 },
        { "FIP, XSA-52 XSA-172", 8, 8, 0 }, { "FDP, XSA-52 XSA-172", 16, 8, 0 }, { "MXCSR", 24, 4, 0x1f80 },
        { "ST0, XSA-165", 32, 8, 0 }, { "ST0 exponent, XSA-165", 40, 2, 0 }, { "ST1, XSA-165", 48, 8, 0 },
        { "ST2, XSA-165", 64, 8, 0 }, { "ST3, XSA-165", 80, 8, 0 }, { "ST4, XSA-165", 96, 8, 0 },
        { "ST5, XSA-165", 112, 8, 0 }, { "ST6, XSA-165", 128, 8, 0 }, { "ST7, XSA-165", 144, 8, 0 },
        { "XMM13, XSA-165", 368, 8, 0 }, { "XMM14, XSA-165", 384, 8, 0 }, { "XMM15, XSA-165", 400, 8, 0 },
    };
    uint8_t any = 0;

    __asm__ volatile("fxsave64 %0" : "=m"(first));
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;

        memcpy(&value, first.bytes + rows[i].offset, rows[i].size);
        if (rows[i].offset == 24)
            value &= ~0x3fUL;    /* flags of our own arithmetic */
        check(named("a new vcpu's %s", rows[i].what), (long)value, (long)rows[i].want);
    }
    for (unsigned int i = 464; i < 512; i++)
        any |= first.bytes[i];
    check("a new vcpu's bytes 464 to 511 of fxsave", any, 0);
}

/* What comes with XCR0 bits that are set for the first time. */
static void fresh_avx(void)
{
    static uint8_t upper[16][32] __attribute__((aligned(32)));
    struct leaf one = forced_cpuid(1, 0);
    uint32_t xcr0 = read_xcr0();
    uint64_t cr4;
    uint8_t any = 0;

    check("XCR0 of a new vcpu, XSA-62", xcr0, 3);
    if (!(one.c >> 28 & 1))
        return;
    cr4 = xsave_on();
    write_xcr0(7);
    __asm__ volatile(".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
                     "vmovups %%ymm\\n, 32*\\n(%0)\n\t"
                     ".endr" : : "r"(upper) : "memory");
    for (unsigned int i = 0; i < 16; i++)
        for (unsigned int j = 16; j < 32; j++)
            any |= upper[i][j];
    check("upper halves of YMM when AVX is switched on, XSA-62", any, 0);
    write_xcr0(xcr0);
    write_cr4(cr4);
}

static void load(struct image *im)
{
    unsigned int i;

    __asm__ volatile("fninit; fxsave64 %0" : "=m"(*im));
    for (i = 32; i < 160; i += 16)
        memset(im->bytes + i, (int)i, 8);       /* x87 */
    for (i = 160; i < 416; i++)
        im->bytes[i] = (uint8_t)(i * 7);        /* SSE */
    im->bytes[4] = 0xff;                        /* all x87 registers in use */
    im->bytes[0] = 0x7f;
    im->bytes[1] = 0x02;                        /* FCW: 53 bits */
    im->bytes[24] = 0x80;
    im->bytes[25] = 0x7f;                       /* MXCSR: round to zero */
}

/* Loads the registers, leaves by a hypercall and looks at them again. Nothing may use them in between. */
static bool survives(const struct image *before, struct image *after, unsigned long nr, unsigned long a1,
                     unsigned long a2)
{
    __asm__ volatile("fxrstor64 %[before]\n\tsyscall\n\tfxsave64 %[after]"
                     : [after] "=m"(*after), "+a"(nr), "+D"(a1), "+S"(a2)
                     : [before] "m"(*before)
                     : "rcx", "r11", "rdx", "r10", "r8", "memory",
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"((uint32_t){ 0x1f80 }));
    return memcmp(before->bytes + 32, after->bytes + 32, 384) == 0 &&
        memcmp(before->bytes, after->bytes, 2) == 0 &&
           memcmp(before->bytes + 24, after->bytes + 24, 2) == 0;
}

static void kept(void)
{
    static struct image before, after;
    static struct sched_poll poll;
    static uint64_t list[1] = { 1UL << 40 };
    static const struct { const char *what; unsigned long nr, a1, a2; long wait_ms; } rows[] = {
        { "xen_version", __HYPERVISOR_xen_version, 0, 0, 0 },
        { "a hypercall that does not exist", 63, 0, 0, 0 },
        { "a yield", __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0 },
        { "a poll of 5 ms", __HYPERVISOR_sched_op, SCHEDOP_poll, (unsigned long)&poll, 5 },
        { "update_va_mapping, refused", __HYPERVISOR_update_va_mapping, 0x700000000000, 0, 0 },
        { "set_gdt, refused", __HYPERVISOR_set_gdt, (unsigned long)list, 512, 0 },
        { "fpu_taskswitch 0", __HYPERVISOR_fpu_taskswitch, 0, 0, 0 },
    };

    load(&before);
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        poll.timeout = pv_now_ns() + (uint64_t)rows[i].wait_ms * PV_NS_PER_MS;
        check_true(named("x87, SSE, FCW and MXCSR after %s", rows[i].what),
                   survives(&before, &after, rows[i].nr, rows[i].a1, rows[i].a2));
    }
}

/* The upper halves of YMM across a wait. */
static void kept_avx(void)
{
    static uint8_t before[32], after[32];
    static struct sched_poll poll;
    unsigned long nr = __HYPERVISOR_sched_op, a1 = SCHEDOP_poll, a2 = (unsigned long)&poll;
    uint32_t xcr0 = read_xcr0();
    uint64_t cr4;

    if (!(forced_cpuid(1, 0).c >> 28 & 1))
        return;
    cr4 = xsave_on();
    write_xcr0(7);
    memset(before, 0xa5, sizeof(before));
    poll.timeout = pv_now_ns() + 5 * PV_NS_PER_MS;
    __asm__ volatile("vmovups %[before], %%ymm7\n\tsyscall\n\tvmovups %%ymm7, %[after]\n\tvzeroupper"
                     : [after] "=m"(after), "+a"(nr), "+D"(a1), "+S"(a2)
                     : [before] "m"(before)
                     : "rcx", "r11", "rdx", "r10", "r8", "memory", "xmm7");
    check_true("YMM7 after a poll of 5 ms", memcmp(before, after, 32) == 0);
    write_xcr0(xcr0);
    write_cr4(cr4);
}

/* Exceptions of the FPU come to the guest. */
static void exceptions(void)
{
    static const struct insn divide = INSN("\xd9\xe8\xd9\xee\xde\xf9\x9b");    /* fld1; fldz; fdivp; wait */
    struct pv_regs in = { 0 };
    uint16_t fcw = 0x37b;    /* division by zero not masked */
    bool on = pv_upcalls_disable();
    long rc;

    __asm__ volatile("fldcw %0" : : "m"(fcw));
    rc = run(&divide, &in);
    __asm__ volatile("fninit");
    pv_upcalls_restore(on);
    check("x87, division by zero", rc, TRAP(16, 0));
}

void test_fpu(void)
{
    fresh();
    fresh_avx();
    kept();
    kept_avx();
    exceptions();
}
