/* locks.c: the locks that newlib asks for, as recursive mutexes of the kit. All of newlib's static locks
 * and all lock functions are defined here, so that its own empty ones are never linked. */
#include "internal.h"

#include <stdlib.h>
#include <sys/lock.h>
#include <pv/console.h>
#include <pv/thread.h>

struct __lock {
    struct pv_mutex mutex;
    unsigned int depth;
};

struct __lock __lock___sinit_recursive_mutex, __lock___sfp_recursive_mutex, __lock___atexit_recursive_mutex,
    __lock___at_quick_exit_mutex, __lock___malloc_recursive_mutex, __lock___env_recursive_mutex,
    __lock___tz_mutex, __lock___dd_hash_mutex, __lock___arc4random_mutex;

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = calloc(1, sizeof(**lock));
    if (!*lock)
        pv_panic("no memory for a lock of the C library");
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (!pv_threads_running())
        return;
    if (lock->mutex.owner != pv_thread_self())
        pv_mutex_lock(&lock->mutex);
    lock->depth++;
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    __retarget_lock_acquire_recursive(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    if (!pv_threads_running())
        return 0;
    if (lock->mutex.owner != pv_thread_self() && !pv_mutex_trylock(&lock->mutex))
        return -1;
    lock->depth++;
    return 0;
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return __retarget_lock_try_acquire_recursive(lock);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (pv_threads_running() && --lock->depth == 0)
        pv_mutex_unlock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    __retarget_lock_release_recursive(lock);
}
