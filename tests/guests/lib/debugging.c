/* debugging.c: single steps and breakpoints, in either mode: where the trap comes and what DR6 says. The
 * class of bug: a trap that comes a step too late, twice, or while the hypervisor runs. */
#include "debugging.h"

static uint64_t mode;

/* A processor may tell of breakpoints that are not enabled, too. */
static uint64_t enabled(uint64_t dr7)
{
    uint64_t set = 0;
    unsigned int n;

    for (n = 0; n < 4; n++)
        set |= (uint64_t)((dr7 >> (n * 2) & 3) != 0) << n;
    return set;
}

void debugging_check(const char *name, struct trip *t, uint64_t address, uint64_t dr7, const char *want)
{
    uint64_t dr6;

    HYPERVISOR_set_debugreg(6, 0);
    HYPERVISOR_set_debugreg(0, address);
    HYPERVISOR_set_debugreg(7, dr7);
    trip_run(t);
    HYPERVISOR_set_debugreg(7, 0);
    dr6 = (uint64_t)HYPERVISOR_get_debugreg(6) & (0xe000 | enabled(dr7));
    check_text(name, named("%s, dr6 %lx", trip_text(t), dr6), want);
    HYPERVISOR_set_debugreg(6, 0);
}

static void step(const char *name, struct code code, const char *want)
{
    struct trip t = trip_to(code, mode);

    t.start.rflags |= FLAG_TF;
    debugging_check(name, &t, 0, 0, want);
}

static bool in_kernel(void)
{
    return (mode & 3) != 3;
}

void debugging_steps(uint64_t cs)
{
    struct trip t;

    mode = cs;
    step("TF: nop", CODE64("nop; nop"), "#DB at +1, dr6 4000");
    step("TF: ud2", CODE64("ud2; nop"), "#UD at +0, dr6 0");
    step("TF: a page fault", CODE64("movl $1, 0x60001000"),
         in_kernel() ? "#PF(2) at +0, address 0x60001000, dr6 0" : "#PF(6) at +0, address 0x60001000, dr6 0");
    step("TF: int3", CODE64("int3; nop"), "#BP at +1, dr6 0");
    step("TF: int $0x80", CODE64("int $0x80; nop"), "vector 0x80 at +2, dr6 0");
    step("TF: rep stosb", CODE64("mov $0x60002000, %%edi; mov $3, %%ecx; rep stosb; nop"),
         "#DB at +5, rdi=60002000, dr6 4000");
    step("TF: jump to what is not mapped", CODE64("mov $0x60001000, %%eax; jmp *%%rax"),
         "#DB at +5, rax=60001000, dr6 4000");
    t = trip_to(CODE64(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid; nop"), cs);
    t.start.rflags |= FLAG_TF;
    t.ignore = TRIP_REG(rax) | TRIP_REG(rbx) | TRIP_REG(rcx) | TRIP_REG(rdx);
    debugging_check("TF: the forced emulation prefix and cpuid", &t, 0, 0, "#DB at +7, dr6 4000");
    t = trip_to(CODE64("pushfq; orl $0x100, (%%rsp); popfq; nop; nop"), cs);
    debugging_check("TF set by popf", &t, 0, 0, "#DB at +10, flags +TF, dr6 4000");
    t = trip_to(CODE64("pushfq; orl $0x100, (%%rsp); popfq; ud2; nop"), cs);
    debugging_check("TF set by popf before ud2", &t, 0, 0, "#UD at +9, flags +TF, dr6 0");
    t = trip_to(CODE64("mov %%rsp, %%rcx; lea 1f(%%rip), %%rax; push $0xe02b; push %%rcx; push $0x302;"
                       "push $0xe033; push %%rax; iretq; 1: nop; nop"), cs);
    debugging_check("TF set by iretq", &t, 0, 0,
                    "#DB at +30, flags +TF, rax=code+29, rcx=6000fe00, dr6 4000");
    t = trip_to(CODE64("jmp *%%rax"), cs);
    t.start.rax = TRIP_CODE;
    t.start.rflags |= FLAG_TF;
    debugging_check("TF: jump to itself", &t, 0, 0, "#DB at +0, dr6 4000");
}

/* A breakpoint on memory, and an instruction that goes near it. */
static void near(const char *name, struct code code, uint64_t address, uint64_t dr7, const char *want)
{
    struct trip t = trip_to(code, mode);

    debugging_check(name, &t, address, dr7, want);
}

#define WRITE_BYTE(at) CODE64("movb $1, 0x60002010 + (" at "); nop")

static void lengths(void)
{
    near("write of 1 byte: there", WRITE_BYTE("0"), TRIP_DATA + 16, DR7_WRITE(0, 1), "#DB at +8, dr6 1");
    near("write of 1 byte: a byte before", WRITE_BYTE("-1"), TRIP_DATA + 16, DR7_WRITE(0, 1),
         "goes on, dr6 0");
    near("write of 1 byte: a byte behind", WRITE_BYTE("1"), TRIP_DATA + 16, DR7_WRITE(0, 1),
         "goes on, dr6 0");
    near("write of 2 bytes: the last", WRITE_BYTE("1"), TRIP_DATA + 16, DR7_WRITE(0, 2), "#DB at +8, dr6 1");
    near("write of 2 bytes: a byte behind", WRITE_BYTE("2"), TRIP_DATA + 16, DR7_WRITE(0, 2),
         "goes on, dr6 0");
    near("write of 4 bytes: the last", WRITE_BYTE("3"), TRIP_DATA + 16, DR7_WRITE(0, 4), "#DB at +8, dr6 1");
    near("write of 4 bytes: a byte behind", WRITE_BYTE("4"), TRIP_DATA + 16, DR7_WRITE(0, 4),
         "goes on, dr6 0");
    near("write of 8 bytes: the last", WRITE_BYTE("7"), TRIP_DATA + 16, DR7_WRITE(0, 8), "#DB at +8, dr6 1");
    near("write of 8 bytes: a byte behind", WRITE_BYTE("8"), TRIP_DATA + 16, DR7_WRITE(0, 8),
         "goes on, dr6 0");
    near("write of 1 byte: by 8 bytes that begin before", CODE64("movq $1, 0x6000200c; nop"), TRIP_DATA + 16,
         DR7_WRITE(0, 1), "#DB at +12, dr6 1");
}

void debugging_breakpoints(uint64_t cs)
{
    struct trip t;

    mode = cs;
    lengths();
    near("write: a read", CODE64("mov 0x60002010, %%eax; xor %%eax, %%eax"), TRIP_DATA + 16, DR7_WRITE(0, 4),
         "goes on, rax=0, dr6 0");
    near("access: a read", CODE64("cmpb $0, 0x60002010; nop"), TRIP_DATA + 16, DR7_ACCESS(0, 4),
         "#DB at +8, dr6 1");
    near("access: a write", WRITE_BYTE("0"), TRIP_DATA + 16, DR7_ACCESS(0, 4), "#DB at +8, dr6 1");
    near("execute: the second instruction", CODE64("nop; nop"), TRIP_CODE + 1, DR7_EXECUTE(0),
         "#DB at +1, dr6 1");
    near("execute: the first instruction", CODE64("nop; nop"), TRIP_CODE, DR7_EXECUTE(0), "#DB at +0, dr6 1");
    near("execute: ud2", CODE64("ud2; nop"), TRIP_CODE, DR7_EXECUTE(0), "#DB at +0, dr6 1");
    t = trip_to(CODE64("nop; nop"), cs);
    t.start.rflags |= FLAG_RF;
    debugging_check("execute: the first instruction, RF set", &t, TRIP_CODE, DR7_EXECUTE(0),
                    "goes on, dr6 0");
    t = trip_to(CODE64("nop; nop"), cs);
    t.start.rflags |= FLAG_RF;
    debugging_check("execute: the second instruction, RF set at the first", &t, TRIP_CODE + 1, DR7_EXECUTE(0),
                    "#DB at +1, flags -RF, dr6 1");
    t = trip_to(CODE64("nop; nop"), cs);
    t.start.rflags |= FLAG_TF;
    debugging_check("execute, with TF: the second instruction", &t, TRIP_CODE + 1, DR7_EXECUTE(0),
                    "#DB at +1, dr6 4001");
    near("write, not enabled", WRITE_BYTE("0"), TRIP_DATA + 16, DR7_WRITE(0, 1) & ~3UL, "goes on, dr6 0");
    HYPERVISOR_set_debugreg(3, TRIP_DATA + 16);
    near("write, breakpoint 3", WRITE_BYTE("0"), 0, DR7_WRITE(3, 4), "#DB at +8, dr6 8");
    HYPERVISOR_set_debugreg(3, 0);
    t = trip_to(CODE64("nop; nop"), cs);
    t.start.rflags |= FLAG_TF;
    HYPERVISOR_set_debugreg(6, 0xe00f);
    trip_check("TF: nop, all causes left in DR6, XSA-265", &t, "#DB at +1");
    check("DR6 after it, XSA-265", HYPERVISOR_get_debugreg(6) & 0xe00f, 0xe00f);
    HYPERVISOR_set_debugreg(6, 0);
}

/* The instruction after a load of SS runs before a trap is taken that the load has caused, on processors
 * that have this rule; into the hypervisor it must not be carried along. */
void debugging_shadows(uint64_t cs)
{
    mode = cs;
    *(uint16_t *)(trip_data + 16) = FLAT_KERNEL_SS;
    near("mov to ss from watched memory, int3, XSA-260", CODE64("mov 0x60002010, %%ss; int3"), TRIP_DATA + 16,
         DR7_ACCESS(0, 2), "#DB at +7, dr6 1");
    near("mov to ss from watched memory, int $0x80, XSA-260", CODE64("mov 0x60002010, %%ss; int $0x80"),
         TRIP_DATA + 16,
         DR7_ACCESS(0, 2), "#DB at +7, dr6 1");
    near("mov to ss from watched memory, syscall, XSA-260", CODE64("mov 0x60002010, %%ss; syscall"),
         TRIP_DATA + 16,
         DR7_ACCESS(0, 2), "#DB at +7, dr6 1");
    near("mov to ss from watched memory, ud2, XSA-260", CODE64("mov 0x60002010, %%ss; ud2"), TRIP_DATA + 16,
         DR7_ACCESS(0, 2), "#DB at +7, dr6 1");
}
