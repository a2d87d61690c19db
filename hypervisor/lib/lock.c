/* Ticket locks with ranks: what is not inline. */
#include "lib/lock.h"

#include "cpu/cpu.h"
#include "lib/lib.h"

void spin_init(spinlock_t *l, enum lock_rank rank)
{
    *l = (spinlock_t)SPINLOCK_INIT((uint16_t)rank);
}

void spin_wait(spinlock_t *l, uint32_t ticket)
{
    while (atomic_load_explicit(&l->owner, memory_order_acquire) != ticket)
        cpu_relax_and_answer();
}

/* Nothing of this rank or a higher one may be held already. */
void spin_check_rank(const spinlock_t *l)
{
    uint32_t ranks = this_cpu()->cpu->lock_ranks;

    if (ranks >> l->rank)
        panic("lock of rank %u taken while ranks %x are held", l->rank, ranks);
}

void spin_note_holder(spinlock_t *l)
{
    l->holder = (int16_t)cpu_id();
    this_cpu()->cpu->lock_ranks |= 1U << l->rank;
}

void spin_forget_holder(spinlock_t *l)
{
    assert(spin_held(l));
    l->holder = -1;
    this_cpu()->cpu->lock_ranks &= ~(1U << l->rank);
}

void lock_pair(spinlock_t *a, spinlock_t *b)
{
    spinlock_t *first = (uintptr_t)a < (uintptr_t)b ? a : b, *second = first == a ? b : a;

    spin_lock(first);
    if (a != b)
        spin_take(second);
}

void unlock_pair(spinlock_t *a, spinlock_t *b)
{
    spin_give(a);
    if (a != b)
        spin_give(b);
}

bool spin_held(const spinlock_t *l)
{
    return l->holder == (int16_t)cpu_id();
}
