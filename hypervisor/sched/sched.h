/* The scheduler: weighted fair sharing by virtual time, per-CPU run queues, caps, affinity, a boost for
 * vcpus that wake, and work stealing; it is shown as the credit scheduler's weight and cap. It owns which
 * vcpu runs where, and why one does not. Locks: each queue's lock (RANK_SCHED); a vcpu's scheduling state
 * is guarded by the lock of the queue that it belongs to (sched.cpu). */
#ifndef ENSO_SCHED_SCHED_H
#define ENSO_SCHED_SCHED_H

#include <xen/vcpu.h>
#include "lib/types.h"
#include "sched/timer.h"

struct vcpu;
struct domain;

/* Why a vcpu may not run; it is runnable when none is set. */
enum {
    VCPU_BLOCKED = 1, VCPU_DOWN = 2,
    VCPU_PAUSED = 4,                    /* itself or its domain */
    VCPU_POLLING = 8, VCPU_CAPPED = 16, VCPU_SHUT_DOWN = 32
};

struct sched_vcpu {
    _Atomic uint32_t flags;             /* VCPU_* */
    uint32_t cpu;                       /* queue it belongs to */
    bool queued, running;               /* on the run queue; on a CPU now */
    struct vcpu *next, *prev;           /* run queue, by virtual time */
    uint64_t vtime;                     /* weighted ns consumed */
    uint64_t slice_start;               /* ns: when it was last put on a CPU */
    uint64_t affinity;                  /* hard affinity: CPUs allowed */
    uint64_t affinity_soft;
    uint64_t cap_used, cap_period_start; /* ns */
    struct timer cap_timer;             /* ends VCPU_CAPPED */
    uint64_t periodic_last;             /* ns: last tick of the periodic timer */
    struct vcpu_runstate_info runstate;
    uint64_t time_used;                 /* ns on a CPU in total */
};

#define SCHED_DEFAULT_WEIGHT 256

void sched_init(void);                  /* boot CPU */
void sched_init_cpu(void);              /* each CPU: its queue */
void sched_vcpu_init(struct vcpu *v);   /* flags = VCPU_DOWN | VCPU_PAUSED as the caller sets afterwards */
void sched_vcpu_destroy(struct vcpu *v);/* not running any more */
/* credit scheduler's parameters */
long sched_domain_params(struct domain *d, uint16_t *weight, uint16_t *cap, bool set);

/* Clears/sets reasons; a vcpu that becomes runnable is queued and its CPU kicked. Callable from
 * anywhere without RANK_SCHED held. */
void vcpu_clear_flags(struct vcpu *v, uint32_t flags);
void vcpu_set_flags(struct vcpu *v, uint32_t flags);        /* the vcpu may still run until its CPU notices */
void vcpu_sync(struct vcpu *v);         /* waits until v (not the caller's own) is off
                                         * its CPU and its state is saved */
void vcpu_wake(struct vcpu *v);         /* = clear BLOCKED|POLLING */
/* Makes v's CPU look at pending upcalls, if it runs elsewhere. */
void vcpu_kick(struct vcpu *v);
/* The running vcpu lets those who wait go first. */
void sched_yield(struct vcpu *v);
/* v no longer polls: called when it runs again. */
void vcpu_poll_over(struct vcpu *v);
/* ns on a CPU in total, up to now. */
uint64_t sched_vcpu_time(const struct vcpu *v);
long vcpu_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft);

/* The exit path: current is put away and the next vcpu loaded (regs, CPU state, root). Idles with
 * interrupts on while nothing is runnable. Called from guest_exit_work only. */
void sched_switch(void);
/* Ends boot on a CPU: never returns; first return to a guest happens from inside. */
noreturn void sched_run(void);

/* Updates and copies out the runstate, time record. */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
void vcpu_update_time(struct vcpu *v, bool force);  /* vcpu_info->time (and the registered copy) */
void domain_update_wallclock(struct domain *d);
/* The timers of SCHEDOP_watchdog. */
void sched_watchdogs_init(struct domain *d);
void sched_watchdogs_stop(struct domain *d);

long hypercall_sched_op(uint32_t cmd, guest_addr_t arg);
long hypercall_sched_op_compat(uint32_t cmd, uint64_t arg);
long hypercall_set_timer_op(uint64_t timeout);
long vcpu_op_timer(struct vcpu *v, uint32_t cmd, guest_addr_t arg);   /* the timer, runstate
                                                                       * and time-area sub-ops */

#endif
