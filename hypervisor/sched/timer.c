/* Per-CPU timers. A queue belongs to a CPU, but others may take timers out of it. Expired timers run on the
 * way out of the hypervisor; the local timer's interrupt only asks for that. */
#include "sched/timer.h"

#include "cpu/cpu.h"
#include "irq/apic.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "lib/lock.h"
#include "sched/time.h"
#include "sched/timer-heap.h"

static struct timer_queue {
    spinlock_t lock;                    /* RANK_TIMER */
    struct timer_heap heap;
    struct timer *_Atomic running;      /* whose fn runs now */
    uint64_t programmed;                /* ns that the local timer is set to, UINT64_MAX: not set */
} queues[MAX_CPUS];

void timers_init_cpu(void)
{
    struct timer_queue *q = &queues[cpu_id()];

    spin_init(&q->lock, RANK_TIMER);
    q->programmed = UINT64_MAX;
    apic_timer_init_cpu();
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
    *t = (struct timer){ .fn = fn, .arg = arg, .cpu = -1 };
}

/* Takes t off whatever queue it is on. It may move between the look and the lock. */
static void dequeue(struct timer *t)
{
    for (;;) {
        int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
        struct timer_queue *q;
        bool same;

        if (cpu < 0)
            return;
        q = &queues[cpu];
        spin_lock(&q->lock);
        same = t->cpu == cpu;
        if (same && t->queued) {
            timer_heap_remove(&q->heap, t);
            t->queued = false;
        }
        spin_unlock(&q->lock);
        if (same)
            return;
    }
}

static void program(struct timer_queue *q, uint64_t expires)
{
    if (expires == q->programmed)
        return;
    q->programmed = expires;
    if (expires == UINT64_MAX)
        apic_timer_stop();
    else
        apic_timer_start(ns_to_tsc(expires));
}

void timer_set(struct timer *t, uint64_t expires)
{
    struct cpu_info *info = this_cpu();
    struct timer_queue *q = &queues[info->id];

    dequeue(t);
    spin_lock(&q->lock);
    t->expires = expires;
    __atomic_store_n(&t->cpu, (int)info->id, __ATOMIC_RELAXED);
    t->queued = true;
    timer_heap_insert(&q->heap, t);
    if (expires < q->programmed)
        program(q, expires);
    spin_unlock(&q->lock);
    if (expires <= now_ns())
        atomic_fetch_or(&info->work, WORK_TIMER);
}

void timer_stop(struct timer *t)
{
    int cpu;

    dequeue(t);
    cpu = t->cpu;
    if (cpu < 0 || (unsigned int)cpu == cpu_id())
        return;
    while (atomic_load(&queues[cpu].running) == t)
        cpu_relax_and_answer();
}

/* The earliest timer if it has expired, off the queue and marked as running; else the local timer is set for
 * it. */
static struct timer *take_expired(struct timer_queue *q)
{
    struct timer *t;

    spin_lock(&q->lock);
    t = q->heap.root;
    if (t && t->expires <= now_ns()) {
        timer_heap_remove(&q->heap, t);
        t->queued = false;
        atomic_store_explicit(&q->running, t, memory_order_relaxed);
    } else {
        program(q, t ? t->expires : UINT64_MAX);
        t = NULL;
    }
    spin_unlock(&q->lock);
    return t;
}

void timers_run(void)
{
    struct cpu_info *info = this_cpu();
    struct timer_queue *q = &queues[info->id];
    struct timer *t;

    atomic_fetch_and(&info->work, ~(uint32_t)WORK_TIMER);
    while ((t = take_expired(q))) {
        t->fn(t->arg);
        atomic_store_explicit(&q->running, NULL, memory_order_release);
    }
}

/* What was programmed has fired, perhaps early. */
void timer_interrupt(void)
{
    struct cpu_info *info = this_cpu();

    queues[info->id].programmed = UINT64_MAX;
    atomic_fetch_or(&info->work, WORK_TIMER);
}
