/* user_entry.S: into guest user mode by the iret hypercall, and the code that runs there. */
#define __ASSEMBLY__ 1
#include <xen/xen.h>

        .text
/* void user_enter(const struct user_frame *f): f holds what the iret hypercall takes: rax r11 rcx flags
 * rip cs rflags rsp ss. Comes back at user_back, on this stack, when user.c's handler of a trap says so. */
        .globl  user_enter
user_enter:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, user_saved_rsp(%rip)
        push    64(%rdi)
        push    56(%rdi)
        push    48(%rdi)
        push    40(%rdi)
        push    32(%rdi)
        push    24(%rdi)
        push    16(%rdi)
        push    8(%rdi)
        push    (%rdi)
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
        .globl  user_back
user_back:
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret

/* Copied to a user page; r15 holds the address of the user data page. */
        .section .rodata
        .balign 16
        .globl  user_code, user_code_end
        .globl  user_do_syscall, user_do_syscall_again, user_do_int80, user_do_int3, user_do_ud2, user_do_cli
        .globl  user_do_read_null, user_do_read_kernel, user_do_write_code, user_do_cr0, user_do_bases
        .globl  user_do_wait
user_code:
user_do_syscall:
        mov     %rcx, %rdi
        mov     %r11, %rsi
        mov     $__HYPERVISOR_xen_version, %eax
        syscall
user_do_syscall_again:
        mov     %rax, %rdi
        mov     %rcx, %rsi
        syscall
user_do_int80:
        int     $0x80
user_do_int3:
        int3
user_do_ud2:
        ud2
user_do_cli:
        cli
user_do_read_null:
        mov     0, %rax
user_do_read_kernel:
        mov     0x400000, %rax
user_do_write_code:
        lea     user_code(%rip), %rax
        movb    $0, (%rax)
user_do_cr0:
        mov     %cr0, %rax
user_do_bases:
        mov     %fs:0, %rdi
        mov     %gs:0, %rsi
        syscall
user_do_wait:
        cmpq    $0, (%r15)
        je      user_do_wait
        syscall
user_code_end:

        .section .note.GNU-stack, "", @progbits
