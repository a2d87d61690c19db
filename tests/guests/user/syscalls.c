/* syscalls.c: syscall and sysenter of 64-bit and 32-bit user code, with the callbacks registered in every
 * way. The class of bug: a system call of user mode taken for a hypercall, one without a callback that
 * leaves something behind, flags of user mode that the kernel's entry runs with. */
#include "user.h"

#include <string.h>
#include <xen/callback.h>

static long reg(uint16_t type, uint16_t flags, unsigned long address)
{
    struct callback_register r = { .type = type, .flags = flags, .address = address };

    return HYPERVISOR_callback_op(CALLBACKOP_register, &r);
}

static struct trip to_syscall(uint64_t cs)
{
    struct trip t = cs == FLAT_USER_CS64 ? trip_to(CODE64("syscall; nop"),
                                                   cs) : trip_to(CODE32("syscall; nop"), cs);

    t.start.rax = __HYPERVISOR_xen_version;
    return t;
}

static struct trip to_sysenter(uint64_t cs)
{
    return cs == FLAT_USER_CS64 ? trip_to(CODE64("sysenter; nop"), cs) : trip_to(CODE32("sysenter; nop"), cs);
}

static void sys(const char *name, struct trip t, const char *want)
{
    trip_check(name, &t, want);
}

static void with_flags(const char *name, uint64_t cs, uint64_t flags, const char *want)
{
    struct trip t = to_syscall(cs);

    t.start.rflags |= flags;
    trip_check(name, &t, want);
}

/* The fault at a callback: what the system call left in rcx and r11 is nobody's business any more. */
static void nowhere(const char *name, const char *want)
{
    struct trip t = to_syscall(FLAT_USER_CS64);

    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    trip_check(name, &t, want);
}

static void wide(void)
{
    struct trip t;

    sys("syscall", to_syscall(FLAT_USER_CS64), "syscall at +2, r11=202, rcx=code+2");
    with_flags("syscall with DF", FLAT_USER_CS64, 0x400,
               "syscall at +2, handler flags +DF, r11=602, rcx=code+2");
    with_flags("syscall with AC", FLAT_USER_CS64, 0x40000, "syscall at +2, r11=40202, rcx=code+2");
    with_flags("syscall with NT, XSA-44 XSA-339", FLAT_USER_CS64, 0x4000,
               "syscall at +2, r11=4202, rcx=code+2");
    with_flags("syscall with TF", FLAT_USER_CS64, 0x100, "syscall at +2, r11=302, rcx=code+2");
    with_flags("syscall with ID", FLAT_USER_CS64, 0x200000,
               "syscall at +2, handler flags +ID, r11=200202, rcx=code+2");
    t = to_syscall(FLAT_USER_CS64);
    t.start.rflags &= ~0x200UL;
    sys("syscall while events are masked", t, "syscall at +2, r11=202, rcx=code+2");
    t = to_syscall(FLAT_USER_CS64);
    t.start.rsp = 0x900000000000;
    sys("syscall on a stack that is non-canonical", t, "syscall at +2, r11=202, rcx=code+2");
    t = to_syscall(FLAT_USER_CS64);
    t.start.rax = __HYPERVISOR_iret;
    sys("syscall with the number of the iret hypercall", t, "syscall at +2, r11=202, rcx=code+2");
    trip_place(&t, CODE64("syscall"), 4094);
    t.start.rip = TRIP_TOP + 4094;
    sys("syscall in the last bytes of the lower half, XSA-9", t, "syscall at +2, r11=202, rcx=800000000000");
    reg(CALLBACKTYPE_syscall, CALLBACKF_mask_events, TRIP_ENTRY(TRIP_SYSCALL));
    sys("syscall, callback that masks events", to_syscall(FLAT_USER_CS64),
        "syscall at +2, handler mask 1, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall, 0, TRIP_ENTRY(TRIP_SYSCALL));
    sys("syscall, callback that does not mask events any more", to_syscall(FLAT_USER_CS64),
        "syscall at +2, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall, 0, TRIP_HOLE);
    nowhere("syscall, callback not mapped",
            "#PF(10) at 0x60001000, address 0x60001000, cs e030, rsp kernel-56");
    reg(CALLBACKTYPE_syscall, 0, 0xffff82d040000000);
    nowhere("syscall, callback in the hypervisor",
            "#PF(10) at 0xffff82d040000000, address 0xffff82d040000000, cs e030, rsp kernel-56");
    reg(CALLBACKTYPE_syscall, 0, 0);
    sys("syscall, no callback, XSA-8", to_syscall(FLAT_USER_CS64), "#UD at +0, r11=202, rcx=code+2");
    with_flags("syscall with DF, AC and NT, no callback, XSA-8", FLAT_USER_CS64, 0x44400,
               "#UD at +0, handler flags +DF, r11=44602, rcx=code+2");
    try_user("ud2 after it, XSA-8", CODE64("ud2; nop"), "#UD at +0");
    reg(CALLBACKTYPE_syscall, 0, TRIP_ENTRY(TRIP_SYSCALL));
}

static void narrow(void)
{
    sys("syscall of 32-bit code, no callback of its own", to_syscall(FLAT_USER_CS32),
        "#UD at +0, r11=202, rcx=code+2");
    check("CALLBACKTYPE_syscall32", reg(CALLBACKTYPE_syscall32, 0, TRIP_ENTRY(TRIP_SYSCALL32)), 0);
    sys("syscall of 32-bit code", to_syscall(FLAT_USER_CS32), "syscall32 at +2, r11=202, rcx=code+2");
    with_flags("syscall of 32-bit code with DF", FLAT_USER_CS32, 0x400,
               "syscall32 at +2, handler flags +DF, r11=602, rcx=code+2");
    with_flags("syscall of 32-bit code with AC", FLAT_USER_CS32, 0x40000,
               "syscall32 at +2, r11=40202, rcx=code+2");
    with_flags("syscall of 32-bit code with NT, XSA-44 XSA-339", FLAT_USER_CS32, 0x4000,
               "syscall32 at +2, r11=4202, rcx=code+2");
    with_flags("syscall of 32-bit code with TF", FLAT_USER_CS32, 0x100,
               "syscall32 at +2, r11=302, rcx=code+2");
    sys("syscall of 64-bit code, beside the other", to_syscall(FLAT_USER_CS64),
        "syscall at +2, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall32, CALLBACKF_mask_events, TRIP_ENTRY(TRIP_SYSCALL32));
    sys("syscall of 32-bit code, callback that masks events", to_syscall(FLAT_USER_CS32),
        "syscall32 at +2, r11=202, rcx=code+2");
    sys("syscall of 64-bit code, whose callback does not", to_syscall(FLAT_USER_CS64),
        "syscall at +2, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall, CALLBACKF_mask_events, TRIP_ENTRY(TRIP_SYSCALL));
    sys("syscall of 32-bit code, both callbacks mask events", to_syscall(FLAT_USER_CS32),
        "syscall32 at +2, handler mask 1, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall32, 0, TRIP_ENTRY(TRIP_SYSCALL32));
    sys("syscall of 32-bit code, only the other callback masks events", to_syscall(FLAT_USER_CS32),
        "syscall32 at +2, handler mask 1, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall32, 0, 0);
    reg(CALLBACKTYPE_syscall, 0, 0);
    sys("syscall of 32-bit code, neither callback, XSA-8", to_syscall(FLAT_USER_CS32),
        "#UD at +0, r11=202, rcx=code+2");
    reg(CALLBACKTYPE_syscall, 0, TRIP_ENTRY(TRIP_SYSCALL));
    sys("syscall of 32-bit code, its callback removed", to_syscall(FLAT_USER_CS32),
        "#UD at +0, r11=202, rcx=code+2");
}

static void sysenter(void)
{
    struct trip t;

    sys("sysenter of 64-bit code, no callback", to_sysenter(FLAT_USER_CS64), "#UD at +0");
    sys("sysenter of 32-bit code, no callback", to_sysenter(FLAT_USER_CS32), "#GP(0) at +0");
    check("CALLBACKTYPE_sysenter", reg(CALLBACKTYPE_sysenter, 0, TRIP_ENTRY(TRIP_SYSENTER)), 0);
    sys("sysenter of 64-bit code", to_sysenter(FLAT_USER_CS64), "#UD at +0");
    sys("sysenter of 32-bit code", to_sysenter(FLAT_USER_CS32), "#GP(0) at +0");
    t = to_sysenter(FLAT_USER_CS32);
    t.start.rflags |= 0x4000;
    sys("sysenter of 32-bit code with NT, XSA-44 XSA-339", t, "#GP(0) at +0");
    t = to_sysenter(FLAT_USER_CS32);
    t.start.rflags |= 0x40400;
    sys("sysenter of 32-bit code with DF and AC", t, "#GP(0) at +0, handler flags +DF");
    t = to_sysenter(FLAT_USER_CS32);
    t.start.rflags |= 0x100;
    sys("sysenter of 32-bit code with TF", t, "#GP(0) at +0");
    reg(CALLBACKTYPE_sysenter, CALLBACKF_mask_events, TRIP_ENTRY(TRIP_SYSENTER));
    sys("sysenter of 32-bit code, callback that masks events", to_sysenter(FLAT_USER_CS32), "#GP(0) at +0");
    reg(CALLBACKTYPE_sysenter, 0, 0);
    sys("sysenter of 32-bit code, callback removed", to_sysenter(FLAT_USER_CS32), "#GP(0) at +0");
}

/* How the callbacks can be registered; what of it is in force the next system call tells. */
static void registration(void)
{
    struct callback_unregister u = { .type = CALLBACKTYPE_syscall };

    check("CALLBACKTYPE_syscall, non-canonical", reg(CALLBACKTYPE_syscall, 0, 0x900000000000), -XEN_EINVAL);
    check("CALLBACKTYPE_syscall32, non-canonical", reg(CALLBACKTYPE_syscall32, 0, 0x900000000000),
          -XEN_EINVAL);
    check("CALLBACKTYPE_sysenter, non-canonical", reg(CALLBACKTYPE_sysenter, 0, 0x900000000000), -XEN_EINVAL);
    check("CALLBACKTYPE_syscall, unknown flags", reg(CALLBACKTYPE_syscall, 0xfffe, TRIP_ENTRY(TRIP_SYSCALL)),
          0);
    sys("syscall, callback with unknown flags", to_syscall(FLAT_USER_CS64),
        "syscall at +2, r11=202, rcx=code+2");
    check("CALLBACKOP_unregister of CALLBACKTYPE_syscall", HYPERVISOR_callback_op(CALLBACKOP_unregister, &u),
          -XEN_EINVAL);
    u.type = CALLBACKTYPE_syscall32;
    check("CALLBACKOP_unregister of CALLBACKTYPE_syscall32",
          HYPERVISOR_callback_op(CALLBACKOP_unregister, &u), -XEN_EINVAL);
    check("set_callbacks, syscall non-canonical",
          HYPERVISOR_set_callbacks((void *)0x900000000000, (void *)0x900000000000, (void *)0x900000000000),
        0);
    sys("syscall after it", to_syscall(FLAT_USER_CS64), "syscall at +2, r11=202, rcx=code+2");
}

void test_syscalls(void)
{
    wide();
    narrow();
    sysenter();
    registration();
}
