/* calls.c: hypercalls that do little: what an entry costs. */
#include "bench.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define BATCH 16
#define UNKNOWN_VERSION_OP 99
#define XEN_ENOSYS 38
#define NS_PER_SEC 1000000000ULL
#define VERSION (4 << 16 | 17)

static uint32_t version(void)
{
    struct call c = CALL(xen_version, .a1 = XENVER_version, .want = VERSION);

    return cost(&c);
}

static uint32_t unknown_version(void)
{
    struct call c = CALL(xen_version, .a1 = UNKNOWN_VERSION_OP, .want = -XEN_ENOSYS);

    return cost(&c);
}

static uint32_t multicall(void)
{
    struct multicall_entry batch[BATCH];
    struct call c = CALL(multicall, .a1 = (uint64_t)batch, .a2 = BATCH);
    unsigned int i;
    uint32_t ticks;

    memset(batch, 0, sizeof(batch));
    for (i = 0; i < BATCH; i++)
        batch[i].op = __HYPERVISOR_xen_version;
    ticks = cost(&c);
    for (i = 0; i < BATCH; i++)
        if (batch[i].result != VERSION)
            fail("call %u of the multicall answered %lu", i, (unsigned long)batch[i].result);
    return ticks;
}

static uint32_t yield(void)
{
    struct call c = CALL(sched_op, .a1 = SCHEDOP_yield);

    return cost(&c);
}

static uint32_t is_up(void)
{
    struct call c = CALL(vcpu_op, .a1 = VCPUOP_is_up, .want = 1);

    return cost(&c);
}

static uint32_t set_timer(void)
{
    static uint64_t deadline = 1000000 * NS_PER_SEC;
    struct call c = CALL(set_timer_op, .a1 = deadline++);

    return cost(&c);
}

static uint32_t stack_switch(void)
{
    struct call c = CALL(stack_switch, .a1 = FLAT_KERNEL_SS, .a2 = (uint64_t)__builtin_frame_address(0));

    return cost(&c);
}

static uint32_t set_segment_base(void)
{
    struct call c = CALL(set_segment_base, .a1 = SEGBASE_GS_USER, .a2 = 0x1000);

    return cost(&c);
}

static uint32_t fpu_taskswitch(void)
{
    struct call on = CALL(fpu_taskswitch, .a1 = 1), off = CALL(fpu_taskswitch, .a1 = 0);

    return cost_of_both(&on, &off);
}

static uint32_t get_debugreg(void)
{
    struct call c = CALL(get_debugreg, .a1 = 0);

    return cost(&c);
}

static uint32_t console_nothing(void)
{
    struct call c = CALL(console_io, .a1 = CONSOLEIO_write, .a2 = 0, .a3 = (uint64_t)&c);

    return cost(&c);
}

void bench_calls(void)
{
    bench("xen_version(0)", version);
    bench("unknown sub-op of xen_version", unknown_version);
    bench_each("multicall of 16, each", multicall, BATCH);
    bench("sched_op yield", yield);
    bench("vcpu_op is_up", is_up);
    bench("set_timer_op", set_timer);
    bench("stack_switch", stack_switch);
    bench("set_segment_base", set_segment_base);
    bench("fpu_taskswitch, on and off", fpu_taskswitch);
    bench("get_debugreg", get_debugreg);
    bench("console_io, 0 bytes", console_nothing);
    must("set_timer_op", HYPERVISOR_set_timer_op(0));
}
