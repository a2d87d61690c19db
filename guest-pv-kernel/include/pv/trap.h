/*
 * Exceptions. The kit installs an entry for every vector; one without a handler reports registers and a
 * backtrace on the console and crashes the domain. A program may take a vector over.
 */
#ifndef PV_TRAP_H
#define PV_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* The interrupted context as the entry code saved it, lowest address first. Handlers may change it: the
 * changed registers are what the interrupted code continues with. */
struct pv_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector;
    uint64_t error;   /* 0 for vectors without an error code */
    uint64_t rip;
    uint64_t cs;      /* bits 0-15 selector; bits 32-39 the saved upcall mask */
    uint64_t rflags;
    uint64_t rsp;
    uint64_t ss;
};

/* True: handled, go on with *regs. False: as if there were no handler. Runs on the interrupted stack; for
 * #PF the address is pv_fault_address(). */
typedef bool pv_trap_fn(struct pv_regs *regs);

/* Sets the handler of a vector (NULL: none) and returns the one before. */
pv_trap_fn *pv_trap_handler(unsigned int vector, pv_trap_fn *fn);

/* Address of the latest page fault. */
uint64_t pv_fault_address(void);

#endif
