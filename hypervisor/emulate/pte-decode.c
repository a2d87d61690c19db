/* Decoder of the instructions with which guest kernels write page-table entries. Pure: bytes in, operation
 * out. */
#include "emulate/emulate.h"

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

struct cursor {
    const uint8_t *at, *end;
    bool short_of;          /* a byte was asked for that is not there */
};

static uint8_t next(struct cursor *c)
{
    if (c->at == c->end) {
        c->short_of = true;
        return 0;
    }
    return *c->at++;
}

/* Sign extended, little endian. */
static int64_t next_number(struct cursor *c, unsigned int bytes)
{
    uint64_t v = 0;

    for (unsigned int i = 0; i < bytes; i++)
        v |= (uint64_t)next(c) << (8 * i);
    return bytes ? (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes) : 0;
}

struct prefixes { bool word, lock; uint8_t rex; };

/* Segment overrides that change nothing in 64-bit mode are passed over. FS, GS, an address size, REP and
 * XACQUIRE are refused: the opcode that is returned then is one of theirs, which is none of ours. */
static uint8_t next_opcode(struct cursor *c, struct prefixes *p)
{
    for (;;) {
        uint8_t b = next(c);

        switch (b) {
        case 0x26: case 0x2e: case 0x36: case 0x3e:
            break;
        case 0x66:
            p->word = true;
            break;
        case 0xf0:
            p->lock = true;
            break;
        case 0x40 ... 0x4f:
            p->rex = b;
            return next(c);
        default:
            return b;
        }
        if (c->short_of)
            return 0;
    }
}

/* A memory operand; the reg field of ModRM is returned, -1 if the operand is a register. */
static int decode_memory(struct cursor *c, const struct prefixes *p, struct pte_op *op)
{
    uint8_t modrm = next(c), mod = modrm >> 6, rm = modrm & 7;

    if (mod == 3)
        return -1;
    op->index = PTE_OP_NONE;
    op->scale = 1;
    op->base = (int8_t)(rm | (p->rex & REX_B ? 8 : 0));
    if (rm == 4) {
        uint8_t sib = next(c), index = ((sib >> 3) & 7) | (p->rex & REX_X ? 8 : 0);

        op->base = (int8_t)((sib & 7) | (p->rex & REX_B ? 8 : 0));
        if (index != 4)
            op->index = (int8_t)index;
        op->scale = (uint8_t)(1 << (sib >> 6));
        rm = sib & 7;
        if (rm == 5 && mod == 0)
            op->base = PTE_OP_NONE;
    } else if (rm == 5 && mod == 0) {
        op->base = PTE_OP_RIP;
    }
    op->disp = next_number(c, mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0);
    return modrm >> 3 & 7;
}

static void set_register(struct pte_op *op, const struct prefixes *p, int field)
{
    if (op->size == 1 && !p->rex && field >= 4) {
        op->reg = (int8_t)(field - 4);
        op->reg_high = true;
    } else {
        op->reg = (int8_t)(field | (p->rex & REX_R ? 8 : 0));
    }
}

static bool with_register(struct cursor *c, const struct prefixes *p, struct pte_op *op,
                          enum pte_op_kind kind)
{
    int field = decode_memory(c, p, op);

    if (field < 0)
        return false;
    op->kind = kind;
    set_register(op, p, field);
    return true;
}

static bool with_immediate(struct cursor *c, const struct prefixes *p, struct pte_op *op,
                           const int8_t kinds[8], unsigned int bytes)
{
    int field = decode_memory(c, p, op);

    if (field < 0 || kinds[field] < 0)
        return false;
    op->kind = (enum pte_op_kind)kinds[field];
    op->reg = -1;
    op->imm = next_number(c, bytes);
    return true;
}

static const int8_t arithmetic[8] = { PTE_OP_ADD, PTE_OP_OR, -1, -1, PTE_OP_AND, PTE_OP_SUB, PTE_OP_XOR, -1 };
static const int8_t move_only[8] = { PTE_OP_MOV, -1, -1, -1, -1, -1, -1, -1 };
static const int8_t bit_test[8] = { -1, -1, -1, -1, -1, PTE_OP_BTS, PTE_OP_BTR, PTE_OP_BTC };

static bool decode_two_byte(struct cursor *c, const struct prefixes *p, struct pte_op *op)
{
    uint8_t b = next(c);

    if (b == 0xb0 || b == 0xc0)
        op->size = 1;
    switch (b) {
    case 0xb0: case 0xb1:
        return with_register(c, p, op, PTE_OP_CMPXCHG);
    case 0xc0: case 0xc1:
        return with_register(c, p, op, PTE_OP_XADD);
    case 0xab:
        return with_register(c, p, op, PTE_OP_BTS);
    case 0xb3:
        return with_register(c, p, op, PTE_OP_BTR);
    case 0xbb:
        return with_register(c, p, op, PTE_OP_BTC);
    case 0xba:
        return with_immediate(c, p, op, bit_test, 1);
    default:
        return false;
    }
}

static bool decode_one_byte(struct cursor *c, const struct prefixes *p, struct pte_op *op, uint8_t b)
{
    unsigned int imm = op->size == 2 ? 2 : 4;

    if (b < 0x40 && (b & 7) <= 1 && arithmetic[b >> 3] >= 0) {
        op->size = b & 1 ? op->size : 1;
        return with_register(c, p, op, (enum pte_op_kind)arithmetic[b >> 3]);
    }
    if (b == 0x80 || b == 0x86 || b == 0x88 || b == 0xc6)
        op->size = 1;
    switch (b) {
    case 0x80: case 0x83:
        return with_immediate(c, p, op, arithmetic, 1);
    case 0x81:
        return with_immediate(c, p, op, arithmetic, imm);
    case 0x86: case 0x87:
        return with_register(c, p, op, PTE_OP_XCHG);
    case 0x88: case 0x89:
        return with_register(c, p, op, PTE_OP_MOV);
    case 0xc6:
        return with_immediate(c, p, op, move_only, 1);
    case 0xc7:
        return with_immediate(c, p, op, move_only, imm);
    default:
        return false;
    }
}

bool decode_pte_write(const uint8_t *code, size_t len, struct pte_op *op)
{
    struct cursor c = { code, code + MIN(len, (size_t)MAX_INSTRUCTION), false };
    struct prefixes p = { 0 };
    uint8_t b = next_opcode(&c, &p);

    *op = (struct pte_op){ .size = p.rex & REX_W ? 8 : p.word ? 2 : 4, .locked = p.lock };
    if (!(b == 0x0f ? decode_two_byte(&c, &p, op) : decode_one_byte(&c, &p, op, b)) || c.short_of)
        return false;
    if (op->kind == PTE_OP_MOV && p.lock)
        return false;
    op->length = (uint8_t)(c.at - code);
    return true;
}
