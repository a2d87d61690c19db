/* vcpus.c: two vcpus on one CPU that hand it to each other: each sends the other an event and then polls for
 * its own. A turn is both ways: two sends, two polls, two switches. */
#include "bench.h"

#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/event.h>

/* One place for each vcpu, of which the other knows the port. */
static evtchn_port_t ports[2];
static volatile bool fpu_wanted;

static void take_event(unsigned int me)
{
    __atomic_fetch_and(&pv_shared_info->evtchn_pending[0], ~(1UL << ports[me]), __ATOMIC_SEQ_CST);
}

static void use_fpu(void)
{
    if (fpu_wanted)
        __asm__ volatile("paddd %%xmm1, %%xmm0" : : : "xmm0");
}

static void hand_over(unsigned int me)
{
    struct evtchn_send send = { .port = ports[!me] };
    struct sched_poll poll = { .nr_ports = 1 };

    set_xen_guest_handle(poll.ports, &ports[me]);
    use_fpu();
    HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
    HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
    take_event(me);
}

static void second_vcpu(void)
{
    for (;;)
        hand_over(1);
}

static uint32_t turn(void)
{
    uint32_t before = clock_now();

    hand_over(0);
    return clock_now() - before;
}

static evtchn_port_t new_port(unsigned int vcpu)
{
    struct evtchn_bind_ipi bind = { .vcpu = vcpu };

    must("bind_ipi", HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &bind));
    if (bind.port >= 64)
        fail("bind_ipi: port %u", bind.port);
    pv_event_mask(bind.port);
    return bind.port;
}

static void start_second(char *stack_end)
{
    static struct vcpu_guest_context c;

    c.flags = VGCF_in_kernel;
    c.user_regs.rip = (uint64_t)second_vcpu;
    c.user_regs.rsp = (uint64_t)stack_end - 8;
    c.user_regs.rflags = 0x200;
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = (uint64_t)stack_end;
    c.ctrlreg[3] = xen_pfn_to_cr3(pv_virt_to_mfn((void *)pv_start_info->pt_base));
    must("VCPUOP_initialise", HYPERVISOR_vcpu_op(VCPUOP_initialise, 1, &c));
    must("VCPUOP_up", HYPERVISOR_vcpu_op(VCPUOP_up, 1, NULL));
}

void bench_vcpus(void)
{
    unsigned int i;

    if (HYPERVISOR_vcpu_op(VCPUOP_is_up, 1, NULL) != 0)
        fail("there is no second vcpu");
    for (i = 0; i < 2; i++)
        ports[i] = new_port(i);
    start_second((char *)pv_pages_alloc(1) + PV_PAGE_SIZE);
    group("switches");
    bench("two vcpus take turns, without the FPU", turn);
    fpu_wanted = true;
    bench("two vcpus take turns, each uses the FPU", turn);
    must("VCPUOP_down", HYPERVISOR_vcpu_op(VCPUOP_down, 1, NULL));
    for (i = 0; i < 2; i++)
        pv_event_close(ports[i]);
}
