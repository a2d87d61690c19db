/* The dispatcher: every entry from a guest (entry.S), the hypercall table, exceptions and upcalls bounced
 * to the guest (bounce.c), iret, callbacks, and the exit path.
 *
 * entry.S saves the guest's registers into cpu_info.guest, calls C, and on the way out runs
 * guest_exit_work() when there is work or an upcall, then restores and leaves by sysret or iret. */
#ifndef ENSO_DISPATCH_DISPATCH_H
#define ENSO_DISPATCH_DISPATCH_H

#include <xen/xen.h>
#include "lib/types.h"

struct vcpu;

/* Internal answer of a hypercall that ran out of time: never seen by a guest. v->continuation.done is
 * kept. Some hypercalls answer with an address of the guest's, get_debugreg for one: negated, this is none,
 * but an address of the hypervisor. */
#define ERESTART 0x7fffffffffffL

/* An exception of the guest: builds the frame on its kernel stack and goes to its handler; without a
 * handler, or when the frame can't be written, the domain crashes. Pending state lives nowhere else. */
void guest_inject(uint8_t vector);                          /* exceptions without an error code, INT n */
void guest_inject_error(uint8_t vector, uint32_t error);
static inline void guest_inject_gp(uint32_t error) { guest_inject_error(13, error); }
static inline void guest_inject_ud(void) { guest_inject(6); }

/* Called by entry.S, with the running guest's registers in info->guest: a `syscall` of the guest kernel (v
 * is the running vcpu), of guest user code, and of 32-bit code; exceptions and interrupts; a return to the
 * guest that faulted. */
struct cpu_info;
void hypercall_from_guest(struct cpu_info *info, struct vcpu *v);
void iret_from_guest(struct cpu_info *info, struct vcpu *v);
void syscall_from_guest_user(struct cpu_info *info, struct vcpu *v);
void syscall32_from_guest(struct cpu_info *info);
void trap_from_guest(struct cpu_info *info);
void iret_failed(struct cpu_info *info);
/* An exception or interrupt of the hypervisor itself. Of *r the fields up to ss are there. */
void trap_from_hypervisor(struct cpu_user_regs *r);
/* Before a return to the guest, when there is something in cpu_info.work or an upcall to deliver. */
void guest_exit_work(void);
/* Only an upcall: builds its frame. */
void guest_upcall(struct cpu_info *info, struct vcpu *v);

/* WORK_NMI: makes the first domain's vcpu come for an NMI that arrived on this CPU. */
void nmi_pass_on(void);

/* Leaves the hypervisor for the running vcpu, through the exit path; what is on the stack is abandoned. */
noreturn void return_to_guest(void);

/* Guest mode helpers. */
void guest_toggle_mode(struct vcpu *v);         /* kernel <-> user: root, GS bases */

long hypercall_set_trap_table(guest_addr_t traps);
long hypercall_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall);
long hypercall_callback_op(uint32_t cmd, guest_addr_t arg);
long hypercall_nmi_op(uint32_t cmd, guest_addr_t arg);
long hypercall_stack_switch(uint64_t ss, uint64_t sp);
long hypercall_iret(void);
long hypercall_multicall(guest_addr_t calls, uint32_t count);
long hypercall_fpu_taskswitch(uint32_t set);
long hypercall_set_debugreg(uint32_t reg, uint64_t value);
long hypercall_get_debugreg(uint32_t reg);
long hypercall_set_segment_base(uint32_t which, uint64_t base);
long hypercall_xen_version(uint32_t cmd, guest_addr_t arg);
long hypercall_console_io(uint32_t cmd, uint32_t count, guest_addr_t buffer);
long hypercall_physdev_op(uint32_t cmd, guest_addr_t arg);
long hypercall_physdev_op_compat(guest_addr_t op);

/* Writes the hypercall page into a frame (domctl hypercall_init, the 0x40000000 MSR, the first domain's
 * builder). */
void hypercall_page_fill(void *page);

#endif
