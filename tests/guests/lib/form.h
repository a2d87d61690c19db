/* form.h: single instructions, run on memory or on an entry. */
#ifndef FORM_H
#define FORM_H

#include "case.h"

struct form_regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rflags;
};

/* Defines the code of an instruction, which ends at form_done. */
#define FORM_CODE(id, instruction)                                                             \
    __asm__(".pushsection .text\n" #id ": " instruction "\n\tjmp form_done\n.popsection\n"); \
    extern const char id[];

void form_enter(const void *code, struct form_regs *r);
void form_enter_user(const void *code, struct form_regs *r);
extern const char form_done[];
extern uint64_t form_stack;

/* Runs it: 0, or the trap. r is what it left in the registers. */
long form_run(const void *code, struct form_regs *r);

/* Runs it in user mode, with that user root; it must trap. */
long form_run_user(const void *code, struct form_regs *r, const char *root);

#endif
