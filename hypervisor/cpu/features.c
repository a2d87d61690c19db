/* What the processor can do: asked once, on the boot CPU. */
#include "cpu/features.h"

#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "lib/lib.h"

struct cpu_features cpu_features;

static bool bit(uint32_t word, unsigned int n)
{
    return word >> n & 1;
}

/* AMD's family 15 before revision F locks up when code runs into the end of the lower half of the address
 * space, which any guest may let it do (erratum 121, XSA-9). */
static bool hangs_at_the_hole(uint32_t signature)
{
    unsigned int family = (signature >> 8 & 0xf) + (signature >> 20 & 0xff);
    unsigned int model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);

    return family == 15 && model < 0x40;
}

static void detect_basic(struct cpu_features *f)
{
    struct cpuid vendor = cpuid(0, 0), one = cpuid(1, 0), seven = { 0 };

    f->intel = vendor.ebx == 0x756e6547;        /* "Genu" */
    f->amd = vendor.ebx == 0x68747541 || vendor.ebx == 0x6f677948;      /* "Auth", "Hygo" */
    if (f->amd && hangs_at_the_hole(one.eax))
        panic("this processor can be locked up by any guest (erratum 121)");
    f->xsave = bit(one.ecx, 26);
    f->pcid = bit(one.ecx, 17);
    f->x2apic = bit(one.ecx, 21);
    f->tsc_deadline = bit(one.ecx, 24);
    if (vendor.eax >= 7)
        seven = cpuid(7, 0);
    f->fsgsbase = bit(seven.ebx, 0);
    f->smep = bit(seven.ebx, 7);
    f->smap = bit(seven.ebx, 20);
    f->umip = bit(seven.ecx, 2);
    if (!bit(one.edx, 4) || !bit(one.edx, 9) || !bit(one.edx, 24) || !bit(one.edx, 26))
        panic("the processor lacks TSC, APIC, FXSAVE or SSE2");
}

static void detect_extended(struct cpu_features *f)
{
    uint32_t max = cpuid(0x80000000, 0).eax;
    struct cpuid one = cpuid(0x80000001, 0);

    f->nx = bit(one.edx, 20);
    f->rdtscp = bit(one.edx, 27);
    f->syscall32 = f->amd;
    if (max >= 0x80000007)
        f->tsc_invariant = bit(cpuid(0x80000007, 0).edx, 8);
    f->phys_bits = max >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;
}

void features_detect(void)
{
    struct cpu_features *f = &cpu_features;
    uint64_t platform;

    detect_basic(f);
    detect_extended(f);
    if (f->intel && rdmsr_safe(MSR_PLATFORM_INFO, &platform))
        f->cpuid_faulting = platform >> 31 & 1;
    if (f->xsave) {
        struct cpuid d = cpuid(0xd, 0);
        uint64_t supported = d.eax | (uint64_t)d.edx << 32;

        f->xcr0_allowed = supported & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
        if ((supported & XCR0_AVX512) == XCR0_AVX512 && (f->xcr0_allowed & XCR0_AVX))
            f->xcr0_allowed |= XCR0_AVX512;
    }
}
