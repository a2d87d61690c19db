/* mutex.c: mutexes for threads. Threads are cooperative, so looking at the owner needs no protection. */
#include "internal.h"

#include <pv/console.h>
#include <pv/thread.h>

void pv_mutex_init(struct pv_mutex *m)
{
    m->owner = NULL;
    pv_waitq_init(&m->queue);
}

bool pv_mutex_trylock(struct pv_mutex *m)
{
    if (m->owner)
        return false;
    m->owner = pv_thread_self();
    return true;
}

void pv_mutex_lock(struct pv_mutex *m)
{
    if (m->owner && m->owner == pv_thread_self())
        pv_panic("thread %s locks a mutex that it holds", pv_thread_name(m->owner));
    if (pv_mutex_trylock(m))
        return;
    while (m->owner != pv_thread_self())
        pv_wait(&m->queue, UINT64_MAX);
}

void pv_mutex_unlock(struct pv_mutex *m)
{
    if (m->owner != pv_thread_self())
        pv_panic("thread %s unlocks a mutex that it does not hold", pv_thread_name(pv_thread_self()));
    m->owner = pv_wake_first(&m->queue);    /* handed over: nobody can overtake who waits longest */
}
