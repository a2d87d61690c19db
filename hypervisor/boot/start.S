/* The first instructions, in 32-bit protected mode without paging: page tables that map the first 4 GiB at 0,
 * at IMAGE_VIRT and at DIRECT_VIRT, then long mode and boot_start(magic, info) in the higher half. Everything
 * here runs once; the final tables (boot/paging.c) replace these within microseconds. */
#include "boot/memory-map.h"

#define PHYS(symbol) (symbol - IMAGE_VIRT)

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x00010003     /* pages aligned, memory map, address fields below */
#define MULTIBOOT2_MAGIC 0xe85250d6

    .section .multiboot, "ax", @progbits

    .balign 8
multiboot2_header:
    .long MULTIBOOT2_MAGIC, 0, multiboot2_end - multiboot2_header
    .long -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
    /* information request: command line, modules, memory map, framebuffer, ACPI */
    .balign 8
    .short 1, 1
    .long 2f - 1f + 8
1:  .long 1, 2, 3, 6, 8, 14, 15, 17
2:
    /* modules on page boundaries */
    .balign 8
    .short 6, 1
    .long 8
    /* consoles: text mode is welcome */
    .balign 8
    .short 4, 1
    .long 12, 2
    /* framebuffer, optional, any size */
    .balign 8
    .short 5, 1
    .long 20, 0, 0, 0
    /* end */
    .balign 8
    .short 0, 0
    .long 8
multiboot2_end:

    .balign 4
multiboot1_header:
    .long MULTIBOOT1_MAGIC, MULTIBOOT1_FLAGS, -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
    .long PHYS(multiboot1_header), load_phys, loaded_end_phys, early_end_phys, boot_entry_phys

    .section .text.boot, "ax", @progbits
    .code32
    .globl boot_entry
boot_entry:
    cli
    cld
    mov     %eax, %ebp                  /* the loader's magic */
    mov     %ebx, %esi                  /* its information */

    mov     $0x80000000, %eax
    cpuid
    cmp     $0x80000001, %eax
    jb      no_long_mode
    mov     $0x80000001, %eax
    cpuid
    and     $(1 << 29 | 1 << 20), %edx  /* long mode, NX */
    cmp     $(1 << 29 | 1 << 20), %edx
    jne     no_long_mode

    /* L4, L3, then four L2: one L3 serves the three places, each of which begins at a slot's start. */
    mov     $PHYS(early_tables), %edi
    lea     0x1003(%edi), %eax
    mov     %eax, (%edi)
    mov     %eax, (IMAGE_VIRT >> 39 & 511) * 8(%edi)
    mov     %eax, (DIRECT_VIRT >> 39 & 511) * 8(%edi)
    lea     0x1000(%edi), %ebx
    mov     $4, %ecx
1:  add     $0x1000, %eax
    mov     %eax, (%ebx)
    add     $8, %ebx
    loop    1b
    lea     0x2000(%edi), %ebx
    mov     $0x83, %eax                 /* 2 MiB, writable */
    mov     $2048, %ecx
2:  mov     %eax, (%ebx)
    add     $0x200000, %eax
    add     $8, %ebx
    loop    2b

    mov     $0x20, %eax                 /* CR4: PAE */
    mov     %eax, %cr4
    mov     %edi, %cr3
    mov     $0xc0000080, %ecx           /* EFER: SCE, LME, NXE */
    rdmsr
    or      $0x901, %eax
    wrmsr
    mov     $0x80010033, %eax           /* CR0: PG WP NE ET MP PE */
    mov     %eax, %cr0
    lgdt    PHYS(boot_gdt_pointer)
    ljmp    $8, $PHYS(long_mode)

no_long_mode:
    mov     $PHYS(no_long_mode_text), %esi
3:  mov     $0x3fd, %dx
4:  in      %dx, %al
    test    $0x20, %al
    jz      4b
    mov     $0x3f8, %dx
    lodsb
    test    %al, %al
    jz      5f
    out     %al, %dx
    jmp     3b
5:  hlt
    jmp     5b

    .code64
long_mode:
    movabs  $1f, %rax
    jmp     *%rax
1:  xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    lgdt    boot_gdt_pointer_high(%rip)
    lea     early_stack + CPU_STACK_SIZE - CPU_INFO_SIZE(%rip), %rsp
    mov     %ebp, %edi
    mov     %esi, %esi
    xor     %ebp, %ebp
    call    boot_start
    ud2

/* void stack_call(uint64_t top, void (*fn)(void)): goes on with fn on another stack, for good. */
    .globl stack_call
stack_call:
    mov     %rdi, %rsp
    xor     %ebp, %ebp
    call    *%rsi
    ud2

    .section .rodata, "a", @progbits
no_long_mode_text:
    .asciz "Enso needs a 64-bit processor with NX.\r\n"
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000            /* 64-bit code */
    .quad 0x00cf93000000ffff
boot_gdt_pointer:
    .short . - boot_gdt - 1
    .long PHYS(boot_gdt)
boot_gdt_pointer_high:
    .short 23
    .quad boot_gdt

    .section .note.GNU-stack, "", @progbits
