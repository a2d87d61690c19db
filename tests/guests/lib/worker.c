/* worker.c: the second vcpu's loop. */
#include "worker.h"
#include "case.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define WORKER 1
#define STACK_BYTES 16384
#define PATIENCE_NS (20 * PV_NS_PER_SEC)

static struct {
    void (*fn)(void *);
    void *arg;
    volatile unsigned int asked, answered;
} box;

static char stack[STACK_BYTES] __attribute__((aligned(16)));
static bool started;

static void work(void) __attribute__((noreturn));
static void work(void)
{
    for (;;) {
        while (box.answered == box.asked)
            HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        box.fn(box.arg);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        box.answered++;
    }
}

bool worker_start(void)
{
    static struct vcpu_guest_context c;

    if (started)
        return true;
    if (HYPERVISOR_vcpu_op(VCPUOP_is_up, WORKER, NULL) != 0)
        return false;
    memset(&c, 0, sizeof(c));
    c.flags = VGCF_in_kernel;
    c.user_regs.rip = (uint64_t)work;
    c.user_regs.rsp = (uint64_t)stack + STACK_BYTES - 8;    /* as after a call */
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.user_regs.rflags = 0x202;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = (uint64_t)stack + STACK_BYTES;
    c.ctrlreg[3] = xen_pfn_to_cr3(pv_virt_to_mfn((void *)pv_start_info->pt_base));
    pv_shared_info->vcpu_info[WORKER].evtchn_upcall_mask = 1;
    started = HYPERVISOR_vcpu_op(VCPUOP_initialise, WORKER, &c) == 0 &&
              HYPERVISOR_vcpu_op(VCPUOP_up, WORKER, NULL) == 0;
    return started;
}

void worker_begin(void (*fn)(void *), void *arg)
{
    box.fn = fn;
    box.arg = arg;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    box.asked++;
}

bool worker_end(void)
{
    uint64_t end = pv_now_ns() + PATIENCE_NS;

    while (box.answered != box.asked) {
        if (pv_now_ns() > end)
            return false;
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
    }
    return true;
}

void worker_stop(void)
{
    if (started)
        HYPERVISOR_vcpu_op(VCPUOP_down, WORKER, NULL);
}
