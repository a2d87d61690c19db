/* The interpreter: decodes only what a PV guest is allowed to try. Both decoders are pure functions from
 * bytes, which are fetched once, to an operation; operands are register numbers and values, never
 * addresses. */
#ifndef ENSO_EMULATE_EMULATE_H
#define ENSO_EMULATE_EMULATE_H

#include <xen/xen.h>
#include "lib/types.h"

struct vcpu;

/* The longest instruction that the processor accepts. */
#define MAX_INSTRUCTION 15

/* The current guest took a #GP at its rip. True: the instruction was emulated (registers updated, rip
 * advanced), or is to be executed again. */
bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *r);
/* The current guest took a #UD: true if it was the forced-emulation prefix with CPUID, and it was done. */
bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *r);
/* A write #PF of the guest kernel on a present address. True: it meant a level-1 table, and was written
 * through pte_write_trapped (or is to be executed again); false: nothing has changed. */
bool emulate_pte_write(struct vcpu *v, struct cpu_user_regs *r, uint64_t va);

/* CPUID as guests see it: out is eax, ebx, ecx, edx. */
void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* Instructions that #GP in ring 3. */
enum privileged_kind {
    PRIV_MOV_FROM_CR, PRIV_MOV_TO_CR, PRIV_MOV_FROM_DR, PRIV_MOV_TO_DR, PRIV_CLTS, PRIV_WBINVD, PRIV_CLI,
    PRIV_STI, PRIV_RDMSR, PRIV_WRMSR, PRIV_RDTSC, PRIV_RDTSCP, PRIV_CPUID, PRIV_XSETBV, PRIV_IN, PRIV_OUT,
};
struct privileged_op {
    enum privileged_kind kind;
    uint8_t length;         /* of the instruction */
    uint8_t reg;            /* general register of the MOVs */
    uint8_t special;        /* number of the control or debug register */
    uint8_t size;           /* of IN and OUT: 1, 2, 4 */
    bool port_in_dx;
    uint8_t port;           /* if not in dx */
};
/* False: not one of these, or not complete in `len` bytes. */
bool decode_privileged(const uint8_t *code, size_t len, struct privileged_op *op);

/* Forms in which kernels write page-table entries. */
enum pte_op_kind {
    PTE_OP_MOV, PTE_OP_XCHG, PTE_OP_CMPXCHG, PTE_OP_XADD, PTE_OP_ADD, PTE_OP_OR, PTE_OP_AND, PTE_OP_SUB,
    PTE_OP_XOR, PTE_OP_BTS, PTE_OP_BTR, PTE_OP_BTC,
};
#define PTE_OP_NONE (-1)    /* in base and index */
#define PTE_OP_RIP  16      /* base: the next instruction */
struct pte_op {
    enum pte_op_kind kind;
    uint8_t length;         /* of the instruction */
    uint8_t size;           /* of the access: 1, 2, 4, 8 */
    int8_t reg;             /* source register, -1: immediate */
    bool reg_high;          /* it is AH, CH, DH or BH (of rax, rcx, rdx, rbx) */
    bool locked;
    int64_t imm;
    int8_t base, index;     /* of the address: register numbers */
    uint8_t scale;          /* 1, 2, 4, 8 */
    int64_t disp;
};
bool decode_pte_write(const uint8_t *code, size_t len, struct pte_op *op);

/* Where the operation writes. */
uint64_t pte_op_address(const struct pte_op *op, struct cpu_user_regs *r);
/* The value of its register or immediate, of `size` bytes: what a PTE_OP_MOV stores. */
uint64_t pte_op_source(const struct pte_op *op, struct cpu_user_regs *r);
/* What it does to the `size` bytes that hold `old`, without doing it. */
struct pte_op_result {
    bool possible;          /* false: a bit number beyond the operand */
    bool write;             /* false: a CMPXCHG that finds another value */
    bool to_reg, to_rax;    /* `old` goes to the register of the operation, to rax */
    uint64_t new;
    uint64_t flags, flags_changed;
};
void pte_op_compute(const struct pte_op *op, struct cpu_user_regs *r, uint64_t old,
                    struct pte_op_result *result);
static inline struct pte_op_result pte_op_apply(const struct pte_op *op, struct cpu_user_regs *r,
                                                uint64_t old)
{
    struct pte_op_result result;

    pte_op_compute(op, r, old, &result);
    return result;
}

#endif
