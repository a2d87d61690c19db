/* entry.S: an entry for upcalls that notes what it finds and goes on in the kit's; code that waits for one
 * with known registers, in kernel and in guest user mode. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"

        .text
/* On the stack: rcx r11 rip cs rflags rsp ss. No register changes. */
        .globl  upcall_entry
upcall_entry:
        mov     %rax, saved_rax(%rip)
        mov     %rsp, upcall_stack(%rip)
        mov     (%rsp), %rax
        mov     %rax, upcall_frame(%rip)
        mov     8(%rsp), %rax
        mov     %rax, upcall_frame+8(%rip)
        mov     16(%rsp), %rax
        mov     %rax, upcall_frame+16(%rip)
        mov     24(%rsp), %rax
        mov     %rax, upcall_frame+24(%rip)
        mov     32(%rsp), %rax
        mov     %rax, upcall_frame+32(%rip)
        mov     40(%rsp), %rax
        mov     %rax, upcall_frame+40(%rip)
        mov     48(%rsp), %rax
        mov     %rax, upcall_frame+48(%rip)
        pushf
        pop     %rax
        mov     %rax, upcall_flags(%rip)
        mov     saved_rax(%rip), %rax
        incl    upcall_count(%rip)
        jmp     pv_entry_event

/* int wait_with_registers(uint64_t *rsp_out, uint32_t count): all registers hold known values until the
 * counter of upcalls is not `count`. 0 if they are the same then, else the number of the first that is not.
 * */
        .globl  wait_with_registers, wait_begin, wait_end
wait_with_registers:
        PUSH_KEPT
        push    %rdi
        mov     %rsp, (%rdi)
        mov     %esi, %r15d
        mov     $0x1111111111111111, %rcx
        mov     $0x2222222222222222, %rdx
        mov     $0x3333333333333333, %rbx
        mov     $0x4444444444444444, %rbp
        mov     $0x5555555555555555, %rsi
        mov     $0x6666666666666666, %rdi
        mov     $0x7777777777777777, %r8
        mov     $0x8888888888888888, %r9
        mov     $0x9999999999999999, %r10
        mov     $0xaaaaaaaaaaaaaaaa, %r11
        mov     $0xbbbbbbbbbbbbbbbb, %r12
        mov     $0xcccccccccccccccc, %r13
        mov     $0xdddddddddddddddd, %r14
        movq    %r14, %xmm7
wait_begin:
        cmp     upcall_count(%rip), %r15d
        je      wait_begin
wait_end:
        .macro  same register, value, number
        mov     $\number, %eax
        push    %rdx
        mov     $\value, %rdx
        .ifc    \register, rdx
        cmp     %rdx, (%rsp)
        .else
        cmp     %rdx, %\register
        .endif
        pop     %rdx
        jne     1f
        .endm
        same    rcx, 0x1111111111111111, 1
        same    rdx, 0x2222222222222222, 2
        same    rbx, 0x3333333333333333, 3
        same    rbp, 0x4444444444444444, 4
        same    rsi, 0x5555555555555555, 5
        same    rdi, 0x6666666666666666, 6
        same    r8, 0x7777777777777777, 7
        same    r9, 0x8888888888888888, 8
        same    r10, 0x9999999999999999, 9
        same    r11, 0xaaaaaaaaaaaaaaaa, 10
        same    r12, 0xbbbbbbbbbbbbbbbb, 11
        same    r13, 0xcccccccccccccccc, 12
        same    r14, 0xdddddddddddddddd, 13
        movq    %xmm7, %rdx
        mov     $14, %eax
        cmp     %rdx, %r14
        jne     1f
        xor     %eax, %eax
1:      pop     %rdi
        POP_KEPT
        ret

/* void user_run(const uint64_t *iret_frame): to guest user mode by the iret hypercall with rax r11 rcx flags
 * rip cs rflags rsp ss; comes back at user_back when the handler of a system call sends it there. */
        .globl  user_run, user_back
user_run:
        PUSH_KEPT
        mov     %rsp, user_saved_rsp(%rip)
        mov     $9, %ecx
1:      push    -8(%rdi,%rcx,8)
        loop    1b
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
user_back:
        POP_KEPT
        ret

/* Copied to a page of guest user mode. rax and rcx hold the address of a counter and a value to leave
 * behind. */
        .section .rodata
        .globl  user_code, user_code_end
user_code:
        mov     (%rax), %edx
        cmp     %edx, %ecx
        je      user_code
        syscall
user_code_end:

        .bss
        .balign 4096
        .globl  upcall_count, upcall_frame, upcall_stack, upcall_flags, user_saved_rsp
upcall_count:   .skip   4
        .balign 8
upcall_frame:   .skip   56
upcall_stack:   .skip   8
upcall_flags:   .skip   8
saved_rax:      .skip   8
user_saved_rsp: .skip   8
        .balign 4096

        .section .note.GNU-stack, "", @progbits
