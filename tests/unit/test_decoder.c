/* The two decoders of hypervisor/emulate/: each form that they know, assembled by the assembler and
 * decoded back; near misses; truncation at every byte; prefixes up to the processor's limit; and random
 * bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "emulate/emulate.h"

/* The bytes of one instruction, from the assembler. */
#define ASSEMBLE(name, text)                                                              \
    __asm__(".pushsection .rodata\n" #name ": " text "\n" #name "_end:\n.popsection\n"); \
    extern const uint8_t name[], name##_end[];

enum {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    RIP = PTE_OP_RIP, NONE = PTE_OP_NONE,
};

#define PTE_FORMS(F) \
    /* name text kind size reg high lock imm base index scale disp */ \
    F(mov_q,     "movq %rsi, (%rdi)",                    MOV,     8, RSI, false, false, 0, RDI, NONE, 1, 0) \
    F(mov_hi,    "movq %r9, (%r15)",                     MOV,     8, R9,  false, false, 0, R15, NONE, 1, 0) \
    F(mov_l, "movl %eax, 0x10(%rbx)", MOV, 4, RAX, false, false, 0, RBX, NONE, 1, 0x10) \
    F(mov_w, "movw %cx, -8(%rbp)", MOV, 2, RCX, false, false, 0, RBP, NONE, 1, -8) \
    F(mov_b,     "movb %dl, (%rax)",                     MOV,     1, RDX, false, false, 0, RAX, NONE, 1, 0) \
    F(mov_ah,    "movb %ah, (%rcx)",                     MOV,     1, RAX, true,  false, 0, RCX, NONE, 1, 0) \
    F(mov_bh,    "movb %bh, (%rcx)",                     MOV,     1, RBX, true,  false, 0, RCX, NONE, 1, 0) \
    F(mov_spl,   "movb %spl, (%rcx)",                    MOV,     1, RSP, false, false, 0, RCX, NONE, 1, 0) \
    F(mov_dil,   "movb %dil, (%rcx)",                    MOV,     1, RDI, false, false, 0, RCX, NONE, 1, 0) \
    F(mov_sib, "movq %rax, 0x100(%rbx,%rcx,8)", MOV, 8, RAX, false, false, 0, RBX, RCX, 8, 0x100) \
    F(mov_sib12, "movq %rax, (%r12)",                    MOV,     8, RAX, false, false, 0, R12, NONE, 1, 0) \
    F(mov_rsp,   "movq %rax, (%rsp)",                    MOV,     8, RAX, false, false, 0, RSP, NONE, 1, 0) \
    F(mov_r13,   "movq %rax, (%r13)",                    MOV,     8, RAX, false, false, 0, R13, NONE, 1, 0) \
    F(mov_ix12,  "movq %rax, (%rbx,%r12,4)",             MOV,     8, RAX, false, false, 0, RBX, R12,  4, 0) \
    F(mov_r13ix, "movq %rax, (%r13,%r14,2)",             MOV,     8, RAX, false, false, 0, R13, R14,  2, 0) \
    F(mov_abs, "movq %rax, 0x1000", MOV, 8, RAX, false, false, 0, NONE, NONE, 1, 0x1000) \
    F(mov_ixabs, "movq %rax, 0x1000(,%rdx,8)", MOV, 8, RAX, false, false, 0, NONE, RDX, 8, 0x1000) \
    F(mov_rip, "movq %rax, 0x1234(%rip)", MOV, 8, RAX, false, false, 0, RIP, NONE, 1, 0x1234) \
    F(mov_far, "movq %rax, -0x80000000(%rbx)", MOV, 8, RAX, false, false, 0, RBX, NONE, 1, -0x80000000L) \
    F(mov_ds,    ".byte 0x3e; movq %rsi, (%rdi)",        MOV,     8, RSI, false, false, 0, RDI, NONE, 1, 0) \
    F(mov_iq, "movq $-2, (%rdi)", MOV, 8, -1, false, false, -2, RDI, NONE, 1, 0) \
    F(mov_il, "movl $0x12345678, 4(%rdi)", MOV, 4, -1, false, false, 0x12345678, RDI, NONE, 1, 4) \
    F(mov_iw, "movw $0x1234, (%rdi)", MOV, 2, -1, false, false, 0x1234, RDI, NONE, 1, 0) \
    F(mov_ib, "movb $0x12, (%rdi)", MOV, 1, -1, false, false, 0x12, RDI, NONE, 1, 0) \
    F(mov_irip, "movb $0x12, 0x40(%rip)", MOV, 1, -1, false, false, 0x12, RIP, NONE, 1, 0x40) \
    F(xchg_q,    "xchgq %rax, (%rdi)",                   XCHG,    8, RAX, false, false, 0, RDI, NONE, 1, 0) \
    F(xchg_b,    "xchgb %ch, (%rdi)",                    XCHG,    1, RCX, true,  false, 0, RDI, NONE, 1, 0) \
    F(xchg_lock, "lock xchgl %r8d, (%rdi)",              XCHG,    4, R8,  false, true,  0, RDI, NONE, 1, 0) \
    F(cmpx_q,    "lock cmpxchgq %r10, (%r11)",           CMPXCHG, 8, R10, false, true,  0, R11, NONE, 1, 0) \
    F(cmpx_b,    "cmpxchgb %cl, (%rdi)",                 CMPXCHG, 1, RCX, false, false, 0, RDI, NONE, 1, 0) \
    F(cmpx_w,    "lock cmpxchgw %cx, (%rdi)",            CMPXCHG, 2, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(xadd_q,    "lock xaddq %rcx, (%rdi)",              XADD,    8, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(xadd_b,    "lock xaddb %cl, (%rdi)",               XADD,    1, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(add_q,     "addq %rcx, (%rdi)",                    ADD,     8, RCX, false, false, 0, RDI, NONE, 1, 0) \
    F(add_b,     "addb %cl, (%rdi)",                     ADD,     1, RCX, false, false, 0, RDI, NONE, 1, 0) \
    F(or_q,      "lock orq %rcx, (%rdi)",                OR,      8, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(and_q,     "lock andq %rcx, (%rdi)",               AND,     8, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(sub_q,     "lock subq %rcx, (%rdi)",               SUB,     8, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(xor_l,     "lock xorl %ecx, (%rdi)",               XOR,     4, RCX, false, true,  0, RDI, NONE, 1, 0) \
    F(add_i8, "lock addq $-1, (%rdi)", ADD, 8, -1, false, true, -1, RDI, NONE, 1, 0) \
    F(or_i32, "lock orq $0x12345, (%rdi)", OR, 8, -1, false, true, 0x12345, RDI, NONE, 1, 0) \
    F(and_ib, "lock andb $0xfd, (%rdi)", AND, 1, -1, false, true, -3, RDI, NONE, 1, 0) \
    F(sub_iw, "subw $0x1234, (%rdi)", SUB, 2, -1, false, false, 0x1234, RDI, NONE, 1, 0) \
    F(xor_il, "xorl $0x123456, 8(%rdi)", XOR, 4, -1, false, false, 0x123456, RDI, NONE, 1, 8) \
    F(bts_i,     "lock btsq $6, (%rdi)",                 BTS,     8, -1,  false, true,  6, RDI, NONE, 1, 0) \
    F(btr_i, "lock btrq $63, (%rdi)", BTR, 8, -1, false, true, 63, RDI, NONE, 1, 0) \
    F(btc_i,     "btcl $5, (%rdi)",                      BTC,     4, -1,  false, false, 5, RDI, NONE, 1, 0) \
    F(bts_r,     "lock btsq %rax, (%rdi)",               BTS,     8, RAX, false, true,  0, RDI, NONE, 1, 0) \
    F(btr_r,     "lock btrl %r9d, (%rdi)",               BTR,     4, R9,  false, true,  0, RDI, NONE, 1, 0) \
    F(btc_r,     "btcw %ax, (%rdi)",                     BTC,     2, RAX, false, false, 0, RDI, NONE, 1, 0)

#define DEFINE_CODE(name, text, ...) ASSEMBLE(pte_##name, text)
PTE_FORMS(DEFINE_CODE)

struct pte_form { const char *text; const uint8_t *code, *end; struct pte_op want; };
static const struct pte_form *pte_forms(size_t *count)
{
#define ROW(name_, text_, kind_, size_, reg_, high_, lock_, imm_, base_, index_, scale_, disp_) \
    { text_, pte_##name_, pte_##name_##_end, \
      { .kind = PTE_OP_##kind_, .size = size_, .reg = reg_, .reg_high = high_, .locked = lock_, .imm = imm_, \
        .base = base_, .index = index_, .scale = scale_, .disp = disp_ } },
    static const struct pte_form forms[] = { PTE_FORMS(ROW) };

    *count = ARRAY_SIZE(forms);
    return forms;
}

static void assert_same_op(const char *text, const struct pte_op *got, const struct pte_op *want)
{
    if (got->kind != want->kind || got->size != want->size || got->reg != want->reg ||
        got->reg_high != want->reg_high || got->locked != want->locked || got->imm != want->imm ||
        got->base != want->base || got->index != want->index || got->scale != want->scale ||
        got->disp != want->disp)
        fail_msg("%s: kind %d size %u reg %d high %d lock %d imm %ld base %d index %d scale %u disp %ld",
                 text,
                 got->kind, got->size, got->reg, got->reg_high, got->locked, got->imm, got->base, got->index,
                 got->scale, got->disp);
}

static void test_pte_forms(void **state)
{
    size_t count;
    const struct pte_form *forms = pte_forms(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        size_t len = (size_t)(forms[i].end - forms[i].code);
        struct pte_op op;

        if (!decode_pte_write(forms[i].code, len, &op))
            fail_msg("%s: not decoded", forms[i].text);
        assert_same_op(forms[i].text, &op, &forms[i].want);
        assert_int_equal(op.length, len);
        for (size_t cut = 0; cut < len; cut++)
            if (decode_pte_write(forms[i].code, cut, &op))
                fail_msg("%s: decoded from %zu of %zu bytes", forms[i].text, cut, len);
    }
}

/* What follows an instruction must not matter. */
static void test_pte_length_is_exact(void **state)
{
    size_t count;
    const struct pte_form *forms = pte_forms(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        size_t len = (size_t)(forms[i].end - forms[i].code);
        uint8_t code[MAX_INSTRUCTION];
        struct pte_op op;

        memset(code, 0xcc, sizeof(code));
        memcpy(code, forms[i].code, len);
        assert_true(decode_pte_write(code, sizeof(code), &op));
        assert_int_equal(op.length, len);
    }
}

#define REFUSED_WRITES(F) \
    F(reg_dst, "movq %rax, %rdi") F(load, "movq (%rdi), %rax") F(adc, "adcq %rax, (%rdi)") \
    F(sbb, "sbbq %rax, (%rdi)") F(cmp, "cmpq %rax, (%rdi)") F(cmpi, "cmpq $1, (%rdi)") \
    F(adci, "adcq $1, (%rdi)") F(bt, "btq $1, (%rdi)") F(test, "testq %rax, (%rdi)") \
    F(inc,       "incq (%rdi)")            F(neg,      "negq (%rdi)")            F(not,    "notq (%rdi)") \
    F(shl,       "shlq $1, (%rdi)")        F(cmpx16,   "lock cmpxchg16b (%rdi)") F(stos,   "stosq") \
    F(movs,      "movsq")                  F(repstos,  "rep stosq")              F(push,   "pushq (%rdi)") \
    F(pop, "popq (%rdi)") F(sse, "movups %xmm0, (%rdi)") F(movnti, "movntiq %rax, (%rdi)") \
    F(fsmov, "movq %rax, %fs:(%rdi)") F(gsmov, "movq %rax, %gs:(%rdi)") F(addr32, "movq %rax, (%edi)") \
    F(lockmov,   ".byte 0xf0; movq %rax, (%rdi)")      F(repmov,   ".byte 0xf3; movq %rax, (%rdi)") \
    F(xacq,      "xacquire lock addq %rax, (%rdi)")    F(movabs,   "movabsq %rax, 0x123456789abcdef0") \
    F(avx,       "vmovups %ymm0, (%rdi)")  F(setcc,    "setz (%rdi)") \
    F(rex2,      ".byte 0x48, 0x48, 0x89, 0x07")
#define DEFINE_REFUSED(name, text) ASSEMBLE(refused_##name, text)
REFUSED_WRITES(DEFINE_REFUSED)

static void test_pte_refusals(void **state)
{
    static const struct { const char *text; const uint8_t *code, *end; } refused[] = {
#define REFUSED_ROW(name, text) { text, refused_##name, refused_##name##_end },
        REFUSED_WRITES(REFUSED_ROW)
    };
    struct pte_op op;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (decode_pte_write(refused[i].code, (size_t)(refused[i].end - refused[i].code), &op))
            fail_msg("%s: decoded", refused[i].text);
}

static void test_instruction_limit(void **state)
{
    uint8_t code[20];
    struct pte_op op;
    struct privileged_op priv;

    (void)state;
    memset(code, 0x3e, sizeof(code));           /* segment overrides without effect */
    memcpy(code + 13, "\x89\x07", 2);           /* mov %eax, (%rdi) as bytes 14 and 15 */
    assert_true(decode_pte_write(code, sizeof(code), &op));
    assert_int_equal(op.length, 15);
    code[13] = 0x3e;
    memcpy(code + 14, "\x89\x07", 2);
    assert_false(decode_pte_write(code, sizeof(code), &op));

    memset(code, 0x3e, sizeof(code));
    memcpy(code + 13, "\x0f\x06", 2);
    assert_true(decode_privileged(code, sizeof(code), &priv));
    assert_int_equal(priv.length, 15);
    code[13] = 0x3e;
    memcpy(code + 14, "\x0f\x06", 2);
    assert_false(decode_privileged(code, sizeof(code), &priv));
}

#define PRIVILEGED_FORMS(F)                                                              \
    /* name     text                    kind         reg  special size dx    port */     \
    F(cr0,     "movq %cr0, %rax",      MOV_FROM_CR, RAX, 0, 0, false, 0)                 \
    F(cr2r,    "movq %cr2, %r10",      MOV_FROM_CR, R10, 2, 0, false, 0)                 \
    F(cr3,     "movq %cr3, %rdi",      MOV_FROM_CR, RDI, 3, 0, false, 0)                 \
    F(cr8,     "movq %cr8, %rdi",      MOV_FROM_CR, RDI, 8, 0, false, 0)                 \
    F(tocr3,   "movq %r15, %cr3",      MOV_TO_CR,   R15, 3, 0, false, 0)                 \
    F(tocr4,   "movq %rbx, %cr4",      MOV_TO_CR,   RBX, 4, 0, false, 0)                 \
    F(dr7,     "movq %dr7, %rcx",      MOV_FROM_DR, RCX, 7, 0, false, 0)                 \
    F(todr6,   "movq %r8, %dr6",       MOV_TO_DR,   R8,  6, 0, false, 0)                 \
    F(clts,    "clts",                 CLTS,        0, 0, 0, false, 0)                   \
    F(wbinvd,  "wbinvd",               WBINVD,      0, 0, 0, false, 0)                   \
    F(wbnoinvd, ".byte 0xf3, 0x0f, 9", WBINVD,      0, 0, 0, false, 0)                   \
    F(cli,     "cli",                  CLI,         0, 0, 0, false, 0)                   \
    F(sti,     "sti",                  STI,         0, 0, 0, false, 0)                   \
    F(rdmsr,   "rdmsr",                RDMSR,       0, 0, 0, false, 0)                   \
    F(wrmsr,   "wrmsr",                WRMSR,       0, 0, 0, false, 0)                   \
    F(rdtsc,   "rdtsc",                RDTSC,       0, 0, 0, false, 0)                   \
    F(rdtscp,  "rdtscp",               RDTSCP,      0, 0, 0, false, 0)                   \
    F(cpuid,   "cpuid",                CPUID,       0, 0, 0, false, 0)                   \
    F(xsetbv,  "xsetbv",               XSETBV,      0, 0, 0, false, 0)                   \
    F(inb,     "inb $0x60, %al",       IN,          0, 0, 1, false, 0x60)                \
    F(inw,     "inw $0x60, %ax",       IN,          0, 0, 2, false, 0x60)                \
    F(inl,     "inl $0xfe, %eax",      IN,          0, 0, 4, false, 0xfe)                \
    F(outb,    "outb %al, $0x60",      OUT,         0, 0, 1, false, 0x60)                \
    F(outl,    "outl %eax, $0x60",     OUT,         0, 0, 4, false, 0x60)                \
    F(inbd,    "inb %dx, %al",         IN,          0, 0, 1, true, 0)                    \
    F(inwd,    "inw %dx, %ax",         IN,          0, 0, 2, true, 0)                    \
    F(outbd,   "outb %al, %dx",        OUT,         0, 0, 1, true, 0)                    \
    F(outld,   "outl %eax, %dx",       OUT,         0, 0, 4, true, 0)
#define DEFINE_PRIVILEGED(name, text, ...) ASSEMBLE(priv_##name, text)
PRIVILEGED_FORMS(DEFINE_PRIVILEGED)

static void test_privileged_forms(void **state)
{
    static const struct {
        const char *text;
        const uint8_t *code, *end;
        struct privileged_op want;
    } forms[] = {
#define PRIVILEGED_ROW(name_, text_, kind_, reg_, special_, size_, dx_, port_) \
        { text_, priv_##name_, priv_##name_##_end, { .kind = PRIV_##kind_, .reg = reg_, .special = special_, \
          .size = size_, .port_in_dx = dx_, .port = port_ } },
        PRIVILEGED_FORMS(PRIVILEGED_ROW)
    };
    struct privileged_op op;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        size_t len = (size_t)(forms[i].end - forms[i].code);
        const struct privileged_op *want = &forms[i].want;

        if (!decode_privileged(forms[i].code, len, &op))
            fail_msg("%s: not decoded", forms[i].text);
        if (op.kind != want->kind || op.length != len || op.reg != want->reg || op.special != want->special ||
            op.size != want->size || op.port_in_dx != want->port_in_dx || op.port != want->port)
            fail_msg("%s: kind %d length %u reg %u special %u size %u dx %d port %u", forms[i].text, op.kind,
                     op.length, op.reg, op.special, op.size, op.port_in_dx, op.port);
        for (size_t cut = 0; cut < len; cut++)
            if (decode_privileged(forms[i].code, cut, &op))
                fail_msg("%s: decoded from %zu of %zu bytes", forms[i].text, cut, len);
    }
}

#define REFUSED_PRIVILEGED(F) \
    F(hlt,  "hlt")               F(lgdt,  "lgdt (%rax)")  F(lidt,   "lidt (%rax)")    F(lldt,  "lldt %ax") \
    F(ltr,  "ltr %ax")           F(insb,  "insb")         F(outsb,  "outsb")          F(rep,   "rep insb") \
    F(inv,  "invlpg (%rax)")     F(invd,  "invd")         F(rdpmc,  "rdpmc")          F(lmsw,  "lmsw %ax") \
    F(xget, "xgetbv")            F(swap,  "swapgs")       F(sysret, "sysretq")        F(iret,  "iretq") \
    F(lcall, "lcall *(%rax)")    F(mov,   "movq %rax, (%rdi)")                        F(vmcall, "vmcall") \
    F(repin, ".byte 0xf3, 0xec") F(lock,  ".byte 0xf0, 0x0f, 0x06")                   F(nop,   "nop")
#define DEFINE_REFUSED_PRIVILEGED(name, text) ASSEMBLE(no_priv_##name, text)
REFUSED_PRIVILEGED(DEFINE_REFUSED_PRIVILEGED)

static void test_privileged_refusals(void **state)
{
    static const struct { const char *text; const uint8_t *code, *end; } refused[] = {
#define REFUSED_PRIVILEGED_ROW(name, text) { text, no_priv_##name, no_priv_##name##_end },
        REFUSED_PRIVILEGED(REFUSED_PRIVILEGED_ROW)
    };
    struct privileged_op op;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (decode_privileged(refused[i].code, (size_t)(refused[i].end - refused[i].code), &op))
            fail_msg("%s: decoded", refused[i].text);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Random bytes, the first ones drawn from those that mean something. Under the sanitizers; what is decoded
 * must be within the ranges that its users index with, and must not depend on bytes behind it. */
static void test_random_bytes(void **state)
{
    static const uint8_t favoured[] = {
        0x0f, 0x48, 0x66, 0xf0, 0xf3, 0x3e, 0x89, 0xc7, 0x87, 0x83, 0xba, 0xb1, 0xab, 0x01, 0x22, 0xec,
    };
    uint64_t seed = 88172645463325252;
    unsigned int decoded = 0;

    (void)state;
    for (unsigned int i = 0; i < 2000000; i++) {
        uint64_t words[2] = { next_random(&seed), next_random(&seed) };
        uint8_t *code = malloc(16), copy[16];
        size_t len = next_random(&seed) % 17;
        struct pte_op op, again;
        struct privileged_op priv;

        memcpy(code, words, 16);
        for (unsigned int b = 0; b < 4; b++)
            if (words[1] >> (60 - b) & 1)
                code[b] = favoured[code[b] % sizeof(favoured)];
        code = realloc(code, len ? len : 1);    /* so that reading too far is seen */
        if (decode_pte_write(code, len, &op)) {
            decoded++;
            assert_true(op.length <= len && op.length <= MAX_INSTRUCTION);
            assert_true(op.size == 1 || op.size == 2 || op.size == 4 || op.size == 8);
            assert_true(op.reg >= -1 && op.reg <= 15 && op.base >= -1 && op.base <= 16);
            assert_true(op.index >= -1 && op.index <= 15);
            assert_true(op.index != RSP && !(op.reg_high && (op.size != 1 || op.reg > 3)));
            memset(copy, 0, sizeof(copy));
            memcpy(copy, code, op.length);
            assert_true(decode_pte_write(copy, op.length, &again));
            assert_same_op("random", &again, &op);
        }
        if (decode_privileged(code, len, &priv)) {
            decoded++;
            assert_true(priv.length <= len && priv.length <= MAX_INSTRUCTION);
            assert_true(priv.reg <= 15 && priv.special <= 15);
        }
        free(code);
    }
    assert_true(decoded > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pte_forms),
        cmocka_unit_test(test_pte_length_is_exact),
        cmocka_unit_test(test_pte_refusals),
        cmocka_unit_test(test_instruction_limit),
        cmocka_unit_test(test_privileged_forms),
        cmocka_unit_test(test_privileged_refusals),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
