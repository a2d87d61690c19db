/* calls.c: hypercalls that do little: what an entry costs. */
#include "bench.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define BATCH_MAX 64
#define UNKNOWN_VERSION_OP 99
#define XEN_ENOSYS 38
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

static uint32_t multicall(unsigned int count)
{
    static struct multicall_entry batch[BATCH_MAX];
    struct call c = CALL(multicall, .a1 = (uint64_t)batch, .a2 = count);
    unsigned int i;
    uint32_t ticks;

    memset(batch, 0, sizeof(batch));
    for (i = 0; i < count; i++)
        batch[i].op = __HYPERVISOR_xen_version;
    ticks = cost(&c);
    for (i = 0; i < count; i++)
        if (batch[i].result != VERSION)
            fail("call %u of the multicall answered %lu", i, (unsigned long)batch[i].result);
    return ticks;
}

static uint32_t multicall_16(void) { return multicall(16); }
static uint32_t multicall_64(void) { return multicall(64); }

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

/* An entry of a page that is in use as our GDT: its limit changes. */
static uint64_t *gdt;

static uint32_t update_descriptor(void)
{
    static uint64_t descriptor = 0x00c0f20000000000;
    struct call c = CALL(update_descriptor, .a1 = pv_virt_to_machine(&gdt[1]), .a2 = ++descriptor);
    uint32_t ticks = cost(&c);

    if (*(volatile uint64_t *)&gdt[1] != descriptor)
        fail("update_descriptor left %lx, not %lx", gdt[1], descriptor);
    return ticks;
}

static void bench_descriptors(void)
{
    unsigned long frame;

    gdt = pv_pages_alloc(1);
    frame = pv_virt_to_mfn(gdt);
    set_entry(gdt, entry_for(gdt, FLAGS_RO | PV_PTE_NX));
    must("set_gdt", HYPERVISOR_set_gdt(&frame, 512));
    bench("update_descriptor, in the GDT", update_descriptor);
    must("set_gdt", HYPERVISOR_set_gdt(NULL, 0));
    set_entry(gdt, entry_for(gdt, FLAGS_RW | PV_PTE_NX));
    pv_pages_free(gdt, 1);
}

void bench_calls(void)
{
    group("hypercalls that do little");
    bench("null hypercall: xen_version(0)", version);
    bench("unknown sub-op of xen_version", unknown_version);
    bench_each("multicall of 16, each", multicall_16, 16);
    bench_each("multicall of 64, each", multicall_64, 64);
    bench("sched_op yield", yield);
    bench("vcpu_op is_up", is_up);
    bench("stack_switch", stack_switch);
    bench("set_segment_base", set_segment_base);
    bench("fpu_taskswitch, on and off", fpu_taskswitch);
    bench("get_debugreg", get_debugreg);
    bench("console_io, 0 bytes", console_nothing);
    bench_descriptors();
}
