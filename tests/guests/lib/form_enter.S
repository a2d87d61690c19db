/* form_enter.S: runs an instruction with given registers, in kernel or user mode, and notes what it left. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"

        .text
/* void form_enter(const void *code, struct form_regs *r): the code ends with a jump to form_done; a trap's
 * handler goes there too. r holds rax rbx rcx rdx rsi rdi and the arithmetic flags. */
        .globl  form_enter, form_done, form_enter_user
form_enter:
        PUSH_KEPT
        push    %rsi
        mov     %rsp, form_stack(%rip)
        mov     %rdi, %r11
        push    48(%rsi)
        popfq
        mov     (%rsi), %rax
        mov     8(%rsi), %rbx
        mov     16(%rsi), %rcx
        mov     24(%rsi), %rdx
        mov     40(%rsi), %rdi
        mov     32(%rsi), %rsi
        jmp     *%r11
form_done:
        mov     %rsi, %r11
        mov     form_stack(%rip), %rsp
        mov     (%rsp), %rsi
        mov     %rax, (%rsi)
        mov     %rbx, 8(%rsi)
        mov     %rcx, 16(%rsi)
        mov     %rdx, 24(%rsi)
        mov     %r11, 32(%rsi)
        mov     %rdi, 40(%rsi)
        pushfq
        pop     48(%rsi)
        cld
        pop     %rsi
        POP_KEPT
        ret

/* void form_enter_user(const void *code, struct form_regs *r): the same in user mode, on this stack. Only a
 * trap leads back. */
form_enter_user:
        PUSH_KEPT
        push    %rsi
        mov     %rsp, form_stack(%rip)
        mov     %rsp, %r11
        push    $FLAT_USER_SS64
        push    %r11
        push    $0x202
        push    $FLAT_USER_CS64
        push    %rdi
        push    $0
        push    16(%rsi)
        push    $0
        push    (%rsi)
        mov     40(%rsi), %rdi
        mov     32(%rsi), %rsi
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

        .bss
        .balign 8
        .globl  form_stack
form_stack:
        .quad   0

        .section .note.GNU-stack, "", @progbits
