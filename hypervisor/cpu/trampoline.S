/* Where another CPU starts: in real mode, in a page below 1 MiB to which smp_start has copied this. It finds
 * itself by CS, so nothing has to be adjusted but the parameters at the end. */

    .section .rodata, "a", @progbits
    .globl trampoline_start, trampoline_parameters, trampoline_end
    .balign 8

    .code16
trampoline_start:
    cli
    cld
    xor     %ebx, %ebx
    mov     %cs, %bx
    mov     %bx, %ds
    mov     %bx, %ss
    mov     $0x1000, %esp
    shl     $4, %ebx                    /* where we are */
    lea     gdt - trampoline_start(%ebx), %eax
    mov     %eax, gdt_pointer + 2 - trampoline_start
    lgdtl   gdt_pointer - trampoline_start
    mov     $0x11, %eax                 /* CR0: ET PE */
    mov     %eax, %cr0
    lea     protected - trampoline_start(%ebx), %eax
    pushl   $0x18
    pushl   %eax
    lretl

    .code32
protected:
    mov     $0x10, %eax
    mov     %eax, %ds
    mov     %eax, %ss
    lea     0x1000(%ebx), %esp
    mov     $0x20, %eax                 /* CR4: PAE */
    mov     %eax, %cr4
    mov     trampoline_parameters - trampoline_start(%ebx), %eax
    mov     %eax, %cr3
    mov     $0xc0000080, %ecx           /* EFER: SCE LME NXE */
    rdmsr
    or      $0x901, %eax
    wrmsr
    mov     $0x80010033, %eax           /* CR0: PG WP NE ET MP PE */
    mov     %eax, %cr0
    lea     long_mode - trampoline_start(%ebx), %eax
    pushl   $8
    pushl   %eax
    lretl

    .code64
long_mode:
    mov     trampoline_parameters + 8(%rip), %rsp
    mov     trampoline_parameters + 16(%rip), %rax
    xor     %ebp, %ebp
    call    *%rax

    .balign 8
gdt:
    .quad 0
    .quad 0x00209b0000000000            /* 64-bit code */
    .quad 0x00cf93000000ffff            /* data */
    .quad 0x00cf9b000000ffff            /* 32-bit code */
gdt_pointer:
    .short . - gdt - 1
    .long 0

    .balign 8
trampoline_parameters:                  /* struct trampoline_parameters of smp.c */
    .quad 0, 0, 0
trampoline_end:

    .section .note.GNU-stack, "", @progbits
