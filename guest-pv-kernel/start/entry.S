/* entry.S: every way in from the hypervisor (start, traps, event upcall, failsafe, guest system call) and
 * the switch between threads. Assembly saves, calls C, restores; decisions are in trap.c and thread.c. */
#define __ASSEMBLY__ 1
#include "start/entry-macros.h"

        .section .text.start, "ax", @progbits
        .globl _start
_start: cld
        mov     %rsi, %rdi          /* start_info */
        mov     %rsp, %rsi          /* top of the builder's stack: tells where its memory ends */
        lea     pv_boot_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        fninit
        push    $0x1f80             /* SSE: all exceptions masked, round to nearest */
        ldmxcsr (%rsp)
        pop     %rax
        call    pv_start
        ud2

        .text
trap_common:
        TRAP_TAIL pv_trap_entry

/* One stub for each vector, 16 bytes apart so that trap.c computes their addresses. */
        .balign 16
        .globl  pv_trap_stubs
pv_trap_stubs:
        TRAP_STUBS 256, 16, trap_common

        CALLBACK pv_entry_event, 256, trap_common
        CALLBACK pv_entry_failsafe, 257, trap_common, FAILSAFE_MORE
        CALLBACK pv_entry_syscall, 258, trap_common

/* void pv_switch(uint64_t *save_rsp, uint64_t load_rsp): leaves one thread's stack for another's. */
        .globl  pv_switch
pv_switch:
        PUSH_KEPT
        sub     $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        add     $8, %rsp
        POP_KEPT
        ret

/* First return address of a new thread: its function and argument wait in r12 and r13. */
        .globl  pv_thread_trampoline
pv_thread_trampoline:
        mov     %r12, %rdi
        mov     %r13, %rsi
        xor     %ebp, %ebp
        call    pv_thread_main
        ud2

        .section .bss.page_aligned, "aw", @nobits
        .balign 4096
        .globl  pv_boot_stack_guard
pv_boot_stack_guard:
        .skip   4096
        .skip   16384
pv_boot_stack_top:

        .section .note.GNU-stack, "", @progbits
