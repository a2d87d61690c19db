/* Frames for the guest kernel beside those of dispatch.h; used inside dispatch/ only. */
#ifndef ENSO_DISPATCH_BOUNCE_H
#define ENSO_DISPATCH_BOUNCE_H

#include "lib/types.h"

struct vcpu;

/* guest.entry_vector after a `syscall` and for a frame just built: rcx and r11 may be overwritten by sysret. As in entry.S. */
#define TRAP_SYSCALL 0x100U

/* Bits of a page fault's error code. */
#define PF_PRESENT 0x01U
#define PF_WRITE   0x02U
#define PF_USER    0x04U
#define PF_FETCH   0x10U

/* v is the running vcpu in all of these. */
void guest_upcall(struct vcpu *v);
void guest_syscall_callback(struct vcpu *v, uint64_t callback, bool mask_events);
/* False: no handler, or the domain crashed. */
bool guest_nmi(struct vcpu *v);

#endif
