/* Decoder of the instructions that fault in ring 3 and that a PV guest may nevertheless try. Pure: bytes
 * in, operation out. */
#include "emulate/emulate.h"

#define REX_R 4
#define REX_B 1

/* Prefixes that change nothing but the width of IN and OUT are passed over. REP is only allowed where it
 * makes another instruction of the same meaning (WBNOINVD). */
struct prefixes { bool word, rep; uint8_t rex; };

static size_t skip_prefixes(const uint8_t *code, size_t len, struct prefixes *p)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t b = code[i];

        if (b == 0x66)
            p->word = true;
        else if (b == 0xf2 || b == 0xf3)
            p->rep = true;
        else if ((b & 0xf0) == 0x40) {
            p->rex = b;
            return i + 1;
        } else if (b != 0x26 && b != 0x2e && b != 0x36 && b != 0x3e && b != 0x64 && b != 0x65 && b != 0x67)
            return i;
    }
    return len;
}

static void special_register(struct privileged_op *op, enum privileged_kind kind, const struct prefixes *p,
                             uint8_t modrm)
{
    op->kind = kind;
    op->special = (modrm >> 3 & 7) | (p->rex & REX_R ? 8 : 0);
    op->reg = (modrm & 7) | (p->rex & REX_B ? 8 : 0);
}

/* code[0] is behind 0x0f; the bytes used are returned, 0: none of ours. */
static size_t decode_two_byte(const uint8_t *code, size_t len, const struct prefixes *p,
                              struct privileged_op *op)
{
    static const struct { uint8_t byte; uint8_t kind; } plain[] = {
        { 0x06, PRIV_CLTS }, { 0x09, PRIV_WBINVD }, { 0x30, PRIV_WRMSR }, { 0x31, PRIV_RDTSC },
        { 0x32, PRIV_RDMSR }, { 0xa2, PRIV_CPUID },
    };

    if (len == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (code[0] == plain[i].byte) {
            op->kind = (enum privileged_kind)plain[i].kind;
            return 1;
        }
    if (len < 2)
        return 0;
    switch (code[0]) {
    case 0x01:
        op->kind = code[1] == 0xd1 ? PRIV_XSETBV : PRIV_RDTSCP;
        return code[1] == 0xd1 || code[1] == 0xf9 ? 2 : 0;
    case 0x20: case 0x21:
        special_register(op, code[0] == 0x20 ? PRIV_MOV_FROM_CR : PRIV_MOV_FROM_DR, p, code[1]);
        return 2;
    case 0x22: case 0x23:
        special_register(op, code[0] == 0x22 ? PRIV_MOV_TO_CR : PRIV_MOV_TO_DR, p, code[1]);
        return 2;
    default:
        return 0;
    }
}

/* IN and OUT: bit 0 wide, bit 1 out, bit 3 port in dx. */
static size_t decode_port(const uint8_t *code, size_t len, const struct prefixes *p, struct privileged_op *op)
{
    op->kind = code[0] & 2 ? PRIV_OUT : PRIV_IN;
    op->size = !(code[0] & 1) ? 1 : p->word ? 2 : 4;
    op->port_in_dx = code[0] & 8;
    if (op->port_in_dx)
        return 1;
    if (len < 2)
        return 0;
    op->port = code[1];
    return 2;
}

static size_t decode_one_byte(const uint8_t *code, size_t len, const struct prefixes *p,
                              struct privileged_op *op)
{
    switch (code[0]) {
    case 0xe4: case 0xe5: case 0xe6: case 0xe7: case 0xec: case 0xed: case 0xee: case 0xef:
        return decode_port(code, len, p, op);
    case 0xfa:
        op->kind = PRIV_CLI;
        return 1;
    case 0xfb:
        op->kind = PRIV_STI;
        return 1;
    default:
        return 0;
    }
}

bool decode_privileged(const uint8_t *code, size_t len, struct privileged_op *op)
{
    struct prefixes p = { 0 };
    size_t at, used;

    *op = (struct privileged_op){ 0 };
    len = MIN(len, (size_t)MAX_INSTRUCTION);
    at = skip_prefixes(code, len, &p);
    if (at == len)
        return false;
    if (code[at] == 0x0f) {
        at++;
        used = decode_two_byte(code + at, len - at, &p, op);
    } else {
        used = decode_one_byte(code + at, len - at, &p, op);
    }
    op->length = (uint8_t)(at + used);
    return used && (!p.rep || op->kind == PRIV_WBINVD);
}
