/* entry.S: every way in from the hypervisor (start, traps, event upcall, failsafe, guest system call) and
 * the switch between threads. Assembly saves, calls C, restores; decisions are in trap.c and thread.c.
 *
 * On a trap the hypervisor has pushed, lowest address first: rcx, r11, [error code], rip, cs, rflags, rsp,
 * ss. The stubs turn that into struct pv_regs (pv/trap.h). */
#define __ASSEMBLY__ 1
#include <xen/xen.h>

#define FRAME_CS 144                /* offset of cs in struct pv_regs */
#define FXSAVE_BYTES 512

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
/* Common tail: the stack holds vector, error, rip, cs, rflags, rsp, ss; rcx and r11 are the interrupted
 * ones. */
trap_common:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rbx
        mov     %rsp, %rdi
        sub     $FXSAVE_BYTES, %rsp
        and     $-16, %rsp
        fxsave64 (%rsp)
        call    pv_trap_entry
        fxrstor64 (%rsp)
        mov     %rbx, %rsp
        movzwl  FRAME_CS(%rsp), %eax
        mov     %rax, FRAME_CS(%rsp)
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        add     $16, %rsp           /* vector, error */
        /* The iret hypercall restores the upcall mask from rflags.IF and looks for pending events in one
         * step, so nothing can slip in between. It takes rax, r11, rcx and flags below the frame. */
        push    $0
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

/* One stub for each vector, 16 bytes apart so that trap.c computes their addresses. */
        .balign 16
        .globl  pv_trap_stubs
pv_trap_stubs:
        vector = 0
        .rept   256
        .balign 16
        pop     %rcx
        pop     %r11
        .if     vector != 8 && vector != 10 && vector != 11 && vector != 12 && vector != 13 && vector != 14 \
                && vector != 17 && vector != 21 && vector != 29 && vector != 30
        push    $0
        .endif
        push    $vector
        jmp     trap_common
        vector = vector + 1
        .endr

        .macro  callback name, number
        .globl  \name
\name:  pop     %rcx
        pop     %r11
        push    $0
        push    $\number
        jmp     trap_common
        .endm

        callback pv_entry_event, 256
        callback pv_entry_syscall, 258

/* The hypervisor could not load a segment register on the way back: below the frame it adds ds, es, fs,
 * gs. */
        .globl  pv_entry_failsafe
pv_entry_failsafe:
        pop     %rcx
        pop     %r11
        add     $32, %rsp
        push    $0
        push    $257
        jmp     trap_common

/* void pv_switch(uint64_t *save_rsp, uint64_t load_rsp): leaves one thread's stack for another's. */
        .globl  pv_switch
pv_switch:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        sub     $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        add     $8, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
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
