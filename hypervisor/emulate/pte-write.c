/* A guest kernel's plain write to a page-table entry that it has mapped read-only: done for it by the one
 * writer of page tables, as one atomic step. */
#include <xen/errno.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "emulate/advance.h"
#include "emulate/emulate.h"
#include "emulate/registers.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

/* How often the entry may change under our hands (the processor sets accessed and dirty bits) before the
 * guest retries. */
#define ATTEMPTS 16

static void write_back(struct cpu_user_regs *r, const struct pte_op *op, const struct pte_op_result *result,
                       uint64_t old)
{
    if (result->to_rax)
        register_write(r, 0, op->size, old);
    if (result->to_reg && op->reg_high) {
        uint64_t *slot = register_slot(r, (unsigned int)op->reg);

        *slot = (*slot & ~0xff00UL) | old << 8;
    } else if (result->to_reg) {
        register_write(r, (unsigned int)op->reg, op->size, old);
    }
    r->rflags = (r->rflags & ~result->flags_changed) | result->flags;
}

/* 0; -EAGAIN and *old updated; -ERESTART; other: refused. */
static long write_once(struct vcpu *v, mfn_t table, uint64_t va, const struct pte_op *op,
                       const struct pte_op_result *result, uint64_t *old)
{
    if (!result->possible)
        return -XEN_EINVAL;
    if (!result->write)
        return 0;
    return pte_write_trapped(v, table, va, op->size, result->new, old);
}

static bool decode_at(struct cpu_user_regs *r, uint64_t va, struct pte_op *op)
{
    uint8_t code[GUEST_CODE_BYTES];
    size_t len = fetch_guest_code(code, r->rip);

    return decode_pte_write(code, len, op) && pte_op_address(op, r) == va && va % op->size == 0;
}

/* An operation that depends on what is there. */
static __attribute__((noinline)) bool modify(struct vcpu *v, struct cpu_user_regs *r, uint64_t va,
                                             mfn_t table, uint64_t word, const struct pte_op *op)
{
    uint64_t old = low_bytes(word >> (va & 7) * 8, op->size);

    for (unsigned int i = 0; i < ATTEMPTS; i++) {
        struct pte_op_result result = pte_op_apply(op, r, old);
        long rc = write_once(v, table, va, op, &result, &old);

        if (rc == 0) {
            write_back(r, op, &result, old);
            advance(v, r, op->length);
            return true;
        }
        if (rc == -ERESTART)
            return true;
        if (rc != -XEN_EAGAIN)
            return false;
    }
    return true;
}

/* A plain store, the most frequent one, needs no compare. */
static bool store(struct vcpu *v, struct cpu_user_regs *r, uint64_t va, mfn_t table, const struct pte_op *op)
{
    long rc = pte_write_trapped(v, table, va, op->size, pte_op_source(op, r), NULL);

    if (rc == 0)
        advance(v, r, op->length);
    return rc == 0 || rc == -ERESTART;
}

bool emulate_pte_write(struct vcpu *v, struct cpu_user_regs *r, uint64_t va)
{
    struct pte_op op;
    uint64_t word;
    mfn_t table;

    if (!pte_trap_candidate(v, va, &table, &word) || !decode_at(r, va, &op))
        return false;
    preempt_begin();
    return op.kind == PTE_OP_MOV ? store(v, r, va, table, &op) : modify(v, r, va, table, word, &op);
}
