/* Before a return to a guest: what has piled up during the entry is done, until nothing is left. */
#include "cpu/cpu.h"
#include "dispatch/bounce.h"
#include "dispatch/dispatch.h"
#include "dispatch/hypercall.h"
#include "domain/domain.h"
#include "event/event.h"
#include "memory/frame.h"
#include "sched/sched.h"
#include "sched/timer.h"

/* No lock is held here and nothing is half done: interrupts that wait may come, as in the idle loop. */
static void take_interrupts(void)
{
    __asm__ volatile("sti\n nop\n cli" : : : "memory");
}

static void do_work(uint32_t work)
{
    if (work & WORK_TIMER)
        timers_run();
    if (work & WORK_RELEASE)
        frames_release();
    if (work & WORK_NMI)
        nmi_pass_on();
    if (work & WORK_RESCHED)
        sched_switch();
}

static void deliver_nmi(struct cpu_info *info, struct vcpu *v)
{
    if (likely(!atomic_load(&v->nmi_pending)) || v->nmi_masked)
        return;
    atomic_store(&v->nmi_pending, false);
    v->nmi_masked = guest_nmi(v, &info->guest);
}

/* A hypercall that goes on comes before everything else that the vcpu could see. */
void guest_exit_work(void)
{
    struct cpu_info *info = this_cpu();
    struct vcpu *v;

    do {
        do_work(atomic_exchange(&info->work, 0));
        v = current;
        if (v->continuation.active) {
            take_interrupts();
            if (!(atomic_load(&info->work) & (WORK_RESCHED | WORK_TIMER)))
                hypercall_continue(info, v);
        } else {
            if (v->failsafe_due)
                guest_failsafe(v, &info->guest);
            deliver_nmi(info, v);
            if (event_upcall_due(v))
                guest_upcall(info, v);
        }
    } while (v->continuation.active || v->failsafe_due || atomic_load(&info->work));
}
