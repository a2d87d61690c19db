/* entries.c: ways of user code into its kernel and back that other kernels try in kernel mode: single
 * steps and breakpoints, software interrupts, and the iret hypercall to user mode. */
#include "user.h"
#include "debugging.h"
#include "returns.h"
#include "softints.h"

void test_debug(void)
{
    struct trip t = trip_to(CODE64("syscall; nop; nop"), FLAT_USER_CS64);

    debugging_steps(FLAT_USER_CS64);
    debugging_breakpoints(FLAT_USER_CS64);
    debugging_shadows(FLAT_USER_CS64);
    t = trip_to(CODE64("syscall; nop; nop"), FLAT_USER_CS64);
    t.start.rflags |= FLAG_TF;
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    debugging_check("TF: syscall", &t, 0, 0, "syscall at +2, dr6 0");
    t = trip_to(CODE64("nop; nop"), FLAT_USER_CS64);
    t.start.rflags |= FLAG_TF;
    t.start.error = VGCF_in_syscall;
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    debugging_check("TF: return from syscall", &t, 0, 0, "#DB at +0, dr6 4000");
}

void test_iret(void)
{
    returns_flags(FLAT_USER_CS64);
    returns_selectors(FLAT_USER_CS64);
    returns_addresses(FLAT_USER_CS64);
    returns_syscall(FLAT_USER_CS64);
    returns_syscall_addresses(FLAT_USER_CS64);
}

static void to_32(const char *name, uint64_t rip, uint64_t rsp, const char *want)
{
    struct trip t = trip_to(CODE32("ud2; nop"), FLAT_USER_CS32);

    t.start.rip = rip;
    t.start.rsp = rsp;
    trip_check(name, &t, want);
}

void test_iret32(void)
{
    returns_flags(FLAT_USER_CS32);
    returns_syscall(FLAT_USER_CS32);
    to_32("rip: not mapped", TRIP_HOLE, TRIP_RSP, "#PF(14) at +0, address 0x60001000");
    to_32("rip: the first non-canonical address, XSA-7", 0x800000000000, TRIP_RSP,
          "#PF(14) at +0, address 0");
    to_32("rip: the hypervisor", 0xffff82d040000000, TRIP_RSP, "#PF(14) at +0, address 0x40000000");
    to_32("rsp: 2^32 too high", TRIP_CODE, TRIP_RSP + (1UL << 32), "#UD at +0, rsp 0x6000fe00");
    to_32("rsp: non-canonical", TRIP_CODE, 0x900000001000, "#UD at +0, rsp 0x1000");
    to_32("rsp: the hypervisor", TRIP_CODE, 0xffff82d040000000, "#UD at +0, rsp 0x40000000");
}

void test_softints(void)
{
    softints_all(FLAT_USER_CS64, 0, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 1, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 2, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 3, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_int80(FLAT_USER_CS64);
}

void test_softints32(void)
{
    softints_all(FLAT_USER_CS32, 0, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS32, 3, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_int80(FLAT_USER_CS32);
}
