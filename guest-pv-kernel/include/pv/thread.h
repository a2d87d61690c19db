/*
 * Cooperative threads on one vcpu. A thread runs until it waits, yields or ends; only event handlers
 * interrupt it, and they run to their end before it goes on. Each thread has its own errno and newlib
 * state, and a guard page below its stack.
 */
#ifndef PV_THREAD_H
#define PV_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pv_thread;

/* Starts a thread; it becomes runnable, and runs when the caller waits or yields. `name` is copied (15
 * characters). stack_bytes is rounded up to pages, 16 KiB at least. The thread ends when fn returns and is
 * then freed by the kit. NULL without memory. */
struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg);

/* The running thread, and a thread's name. */
struct pv_thread *pv_thread_self(void);
const char *pv_thread_name(const struct pv_thread *thread);

/* Lets every other runnable thread run once. Long computations call it so that others keep answering. */
void pv_yield(void);

/* Ends the calling thread. */
void pv_thread_exit(void) __attribute__((noreturn));

/*
 * A wait queue. Always wait in a loop: while (!condition) pv_wait(&q, deadline). A pv_wake() that comes
 * between the check and pv_wait() makes that pv_wait() return at once; so pv_wait() may return without
 * cause, and the loop checks again. The condition's own evaluation must not wait.
 */
struct pv_waitq {
    struct pv_thread *head;  /* threads asleep here, oldest first; guarded by upcalls being off */
    bool woken;              /* a wake came since the last pv_wait() */
};

#define PV_WAITQ_INIT { NULL, false }

static inline void pv_waitq_init(struct pv_waitq *q)
{
    q->head = NULL;
    q->woken = false;
}

/* Makes all threads on the queue runnable. From threads and event handlers. */
void pv_wake(struct pv_waitq *q);

/* Sleeps until woken (true) or until system time deadline_ns (false; a deadline in the past returns at
 * once). UINT64_MAX: no deadline. Threads only. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns);

/* Waits until `cond`, an expression evaluated each time the queue is woken, is true. */
#define pv_wait_event(q, cond)              \
    do {                                    \
        while (!(cond))                     \
            pv_wait((q), UINT64_MAX);       \
    } while (0)

/* A mutex for threads; not recursive (locking twice by one thread is reported and crashes the domain).
 * Waiters get it in the order in which they came. */
struct pv_mutex {
    struct pv_thread *owner;
    struct pv_waitq queue;
};

#define PV_MUTEX_INIT { NULL, PV_WAITQ_INIT }

void pv_mutex_init(struct pv_mutex *m);
void pv_mutex_lock(struct pv_mutex *m);
bool pv_mutex_trylock(struct pv_mutex *m);
void pv_mutex_unlock(struct pv_mutex *m);

#endif
