/* The end: what is shown when the hypervisor finds itself wrong. */
#ifndef ENSO_CPU_PANIC_H
#define ENSO_CPU_PANIC_H

#include <xen/xen.h>
#include "lib/types.h"

/* Registers of a fault of the hypervisor itself, then as panic(). */
noreturn void panic_with_registers(const struct cpu_user_regs *r, const char *fmt, ...) printf_like(2, 3);
/* Prints a register set to the log, with the control registers of this CPU. */
void registers_print(const struct cpu_user_regs *r);

#endif
