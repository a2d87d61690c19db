/* threads.c: cooperative threads on stacks of their own; the fuzz target itself is the main context, which
 * lets them run. Time stands still but for kit_pass() and for sleepers when nothing else can happen. The C
 * library's contexts will not do: the sanitizer forgets what it knows of a stack when they are switched. */
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <pv/time.h>

#include "kit.h"

#define STACK_BYTES (256u * 1024u)      /* the sanitizers need more than the real ones have */
#define THREADS     16u
#define PATIENCE    20000u              /* turns without rest until a thread is taken for mad */

struct pv_thread {
    void *stack_pointer;                /* while it does not run */
    void (*fn)(void *);
    void *arg;
    bool used, runnable, timed_out;
    bool stays;                         /* a daemon's */
    struct pv_waitq *on;                /* what it waits on */
    uint64_t deadline;
    char *stack;
};

static struct pv_thread threads[THREADS];
static struct pv_thread *current;       /* NULL: the main context */
static void *main_stack_pointer;
static const void *main_stack;
static size_t main_stack_size;
static unsigned next_turn, turns;
static uint64_t now;

void (*kit_idle)(void);
const char *kit_daemon;

/* ---- contexts ---- */

/* Saves the registers that calls keep, and the stack pointer in *from; goes on where `to` was saved. */
void switch_stacks(void **from, void *to);
__asm__("switch_stacks:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, (%rdi); mov %rsi, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static void leave(bool for_ever)
{
    struct pv_thread *self = current;
    void *fake = NULL;

    current = NULL;
    __sanitizer_start_switch_fiber(for_ever ? NULL : &fake, main_stack, main_stack_size);
    switch_stacks(&self->stack_pointer, main_stack_pointer);
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
}

static void begin(void)
{
    __sanitizer_finish_switch_fiber(NULL, &main_stack, &main_stack_size);
    current->fn(current->arg);
    current->used = false;
    leave(true);
}

static void enter(struct pv_thread *t)
{
    void *fake = NULL;

    current = t;
    __sanitizer_start_switch_fiber(&fake, t->stack, STACK_BYTES);
    switch_stacks(&main_stack_pointer, t->stack_pointer);
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
    current = NULL;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)stack_bytes;
    kit_moment();
    if (kit_fails())
        return NULL;
    for (unsigned i = 0; i < THREADS; i++) {
        struct pv_thread *t = &threads[i];
        char *stack = t->stack;

        if (t->used)
            continue;
        if (!stack)
            stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(t, 0, sizeof(*t));
        t->stack = stack;
        t->fn = fn;
        t->arg = arg;
        t->used = t->runnable = true;
        t->stays = kit_daemon && strcmp(name, kit_daemon) == 0;
        void **top = (void **)(stack + STACK_BYTES);

        top[-2] = (void *)begin;        /* the return address, where it is after a call */
        t->stack_pointer = top - 8;
        return t;
    }
    kit_wrong("more than %u threads", THREADS);
}

struct pv_thread *pv_thread_self(void)
{
    return current;
}

/* One turn of one runnable thread; false: there is none. */
static bool turn(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct pv_thread *t = &threads[next_turn++ % THREADS];

        if (!t->used || !t->runnable)
            continue;
        if (++turns > PATIENCE)
            kit_wrong("a thread never rests");
        enter(t);
        return true;
    }
    return false;
}

/* Whoever sleeps until then is woken. */
static void ring_alarms(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct pv_thread *t = &threads[i];

        if (t->used && !t->runnable && t->deadline <= now) {
            t->runnable = t->timed_out = true;
            t->on = NULL;
        }
    }
}

void kit_run(void)
{
    turns = 0;
    while (turn())
        ;
}

void kit_pass(uint64_t ns)
{
    now += ns;
    ring_alarms();
    kit_run();
}

static uint64_t first_alarm(void)
{
    uint64_t first = UINT64_MAX;

    for (unsigned i = 0; i < THREADS; i++)
        if (threads[i].used && !threads[i].runnable && threads[i].deadline < first)
            first = threads[i].deadline;
    return first;
}

/* The main context waits: the others run, or something is made to happen. */
static bool wait_in_main(struct pv_waitq *q, uint64_t deadline)
{
    unsigned patience = PATIENCE;

    turns = 0;
    while (!q->woken) {
        uint64_t first;

        if (patience-- == 0)
            kit_wrong("the main context waits for ever");
        if (turn())
            continue;
        first = first_alarm();
        if (deadline < first)
            first = deadline;
        if (kit_idle)
            kit_idle();
        if (q->woken || turn())
            continue;
        if (first == UINT64_MAX && !kit_idle)
            kit_wrong("everybody waits for ever");
        if (first == UINT64_MAX)
            continue;
        if (first > now)
            now = first;
        if (now >= deadline)
            return false;
        ring_alarms();
    }
    q->woken = false;
    return true;
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    struct pv_thread *self = current;

    kit_moment();
    if (!self)
        return wait_in_main(q, deadline_ns);
    if (!q->woken) {
        if (deadline_ns <= now)
            return false;
        self->on = q;
        self->deadline = deadline_ns;
        self->runnable = self->timed_out = false;
        leave(false);
    } else {
        self->timed_out = false;
    }
    q->woken = false;
    return !self->timed_out;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
    for (unsigned i = 0; i < THREADS; i++) {
        if (threads[i].used && threads[i].on == q) {
            threads[i].on = NULL;
            threads[i].runnable = true;
        }
    }
}

void pv_yield(void)
{
    kit_moment();
    if (current)
        leave(false);
    else
        turn();
}

uint64_t pv_now_ns(void)
{
    return now;
}

void pv_sleep_ns(uint64_t ns)
{
    struct pv_waitq nobody = PV_WAITQ_INIT;
    uint64_t until = now + ns;

    while (now < until)
        pv_wait(&nobody, until);
}

void kit_threads_start(void)
{
    now = 1000000000;
    next_turn = turns = 0;
    kit_idle = NULL;
}

void kit_threads_end(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        if (threads[i].used && (!threads[i].stays || threads[i].runnable))
            kit_wrong("a thread is left");
}
