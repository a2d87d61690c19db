/* The interpreter: decodes only what a PV guest is allowed to try. Both decoders fetch the instruction's bytes once. */
#ifndef ENSO_EMULATE_EMULATE_H
#define ENSO_EMULATE_EMULATE_H

#include <xen/xen.h>
#include "lib/types.h"

struct vcpu;

/* The current guest took a #GP at its rip. True: the instruction was emulated (registers updated, rip advanced). */
bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *r);
/* The current guest took a #UD: true if it was the forced-emulation prefix with CPUID, and it was done. */
bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *r);
/* A write #PF of the guest kernel on an address that pte_trap_candidate() accepts. True: written through pte_write_trapped. */
bool emulate_pte_write(struct vcpu *v, struct cpu_user_regs *r, uint64_t va);

/* CPUID as guests see it. */
void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* Pure decoder of the PTE-write forms (host-testable): bytes -> operation. */
enum pte_op_kind { PTE_OP_MOV, PTE_OP_XCHG, PTE_OP_CMPXCHG, PTE_OP_AND, PTE_OP_OR, PTE_OP_XOR, PTE_OP_ADD, PTE_OP_SUB, PTE_OP_BTS, PTE_OP_BTR, PTE_OP_BTC, PTE_OP_XADD };
struct pte_op {
    enum pte_op_kind kind;
    uint8_t length;         /* of the instruction */
    uint8_t size;           /* of the access: 1, 2, 4, 8 */
    int8_t reg;             /* source register in ABI order of cpu_user_regs (see emulate/registers.h), -1: immediate */
    bool reg_high;          /* AH.. (byte access without REX) */
    bool locked;
    int64_t imm;
};
bool decode_pte_write(const uint8_t *code, size_t len, struct pte_op *op);

#endif
