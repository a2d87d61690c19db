/* Fair (ticket) spin locks with ranks. The hypervisor runs with interrupts off from entry to exit, so a lock
 * is never taken from an interrupt; while it waits for one, a CPU answers TLB-flush requests of the
 * others (cpu_relax_and_answer), which is why a holder may wait for such an answer.
 *
 * A CPU takes only locks ranked above all that it holds; two of one rank only through lock_pair (by rising
 * address). Debug builds check this and ownership at every acquire and release. */
#ifndef ENSO_LIB_LOCK_H
#define ENSO_LIB_LOCK_H

#include "lib/lib.h"
#include "lib/types.h"

/* The order, lowest first. One line per lock: what it guards. */
enum lock_rank {
    RANK_CONTROL,    /* control_lock: one change of a domain's existence or limits at a time */
    RANK_DOMLIST,    /* the list of domains and the domid table */
    RANK_MAPTRACK,   /* domain.maptrack_lock: what a domain has mapped from others */
    RANK_GRANT,      /* domain.grant_lock: shared and active entries of the granter; never two at once */
    RANK_MMU,        /* domain.mmu_lock: page-table contents, frame types, vcpu roots */
    RANK_FRAMES,     /* domain.frames_lock: list and number of a domain's frames */
    RANK_EVENT,      /* domain.event_lock: event channels, poll masks */
    RANK_PIRQ,       /* physical interrupts: numbers, vectors, ports */
    RANK_PCI,        /* the address and data ports of configuration space */
    RANK_HEAP,       /* free frames */
    RANK_SCHED,      /* a CPU's run queue */
    RANK_TIMER,      /* a CPU's timer queue */
    RANK_CONSOLE,    /* console ring and UART */
    RANK_COUNT
};

typedef struct spinlock {
    _Atomic uint32_t next;
    _Atomic uint32_t owner;
    uint16_t rank;          /* enum lock_rank */
    int16_t holder;         /* debug builds: CPU number, -1 when free */
} spinlock_t;

#define SPINLOCK_INIT(r) { 0, 0, (r), -1 }

void spin_init(spinlock_t *l, enum lock_rank rank);

/* Inside of the functions below: waits until the ticket's turn; and the checks of debug builds, before and
 * after. */
void spin_wait(spinlock_t *l, uint32_t ticket) cold;
void spin_check_rank(const spinlock_t *l);
void spin_note_holder(spinlock_t *l);
void spin_forget_holder(spinlock_t *l);

static inline void spin_take(spinlock_t *l)
{
    uint32_t ticket = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

    if (unlikely(atomic_load_explicit(&l->owner, memory_order_acquire) != ticket))
        spin_wait(l, ticket);
    if (debug_build)
        spin_note_holder(l);
}

static inline void spin_give(spinlock_t *l)
{
    if (debug_build)
        spin_forget_holder(l);
    atomic_store_explicit(&l->owner, atomic_load_explicit(&l->owner, memory_order_relaxed) + 1,
                          memory_order_release);
}

static inline void spin_lock(spinlock_t *l)
{
    if (debug_build)
        spin_check_rank(l);
    spin_take(l);
}

static inline void spin_unlock(spinlock_t *l)
{
    spin_give(l);
}

/* Two locks of the same rank (a == b allowed: taken once). */
void lock_pair(spinlock_t *a, spinlock_t *b);
void unlock_pair(spinlock_t *a, spinlock_t *b);
bool spin_held(const spinlock_t *l);            /* by this CPU; debug builds only */
#define assert_held(l) assert(spin_held(l))

#endif
