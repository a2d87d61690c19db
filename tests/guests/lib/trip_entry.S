/* trip_entry.S: to the code of a trip by the iret hypercall, and back from whatever entry the hypervisor
 * chooses. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"

/* Offsets in struct landing */
#define ENTRY   120
#define WORDS   128
#define FRAME   136
#define RSP     224
#define RFLAGS  232
#define MASK    240
#define CR2     248
#define CS      256
#define SS      264
#define DS      272
#define ES      280
#define FS      288
#define GS      296

#define VCPU_INFO_MASK 1
#define VCPU_INFO_CR2 16

        .text
/* void trip_go(const struct pv_regs *start): where `error` holds the flags for the hypercall. Returns
 * after the landing, with the event mask that the rflags of this call's time say. */
        .globl  trip_go
trip_go:
        PUSH_KEPT
        mov     %rsp, saved_rsp(%rip)
        mov     pv_shared_info(%rip), %rax
        movzbl  VCPU_INFO_MASK(%rax), %eax
        mov     %rax, saved_mask(%rip)
        push    168(%rdi)               /* ss, rsp, rflags, cs, rip */
        push    160(%rdi)
        push    152(%rdi)
        push    144(%rdi)
        push    136(%rdi)
        push    128(%rdi)               /* flags */
        push    88(%rdi)                /* rcx */
        push    48(%rdi)                /* r11 */
        push    80(%rdi)                /* rax */
        mov     (%rdi), %r15
        mov     8(%rdi), %r14
        mov     16(%rdi), %r13
        mov     24(%rdi), %r12
        mov     32(%rdi), %rbp
        mov     40(%rdi), %rbx
        mov     56(%rdi), %r10
        mov     64(%rdi), %r9
        mov     72(%rdi), %r8
        mov     96(%rdi), %rdx
        mov     104(%rdi), %rsi
        mov     112(%rdi), %rdi
        mov     $1, %eax
        mov     %al, trip_away(%rip)
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

/* On the stack: a word with entry and number of words, then the frame, which stays where it is until it is
 * copied: an upcall may come at any time. */
landing:
        mov     %r15, trip_landing(%rip)
        mov     %r14, trip_landing + 8(%rip)
        mov     %r13, trip_landing + 16(%rip)
        mov     %r12, trip_landing + 24(%rip)
        mov     %rbp, trip_landing + 32(%rip)
        mov     %rbx, trip_landing + 40(%rip)
        mov     %r11, trip_landing + 48(%rip)
        mov     %r10, trip_landing + 56(%rip)
        mov     %r9, trip_landing + 64(%rip)
        mov     %r8, trip_landing + 72(%rip)
        mov     %rax, trip_landing + 80(%rip)
        mov     %rcx, trip_landing + 88(%rip)
        mov     %rdx, trip_landing + 96(%rip)
        mov     %rsi, trip_landing + 104(%rip)
        mov     %rdi, trip_landing + 112(%rip)
        pushfq
        popq    trip_landing + RFLAGS(%rip)
        cld
        movzwl  (%rsp), %eax
        mov     %rax, trip_landing + ENTRY(%rip)
        movzbl  2(%rsp), %ecx
        mov     %rcx, trip_landing + WORDS(%rip)
        lea     8(%rsp), %rsi
        mov     %rsi, trip_landing + RSP(%rip)
        lea     trip_landing + FRAME(%rip), %rdi
        rep movsq
        mov     pv_shared_info(%rip), %rax
        movzbl  VCPU_INFO_MASK(%rax), %ecx
        mov     %rcx, trip_landing + MASK(%rip)
        mov     VCPU_INFO_CR2(%rax), %rcx
        mov     %rcx, trip_landing + CR2(%rip)
        mov     %cs, %eax
        mov     %rax, trip_landing + CS(%rip)
        mov     %ss, %eax
        mov     %rax, trip_landing + SS(%rip)
        mov     %ds, %eax
        mov     %rax, trip_landing + DS(%rip)
        mov     %es, %eax
        mov     %rax, trip_landing + ES(%rip)
        mov     %fs, %eax
        mov     %rax, trip_landing + FS(%rip)
        mov     %gs, %eax
        mov     %rax, trip_landing + GS(%rip)
        movb    $0, trip_away(%rip)

        /* back by the iret hypercall: it ends the masking of NMIs, too */
        mov     saved_rsp(%rip), %rsp
        mov     %rsp, %rcx
        mov     $0x202, %edx
        cmpq    $0, saved_mask(%rip)
        je      1f
        mov     $0x002, %edx
1:      pushq   $FLAT_KERNEL_SS
        push    %rcx
        push    %rdx
        pushq   $(FLAT_KERNEL_CS & ~3)
        lea     2f(%rip), %rax
        push    %rax
        pushq   $0
        pushq   $0
        pushq   $0
        pushq   $0
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
2:      POP_KEPT
        ret

        .macro  stub number, words, elsewhere
        .balign 32
        cmpb    $0, trip_away(%rip)
        je      \elsewhere
        push    $(\number | \words << 16)
        jmp     landing
        .endm

        .balign 32
        .globl  trip_stubs
trip_stubs:
        vector = 0
        .rept   256
        .if     vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
                vector == 29 || vector == 30
        stub    vector, 8, (pv_trap_stubs + 16 * vector)
        .else
        stub    vector, 7, (pv_trap_stubs + 16 * vector)
        .endif
        vector = vector + 1
        .endr
        stub    256, 7, pv_entry_event
        stub    257, 11, pv_entry_failsafe
        stub    258, 7, pv_entry_syscall
        stub    259, 7, pv_entry_syscall
        stub    260, 7, pv_entry_syscall

/* Upcalls are the kit's; a trip during which one came is made again. */
        .globl  trip_upcall
trip_upcall:
        incq    trip_upcalls(%rip)
        jmp     pv_entry_event

        .bss
        .balign 8
saved_rsp:
        .skip   8
saved_mask:
        .skip   8
trip_away:
        .skip   8
        .globl  trip_upcalls
trip_upcalls:
        .skip   8

        .section .note.GNU-stack, "", @progbits
