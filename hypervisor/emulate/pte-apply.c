/* What a decoded write does: address, new value, flags. Pure. */
#include "emulate/emulate.h"
#include "emulate/registers.h"

#define FLAG_CF 0x001UL
#define FLAG_PF 0x004UL
#define FLAG_AF 0x010UL
#define FLAG_ZF 0x040UL
#define FLAG_SF 0x080UL
#define FLAG_OF 0x800UL
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

uint64_t pte_op_address(const struct pte_op *op, struct cpu_user_regs *r)
{
    uint64_t a = (uint64_t)op->disp;

    if (op->base == PTE_OP_RIP)
        a += r->rip + op->length;
    else if (op->base != PTE_OP_NONE)
        a += *register_slot(r, (unsigned int)op->base);
    if (op->index != PTE_OP_NONE)
        a += *register_slot(r, (unsigned int)op->index) * op->scale;
    return a;
}

static uint64_t flags_of(uint64_t value, unsigned int size)
{
    uint64_t flags = value == 0 ? FLAG_ZF : 0;

    flags |= value >> (size * 8 - 1) & 1 ? FLAG_SF : 0;
    flags |= __builtin_parity((unsigned int)(value & 0xff)) ? 0 : FLAG_PF;
    return flags;
}

static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t sum, unsigned int size)
{
    uint64_t flags = flags_of(sum, size);

    flags |= sum < a ? FLAG_CF : 0;
    flags |= (a ^ b ^ sum) & 0x10 ? FLAG_AF : 0;
    flags |= (~(a ^ b) & (a ^ sum)) >> (size * 8 - 1) & 1 ? FLAG_OF : 0;
    return flags;
}

static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t difference, unsigned int size)
{
    uint64_t flags = flags_of(difference, size);

    flags |= a < b ? FLAG_CF : 0;
    flags |= (a ^ b ^ difference) & 0x10 ? FLAG_AF : 0;
    flags |= ((a ^ b) & (a ^ difference)) >> (size * 8 - 1) & 1 ? FLAG_OF : 0;
    return flags;
}

static uint64_t source_of(const struct pte_op *op, struct cpu_user_regs *r)
{
    uint64_t v = op->reg < 0 ? (uint64_t)op->imm : *register_slot(r, (unsigned int)op->reg);

    return op->reg_high ? v >> 8 & 0xff : v;
}

uint64_t pte_op_source(const struct pte_op *op, struct cpu_user_regs *r)
{
    return low_bytes(source_of(op, r), op->size);
}

/* An immediate bit number counts modulo the operand; a register's may reach beyond it, which is refused. */
static void apply_bit(const struct pte_op *op, uint64_t source, uint64_t old, struct pte_op_result *result)
{
    unsigned int bits = op->size * 8U;
    uint64_t number = op->reg < 0 ? source & (bits - 1) : low_bytes(source, op->size);

    result->possible = number < bits;
    if (!result->possible)
        return;
    result->new = op->kind == PTE_OP_BTS ? old | 1UL << number
                : op->kind == PTE_OP_BTR ? old & ~(1UL << number) : old ^ 1UL << number;
    result->flags = old >> number & 1 ? FLAG_CF : 0;
    result->flags_changed = FLAG_CF;
}

static void apply_add(const struct pte_op *op, uint64_t source, uint64_t old, struct pte_op_result *result)
{
    result->new = low_bytes(old + source, op->size);
    result->flags = add_flags(old, source, result->new, op->size);
    result->flags_changed = FLAGS_ARITHMETIC;
}

static void apply_sub(const struct pte_op *op, uint64_t source, uint64_t old, struct pte_op_result *result)
{
    result->new = low_bytes(old - source, op->size);
    result->flags = sub_flags(old, source, result->new, op->size);
    result->flags_changed = FLAGS_ARITHMETIC;
}

static void apply_logic(const struct pte_op *op, uint64_t value, struct pte_op_result *result)
{
    result->new = value;
    result->flags = flags_of(value, op->size);
    result->flags_changed = FLAGS_ARITHMETIC;
}

static void apply_cmpxchg(const struct pte_op *op, struct cpu_user_regs *r, uint64_t source, uint64_t old,
                          struct pte_op_result *result)
{
    uint64_t expected = low_bytes(r->rax, op->size);

    result->new = source;
    result->write = expected == old;
    result->to_rax = !result->write;
    result->flags = sub_flags(expected, old, low_bytes(expected - old, op->size), op->size);
    result->flags_changed = FLAGS_ARITHMETIC;
}

void pte_op_compute(const struct pte_op *op, struct cpu_user_regs *r, uint64_t old,
                    struct pte_op_result *result)
{
    uint64_t full = source_of(op, r), source = low_bytes(full, op->size);

    *result = (struct pte_op_result){ .possible = true, .write = true };
    switch (op->kind) {
    case PTE_OP_MOV:
        result->new = source;
        break;
    case PTE_OP_XCHG:
        result->new = source;
        result->to_reg = true;
        break;
    case PTE_OP_CMPXCHG:
        apply_cmpxchg(op, r, source, old, result);
        break;
    case PTE_OP_XADD:
        result->to_reg = true;
        apply_add(op, source, old, result);
        break;
    case PTE_OP_ADD:
        apply_add(op, source, old, result);
        break;
    case PTE_OP_SUB:
        apply_sub(op, source, old, result);
        break;
    case PTE_OP_OR:
        apply_logic(op, old | source, result);
        break;
    case PTE_OP_AND:
        apply_logic(op, old & source, result);
        break;
    case PTE_OP_XOR:
        apply_logic(op, old ^ source, result);
        break;
    case PTE_OP_BTS: case PTE_OP_BTR: case PTE_OP_BTC:
        apply_bit(op, full, old, result);
        break;
    }
}
