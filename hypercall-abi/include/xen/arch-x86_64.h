/* Entry for kernels that name their architecture: everything is in arch-x86/xen.h.
 * Source: Xen 4.17 public/arch-x86_64.h.
 *
 * set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall)
 * Entry points of the guest kernel: `event` for upcalls, `failsafe` when a segment or the instruction pointer
 * to return to is not usable, `syscall` for the instruction in guest user mode. Always 0. callback.h is
 * newer. */
#include "arch-x86/xen.h"
