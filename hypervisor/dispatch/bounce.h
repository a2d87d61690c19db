/* Frames for the guest kernel beside those of dispatch.h; for dispatch/ and the interpreter. */
#ifndef ENSO_DISPATCH_BOUNCE_H
#define ENSO_DISPATCH_BOUNCE_H

#include <xen/xen.h>
#include "lib/types.h"

struct vcpu;

/* guest.entry_vector after a `syscall` and for a frame just built: rcx and r11 may be overwritten by
 * sysret. As in entry.S. */
#define TRAP_SYSCALL 0x100U

/* Bits of a page fault's error code. */
#define PF_PRESENT 0x01U
#define PF_WRITE   0x02U
#define PF_USER    0x04U

/* v is the running vcpu in all of these, r its registers. */
void guest_page_fault(struct vcpu *v, struct cpu_user_regs *r, uint64_t address, uint32_t error);
void guest_syscall_callback(struct vcpu *v, struct cpu_user_regs *r, uint64_t callback, bool mask_events);
/* The failsafe callback: one of the selectors ds, es, fs, gs could not be loaded at the switch to v. */
void guest_failsafe(struct vcpu *v, struct cpu_user_regs *r);
/* False: no handler, or the domain crashed. */
bool guest_nmi(struct vcpu *v, struct cpu_user_regs *r);

#endif
