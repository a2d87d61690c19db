/* A pairing heap of timers, the earliest at the root. Intrusive: it allocates nothing and has no limit. The
 * links of a node: child is its first child, next its next sibling, prev the sibling before it or, of a first
 * child, the parent. */
#ifndef ENSO_SCHED_TIMER_HEAP_H
#define ENSO_SCHED_TIMER_HEAP_H

#include "sched/timer.h"

struct timer_heap { struct timer *root; };

void timer_heap_insert(struct timer_heap *h, struct timer *t);
/* t is in the heap. */
void timer_heap_remove(struct timer_heap *h, struct timer *t);

#endif
