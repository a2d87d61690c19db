/* thread.c: cooperative threads. The lists below are changed with upcalls off only, because pv_wake() is
 * called from event handlers. When nothing can run, the vcpu blocks on the stack of the thread that waited
 * last. */
#include "internal.h"

#include <reent.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/thread.h>
#include <pv/time.h>

#define STACK_MIN (16 * 1024UL)

struct pv_thread {
    uint64_t rsp;                  /* while it does not run */
    struct pv_thread *run_next;    /* runnable queue */
    struct pv_thread *wait_next;   /* queue it waits on */
    struct pv_thread *sleep_next;  /* sleepers, by rising deadline */
    struct pv_waitq *waiting_on;
    uint64_t deadline;             /* UINT64_MAX: not among the sleepers */
    bool timed_out;
    char *stack;                   /* with the guard page */
    size_t stack_pages;
    char name[16];
    struct _reent reent;
};

static struct pv_thread *current;
static struct pv_thread *run_first, *run_last;
static struct pv_thread *sleepers;
static struct pv_thread *dead;     /* has left its stack, not freed yet */

struct pv_thread *pv_thread_self(void)
{
    return current;
}

const char *pv_thread_name(const struct pv_thread *thread)
{
    return thread ? thread->name : "none";
}

bool pv_threads_running(void)
{
    return current != NULL;
}

/* ---- lists; upcalls off ---- */

static void make_runnable(struct pv_thread *t)
{
    t->run_next = NULL;
    if (run_last)
        run_last->run_next = t;
    else
        run_first = t;
    run_last = t;
}

static void leave_sleepers(struct pv_thread *t)
{
    struct pv_thread **link = &sleepers;

    if (t->deadline == UINT64_MAX)
        return;
    while (*link != t)
        link = &(*link)->sleep_next;
    *link = t->sleep_next;
    t->deadline = UINT64_MAX;
}

static void join_sleepers(struct pv_thread *t, uint64_t deadline)
{
    struct pv_thread **link = &sleepers;

    t->deadline = deadline;
    if (deadline == UINT64_MAX)
        return;
    while (*link && (*link)->deadline <= deadline)
        link = &(*link)->sleep_next;
    t->sleep_next = *link;
    *link = t;
}

static void leave_queue(struct pv_thread *t)
{
    struct pv_thread **link = &t->waiting_on->head;

    while (*link != t)
        link = &(*link)->wait_next;
    *link = t->wait_next;
    t->waiting_on = NULL;
}

static void join_queue(struct pv_thread *t, struct pv_waitq *q)
{
    struct pv_thread **link = &q->head;

    while (*link)
        link = &(*link)->wait_next;
    t->wait_next = NULL;
    t->waiting_on = q;
    *link = t;
}

/* ---- switching; upcalls off ---- */

static void expire_sleepers(void)
{
    uint64_t now = sleepers ? pv_now_ns() : 0;

    while (sleepers && sleepers->deadline <= now) {
        struct pv_thread *t = sleepers;

        leave_sleepers(t);
        leave_queue(t);
        t->timed_out = true;
        make_runnable(t);
    }
}

/* Blocks the vcpu until something is runnable. SCHEDOP_block unmasks upcalls and sleeps in one step, so a
 * wake just before it is not slept through. */
static void idle(void)
{
    for (;;) {
        expire_sleepers();
        if (run_first)
            return;
        pv_time_arm(sleepers ? sleepers->deadline : UINT64_MAX);
        HYPERVISOR_sched_op(SCHEDOP_block, NULL);
        pv_upcalls_disable();
    }
}

/* Leaves the current thread, which is on some list or dead, for the next runnable one. */
static void switch_away(void)
{
    struct pv_thread *before = current, *next;

    idle();
    next = run_first;
    run_first = next->run_next;
    if (!run_first)
        run_last = NULL;
    if (next == before)
        return;
    current = next;
    _impure_ptr = &next->reent;
    pv_switch(&before->rsp, next->rsp);
}

/* Frees the thread that ended before this one came to run. Upcalls on. */
static void bury_dead(void)
{
    struct pv_thread *t = dead;

    dead = NULL;
    if (!t)
        return;
    if (pv_protect(t->stack, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX) != 0)
        pv_panic("the guard page of thread %s cannot be mapped again", t->name);
    pv_pages_free(t->stack, t->stack_pages);
    _reclaim_reent(&t->reent);
    free(t);
}

void pv_yield(void)
{
    bool on = pv_upcalls_disable();

    expire_sleepers();
    if (run_first) {
        make_runnable(current);
        switch_away();
    }
    pv_upcalls_restore(on);
    bury_dead();
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    bool on, woken;

    if (pv_in_upcall())
        pv_panic("an event handler tried to wait");
    on = pv_upcalls_disable();
    if (!q->woken) {
        current->timed_out = false;
        join_queue(current, q);
        join_sleepers(current, deadline_ns);
        switch_away();
        woken = !current->timed_out;
    } else {
        woken = true;
    }
    q->woken = false;
    pv_upcalls_restore(on);
    bury_dead();
    return woken;
}

void pv_wake(struct pv_waitq *q)
{
    bool on = pv_upcalls_disable();

    q->woken = true;
    while (q->head) {
        struct pv_thread *t = q->head;

        leave_queue(t);
        leave_sleepers(t);
        make_runnable(t);
    }
    pv_upcalls_restore(on);
}

struct pv_thread *pv_wake_first(struct pv_waitq *q)
{
    bool on = pv_upcalls_disable();
    struct pv_thread *t = q->head;

    if (t) {
        leave_queue(t);
        leave_sleepers(t);
        make_runnable(t);
    }
    pv_upcalls_restore(on);
    return t;
}

/* ---- life ---- */

/* First code of a thread, from its trampoline; upcalls are still off. */
void pv_thread_main(void (*fn)(void *), void *arg);
void pv_thread_main(void (*fn)(void *), void *arg)
{
    pv_upcalls_restore(true);
    bury_dead();
    fn(arg);
    pv_thread_exit();
}

void pv_thread_exit(void)
{
    bury_dead();
    pv_upcalls_disable();
    dead = current;
    switch_away();
    pv_panic("a thread that has ended came to run again");
}

/* What pv_switch() pops, lowest address first. */
struct switch_frame {
    uint32_t mxcsr, fpu_control;
    uint64_t r15, r14, r13, r12, rbx, rbp, rip;
};

static void prepare_stack(struct pv_thread *t, void (*fn)(void *), void *arg)
{
    char *top = t->stack + t->stack_pages * PV_PAGE_SIZE;
    struct switch_frame *frame = (struct switch_frame *)(top - 16) - 1;

    frame->mxcsr = 0x1f80;
    frame->fpu_control = 0x37f;
    frame->r12 = (uint64_t)fn;
    frame->r13 = (uint64_t)arg;
    frame->rip = (uint64_t)pv_thread_trampoline;
    t->rsp = (uint64_t)frame;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    struct pv_thread *t = calloc(1, sizeof(*t));
    bool on;

    if (!t)
        return NULL;
    stack_bytes = stack_bytes < STACK_MIN ? STACK_MIN : stack_bytes;
    t->stack_pages = (stack_bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE + 1;
    t->stack = pv_pages_alloc(t->stack_pages);
    if (!t->stack || pv_protect(t->stack, 1, 0) != 0) {
        if (t->stack)
            pv_pages_free(t->stack, t->stack_pages);
        free(t);
        return NULL;
    }
    strncpy(t->name, name, sizeof(t->name) - 1);
    t->deadline = UINT64_MAX;
    _REENT_INIT_PTR(&t->reent);
    prepare_stack(t, fn, arg);
    on = pv_upcalls_disable();
    make_runnable(t);
    pv_upcalls_restore(on);
    return t;
}

/* Leaves the boot stack for the first thread. */
void pv_thread_init(void (*first)(void *), const char *name, size_t stack_bytes)
{
    uint64_t boot_rsp;
    struct pv_thread *t = pv_thread_create(name, stack_bytes, first, NULL);

    if (!t)
        pv_panic("no memory for the first thread's stack");
    run_first = run_last = NULL;
    current = t;
    _impure_ptr = &t->reent;
    pv_switch(&boot_rsp, t->rsp);
    __builtin_unreachable();
}
