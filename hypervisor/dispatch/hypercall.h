/* The hypercall table as multicall.c and exit.c see it; used inside dispatch/ only. */
#ifndef ENSO_DISPATCH_HYPERCALL_H
#define ENSO_DISPATCH_HYPERCALL_H

#include "domain/domain.h"

#define HYPERCALL_LIMIT 64

enum {
    CONTROL_ONLY = 1,       /* -EPERM for every other domain, before anything else is looked at */
    MAY_BE_LONG = 2,        /* looks at preempt_check and may answer -ERESTART: starts a time budget */
    NOT_IN_MULTICALL = 4,
};

struct hypercall {
    long (*fn)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    uint32_t flags;
};

/* For a hypercall that begins; while one goes on, continuation.active is true until the call returns. */
static inline void continuation_reset(struct continuation *c)
{
    c->done = 0;
    c->extra[0] = c->extra[1] = 0;
}

/* Runs the hypercall again that v's continuation is for (same registers). v is the running vcpu. */
void hypercall_continue(struct cpu_info *info, struct vcpu *v);
/* One call out of a batch. -ERESTART: v->continuation says how far it came. */
long hypercall_in_multicall(struct vcpu *v, uint64_t number, const uint64_t *args);

#endif
