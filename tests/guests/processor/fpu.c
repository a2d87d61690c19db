/* fpu.c: FPU and SSE registers stay ours across everything that leaves this code. The class of bug: another
 * domain's registers seen, or ours lost. */
#include "case.h"

#include <string.h>
#include <xen/sched.h>
#include <pv/thread.h>

struct image {
    uint8_t bytes[512] __attribute__((aligned(16)));
};

static void load(struct image *im)
{
    unsigned int i;

    __asm__ volatile("fninit; fxsave64 %0" : "=m"(*im));
    for (i = 32; i < 160; i += 16)
        memset(im->bytes + i, (int)i, 8);       /* x87 */
    for (i = 160; i < 416; i++)
        im->bytes[i] = (uint8_t)(i * 7);        /* SSE */
    im->bytes[4] = 0xff;                        /* all x87 registers in use */
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
    __asm__ volatile("fninit");
    return memcmp(before->bytes + 32, after->bytes + 32, 384) == 0;
}

void test_fpu(void)
{
    static struct image before, after;
    struct sched_poll poll = { .nr_ports = 0 };
    uint32_t mxcsr;

    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    check("MXCSR starts clean", mxcsr & ~0x3fU, 0x1f80);
    load(&before);
    check_true("registers survive xen_version", survives(&before, &after, __HYPERVISOR_xen_version, 0, 0));
    check_true("registers survive a yield",
               survives(&before, &after, __HYPERVISOR_sched_op, SCHEDOP_yield, 0));
    poll.timeout = pv_now_ns() + 5 * PV_NS_PER_MS;
    check_true("registers survive waiting",
               survives(&before, &after, __HYPERVISOR_sched_op, SCHEDOP_poll, (unsigned long)&poll));
    check_true("registers survive a trap",
               survives(&before, &after, __HYPERVISOR_update_va_mapping, 0x700000000000, 0));
}
