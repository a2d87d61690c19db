/* CPUID as guests see it: the processor's answer through an allow list of features that work in ring 3
 * without privilege, and the leaves by which guests find what runs them. */
#include <xen/errno.h>
#include "boot/memory-map.h"
#include "cpu/registers.h"
#include "domain/domain.h"
#include "emulate/emulate.h"
#include "lib/lib.h"
#include "memory/frame.h"
#include "sched/timer.h"

#define BIT(n) (1U << (n))

#define LAST_BASIC      0x0000000dU
#define LAST_HYPERVISOR 0x40000005U
#define LAST_EXTENDED   0x80000008U

#define XSAVE_LEGACY    576U    /* x87 and SSE area and header */

/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND. */
#define ECX1_PLAIN (BIT(0) | BIT(1) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | \
                    BIT(30))
/* XSAVE; with AVX: FMA AVX F16C. */
#define ECX1_XSAVE BIT(26)
#define ECX1_AVX   (BIT(12) | BIT(28) | BIT(29))
#define ECX1_OSXSAVE    BIT(27)
#define ECX1_HYPERVISOR BIT(31)
/* Leaf 1 EDX: FPU DE TSC MSR PAE CX8 APIC CMOV PAT CLFSH MMX FXSR SSE SSE2. */
#define EDX1 (BIT(0) | BIT(2) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(9) | BIT(15) | BIT(16) | BIT(19) | \
              BIT(23) | BIT(24) | BIT(25) | BIT(26))

/* Leaf 7 EBX: BMI1 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB SHA; FSGSBASE; AVX2; AVX512 F DQ IFMA CD BW VL. */
#define EBX7_PLAIN    (BIT(3) | BIT(8) | BIT(9) | BIT(18) | BIT(19) | BIT(23) | BIT(24) | BIT(29))
#define EBX7_FSGSBASE BIT(0)
#define EBX7_AVX      BIT(5)
#define EBX7_AVX512   (BIT(16) | BIT(17) | BIT(21) | BIT(28) | BIT(30) | BIT(31))
/* Leaf 7 ECX: GFNI; VAES VPCLMULQDQ; AVX512 VBMI VBMI2 VNNI BITALG VPOPCNTDQ. EDX: FSRM. */
#define ECX7_PLAIN    BIT(8)
#define ECX7_AVX      (BIT(9) | BIT(10))
#define ECX7_AVX512   (BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14))
#define EDX7          BIT(4)

/* Leaf 0x80000001 ECX: LAHF ABM SSE4A MISALIGNSSE 3DNOWPREFETCH TBM; with AVX: XOP FMA4. */
#define ECX81_PLAIN (BIT(0) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(21))
#define ECX81_AVX   (BIT(11) | BIT(16))
/* EDX: SYSCALL NX MMXEXT FFXSR LM 3DNOW; AMD repeats those of leaf 1, except for SSE. */
#define EDX81       (BIT(11) | BIT(20) | BIT(22) | BIT(25) | BIT(29) | BIT(30) | BIT(31))
#define EDX81_AMD   (EDX1 & ~(BIT(19) | BIT(25) | BIT(26)))

static bool has_avx(void) { return cpu_features.xsave && (cpu_features.xcr0_allowed & XCR0_AVX); }
static bool has_avx512(void) { return has_avx() && (cpu_features.xcr0_allowed & XCR0_AVX512); }

static void leaf_1(const struct vcpu *v, struct cpuid *c)
{
    /* One logical processor, and the number of its APIC. */
    c->ebx = (c->ebx & 0xffff) | 1U << 16 | (uint32_t)(v->id * 2) << 24;
    c->ecx &= ECX1_PLAIN | (cpu_features.xsave ? ECX1_XSAVE : 0) | (has_avx() ? ECX1_AVX : 0);
    c->ecx |= ECX1_HYPERVISOR | (cpu_features.xsave ? ECX1_OSXSAVE : 0);
    c->edx &= EDX1;
}

static void leaf_7(uint32_t subleaf, struct cpuid *c)
{
    if (subleaf != 0) {
        *c = (struct cpuid){ 0 };
        return;
    }
    c->eax = 0;
    c->ebx &= EBX7_PLAIN | (cpu_features.fsgsbase ? EBX7_FSGSBASE : 0) | (has_avx() ? EBX7_AVX : 0) |
              (has_avx512() ? EBX7_AVX512 : 0);
    c->ecx &= ECX7_PLAIN | (has_avx() ? ECX7_AVX : 0) | (has_avx512() ? ECX7_AVX512 : 0);
    c->edx &= EDX7;
}

/* Bytes of an XSAVE area in standard form. */
static uint32_t xsave_size(uint64_t components)
{
    uint32_t size = XSAVE_LEGACY;

    for (unsigned int i = 2; i < 63; i++) {
        struct cpuid c;

        if (!(components >> i & 1))
            continue;
        c = cpuid(0xd, i);
        size = MAX(size, c.ebx + c.eax);
    }
    return size;
}

static void leaf_xsave(const struct vcpu *v, uint32_t subleaf, struct cpuid *c)
{
    uint64_t allowed = cpu_features.xcr0_allowed;

    if (!cpu_features.xsave) {
        *c = (struct cpuid){ 0 };
    } else if (subleaf == 0) {
        *c = (struct cpuid){ (uint32_t)allowed, xsave_size(v->xcr0), xsave_size(allowed),
                             (uint32_t)(allowed >> 32) };
    } else if (subleaf == 1) {
        *c = (struct cpuid){ c->eax & (BIT(0) | BIT(2)), 0, 0, 0 };     /* XSAVEOPT, XGETBV(1) */
    } else if (subleaf < 63 && (allowed >> subleaf & 1)) {
        c->ecx = c->edx = 0;
    } else {
        *c = (struct cpuid){ 0 };
    }
}

static void basic(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid *c)
{
    switch (leaf) {
    case 0:
        c->eax = MIN(c->eax, LAST_BASIC);
        return;
    case 1:
        leaf_1(v, c);
        return;
    case 2:
        return;
    case 4:
        c->eax &= 0x3fff;       /* without the numbers of processors that share a cache */
        return;
    case 7:
        leaf_7(subleaf, c);
        return;
    case 0xd:
        leaf_xsave(v, subleaf, c);
        return;
    default:
        *c = (struct cpuid){ 0 };
    }
}

/* Time: what turns the TSC into system time, and how far it can be believed. */
static void leaf_time(uint32_t subleaf, struct cpuid *c)
{
    if (subleaf == 0)
        *c = (struct cpuid){ cpu_features.tsc_invariant ? 2 : 0, 0, tsc_khz(), 0 };
    else if (subleaf == 1)
        *c = (struct cpuid){ 0, 0, time_scale.mul, (uint32_t)(int32_t)time_scale.shift };
    else if (subleaf == 2)
        *c = (struct cpuid){ tsc_khz(), 0, 0, 0 };
}

static void hypervisor(uint32_t leaf, uint32_t subleaf, struct cpuid *c)
{
    *c = (struct cpuid){ 0 };
    switch (leaf) {
    case 0x40000000:    /* "XenVMMXenVMM" */
        *c = (struct cpuid){ LAST_HYPERVISOR, 0x566e6558, 0x65584d4d, 0x4d4d566e };
        return;
    case 0x40000001:
        c->eax = 4U << 16 | 17;
        return;
    case 0x40000002:    /* one hypercall page, through the MSR; MMU_PT_UPDATE_PRESERVE_AD */
        *c = (struct cpuid){ 1, 0x40000000, 1, 0 };
        return;
    case 0x40000003:
        leaf_time(subleaf, c);
        return;
    case 0x40000005:    /* width of a machine address, by which guests choose the version of grant tables */
        c->ebx = subleaf == 0 && frame_limit > 1 ? bit_last(frame_limit - 1) + 1 + PAGE_SHIFT : 0;
        return;
    }
}

static void extended(uint32_t leaf, struct cpuid *c)
{
    switch (leaf) {
    case 0x80000000:
        c->eax = MIN(c->eax, LAST_EXTENDED);
        return;
    case 0x80000001:
        c->ecx &= ECX81_PLAIN | (has_avx() ? ECX81_AVX : 0);
        c->edx &= EDX81 | (cpu_features.amd ? EDX81_AMD : 0);
        return;
    case 0x80000002: case 0x80000003: case 0x80000004: case 0x80000005: case 0x80000006:
        return;
    case 0x80000007:
        *c = (struct cpuid){ 0, 0, 0, cpu_features.tsc_invariant ? BIT(8) : 0 };
        return;
    case 0x80000008:    /* widths of machine and linear addresses */
        *c = (struct cpuid){ (c->eax & 0xff) | 48U << 8, 0, 0, 0 };
        return;
    default:
        *c = (struct cpuid){ 0 };
    }
}

/* The processor's last basic and extended leaves; asked once, because under a hypervisor of its own CPUID
 * is slow. */
static void last_leaves(uint32_t *basic_leaf, uint32_t *extended_leaf)
{
    static uint32_t basic_last, extended_last;

    if (!extended_last) {
        basic_last = cpuid(0, 0).eax;
        extended_last = cpuid(0x80000000, 0).eax;
    }
    *basic_leaf = basic_last;
    *extended_leaf = extended_last;
}

void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct cpuid c = { 0 };
    uint32_t last_basic, last_extended;

    last_leaves(&last_basic, &last_extended);
    if (leaf <= LAST_BASIC) {
        if (leaf <= last_basic)
            c = cpuid(leaf, subleaf);
        basic(v, leaf, subleaf, &c);
    } else if (leaf >= 0x40000000 && leaf <= LAST_HYPERVISOR) {
        hypervisor(leaf, subleaf, &c);
    } else if (leaf >= 0x80000000 && leaf <= LAST_EXTENDED) {
        if (leaf <= last_extended)
            c = cpuid(leaf, subleaf);
        extended(leaf, &c);
    }
    out[0] = c.eax;
    out[1] = c.ebx;
    out[2] = c.ecx;
    out[3] = c.edx;
}
