/* General registers by the number that instructions encode (0 rax, 1 rcx, 2 rdx, 3 rbx, 4 rsp, 5 rbp, 6
 * rsi, 7 rdi, 8-15), and the widths in which instructions read and write them. */
#ifndef ENSO_EMULATE_REGISTERS_H
#define ENSO_EMULATE_REGISTERS_H

#include <xen/xen.h>
#include "lib/types.h"

static inline uint64_t *register_slot(struct cpu_user_regs *r, unsigned int number)
{
#define AT(name) offsetof(struct cpu_user_regs, name)
    static const uint8_t offset[16] = {
        AT(rax), AT(rcx), AT(rdx), AT(rbx),
        AT(rsp), AT(rbp), AT(rsi), AT(rdi),
        AT(r8), AT(r9), AT(r10), AT(r11),
        AT(r12), AT(r13), AT(r14), AT(r15),
    };
#undef AT

    return (uint64_t *)((char *)r + offset[number & 15]);
}

/* The low `size` bytes (1, 2, 4, 8) of a value. */
static inline uint64_t low_bytes(uint64_t v, unsigned int size)
{
    return size == 8 ? v : v & ((1UL << (size * 8)) - 1);
}

/* Writes of 4 bytes clear the upper half; those of 1 and 2 keep the rest. */
static inline void register_write(struct cpu_user_regs *r, unsigned int number, unsigned int size, uint64_t v)
{
    uint64_t *slot = register_slot(r, number);

    *slot = size >= 4 ? low_bytes(v, size) : (*slot & ~low_bytes(UINT64_MAX, size)) | low_bytes(v, size);
}

#endif
