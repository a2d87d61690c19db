/* Fair (ticket) spin locks with ranks. The hypervisor runs with interrupts off from entry to exit, so a lock
 * is never taken from an interrupt; while it waits for one, a CPU answers TLB-flush and stop requests of the
 * others (cpu_relax_and_answer), which is why a holder may wait for such an answer.
 *
 * A CPU takes only locks ranked above all that it holds; two of one rank only through lock_pair (by rising
 * address). Debug builds check this and ownership at every acquire and release. */
#ifndef ENSO_LIB_LOCK_H
#define ENSO_LIB_LOCK_H

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
    int16_t holder;         /* CPU number, -1 when free; kept in every build, tested in debug builds */
} spinlock_t;

#define SPINLOCK_INIT(r) { 0, 0, (r), -1 }

void spin_init(spinlock_t *l, enum lock_rank rank);
void spin_lock(spinlock_t *l);
bool spin_trylock(spinlock_t *l) must_check;
void spin_unlock(spinlock_t *l);
/* Two locks of the same rank (a == b allowed: taken once). */
void lock_pair(spinlock_t *a, spinlock_t *b);
void unlock_pair(spinlock_t *a, spinlock_t *b);
bool spin_held(const spinlock_t *l);            /* by this CPU */
#define assert_held(l) assert(spin_held(l))

#endif
