/* run.S: void run_at(const struct pv_regs *in, const void *code): loads the registers of *in, all but rsp,
 * and jumps to code. What the code does ends in a trap; the probes' handler goes on at the label 1. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"

    .text
    .globl run_at
run_at:
    PUSH_KEPT
    mov %rsp, stack(%rip)
    mov %rsi, target(%rip)
    movq $1f, probe_resume(%rip)
    mov 0(%rdi), %r15
    mov 8(%rdi), %r14
    mov 16(%rdi), %r13
    mov 24(%rdi), %r12
    mov 32(%rdi), %rbp
    mov 40(%rdi), %rbx
    mov 48(%rdi), %r11
    mov 56(%rdi), %r10
    mov 64(%rdi), %r9
    mov 72(%rdi), %r8
    mov 80(%rdi), %rax
    mov 88(%rdi), %rcx
    mov 96(%rdi), %rdx
    mov 104(%rdi), %rsi
    mov 112(%rdi), %rdi
    jmp *target(%rip)
1:
    movq $0, probe_resume(%rip)
    mov stack(%rip), %rsp
    pushq $2    /* whatever flags the instruction has set */
    popfq
    POP_KEPT
    ret

    .bss
    .balign 8
stack:
    .skip 8
target:
    .skip 8

    .section .note.GNU-stack, "", @progbits
