/* Per-CPU timers. A queue belongs to a CPU, but others may take timers out of it. A timer is on at most one
 * queue: it comes from none to one by an exchange of timer.cpu, which only the holder of that queue's lock
 * sets back. Expired timers run on the way out of the hypervisor; the local timer's interrupt only asks for
 * that. */
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
    struct timer *running;              /* whose fn runs now, for this CPU's own eyes */
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

/* q->lock held; t is on it. */
static void take_out(struct timer_queue *q, struct timer *t)
{
    timer_heap_remove(&q->heap, t);
    atomic_store_explicit(&t->cpu, -1, memory_order_release);
}

/* Takes t off whatever queue it is on. It may move between the look and the lock. */
static void dequeue(struct timer *t)
{
    int cpu;

    while ((cpu = atomic_load_explicit(&t->cpu, memory_order_relaxed)) >= 0) {
        struct timer_queue *q = &queues[cpu];

        spin_lock(&q->lock);
        if (atomic_load_explicit(&t->cpu, memory_order_relaxed) == cpu)
            take_out(q, t);
        spin_unlock(&q->lock);
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

/* Returns with q->lock held and t in no heap, but the caller's to put into q's. */
static void claim(struct timer_queue *q, int cpu, struct timer *t)
{
    for (;;) {
        int on = -1;

        spin_lock(&q->lock);
        if (atomic_compare_exchange_strong(&t->cpu, &on, cpu))
            return;
        if (on == cpu) {
            timer_heap_remove(&q->heap, t);
            return;
        }
        spin_unlock(&q->lock);
        dequeue(t);
    }
}

void timer_set(struct timer *t, uint64_t expires)
{
    struct cpu_info *info = this_cpu();
    struct timer_queue *q = &queues[info->id];

    claim(q, (int)info->id, t);
    t->expires = expires;
    timer_heap_insert(&q->heap, t);
    /* What is due already runs on the way out, without an interrupt. */
    if (expires < q->programmed) {
        if (expires <= now_ns())
            atomic_fetch_or(&info->work, WORK_TIMER);
        else
            program(q, expires);
    }
    spin_unlock(&q->lock);
}

void timer_stop(struct timer *t)
{
    unsigned int own;

    dequeue(t);
    own = queues[cpu_id()].running == t;    /* called by its own fn */
    while (unlikely(atomic_load(&t->running) > own))
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
        atomic_fetch_add(&t->running, 1);   /* first this: timer_stop looks in the other order */
        take_out(q, t);
        q->running = t;
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
        q->running = NULL;
        atomic_fetch_sub(&t->running, 1);       /* the last touch: it may go now */
    }
}

/* What was programmed has fired, perhaps early. */
void timer_interrupt(void)
{
    struct cpu_info *info = this_cpu();

    queues[info->id].programmed = UINT64_MAX;
    atomic_fetch_or(&info->work, WORK_TIMER);
}
