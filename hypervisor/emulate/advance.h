/* The end of an emulated instruction. */
#ifndef ENSO_EMULATE_ADVANCE_H
#define ENSO_EMULATE_ADVANCE_H

#include "cpu/registers.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"

#define DR6_SINGLE_STEP 0x4000UL

/* Past an instruction of `length` bytes; single stepping traps behind it. v is the running vcpu. */
static inline void advance(struct vcpu *v, struct cpu_user_regs *r, unsigned int length)
{
    r->rip += length;
    r->rflags &= ~RFLAGS_RF;
    if (r->rflags & RFLAGS_TF) {
        v->debugreg[6] |= DR6_SINGLE_STEP;
        guest_inject(1);
    }
}

#endif
