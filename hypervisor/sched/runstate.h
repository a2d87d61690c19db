/* Between the files of sched/: run states, the guest's time record and timers. */
#ifndef ENSO_SCHED_RUNSTATE_H
#define ENSO_SCHED_RUNSTATE_H

#include "lib/types.h"

struct vcpu;

/* Enters a run state (RUNSTATE_*); the time since the last change is added to the state that ends. The
 * vcpu's queue is locked, or the vcpu is the caller's. */
void runstate_set(struct vcpu *v, int state, uint64_t now);
/* Copies the record to where the guest registered it, if it did. */
void runstate_publish(struct vcpu *v);

void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_stop(struct vcpu *v);
/* The periodic timer ticks only while its vcpu runs. */
void vcpu_periodic_start(struct vcpu *v, uint64_t now);

#endif
