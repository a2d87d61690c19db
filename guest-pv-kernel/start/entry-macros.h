/* entry-macros.h: ways in from the hypervisor, for assembly: of the kit, and of test kernels that have ways in
 * of their own. On a trap the hypervisor has pushed, lowest address first: rcx, r11, [error code], rip, cs,
 * rflags, rsp, ss. The stubs turn that into struct pv_regs (pv/trap.h). */
#ifndef PV_START_ENTRY_MACROS_H
#define PV_START_ENTRY_MACROS_H

#include <xen/xen.h>

#define FRAME_CS     144        /* offset of cs in struct pv_regs */
#define FXSAVE_BYTES 512

/* What a C function keeps. */
.macro PUSH_KEPT
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
.endm

.macro POP_KEPT
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
.endm

/* Common tail of entries: the stack holds vector, error, rip, cs, rflags, rsp, ss; rcx and r11 are the
 * interrupted ones. Calls handler(struct pv_regs *) and goes back to what they say then. */
.macro TRAP_TAIL handler
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
        call    \handler
        fxrstor64 (%rsp)
        mov     %rbx, %rsp
        movzwl  FRAME_CS(%rsp), %eax    /* of cs only the selector goes back */
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
        add     $16, %rsp               /* vector, error */
        /* The iret hypercall restores the upcall mask from rflags.IF and looks for pending events in one
         * step, so nothing can slip in between. It takes rax, r11, rcx and flags below the frame. */
        push    $0
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
.endm

/* Stubs of the first `count` vectors, `bytes` apart, which lead to `tail`. */
.macro TRAP_STUBS count, bytes, tail
        vector = 0
        .rept   \count
        .balign \bytes
        pop     %rcx
        pop     %r11
        .if     vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 \
                && vector != 30
        push    $0
        .endif
        push    $vector
        jmp     \tail
        vector = vector + 1
        .endr
.endm

/* An entry that is no trap; `more` bytes lie below the frame. */
.macro CALLBACK name, number, tail, more=0
        .globl  \name
\name:  pop     %rcx
        pop     %r11
        .if     \more
        add     $\more, %rsp
        .endif
        push    $0
        push    $\number
        jmp     \tail
.endm

/* Below the frame of the failsafe callback, which comes when a segment register could not be loaded on the
 * way back: ds, es, fs, gs. */
#define FAILSAFE_MORE 32

#endif
