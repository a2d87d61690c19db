/* The scheduler's queues and the switch between vcpus. Each CPU has a queue ordered by virtual
 * time. A vcpu belongs to one queue (sched.cpu), whose lock guards its scheduling state. An idle
 * CPU takes waiting vcpus from the others.
 *
 * There are no hypervisor threads: a switch saves the guest state that lies on this CPU's stack into the
 * old vcpu and puts the new one's there; the exit path then returns to whatever is there. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "memory/pagetable.h"
#include "sched/fair.h"
#include "sched/runstate.h"

#define HOUSEKEEPING_NS 100000000UL     /* a vcpu that runs alone is looked at this often */

struct run_queue {
    spinlock_t lock;
    struct vcpu *first;                 /* by rising virtual time */
    struct vcpu *running;
    uint64_t min_vtime;                 /* rises only */
    _Atomic uint64_t first_vtime;       /* of `first`, UINT64_MAX: nobody waits. Others read
                                         * it without the lock, as a hint */
    unsigned int waiting;
    struct timer slice;
};

static struct run_queue queues[MAX_CPUS];
static _Atomic uint64_t idle_cpus;
/* How far the queues have come: virtual time is comparable between them. Rises only, approximately. */
static _Atomic uint64_t global_vtime;

static struct run_queue *queue_lock_of(struct vcpu *v)
{
    for (;;) {
        uint32_t cpu = v->sched.cpu;

        spin_lock(&queues[cpu].lock);
        if (v->sched.cpu == cpu)
            return &queues[cpu];
        spin_unlock(&queues[cpu].lock);
    }
}

static void enqueue(struct run_queue *q, struct vcpu *v)
{
    struct vcpu *prev = NULL, *next = q->first;

    assert_held(&q->lock);
    while (next && next->sched.vtime <= v->sched.vtime) {
        prev = next;
        next = next->sched.next;
    }
    v->sched.prev = prev;
    v->sched.next = next;
    if (next)
        next->sched.prev = v;
    if (prev)
        prev->sched.next = v;
    else
        q->first = v;
    v->sched.queued = true;
    q->waiting++;
    q->first_vtime = q->first->sched.vtime;
}

static void dequeue(struct run_queue *q, struct vcpu *v)
{
    assert_held(&q->lock);
    if (v->sched.next)
        v->sched.next->sched.prev = v->sched.prev;
    if (v->sched.prev)
        v->sched.prev->sched.next = v->sched.next;
    else
        q->first = v->sched.next;
    v->sched.queued = false;
    q->waiting--;
    q->first_vtime = q->first ? q->first->sched.vtime : UINT64_MAX;
}

static bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return v->sched.affinity & (1UL << cpu);
}

/* Where a vcpu that becomes runnable should wait: its own CPU if idle, else any
 * idle one it may use, else its own. */
static unsigned int choose_cpu(const struct vcpu *v)
{
    uint64_t idle = atomic_load(&idle_cpus) & v->sched.affinity;

    if (idle & (1UL << v->sched.cpu))
        return v->sched.cpu;
    if (idle & v->sched.affinity_soft)
        return bit_first(idle & v->sched.affinity_soft);
    if (idle)
        return bit_first(idle);
    return may_run_on(v, v->sched.cpu) ? v->sched.cpu : bit_first(v->sched.affinity);
}

/* Moves a vcpu that is neither queued nor running to another queue. Returns the new
 * queue, locked; the old one is unlocked. */
static struct run_queue *move(struct run_queue *from, struct vcpu *v, unsigned int cpu)
{
    if (v->sched.cpu == cpu)
        return from;
    v->sched.cpu = cpu;     /* from here the new queue's lock guards it */
    spin_unlock(&from->lock);
    return queue_lock_of(v);
}

static void preempt_running(unsigned int cpu, const struct run_queue *q, const struct vcpu *v)
{
    if (!q->running || fair_should_preempt(v->sched.vtime, q->running->sched.vtime))
        cpu_kick(cpu, WORK_RESCHED);
    else if (q->waiting == 1)
        cpu_kick(cpu, WORK_RESCHED);    /* it runs alone: its slice must be armed */
}

/* Before anybody is put in: who has slept for long would hold back, by his own
 * past, the time at which he is put in. */
static void advance(struct run_queue *q)
{
    uint64_t running = q->running ? q->running->sched.vtime : UINT64_MAX;

    assert_held(&q->lock);
    q->min_vtime = fair_queue_min(q->min_vtime, running, q->first_vtime);
    if (q->min_vtime > atomic_load(&global_vtime))
        atomic_store(&global_vtime, q->min_vtime);
}

/* q is v's queue, locked, and is unlocked here. */
static void make_runnable(struct run_queue *q, struct vcpu *v)
{
    runstate_set(v, RUNSTATE_runnable, now_ns());
    q = move(q, v, choose_cpu(v));
    if (v->sched.flags == 0 && !v->sched.queued && !v->sched.running) {
        advance(q);
        v->sched.vtime = fair_wake_vtime(v->sched.vtime, MAX(q->min_vtime, atomic_load(&global_vtime)));
        enqueue(q, v);
        preempt_running(v->sched.cpu, q, v);
    }
    spin_unlock(&q->lock);
}

void vcpu_clear_flags(struct vcpu *v, uint32_t flags)
{
    struct run_queue *q = queue_lock_of(v);
    uint32_t old = atomic_fetch_and(&v->sched.flags, ~flags);

    if (old && !(old & ~flags) && !v->sched.queued && !v->sched.running)
        make_runnable(q, v);
    else
        spin_unlock(&q->lock);
}

static int resting_state(uint32_t flags)
{
    return flags & (VCPU_BLOCKED | VCPU_POLLING) && !(flags & (VCPU_DOWN | VCPU_PAUSED | VCPU_SHUT_DOWN))
               ? RUNSTATE_blocked
               : RUNSTATE_offline;
}

void vcpu_set_flags(struct vcpu *v, uint32_t flags)
{
    struct run_queue *q = queue_lock_of(v);
    uint32_t now = atomic_fetch_or(&v->sched.flags, flags) | flags;

    if (v->sched.queued) {
        dequeue(q, v);
        runstate_set(v, resting_state(now), now_ns());
    } else if (v->sched.running) {
        cpu_kick(v->sched.cpu, WORK_RESCHED);
    }
    spin_unlock(&q->lock);
}

void vcpu_sync(struct vcpu *v)
{
    if (v == current)
        return;
    while (*(volatile bool *)&v->sched.running)
        cpu_relax_and_answer();
    /* Who put it away holds the queue's lock until the last touch. */
    spin_unlock(&queue_lock_of(v)->lock);
}

void vcpu_wake(struct vcpu *v)
{
    if (v->sched.flags & (VCPU_BLOCKED | VCPU_POLLING))
        vcpu_clear_flags(v, VCPU_BLOCKED | VCPU_POLLING);
}

void vcpu_kick(struct vcpu *v)
{
    if (v->sched.flags & (VCPU_BLOCKED | VCPU_POLLING))
        vcpu_wake(v);
    else if (v != current && v->sched.running)
        cpu_kick(v->sched.cpu, 0);
}

long vcpu_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft)
{
    uint64_t online = cpu_count == 64 ? ~0UL : (1UL << cpu_count) - 1;
    struct run_queue *q;
    bool move_now;

    if (!(hard & online))
        return -XEN_EINVAL;
    q = queue_lock_of(v);
    v->sched.affinity = hard & online;
    v->sched.affinity_soft = soft;
    move_now = !may_run_on(v, v->sched.cpu);
    if (move_now && v->sched.queued) {
        dequeue(q, v);
        make_runnable(q, v);
        return 0;
    }
    if (move_now && v->sched.running)
        cpu_kick(v->sched.cpu, WORK_RESCHED);
    spin_unlock(&q->lock);
    return 0;
}

/* What was used beyond the share counts in the next period. */
static void cap_new_period(struct vcpu *v, uint64_t now)
{
    uint64_t budget = fair_cap_budget(v->domain->cap, v->domain->vcpu_count);

    v->sched.cap_used = v->sched.cap_used > budget ? MIN(v->sched.cap_used - budget, budget) : 0;
    v->sched.cap_period_start = now;
}

static void cap_over(void *arg)
{
    struct vcpu *v = arg;

    cap_new_period(v, now_ns());
    vcpu_clear_flags(v, VCPU_CAPPED);
}

/* True if v has used up its share of the period: it rests until the period ends. */
static bool cap_exceeded(struct vcpu *v, uint64_t ran, uint64_t now)
{
    uint64_t budget = fair_cap_budget(v->domain->cap, v->domain->vcpu_count);

    if (!budget)
        return false;
    if (now - v->sched.cap_period_start >= FAIR_CAP_PERIOD_NS)
        cap_new_period(v, now);
    v->sched.cap_used += ran;
    return v->sched.cap_used >= budget;
}

/* Charges the running vcpu for its time since it was last charged. */
static void charge(struct run_queue *q, struct vcpu *v, uint64_t now)
{
    uint64_t ran = now - v->sched.slice_start;

    v->sched.slice_start = now;
    v->sched.time_used += ran;
    v->sched.vtime += fair_charge(ran, v->domain->weight);
    if (cap_exceeded(v, ran, now)) {
        atomic_fetch_or(&v->sched.flags, VCPU_CAPPED);
        timer_set(&v->sched.cap_timer, v->sched.cap_period_start + FAIR_CAP_PERIOD_NS);
    }
    advance(q);
}

/* Whoever waits elsewhere with less than this deserves this CPU more than
 * all who are here. 0: nobody is here. */
static uint64_t steal_limit(const struct run_queue *q, const struct vcpu *prev, unsigned int cpu)
{
    bool stay = prev && prev->sched.flags == 0 && may_run_on(prev, cpu);
    uint64_t best = MIN(stay ? prev->sched.vtime : UINT64_MAX, q->first_vtime);

    return best != UINT64_MAX && best > FAIR_SLICE_NS ? best - FAIR_SLICE_NS : 0;
}

/* The best for this CPU among those waiting and the one running; NULL: idle. Taken off the queue. */
static struct vcpu *pick(struct run_queue *q, struct vcpu *prev, unsigned int cpu)
{
    bool stay = prev && prev->sched.flags == 0 && may_run_on(prev, cpu);

    if (stay && (!q->first || prev->sched.vtime <= q->first->sched.vtime))
        return prev;
    if (q->first) {
        struct vcpu *next = q->first;

        dequeue(q, next);
        return next;
    }
    return NULL;
}

/* Looks at the others' queues for somebody whom this CPU may run and who has waited for long: his virtual
 * time is below `limit`. An idle CPU takes anybody. */
static struct vcpu *steal(unsigned int cpu, uint64_t limit)
{
    for (unsigned int i = 1; i < cpu_count; i++) {
        struct run_queue *q = &queues[(cpu + i) % cpu_count];
        struct vcpu *v;

        if (atomic_load(&q->first_vtime) >= limit)
            continue;
        spin_lock(&q->lock);
        for (v = q->first; v && !may_run_on(v, cpu); v = v->sched.next)
            ;
        if (v && v->sched.vtime < limit) {
            dequeue(q, v);
            v->sched.running = true;
            v->sched.cpu = cpu;
        } else {
            v = NULL;
        }
        spin_unlock(&q->lock);
        if (v)
            return v;
    }
    return NULL;
}

/* The registers were the stack's; now they are the vcpu's own. */
static void save(struct vcpu *v)
{
    v->regs = this_cpu()->guest;
    cpu_switch_from(v);
    if (v->periodic_ns)
        timer_stop(&v->periodic);
}

/* Others may run it from here on: its state is saved and this CPU has left its address space. */
static void publish(struct vcpu *v)
{
    struct run_queue *q = queue_lock_of(v);
    uint64_t idle;

    v->sched.running = false;
    if (v->sched.flags != 0) {
        runstate_set(v, resting_state(v->sched.flags), now_ns());
        spin_unlock(&q->lock);
        return;
    }
    if (!may_run_on(v, v->sched.cpu)) {
        make_runnable(q, v);
        return;
    }
    runstate_set(v, RUNSTATE_runnable, now_ns());
    enqueue(q, v);
    idle = atomic_load(&idle_cpus) & v->sched.affinity;
    spin_unlock(&q->lock);
    if (idle)
        cpu_kick(bit_first(idle), WORK_RESCHED);
}

static void bring_in(struct vcpu *v, uint64_t now)
{
    struct cpu_info *info = this_cpu();

    v->sched.slice_start = now;
    set_current_vcpu(v);
    info->guest = v->regs;
    if (v->continuation.active)
        atomic_fetch_or(&info->work, WORK_CONTINUE);
    else
        atomic_fetch_and(&info->work, ~WORK_CONTINUE);
    if (v->nmi_pending)
        atomic_fetch_or(&info->work, WORK_NMI);
    cpu_switch_to(v);
    runstate_set(v, RUNSTATE_running, now);
    runstate_publish(v);
    vcpu_update_time(v, false);
    vcpu_periodic_start(v, now);
}

static void arm_slice(struct run_queue *q, const struct vcpu *v, uint64_t now)
{
    uint64_t slice = q->waiting ? FAIR_SLICE_NS : HOUSEKEEPING_NS;
    uint64_t budget = fair_cap_budget(v->domain->cap, v->domain->vcpu_count);

    if (budget)
        slice = fair_capped_slice(slice, budget, v->sched.cap_used);
    timer_set(&q->slice, now + slice);
}

/* Nothing to run: sleeps until some work bit is set. Interrupts are on only in between. */
static void idle_once(struct run_queue *q, unsigned int cpu)
{
    struct cpu_info *info = this_cpu();
    uint64_t began = now_ns();

    atomic_fetch_or(&idle_cpus, 1UL << cpu);
    while (!atomic_load(&info->work) && !q->first) {
        /* sti takes effect after hlt has begun: an interrupt in between still ends it. */
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    }
    atomic_fetch_and(&idle_cpus, ~(1UL << cpu));
    info->cpu->idle_ns += now_ns() - began;
}

static void idle_work(void)
{
    struct cpu_info *info = this_cpu();
    uint32_t work = atomic_load(&info->work);

    if (work & WORK_TIMER)
        timers_run();
    if (work & WORK_NMI)
        nmi_pass_on();
    frames_release();
    atomic_fetch_and(&info->work, ~(WORK_RESCHED | WORK_CONTINUE | WORK_NMI));
}

/* The CPU has nobody: the hypervisor's own root is loaded, so no other CPU has to ask it for flushes. */
static struct vcpu *idle_until_work(struct run_queue *q, struct vcpu *prev, unsigned int cpu)
{
    struct vcpu *next = NULL;

    set_current_vcpu(NULL);
    vcpu_load_root(NULL);
    timer_stop(&q->slice);
    if (prev)
        publish(prev);
    for (;;) {
        idle_work();
        spin_lock(&q->lock);
        next = pick(q, NULL, cpu);
        if (next)
            next->sched.running = true;
        q->running = next;
        spin_unlock(&q->lock);
        if (!next) {
            next = steal(cpu, UINT64_MAX);
            q->running = next;
        }
        if (next)
            return next;
        idle_once(q, cpu);
    }
}

void sched_switch(void)
{
    unsigned int cpu = cpu_id();
    struct run_queue *q = &queues[cpu];
    struct vcpu *prev = current, *next;
    uint64_t now = now_ns(), limit;

    atomic_fetch_and(&this_cpu()->work, ~WORK_RESCHED);
    spin_lock(&q->lock);
    if (prev)
        charge(q, prev, now);
    limit = steal_limit(q, prev, cpu);
    spin_unlock(&q->lock);
    /* Between queues too the one who had least goes first; a slice apart,
     * so that caches are worth something. */
    next = limit ? steal(cpu, limit) : NULL;
    spin_lock(&q->lock);
    if (!next)
        next = pick(q, prev, cpu);
    if (next)
        next->sched.running = true;
    q->running = next;
    spin_unlock(&q->lock);

    if (next && next == prev) {
        vcpu_update_time(next, false);
    } else {
        if (prev)
            save(prev);
        if (next) {
            bring_in(next, now);
        } else {
            next = idle_until_work(q, prev, cpu);
            now = now_ns();
            bring_in(next, now);
            prev = NULL;
        }
        if (prev)
            publish(prev);
    }
    if (next->poll_port)
        vcpu_poll_over(next);
    arm_slice(q, next, now);
}

/* Behind the first that waits, if anybody does. */
void sched_yield(struct vcpu *v)
{
    struct run_queue *q = &queues[cpu_id()];

    if (!q->first)
        return;
    spin_lock(&q->lock);
    if (q->first)
        v->sched.vtime = MAX(v->sched.vtime, q->first->sched.vtime + 1);
    spin_unlock(&q->lock);
    atomic_fetch_or(&this_cpu()->work, WORK_RESCHED);
}

void sched_run(void)
{
    sched_switch();
    return_to_guest();
}

static void slice_over(void *arg)
{
    (void)arg;
    atomic_fetch_or(&this_cpu()->work, WORK_RESCHED);
}

void sched_init_cpu(void)
{
    struct run_queue *q = &queues[cpu_id()];

    spin_init(&q->lock, RANK_SCHED);
    q->first_vtime = UINT64_MAX;
    timer_init(&q->slice, slice_over, NULL);
}

void sched_init(void)
{
    sched_init_cpu();
}

void sched_vcpu_init(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;
    uint64_t online = cpu_count == 64 ? ~0UL : (1UL << cpu_count) - 1;

    s->flags = VCPU_DOWN;
    s->affinity = online;
    s->affinity_soft = ~0UL;
    s->cpu = v->domain->id % cpu_count;
    s->runstate.state = RUNSTATE_offline;
    s->runstate.state_entry_time = now_ns();
    timer_init(&s->cap_timer, cap_over, v);
    vcpu_timers_init(v);
}

void sched_vcpu_destroy(struct vcpu *v)
{
    timer_stop(&v->sched.cap_timer);
    vcpu_timers_stop(v);
}

long sched_domain_params(struct domain *d, uint16_t *weight, uint16_t *cap, bool set)
{
    if (!set) {
        *weight = d->weight;
        *cap = d->cap;
        return 0;
    }
    if (*weight)
        d->weight = *weight;
    if (*cap != UINT16_MAX)
        d->cap = *cap;
    return 0;
}

uint64_t sched_vcpu_time(const struct vcpu *v)
{
    uint64_t used = v->sched.time_used, start = v->sched.slice_start, now = now_ns();

    return v->sched.running && now > start ? used + (now - start) : used;
}
