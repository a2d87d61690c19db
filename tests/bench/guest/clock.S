/* clock.S: what is measured, between two readings of the clock, and the shortest useful handlers for what
 * comes back.
 *
 * CLOCK_START and CLOCK_STOP with nothing between them differ by three: rdtsc and two moves. */
#define __ASSEMBLY__ 1
#include <xen/xen.h>

#define MSR_EFER        0xc0000080
#define MSR_GS_SHADOW   0xc0000102
#define SHARED_PENDING  2048            /* evtchn_pending in shared_info */
#define VCPU_SELECTOR   8               /* evtchn_pending_sel in vcpu_info */

        .macro CLOCK_START
        rdtsc
        mov     %eax, %r8d
        .endm

        .macro CLOCK_STOP
        mov     %rax, %r9
        rdtsc
        sub     %r8d, %eax
        .endm

        .macro CLOCKED name, insn:vararg
        .globl  clock_\name
clock_\name:
        CLOCK_START
        \insn
        CLOCK_STOP
        ret
        .endm

        .text
        CLOCKED nothing
        CLOCKED read, mov (%rdi), %rax
        CLOCKED write, mov %rsi, (%rdi)
        CLOCKED exchange, lock xchg %rsi, (%rdi)
        CLOCKED read_cr0, mov %cr0, %rax
        CLOCKED read_cr3, mov %cr3, %rax
        CLOCKED clts, clts

/* uint32_t clock_loop(uint64_t turns): 2 instructions each, and one at the start. */
        .globl  clock_loop
clock_loop:
        CLOCK_START
        mov     %rdi, %rcx
1:      dec     %rcx
        jnz     1b
        CLOCK_STOP
        ret

/* The iret hypercall alone, to guest kernel mode. */
        .globl  clock_iret
clock_iret:
        mov     %rsp, %rdx
        push    $FLAT_KERNEL_SS
        push    %rdx
        push    $0x202
        push    $(FLAT_KERNEL_CS & ~3)
        push    $1f
        push    $0
        push    %rcx
        push    $0
        push    $0
        CLOCK_START
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
1:      CLOCK_STOP
        ret

/* uint32_t clock_until_upcall(void): until upcall_of_timer has come, reads the clock; the time between the
 * last reading and the one there, less what a reading costs here. Where in the loop it comes is worth up to
 * four instructions. */
        .globl  clock_until_upcall
clock_until_upcall:
        movl    $0, upcall_gap(%rip)
1:      rdtsc
        mov     %eax, %r8d
        cmpl    $0, upcall_gap(%rip)
        je      1b
        mov     upcall_gap(%rip), %eax
        ret

/* uint32_t clock_in(uint16_t port) */
        .globl  clock_in
clock_in:
        mov     %edi, %ecx
        CLOCK_START
        mov     %ecx, %edx
        in      %dx, %al
        CLOCK_STOP
        ret

        .globl  clock_read_efer
clock_read_efer:
        mov     $MSR_EFER, %ecx
        CLOCK_START
        rdmsr
        CLOCK_STOP
        ret

        .globl  clock_write_gs_shadow
clock_write_gs_shadow:
        mov     $MSR_GS_SHADOW, %ecx
        CLOCK_START
        wrmsr
        CLOCK_STOP
        ret

        .globl  clock_cpuid
clock_cpuid:
        push    %rbx
        CLOCK_START
        mov     $1, %eax
        ud2a
        .ascii  "xen"
        cpuid
        CLOCK_STOP
        pop     %rbx
        ret

/* uint32_t clock_call(const struct call *c, int64_t *answer) */
        .globl  clock_call
clock_call:
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        mov     %rsi, %r12
        mov     (%rdi), %r13
        mov     24(%rdi), %r14
        mov     32(%rdi), %r10
        mov     16(%rdi), %rsi
        mov     8(%rdi), %rdi
        rdtsc
        mov     %eax, %ebx
        mov     %r13d, %eax
        mov     %r14, %rdx
        syscall
        mov     %rax, %r13
        rdtsc
        sub     %ebx, %eax
        mov     %r13, (%r12)
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        ret

/* A page fault. On the stack: rcx, r11, error code, rip, cs, rflags, rsp, ss. The iret hypercall takes rax,
 * r11, rcx and flags below rip. */
        .globl  fault_by_hypercall
fault_by_hypercall:
        pop     %rcx
        pop     %r11
        addq    $3, 8(%rsp)
        movq    $0, (%rsp)
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

        .globl  fault_by_iretq
fault_by_iretq:
        pop     %rcx
        pop     %r11
        addq    $3, 8(%rsp)
        movl    $FLAT_RING3_CS64, 16(%rsp)      /* frames of kernel mode say RPL 0 */
        add     $8, %rsp
        iretq

/* The upcall that clock_until_upcall waits for. */
        .globl  upcall_of_timer
upcall_of_timer:
        mov     %rax, %rcx
        mov     %rdx, %r11
        rdtsc
        sub     %r8d, %eax
        mov     %eax, upcall_gap(%rip)
        mov     %rcx, %rax
        mov     %r11, %rdx
        /* falls through */

/* An upcall: takes the one event that is measured. */
        .globl  upcall_by_hypercall, upcall_port
upcall_by_hypercall:
        pop     %rcx
        pop     %r11
        push    $0
        push    %rcx
        push    %r11
        push    %rax
        mov     pv_shared_info(%rip), %rax
        mov     upcall_port(%rip), %rcx
        movb    $0, (%rax)
        movq    $0, VCPU_SELECTOR(%rax)
        lock btr %rcx, SHARED_PENDING(%rax)
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

/* A system call of user code: straight back. */
        .globl  syscall_by_hypercall
syscall_by_hypercall:
        pop     %rcx
        pop     %r11
        push    $VGCF_in_syscall
        push    %rcx
        push    %r11
        push    %rax
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2

/* void user_run(code, stack, results, rounds): into guest user mode, with the clock just read; user_end, the
 * handler of the #UD that ends user code, comes back from here. */
        .globl  user_run, user_end
user_run:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, kernel_rsp(%rip)
        mov     %rdx, %r12
        mov     %rcx, %r13
        push    $FLAT_USER_SS64
        push    %rsi
        push    $0x202
        push    $FLAT_USER_CS64
        push    %rdi
        push    $0
        push    %rcx
        push    $0
        push    $0
        CLOCK_START
        mov     $__HYPERVISOR_iret, %eax
        syscall
        ud2
user_end:
        mov     kernel_rsp(%rip), %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret

/* User code, each part r13 times (once): the cost of a system call, of a page fault that the kernel passes
 * over, of the way here, to the next word at r12. */
        .macro USER_RESULT
        CLOCK_STOP
        mov     %eax, (%r12)
        add     $4, %r12
        .endm

        .section .rodata
        .balign 16
        .globl  user_code, user_fault, user_arrival, user_code_end
user_code:
        CLOCK_START
        mov     $39, %eax
        syscall
        USER_RESULT
        dec     %r13
        jnz     user_code
        ud2
user_fault:
        xor     %ebx, %ebx
1:      CLOCK_START
        mov     (%rbx), %rax
        USER_RESULT
        dec     %r13
        jnz     1b
        ud2
user_arrival:
        USER_RESULT
        ud2
user_code_end:

        .bss
        .balign 8
kernel_rsp: .skip 8
upcall_port: .skip 8
upcall_gap: .skip 8

        .section .note.GNU-stack, "", @progbits
