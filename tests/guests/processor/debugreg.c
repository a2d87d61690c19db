/* debugreg.c: debug registers by hypercall and by instruction. The class of bug: a reserved bit that makes
 * the hypervisor fault when it loads the register; a breakpoint on the hypervisor's own memory. */
#include "processor.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const unsigned char move_to[8] = { 0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8 };

static long mov_to(unsigned int reg, uint64_t value)
{
    char bytes[] = { 0x0f, 0x23, (char)move_to[reg] };
    struct insn code = { bytes, 3 };
    struct pv_regs in = { .rax = value };

    return run(&code, &in);
}

static long mov_from(unsigned int reg, uint64_t *value)
{
    char bytes[] = { 0x0f, 0x21, (char)move_to[reg] };
    struct insn code = { bytes, 3 };
    struct pv_regs in = { .rax = 0x5555 };
    long rc = run(&code, &in);

    *value = probe_regs.rax;
    return rc;
}

static void reset(void)
{
    for (int reg = 0; reg < 4; reg++)
        HYPERVISOR_set_debugreg(reg, 0);
    HYPERVISOR_set_debugreg(6, 0);
    HYPERVISOR_set_debugreg(7, 0);
}

/* Each register by each way in and out. */
static void numbers(void)
{
    static const struct { int reg; unsigned long value; long want, reads, mov, mov_reads; } rows[] = {
        { 0, 0x401000, 0, 0x401000, 0, 0x402000 }, { 1, 0x401001, 0, 0x401001, 0, 0x402001 },
        { 2, 0x401002, 0, 0x401002, 0, 0x402002 }, { 3, 0x401003, 0, 0x401003, 0, 0x402003 },
        { 4, 0, 0, 0xffff0ff0, 0, 0xffff0ff0 }, { 5, 0, 0, 0x400, 0, 0x400 },
        { 6, 0, 0, 0xffff0ff0, 0, 0xffff0ff0 }, { 7, 0, 0, 0x400, 0, 0x400 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        uint64_t value;

        reset();
        check(named("set_debugreg %d", rows[i].reg), HYPERVISOR_set_debugreg(rows[i].reg, rows[i].value),
              rows[i].want);
        check(named("get_debugreg %d", rows[i].reg), HYPERVISOR_get_debugreg(rows[i].reg), rows[i].reads);
        check(named("mov to DR%d", rows[i].reg), mov_to((unsigned int)rows[i].reg, rows[i].mov_reads),
              rows[i].mov);
        check(named("mov from DR%d", rows[i].reg), mov_from((unsigned int)rows[i].reg, &value), rows[i].mov);
        check(named("mov from DR%d: the value", rows[i].reg), (long)value, rows[i].mov_reads);
    }
    reset();
    check("set_debugreg 8", HYPERVISOR_set_debugreg(8, 0), -XEN_ENODEV);
    check("get_debugreg 8", HYPERVISOR_get_debugreg(8), -XEN_ENODEV);
    check("set_debugreg -1", HYPERVISOR_set_debugreg(-1, 0), -XEN_ENODEV);
    check("get_debugreg -1", HYPERVISOR_get_debugreg(-1), -XEN_ENODEV);
    check("get_debugreg 2^31 - 1", HYPERVISOR_get_debugreg(0x7fffffff), -XEN_ENODEV);
}

/* Where a breakpoint may be. */
static void addresses(void)
{
    static const struct { const char *what; unsigned long address; long want; } rows[] = {
        { "0", 0, 0 },
        { "unmapped", 0x1000, 0 },
        { "the last 8 bytes before the gap", 0x00007ffffffffff8, 0 },
        { "the last byte before the gap", 0x00007fffffffffff, 0 },
        { "the gap", 0x0000800000000000, -XEN_EPERM },
        { "non-canonical", 0x0000900000000000, -XEN_EPERM },
        { "the last byte of the gap", 0xffff7fffffffffff, -XEN_EPERM },
        { "the hypervisor's first byte", 0xffff800000000000, -XEN_EPERM },
        { "in hypervisor space", 0xffff830000000000, -XEN_EPERM },
        { "the hypervisor's last byte", 0xffff87ffffffffff, -XEN_EPERM },
        { "behind the hypervisor", 0xffff880000000000, 0 },
        { "the last byte of all", ~0UL, 0 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++)
        for (unsigned int mov = 0; mov < 2; mov++) {
            long rc, want = rows[i].want;

            HYPERVISOR_set_debugreg(1, 0x404040);
            rc = mov ? mov_to(1, rows[i].address) : HYPERVISOR_set_debugreg(1, rows[i].address);
            if (mov && want)
                want = TRAP(13, 0);
            check_state(named("%s, %s, XSA-444", mov ? "mov to DR1" : "set_debugreg 1", rows[i].what), rc,
                        want, want ? "the old one is there" : "it is there",
                        HYPERVISOR_get_debugreg(1) == (want ? 0x404040 : (long)rows[i].address));
        }
    reset();
}

/* Every bit of DR6 and DR7 alone: what comes back. Never a fault in the hypervisor. */
static void each_bit(int reg, uint64_t zero, uint64_t one, uint64_t denied)
{
    unsigned int refused = 0, kept = 0, wrong = 0;

    for (unsigned int bit = 0; bit < 64; bit++) {
        uint64_t value = 1UL << bit, is;
        long rc;

        HYPERVISOR_set_debugreg(reg, 0);
        rc = HYPERVISOR_set_debugreg(reg, value);
        is = (uint64_t)HYPERVISOR_get_debugreg(reg);
        refused += rc != 0;
        kept += (is & value) != 0;
        wrong += rc != (value >> 32 ? -XEN_EINVAL : denied & value ? -XEN_EPERM : 0) ||
                 is != (denied & value ? one : (value & ~zero) | one);
    }
    HYPERVISOR_set_debugreg(reg, 0);
    check(named("set_debugreg %d, each bit alone: refused, XSA-12", reg), refused,
          __builtin_popcountl(denied));
    check(named("set_debugreg %d, each bit alone: bits that are then set, XSA-12", reg), kept,
          __builtin_popcountl(~zero & ~denied) + __builtin_popcountl(one & zero));
    check(named("set_debugreg %d, each bit alone: other than expected, XSA-12", reg), wrong, 0);
}

static void control(void)
{
    static const struct { const char *what; uint64_t value; long want; uint64_t reads; } rows[] = {
        { "all of the upper half", 0xffffffff00000000, -XEN_EINVAL, 0x400 },
        { "2^32", 1UL << 32, -XEN_EINVAL, 0x400 },
        { "2^63", 1UL << 63, -XEN_EINVAL, 0x400 },
        { "all ones", ~0UL, -XEN_EINVAL, 0x400 },
        { "general detect", 0x2000, -XEN_EPERM, 0x400 },
        { "LE, GE", 0x300, 0, 0x700 },
        { "restricted transactions", 0x800, 0, 0x400 },
        { "bits 12, 14, 15", 0xd000, 0, 0x400 },
        { "DR0 on, execution", 0x1, 0, 0x401 },
        { "DR0 on, writes of 4 bytes", 0xd0001, 0, 0xd0401 },
        { "DR0 on, I/O", 0x20001, -XEN_EPERM, 0x400 },
        { "DR0 off, I/O", 0x20000, 0, 0x20400 },
        { "DR0 on, DR3 off with I/O", 0x20000001, -XEN_EPERM, 0x400 },
        { "DR3 on, I/O of 8 bytes", 0xa0000080, -XEN_EPERM, 0x400 },
        { "DR0 on, execution of 8 bytes", 0x80001, 0, 0x80401 },
        { "DR0 to DR3 globally on", 0xaa, 0, 0x4aa },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++)
        for (unsigned int mov = 0; mov < 2; mov++) {
            long rc, want = rows[i].want;

            reset();
            rc = mov ? mov_to(7, rows[i].value) : HYPERVISOR_set_debugreg(7, rows[i].value);
            if (mov && want)
                want = TRAP(13, 0);
            check_state(named("%s, %s%s", mov ? "mov to DR7" : "set_debugreg 7", rows[i].what,
                              rows[i].value >> 32 ? ", XSA-12" : ""), rc, want, "its value",
                        (uint64_t)HYPERVISOR_get_debugreg(7) == rows[i].reads);
        }
    reset();
}

static volatile uint64_t watched;

/* Breakpoints that come. */
static void effect(void)
{
    static const struct insn nop = INSN("\x90");
    struct pv_regs in = { 0 };
    uint64_t value = 0;
    long rc;

    watched = 0;
    HYPERVISOR_set_debugreg(0, (unsigned long)&watched);
    HYPERVISOR_set_debugreg(7, 0xd0001);    /* writes of 4 bytes */
    PROBE("movl $1, %0\n\tnop", ARGS("+m"(watched)), );
    check("a write to a watched word", probe_result(), TRAP(1, 0));
    check("DR6 then", HYPERVISOR_get_debugreg(6), 0xffff0ff1);
    PROBE("mov %1, %0", ARGS("+r"(value)), ARGS("m"(watched)));
    check("a read of it", probe_result(), 0);
    HYPERVISOR_set_debugreg(6, 0);
    HYPERVISOR_set_debugreg(7, 0xf0001);    /* reads too */
    PROBE("mov %1, %0\n\tnop", ARGS("+r"(value)), ARGS("m"(watched)));
    check("a read of it, reads watched", probe_result(), TRAP(1, 0));
    HYPERVISOR_set_debugreg(7, 0);
    run(&nop, &in);
    HYPERVISOR_set_debugreg(6, 0);
    HYPERVISOR_set_debugreg(2, run_address);
    HYPERVISOR_set_debugreg(7, 0x10);       /* execution, DR2 */
    rc = run(&nop, &in);
    check_state("an instruction with a breakpoint", rc, TRAP(1, 0), "it has not been executed",
                probe_regs.rip == run_address);
    check("DR6 behind it", HYPERVISOR_get_debugreg(6), 0xffff0ff4);
    HYPERVISOR_set_debugreg(7, 0);
    check("the same with DR7 cleared", run(&nop, &in), 0);
    reset();
}

/* The hypervisor reads and writes guest memory for the guest: a breakpoint there is the guest's or
 * nobody's. */
static void through_hypervisor(void)
{
    static uint64_t list[2];

    list[0] = list[1] = 1UL << 40;
    HYPERVISOR_set_debugreg(0, (unsigned long)list);
    HYPERVISOR_set_debugreg(7, 0xf0001);
    check("set_gdt, its list watched", HYPERVISOR_set_gdt(list, 512), -XEN_EINVAL);
    reset();
    probe_result();
}

void test_debug_registers(void)
{
    numbers();
    addresses();
    each_bit(6, 0xffffffff00001000, 0xffff0ff0, 0xffffffff00000000);
    each_bit(7, 0xffffffff0000d800, 0x400, 0xffffffff00002000);
    control();
    effect();
    through_hypervisor();
}
