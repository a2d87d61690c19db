/* failsafe_entry.S: where a spare vcpu starts, and where its failsafe callback leads: both write down what
 * they find and take the vcpu down. r15 is its number. */
#define __ASSEMBLY__ 1
#include <xen/xen.h>

#define VCPUOP_down 2

        .text
        .globl  spare_start, spare_failsafe
spare_start:
        mov     $1, %eax
        xor     %ecx, %ecx              /* there is no frame */
        jmp     1f
spare_failsafe:
        mov     $2, %eax
        mov     $11, %ecx
1:      mov     %rsp, arrival + 8(%rip)
        mov     %ds, %edx
        mov     %rdx, arrival + 24(%rip)
        mov     %es, %edx
        mov     %rdx, arrival + 32(%rip)
        mov     %fs, %edx
        mov     %rdx, arrival + 40(%rip)
        mov     %gs, %edx
        mov     %rdx, arrival + 48(%rip)
        mov     %rsp, %rsi
        pushfq
        popq    arrival + 16(%rip)
        lea     arrival + 56(%rip), %rdi
        cld
        rep movsq
        mov     %rax, arrival(%rip)
2:      mov     $VCPUOP_down, %edi
        mov     %r15, %rsi
        mov     $__HYPERVISOR_vcpu_op, %eax
        syscall
        jmp     2b

        .section .note.GNU-stack, "", @progbits
