/* Every way into the hypervisor from a guest and every way back. Assembly saves, calls C, restores;
 * decisions are in C.
 *
 * From ring 3 the guest's registers are pushed so that they become cpu_info.guest of this CPU, and C runs
 * on the rest of the same stack. Interrupts are off from here to the return. GS and FS bases are always
 * the guest's.
 *
 * The address space of the guest is kept while the hypervisor runs. Should a CPU need a root of its own
 * while guest code runs, ENTER_FROM_GUEST and LEAVE_TO_GUEST are the two places that every entry and every
 * return passes. */
#include <asm-offsets.h>
#include "boot/memory-map.h"
#include "memory/extable.h"

/* guest.entry_vector: rcx and r11 may become rip and rflags, so sysret may be used */
#define TRAP_SYSCALL        0x100
#define SYSCALL_STUB_SIZE   32
#define TRAP_STUB_SIZE      16

#define HYPERCALL_IRET      23          /* __HYPERVISOR_iret */

#define GUEST_CS64          0xe033      /* FLAT_* of the ABI */
#define GUEST_CS32          0xe023
#define GUEST_SS            0xe02b

#define FLAG_IF             0x200
#define FLAG_AC             0x40000
#define FLAGS_OF_GUESTS     0x254fd7    /* not IOPL, VM, VIF, VIP */

#define GUEST(field)        INFO_guest + REGS_##field(%rsp)

/* The registers in the order of struct cpu_user_regs, from below its error_code down. */
.macro SAVE_REGS
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm

.macro RESTORE_REGS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
.endm

/* All of the guest's state is saved; rsp becomes the struct cpu_info, first argument of what is called
 * next. */
.macro ENTER_FROM_GUEST
    sub $INFO_guest, %rsp
    mov %rsp, %rdi
    xor %ebp, %ebp                      /* backtraces end here */
.endm

/* The last thing before the registers are restored: the flags that a guest may have. */
.macro LEAVE_TO_GUEST
    andl $FLAGS_OF_GUESTS, GUEST(rflags)
    orl $FLAG_IF, GUEST(rflags)
.endm

    .text

/* The `syscall` instruction: the processor switches no stack, so each CPU has its own stub, which knows
 * its stack. They end as if the processor had pushed ss and rsp. */
.macro SYSCALL_STUBS name, common
    .balign 64
    .globl \name
    .hidden \name
\name:
    .set cpu, 0
    .rept MAX_CPUS
    .balign SYSCALL_STUB_SIZE
    mov %rsp, cpu_scratch + 8 * cpu(%rip)
    mov cpu_stack_top + 8 * cpu(%rip), %rsp
    pushq $GUEST_SS
    pushq cpu_scratch + 8 * cpu(%rip)
    jmp \common
    .set cpu, cpu + 1
    .endr
.endm

SYSCALL_STUBS syscall_stubs, syscall_entry
SYSCALL_STUBS syscall32_stubs, syscall32_entry

.macro PUSH_SYSCALL_FRAME cs
    push %r11
    pushq $\cs
    push %rcx
    pushq syscall_codes(%rip)
.endm

syscall32_entry:
    PUSH_SYSCALL_FRAME GUEST_CS32
    SAVE_REGS
    ENTER_FROM_GUEST
    call syscall32_from_guest
    jmp exit_to_guest

/* A guest that had AC set: interrupt gates leave it, and it would open SMAP for all of this entry. */
clear_ac:
    cmpb $0, cpu_features + FEATURES_smap(%rip)
    je 1f
    clac
1:  ret

/* Exceptions and interrupts. On the stack: rip, cs, rflags, rsp, ss above an error code and (in its upper
 * half) the vector. */
    .balign 64
trap_entry:
    testb $3, 16(%rsp)
    jz trap_in_hypervisor
    SAVE_REGS
    cld
    testl $FLAG_AC, REGS_rflags(%rsp)
    jz 1f
    call clear_ac
1:  ENTER_FROM_GUEST
call_trap:
    call trap_from_guest
    jmp exit_to_guest

user_syscall:
    call syscall_from_guest_user
    jmp exit_to_guest
iret_hypercall:
    call iret_from_guest
    jmp exit_to_guest

    .balign 64
syscall_entry:
    PUSH_SYSCALL_FRAME GUEST_CS64
    SAVE_REGS
    ENTER_FROM_GUEST
    mov INFO_current(%rsp), %rsi
    cmpb $0, VCPU_kernel_mode(%rsi)
    je user_syscall
    cmpq $HYPERCALL_IRET, GUEST(rax)    /* the most frequent one, and the only one that sets all registers */
    je iret_hypercall
    call hypercall_from_guest
    /* falls through */

/* rsp is the struct cpu_info. What is left to be done: work, or an upcall, if pending is not 0 and mask
 * is. Those are the two first bytes of vcpu_info: together, as a number, 1 to 255. */
exit_to_guest:
    mov INFO_current(%rsp), %rsi
    mov VCPU_info(%rsi), %rax
    movzwl (%rax), %eax
    cmpl $0, INFO_work(%rsp)
    jne 1f
    dec %eax
    cmp $255, %eax
    jae leave
    mov %rsp, %rdi
    call guest_upcall
    cmpl $0, INFO_work(%rsp)
    je leave
1:  call guest_exit_work
leave:
    LEAVE_TO_GUEST
    cmpl $TRAP_SYSCALL, GUEST(entry_vector)
    jne leave_by_iret

    /* sysret: only to a canonical address (else it faults in ring 0, on the guest's stack). It gives flat
     * selectors and drops RF; who sets entry_vector to TRAP_SYSCALL sees to it that this is meant. A guest that
     * steps over a `syscall` wants it: with TF it traps right behind the `syscall`, where iretq would first run
     * another instruction. */
    mov GUEST(rip), %rcx
    mov %rcx, %rax
    sar $47, %rax
    jz 1f
    inc %rax
    jnz leave_by_iret
1:  mov GUEST(rflags), %r11d
    add $INFO_guest, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %rax                            /* not r11: it holds rflags */
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    add $8, %rsp                        /* not rcx: it holds rip */
    pop %rdx
    pop %rsi
    pop %rdi
    mov REGS_rsp - REGS_error_code(%rsp), %rsp
    sysretq

leave_by_iret:
    add $INFO_guest, %rsp
    RESTORE_REGS
    add $8, %rsp
leave_iretq:
    iretq

/* void return_to_guest(void): leaves for the running vcpu from wherever we are. */
    .globl return_to_guest
    .hidden return_to_guest
return_to_guest:
    or $(CPU_STACK_SIZE - 1), %rsp
    sub $(INFO_size - 1), %rsp
    jmp exit_to_guest

/* NMI, #DF, #MC and #DB come on stacks of their own. From a guest, the frame moves to where all others
 * are; the iretq to the next instruction ends the blocking of NMIs, as a return by sysret would not. */
ist_entry:
    testb $3, 16(%rsp)
    jz hypervisor_trap
    SAVE_REGS
    cld
    testl $FLAG_AC, REGS_rflags(%rsp)
    jz 1f
    call clear_ac
1:  mov %rsp, %rsi
    mov %rsp, %rdi
    or $(CPU_STACK_SIZE - 1), %rdi
    sub $(INFO_size - INFO_guest - 1), %rdi
    mov $(REGS_es / 8), %ecx
    rep movsq
    lea -REGS_es(%rdi), %rsp
    ENTER_FROM_GUEST
    mov %ss, %ecx
    push %rcx
    push %rdi
    pushfq
    mov %cs, %ecx
    push %rcx
    lea call_trap(%rip), %rcx
    push %rcx
    iretq

/* An exception or interrupt while the hypervisor runs: in its idle loop, while it touches guest memory, or
 * a bug. If the iretq above faults, the processor has pushed a frame over registers that are already
 * restored; all of them are still the guest's, so they are saved again below the frame that could not be
 * returned to, and the guest is told. */
trap_in_hypervisor:
    push %rax
    lea leave_iretq(%rip), %rax
    cmp %rax, 16(%rsp)
    pop %rax
    je iret_fault
hypervisor_trap:                        /* an NMI that comes just before the iretq is not a fault of it */
    SAVE_REGS
    cld
    call clear_ac
    mov %rsp, %rdi
    sub $8, %rsp
    call trap_from_hypervisor
    add $8, %rsp
    RESTORE_REGS
    add $8, %rsp
    iretq

/* Here rsp is the frame's error code, 48 bytes and the alignment to 16 below guest.rip. */
iret_fault:
    popq 40(%rsp)
    add $40, %rsp
    SAVE_REGS
    cld
    ENTER_FROM_GUEST
    call iret_failed
    jmp exit_to_guest

/* One stub a vector: completes the frame with an error code, where the processor pushes none, and the
 * vector. */
    .balign 64
trap_stubs:
    .set vector, 0
    .rept 256
    .balign TRAP_STUB_SIZE
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
          vector == 29 || vector == 30)
    pushq $0
    .endif
    movl $vector, 4(%rsp)
    .if vector == 1 || vector == 2 || vector == 8 || vector == 18
    jmp ist_entry
    .else
    jmp trap_entry
    .endif
    .set vector, vector + 1
    .endr

    .section .rodata
    .balign 8
    .globl idt_stub_table
    .hidden idt_stub_table
idt_stub_table:
    .set vector, 0
    .rept 256
    .quad trap_stubs + TRAP_STUB_SIZE * vector
    .set vector, vector + 1
    .endr

/* An error code of 0 and, above it, TRAP_SYSCALL as the vector. */
    .balign 8
syscall_codes:
    .long 0, TRAP_SYSCALL

/* Filled in by cpu/: where the stub of CPU i finds its stack. */
    .data
    .balign 64
    .globl cpu_stack_top
    .hidden cpu_stack_top
cpu_stack_top:
    .fill MAX_CPUS, 8, 0
cpu_scratch:
    .fill MAX_CPUS, 8, 0

    .section .note.GNU-stack, "", @progbits
