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
}

void test_softints(void)
{
    softints_all(FLAT_USER_CS64, 0, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 1, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 2, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(FLAT_USER_CS64, 3, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_int80(FLAT_USER_CS64);
}
