/* The parts of the interpreter of privileged instructions to each other; used inside emulate/, and by cpu/
 * for CR4. v is the running vcpu. */
#ifndef ENSO_EMULATE_PRIVILEGED_H
#define ENSO_EMULATE_PRIVILEGED_H

#include "emulate/emulate.h"

/* Of one instruction: done; to be executed again by the guest (out of time); #GP; #UD. */
enum outcome { EMULATED, AGAIN, REFUSED, UNDEFINED };

/* Bits of CR4 that a guest may set; v->cr4 holds only such bits. They are in the real CR4 while the guest
 * runs, so that its user code has what its kernel expects and no more; in between, CR4 is the hypervisor's
 * own. */
uint64_t guest_cr4_allowed(void);
void guest_cr4_load(const struct vcpu *v);
void guest_cr4_unload(void);

/* MSRs: false / REFUSED is #GP. */
bool guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
enum outcome guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

/* True if v's virtual I/O privilege level lets its current mode touch ports and the interrupt flag. */
bool guest_iopl_allows(const struct vcpu *v);
/* IN and OUT. */
enum outcome guest_port_io(struct vcpu *v, const struct privileged_op *op, struct cpu_user_regs *r);

#endif
