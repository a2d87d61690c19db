/* Ticket locks with ranks. */
#include "lib/lock.h"

#include "cpu/cpu.h"
#include "lib/lib.h"

void spin_init(spinlock_t *l, enum lock_rank rank)
{
    *l = (spinlock_t)SPINLOCK_INIT((uint16_t)rank);
}

static void acquire(spinlock_t *l)
{
    uint32_t ticket = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

    while (atomic_load_explicit(&l->owner, memory_order_acquire) != ticket)
        cpu_relax_and_answer();
    l->holder = (int16_t)cpu_id();
}

static void release(spinlock_t *l)
{
    assert(spin_held(l));
    l->holder = -1;
    atomic_store_explicit(&l->owner, atomic_load_explicit(&l->owner, memory_order_relaxed) + 1,
                          memory_order_release);
}

/* Debug builds: nothing of this rank or a higher one may be held already. */
static void rank_enter(const spinlock_t *l)
{
    struct cpu *cpu = this_cpu()->cpu;

    if (!debug_build)
        return;
    if (cpu->lock_ranks >> l->rank)
        panic("lock of rank %u taken while ranks %x are held", l->rank, cpu->lock_ranks);
    cpu->lock_ranks |= 1U << l->rank;
}

static void rank_leave(const spinlock_t *l)
{
    if (debug_build)
        this_cpu()->cpu->lock_ranks &= ~(1U << l->rank);
}

void spin_lock(spinlock_t *l)
{
    rank_enter(l);
    acquire(l);
}

/* Cannot wait, so the order of ranks does not matter. */
bool spin_trylock(spinlock_t *l)
{
    uint32_t owner = atomic_load_explicit(&l->owner, memory_order_relaxed);

    if (!atomic_compare_exchange_strong_explicit(&l->next, &owner, owner + 1, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    l->holder = (int16_t)cpu_id();
    if (debug_build)
        this_cpu()->cpu->lock_ranks |= 1U << l->rank;
    return true;
}

void spin_unlock(spinlock_t *l)
{
    release(l);
    rank_leave(l);
}

void lock_pair(spinlock_t *a, spinlock_t *b)
{
    rank_enter(a);
    acquire((uintptr_t)a < (uintptr_t)b ? a : b);
    if (a != b)
        acquire((uintptr_t)a < (uintptr_t)b ? b : a);
}

void unlock_pair(spinlock_t *a, spinlock_t *b)
{
    release(a);
    if (a != b)
        release(b);
    rank_leave(a);
}

bool spin_held(const spinlock_t *l)
{
    return l->holder == (int16_t)cpu_id();
}
