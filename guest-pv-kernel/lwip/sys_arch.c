/* sys_arch.c: lwIP's threads, semaphores, mutexes, mailboxes and clock. Threads are cooperative: what stands
 * between two waits is atomic. */
#include "lwip/sys.h"
#include "lwip/tcpip.h"

#include <stdlib.h>
#include <pv/console.h>
#include <pv/thread.h>
#include <pv/time.h>

/* A bounded queue of pointers, in a ring that starts small and grows to its limit: most boxes stay nearly
 * empty. */
struct pv_mailbox {
    void **slots;
    unsigned int room, limit;       /* powers of two do not matter: indices are reduced */
    unsigned int first, count;
    struct pv_waitq filled, emptied;
};

#define ROOM_AT_FIRST 8U

void sys_init(void)
{
}

u32_t sys_now(void)
{
    return (u32_t)(pv_now_ns() / PV_NS_PER_MS);
}

/* lwIP's time-outs: milliseconds, 0 for none. */
static uint64_t deadline(u32_t timeout_ms)
{
    return timeout_ms == 0 ? UINT64_MAX : pv_now_ns() + timeout_ms * PV_NS_PER_MS;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn fn, void *arg, int stack_bytes, int priority)
{
    (void)priority;
    return pv_thread_create(name, (size_t)stack_bytes, fn, arg);
}

/* ---- semaphores ---- */

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    pv_waitq_init(&sem->queue);
    sem->count = count;
    sem->valid = true;
    return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
    sem->valid = false;
}

void sys_sem_signal(sys_sem_t *sem)
{
    sem->count++;
    pv_wake(&sem->queue);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
    uint64_t until = deadline(timeout_ms);

    while (sem->count == 0)
        if (!pv_wait(&sem->queue, until) && sem->count == 0)
            return SYS_ARCH_TIMEOUT;
    sem->count--;
    return 0;
}

/* ---- mutexes ---- */

err_t sys_mutex_new(sys_mutex_t *m)
{
    pv_mutex_init(&m->mutex);
    m->valid = true;
    return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *m)
{
    m->valid = false;
}

void sys_mutex_lock(sys_mutex_t *m)
{
    pv_mutex_lock(&m->mutex);
}

void sys_mutex_unlock(sys_mutex_t *m)
{
    pv_mutex_unlock(&m->mutex);
}

void pv_net_check_locked(void)
{
    if (lock_tcpip_core.valid && lock_tcpip_core.mutex.owner != pv_thread_self())
        pv_panic("thread %s calls the TCP/IP stack without its lock", pv_thread_name(pv_thread_self()));
}

/* ---- mailboxes ---- */

err_t sys_mbox_new(sys_mbox_t *box, int limit)
{
    struct pv_mailbox *b = calloc(1, sizeof(*b));

    *box = b;
    if (!b)
        return ERR_MEM;
    b->limit = limit > 0 ? (unsigned int)limit : ROOM_AT_FIRST;
    b->room = b->limit < ROOM_AT_FIRST ? b->limit : ROOM_AT_FIRST;
    b->slots = malloc(b->room * sizeof(*b->slots));
    if (b->slots)
        return ERR_OK;
    free(b);
    *box = NULL;
    return ERR_MEM;
}

void sys_mbox_free(sys_mbox_t *box)
{
    free((*box)->slots);
    free(*box);
}

/* Makes the ring larger, with its oldest entry first. */
static bool grow(struct pv_mailbox *b)
{
    unsigned int i, room = b->room * 2 < b->limit ? b->room * 2 : b->limit;
    void **slots = room > b->room ? malloc(room * sizeof(*slots)) : NULL;

    if (!slots)
        return false;
    for (i = 0; i < b->count; i++)
        slots[i] = b->slots[(b->first + i) % b->room];
    free(b->slots);
    b->slots = slots;
    b->room = room;
    b->first = 0;
    return true;
}

err_t sys_mbox_trypost(sys_mbox_t *box, void *message)
{
    struct pv_mailbox *b = *box;

    if (b->count == b->room && !grow(b))
        return ERR_MEM;
    b->slots[(b->first + b->count) % b->room] = message;
    b->count++;
    pv_wake(&b->filled);
    return ERR_OK;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *box, void *message)
{
    return sys_mbox_trypost(box, message);
}

void sys_mbox_post(sys_mbox_t *box, void *message)
{
    while (sys_mbox_trypost(box, message) != ERR_OK)
        pv_wait(&(*box)->emptied, UINT64_MAX);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *box, void **message)
{
    struct pv_mailbox *b = *box;

    if (b->count == 0)
        return SYS_MBOX_EMPTY;
    if (message)
        *message = b->slots[b->first];
    b->first = (b->first + 1) % b->room;
    b->count--;
    pv_wake(&b->emptied);
    return 0;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *box, void **message, u32_t timeout_ms)
{
    uint64_t until = deadline(timeout_ms);

    while (sys_arch_mbox_tryfetch(box, message) == SYS_MBOX_EMPTY)
        if (!pv_wait(&(*box)->filled, until) && (*box)->count == 0) {
            if (message)
                *message = NULL;
            return SYS_ARCH_TIMEOUT;
        }
    return 0;
}

void pv_net_each_message(const struct pv_mailbox *b, void (*fn)(void *message, void *arg), void *arg)
{
    for (unsigned int i = 0; i < b->count; i++)
        fn(b->slots[(b->first + i) % b->room], arg);
}
