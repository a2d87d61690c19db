/* second.c: the second vcpu: starting it, its loop, its traps and upcalls. */
#include "second.h"

#include <string.h>
#include <xen/sched.h>
#include <pv/memory.h>

#define PATIENCE_NS (8 * PV_NS_PER_SEC)
#define FILLERS 64

struct pv_regs second_regs;
uint64_t second_address, second_frame_end;
volatile unsigned int second_upcalls, second_nmis;
volatile unsigned int second_events[4096];
struct vcpu_info *volatile second_info;

/* The first vcpu counts `asked` up, the second follows. */
static struct {
    long (*fn)(void *);
    void *arg;
    long answer;
    volatile unsigned int asked, answered;
} box;

static evtchn_port_t fillers[FILLERS];

unsigned int vcpu_total(void)
{
    static unsigned int total;

    while (HYPERVISOR_vcpu_op(VCPUOP_is_up, total, NULL) >= 0)
        total++;
    return total;
}

void second_context(struct vcpu_guest_context *c, void *entry, void *stack_top)
{
    unsigned int i;

    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = (uint64_t)entry;
    c->user_regs.rsp = (uint64_t)stack_top;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->user_regs.rflags = 0x202;
    for (i = 0; i < 32; i++)
        c->trap_ctxt[i] = (struct trap_info){
            .vector = (uint8_t)i, .flags = i == 3 ? 3 : 0, .cs = FLAT_KERNEL_CS,
            .address = (unsigned long)(second_stubs + i * SECOND_STUB_BYTES) };
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = (uint64_t)stack_top;
    c->ctrlreg[3] = xen_pfn_to_cr3(pv_virt_to_mfn((void *)pv_start_info->pt_base));
    c->event_callback_eip = (unsigned long)second_upcall_entry;
    c->failsafe_callback_eip = (unsigned long)second_failsafe_entry;
    c->syscall_callback_eip = (unsigned long)second_syscall_entry;
}

bool second_start(void)
{
    static struct vcpu_guest_context context;
    static bool initialised;

    if (vcpu_total() < 2)
        return false;
    if (!initialised) {
        second_info = &pv_shared_info->vcpu_info[SECOND];
        second_context(&context, second_entry, second_stack_top);
        if (HYPERVISOR_vcpu_op(VCPUOP_initialise, SECOND, &context) != 0)
            return false;
        initialised = true;
    }
    return HYPERVISOR_vcpu_op(VCPUOP_up, SECOND, NULL) == 0;
}

void second_stop(void)
{
    HYPERVISOR_vcpu_op(VCPUOP_down, SECOND, NULL);
}

void second_begin(long (*fn)(void *), void *arg)
{
    box.fn = fn;
    box.arg = arg;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    box.asked++;
}

long second_end(void)
{
    uint64_t end = pv_now_ns() + PATIENCE_NS;

    while (box.answered != box.asked) {
        if (pv_now_ns() > end)
            return NO_ANSWER;
        yield();
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return box.answer;
}

bool second_has_answered(void)
{
    return box.answered == box.asked;
}

long second_do(long (*fn)(void *), void *arg)
{
    second_begin(fn, arg);
    return second_end();
}

bool changes(const volatile unsigned int *what, unsigned int was)
{
    const volatile struct vcpu_time_info *t = &pv_shared_info->vcpu_info[0].time;
    uint64_t end = time_by(t) + PATIENCE_NS;

    while (*what == was) {
        if (time_by(t) > end)
            return false;
        yield();
    }
    return true;
}

/* From here on: on the second vcpu. */

void second_mask(void)
{
    second_info->evtchn_upcall_mask = 1;
    __asm__ volatile("" ::: "memory");
}

void second_unmask(void)
{
    second_info->evtchn_upcall_mask = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (*(volatile uint8_t *)&second_info->evtchn_upcall_pending)
        yield();        /* any hypercall delivers it */
}

static void give(long answer)
{
    box.answer = answer;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    box.answered++;
}

void second_main(void) __attribute__((noreturn));
void second_main(void)
{
    for (;;) {
        while (box.answered == box.asked)
            yield();
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        give(box.fn(box.arg));
    }
}

/* A trap has ended the last command: it is its answer. */
void second_again(void) __attribute__((noreturn));
void second_again(void)
{
    give(TRAP(second_regs.vector & 0xff,
              second_regs.error & 0xffff) | (second_regs.vector > 255 ? 1L << 40 : 0));
    second_main();
}

/* Word 0 holds the first vcpu's ports: its upcall takes whatever it finds there. */
static void take_events(void)
{
    unsigned long words, active;
    unsigned int w, bit;

    second_upcalls++;
    do {
        second_info->evtchn_upcall_pending = 0;
        words = __atomic_exchange_n(&second_info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        for (w = 1; w < 64; w++) {
            if (!(words >> w & 1))
                continue;
            active = *(volatile xen_ulong_t *)&pv_shared_info->evtchn_pending[w] &
                     ~*(volatile xen_ulong_t *)&pv_shared_info->evtchn_mask[w];
            for (; active; active &= active - 1) {
                bit = (unsigned int)__builtin_ctzl(active);
                __atomic_fetch_and(&pv_shared_info->evtchn_pending[w], ~(1UL << bit), __ATOMIC_SEQ_CST);
                second_events[w * 64 + bit]++;
            }
        }
    } while (*(volatile uint8_t *)&second_info->evtchn_upcall_pending);
}

void second_trap(struct pv_regs *regs);
void second_trap(struct pv_regs *regs)
{
    if (regs->vector == SECOND_UPCALL) {
        take_events();
        return;
    }
    if (regs->vector == 2) {
        second_nmis++;
        return;
    }
    second_regs = *regs;
    second_frame_end = (uint64_t)(regs + 1);
    second_address = second_info->arch.cr2;
    regs->rip = (uint64_t)second_restart;
    regs->rsp = (uint64_t)second_stack_top;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    regs->rflags = 0x202;
}

/* Ports, from the first vcpu. */

void second_ports_reserve(void)
{
    unsigned int i;

    for (i = 0; i < FILLERS; i++) {
        struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

        fillers[i] = 0;
        if (HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op) != 0)
            break;
        fillers[i] = op.port;
        if (op.port >= 63)
            break;      /* the next one is in the next word */
    }
}

void second_ports_release(void)
{
    unsigned int i;

    for (i = 0; i < FILLERS && fillers[i]; i++)
        port_close(fillers[i]);
}

bool port_is_pending(evtchn_port_t port)
{
    return *(volatile xen_ulong_t *)&pv_shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

bool port_is_masked(evtchn_port_t port)
{
    return *(volatile xen_ulong_t *)&pv_shared_info->evtchn_mask[port / 64] >> (port % 64) & 1;
}

void port_clear(evtchn_port_t port)
{
    __atomic_fetch_and(&pv_shared_info->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

void second_port_open(evtchn_port_t port)
{
    port_clear(port);
    second_events[port] = 0;
    __atomic_fetch_and(&pv_shared_info->evtchn_mask[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

void port_close(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    pv_event_mask(port);
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &op);
    port_clear(port);
}
