/* What a trapped page-table write computes, compared with what this machine's processor does for the same
 * instruction: memory, registers and flags, for every operation and width on random and on extreme values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "emulate/emulate.h"
#include "emulate/registers.h"

#define FLAGS_ALL   0x8d5UL     /* CF PF AF ZF SF OF */
#define FLAGS_LOGIC 0x8c5UL     /* AF is undefined */
#define FLAG_CF     0x001UL

struct machine { uint64_t memory, reg, rax, flags; };

/* Below the red zone; m is in a register, so the operand does not move with the stack. */
#define RUN(instruction)                                                                             \
    __asm__ volatile("lea -128(%%rsp), %%rsp\n pushq %3\n popfq\n" instruction                     \
                     "\n pushfq\n popq %3\n lea 128(%%rsp), %%rsp"                                  \
                     : "+m"(m->memory), "+c"(m->reg), "+a"(m->rax), "+r"(m->flags) : : "cc", "memory")

#define DEFINE_RUN(name, op)                                         \
    static void run_##name(struct machine *m, unsigned int size)     \
    {                                                                \
        switch (size) {                                              \
        case 1: RUN(op "b %%cl, %0"); return;                        \
        case 2: RUN(op "w %%cx, %0"); return;                        \
        case 4: RUN(op "l %%ecx, %0"); return;                       \
        case 8: RUN(op "q %%rcx, %0"); return;                       \
        }                                                            \
    }
#define DEFINE_RUN_BIT(name, op)                                     \
    static void run_##name(struct machine *m, unsigned int size)     \
    {                                                                \
        switch (size) {                                              \
        case 2: RUN(op "w %%cx, %0"); return;                        \
        case 4: RUN(op "l %%ecx, %0"); return;                       \
        case 8: RUN(op "q %%rcx, %0"); return;                       \
        }                                                            \
    }
DEFINE_RUN(mov, "mov")
DEFINE_RUN(xchg, "xchg")
DEFINE_RUN(cmpxchg, "cmpxchg")
DEFINE_RUN(xadd, "xadd")
DEFINE_RUN(add, "add")
DEFINE_RUN(or, "or")
DEFINE_RUN(and, "and")
DEFINE_RUN(sub, "sub")
DEFINE_RUN(xor, "xor")
DEFINE_RUN_BIT(bts, "bts")
DEFINE_RUN_BIT(btr, "btr")
DEFINE_RUN_BIT(btc, "btc")

static const struct {
    const char *name;
    enum pte_op_kind kind;
    void (*run)(struct machine *, unsigned int);
    uint64_t flags;
    bool bit;
} operations[] = {
    { "mov", PTE_OP_MOV, run_mov, FLAGS_ALL, false },
    { "xchg", PTE_OP_XCHG, run_xchg, FLAGS_ALL, false },
    { "cmpxchg", PTE_OP_CMPXCHG, run_cmpxchg, FLAGS_ALL, false },
    { "xadd", PTE_OP_XADD, run_xadd, FLAGS_ALL, false },
    { "add", PTE_OP_ADD, run_add, FLAGS_ALL, false },
    { "or", PTE_OP_OR, run_or, FLAGS_LOGIC, false },
    { "and", PTE_OP_AND, run_and, FLAGS_LOGIC, false },
    { "sub", PTE_OP_SUB, run_sub, FLAGS_ALL, false },
    { "xor", PTE_OP_XOR, run_xor, FLAGS_LOGIC, false },
    { "bts", PTE_OP_BTS, run_bts, FLAG_CF, true },
    { "btr", PTE_OP_BTR, run_btr, FLAG_CF, true },
    { "btc", PTE_OP_BTC, run_btc, FLAG_CF, true },
};

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static uint64_t value(uint64_t *seed)
{
    static const uint64_t extremes[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
                                         0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000,
                                         UINT64_MAX };
    uint64_t r = next_random(seed);

    return r & 3 ? next_random(seed) : extremes[(r >> 2) % ARRAY_SIZE(extremes)];
}

/* rcx is the operation's register: 1. */
static struct machine emulate(const struct pte_op *op, const struct machine *before)
{
    struct cpu_user_regs r = { .rax = before->rax, .rcx = before->reg };
    uint64_t old = low_bytes(before->memory, op->size), mask = low_bytes(UINT64_MAX, op->size);
    struct pte_op_result result = pte_op_apply(op, &r, old);
    struct machine after = *before;

    assert_true(result.possible);
    if (result.write)
        after.memory = (before->memory & ~mask) | result.new;
    if (result.to_rax)
        register_write(&r, 0, op->size, old);
    if (result.to_reg)
        register_write(&r, 1, op->size, old);
    after.rax = r.rax;
    after.reg = r.rcx;
    after.flags = (before->flags & ~result.flags_changed) | result.flags;
    return after;
}

static void compare(size_t i, unsigned int size, uint64_t *seed)
{
    struct machine before = { value(seed), value(seed), value(seed), next_random(seed) & FLAGS_ALL };
    struct machine real, ours;
    struct pte_op op = {
        .kind = operations[i].kind, .size = (uint8_t)size, .reg = 1, .base = 7, .index = -1, .scale = 1,
    };

    if (operations[i].bit)
        before.reg %= size * 8;
    if (operations[i].kind == PTE_OP_CMPXCHG && next_random(seed) & 1)
        before.rax = before.memory;
    real = before;
    operations[i].run(&real, size);
    ours = emulate(&op, &before);
    /* With an equal CMPXCHG of 4 bytes processors differ in whether rax loses its upper half. */
    if (operations[i].kind == PTE_OP_CMPXCHG && size == 4 && (uint32_t)before.rax == (uint32_t)before.memory)
        real.rax = ours.rax;
    if (real.memory != ours.memory || real.reg != ours.reg || real.rax != ours.rax ||
        ((real.flags ^ ours.flags) & operations[i].flags))
        fail_msg("%s of %u on %lx, reg %lx, rax %lx, flags %lx: "
                 "memory %lx (ours %lx), reg %lx (%lx), rax %lx (%lx), flags %lx (%lx)",
                 operations[i].name, size, before.memory, before.reg, before.rax, before.flags, real.memory,
                 ours.memory, real.reg, ours.reg, real.rax, ours.rax, real.flags & FLAGS_ALL, ours.flags);
}

static void test_against_the_processor(void **state)
{
    uint64_t seed = 88172645463325252;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
        for (unsigned int size = operations[i].bit ? 2 : 1; size <= 8; size *= 2)
            for (unsigned int n = 0; n < 20000; n++)
                compare(i, size, &seed);
}

/* A bit number in a register may lie outside the operand; an immediate one wraps. */
static void test_bit_numbers(void **state)
{
    struct pte_op op = { .kind = PTE_OP_BTS, .size = 8, .reg = 1 };
    struct cpu_user_regs r = { .rcx = 64 };

    (void)state;
    assert_false(pte_op_apply(&op, &r, 0).possible);
    r.rcx = UINT64_MAX;
    assert_false(pte_op_apply(&op, &r, 0).possible);
    r.rcx = 63;
    assert_true(pte_op_apply(&op, &r, 0).new == 1UL << 63);
    op.size = 4;
    r.rcx = 32;
    assert_false(pte_op_apply(&op, &r, 0).possible);
    op.reg = -1;
    op.imm = -1;        /* 0xff: bit 31 */
    assert_true(pte_op_apply(&op, &r, 0).new == 1UL << 31);
}

static void test_high_byte_register(void **state)
{
    struct pte_op op = { .kind = PTE_OP_MOV, .size = 1, .reg = 3, .reg_high = true };
    struct cpu_user_regs r = { .rbx = 0x1234567890abcdef };

    (void)state;
    assert_int_equal(pte_op_apply(&op, &r, 0).new, 0xcd);
}

static void test_addresses(void **state)
{
    struct cpu_user_regs r = { .rip = 0x1000, .rbx = 0x20000, .r12 = 3, .rsp = 0x7000 };
    struct pte_op op = { .length = 7, .base = PTE_OP_RIP, .index = PTE_OP_NONE, .scale = 1, .disp = -8 };

    (void)state;
    assert_int_equal(pte_op_address(&op, &r), 0xfff);
    op.base = 3;
    op.index = 12;
    op.scale = 8;
    assert_int_equal(pte_op_address(&op, &r), 0x20010);
    op.base = 4;
    op.index = PTE_OP_NONE;
    assert_int_equal(pte_op_address(&op, &r), 0x6ff8);
    op.base = PTE_OP_NONE;
    assert_true(pte_op_address(&op, &r) == (uint64_t)-8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_processor),
        cmocka_unit_test(test_bit_numbers),
        cmocka_unit_test(test_high_byte_register),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
