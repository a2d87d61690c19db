/* second_entry.S: ways into the vcpus that the kit does not know of: the second vcpu's start, traps and
 * upcalls, and the start of a vcpu that only writes its registers down. Nothing here touches what the
 * kit keeps for the first vcpu. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"
#include "second.h"

        .text
        .globl  second_entry
second_entry:
        cld
        xor     %ebp, %ebp
        call    second_main
        ud2

second_common:
        TRAP_TAIL second_trap

/* The first 32 vectors, SECOND_STUB_BYTES apart. */
        .balign SECOND_STUB_BYTES
        .globl  second_stubs
second_stubs:
        TRAP_STUBS 32, SECOND_STUB_BYTES, second_common

        CALLBACK second_upcall_entry, SECOND_UPCALL, second_common
        CALLBACK second_syscall_entry, SECOND_SYSCALL, second_common
        CALLBACK second_failsafe_entry, SECOND_FAILSAFE, second_common, FAILSAFE_MORE

/* Where the second vcpu goes on after a trap that ended what it did. */
        .globl  second_restart
second_restart:
        xor     %ebp, %ebp
        call    second_again
        ud2

/* void second_enter_user(const uint64_t frame[9]): what the iret hypercall takes. Does not return. */
        .globl  second_enter_user
second_enter_user:
        lea     72(%rdi), %rcx
1:      sub     $8, %rcx
        push    (%rcx)
        cmp     %rdi, %rcx
        jne     1b
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

        .globl  snapshot_failsafe
snapshot_failsafe:
        movb    $1, snapshot_by_failsafe(%rip)
        jmp     snapshot_entry

/* A trap of such a vcpu: what lies on its stack behind rcx and r11 is the error code or rip. */
        .globl  snapshot_trap
snapshot_trap:
        mov     16(%rsp), %rax
        mov     %rax, snapshot_trapped(%rip)
        lea     snapshot_stack_top(%rip), %rsp
        call    snapshot_rest
        ud2

/* Writes down the registers that the vcpu starts with, then counts in snapshot_round and goes down, each time
 * that it is made to go on. */
        .globl  snapshot_entry
snapshot_entry:
        mov     %rax, snapshot+0(%rip)
        mov     %rbx, snapshot+8(%rip)
        mov     %rcx, snapshot+16(%rip)
        mov     %rdx, snapshot+24(%rip)
        mov     %rsi, snapshot+32(%rip)
        mov     %rdi, snapshot+40(%rip)
        mov     %rbp, snapshot+48(%rip)
        mov     %rsp, snapshot+56(%rip)
        mov     %r8, snapshot+64(%rip)
        mov     %r9, snapshot+72(%rip)
        mov     %r10, snapshot+80(%rip)
        mov     %r11, snapshot+88(%rip)
        mov     %r12, snapshot+96(%rip)
        mov     %r13, snapshot+104(%rip)
        mov     %r14, snapshot+112(%rip)
        mov     %r15, snapshot+120(%rip)
        pushf
        pop     snapshot+128(%rip)
        mov     %cs, snapshot+136(%rip)
        mov     %ss, snapshot+144(%rip)
        mov     %ds, snapshot+152(%rip)
        mov     %es, snapshot+160(%rip)
        mov     %fs, snapshot+168(%rip)
        mov     %gs, snapshot+176(%rip)
        fxsave64 snapshot_fpu(%rip)
        cld
        lea     snapshot_stack_top(%rip), %rsp
        call    snapshot_rest
        ud2

/* What runs in user mode of the second vcpu, copied to a page of its own. */
        .section .rodata
        .globl  second_user_code, second_user_read, second_user_spin, second_user_end
second_user_code:
        syscall
second_user_read:
        mov     0x400000, %rax
        ud2
second_user_spin:
        cmpq    $0, -8(%rsp)            /* until the first vcpu writes there */
        je      second_user_spin
        syscall
second_user_end:

        .section .bss.page_aligned, "aw", @nobits
        .balign 4096
        .globl  snapshot_stack_top, second_stack_top
        .skip   8192
snapshot_stack_top:
        .skip   16384
second_stack_top:

        .section .note.GNU-stack, "", @progbits
