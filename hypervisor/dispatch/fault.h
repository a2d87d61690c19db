/* What exceptions of guests and of the hypervisor have in common; used inside dispatch/ only. */
#ifndef ENSO_DISPATCH_FAULT_H
#define ENSO_DISPATCH_FAULT_H

#include "cpu/cpu.h"
#include "memory/descriptors.h"

static inline uint64_t read_cr2(void)
{
    uint64_t a;
    __asm__ volatile("mov %%cr2, %0" : "=r"(a));
    return a;
}

/* True if the address lies in this CPU's window of the guest's LDT; the offset in it is stored. */
bool in_ldt_window(uint64_t address, uint64_t *offset);

/* The causes of the last #DB, and resets them. */
uint64_t take_dr6(void);
/* An NMI of the machine: it is the first domain's, if that has a handler. */
void nmi_arrived(void);
/* Registers, backtrace, panic. */
noreturn void trap_fatal(const struct cpu_user_regs *r);

#endif
