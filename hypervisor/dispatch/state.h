/* Guest processor state that hypercalls and emulated instructions change alike. */
#ifndef ENSO_DISPATCH_STATE_H
#define ENSO_DISPATCH_STATE_H

#include "lib/types.h"

struct vcpu;

/* Virtual CR0.TS of the running vcpu. */
void guest_set_ts(struct vcpu *v, bool ts);
/* DR0-DR7 of the running vcpu or of one that does not run: 0; -EPERM a breakpoint on the hypervisor or on
 * ports; -ENODEV no such register. */
long guest_set_debugreg(struct vcpu *v, uint32_t reg, uint64_t value);

#endif
