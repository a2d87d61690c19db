/* returns.c: iret hypercalls with every flag, with selectors and addresses that the processor refuses, and
 * as from a system call. What the frame of the next trap says is what was made of them. The class of bug:
 * a return that gives privileges, faults in the hypervisor, or on whose fault the wrong thing is told. */
#include "returns.h"

#include <string.h>
#include <pv/memory.h>

static uint64_t mode;

static bool in_kernel(void)
{
    return (mode & 3) != 3;
}

static const char *either(const char *kernel, const char *user)
{
    return in_kernel() ? kernel : user;
}

static struct trip to_ud2(void)
{
    return trip_to(CODE64("ud2; nop"), mode);
}

static void flags(const char *name, uint64_t change, const char *want)
{
    struct trip t = to_ud2();

    t.start.rflags ^= change;
    trip_check(named("rflags: %s", name), &t, want);
}

void returns_flags(uint64_t cs)
{
    struct trip t;

    mode = cs;
    flags("IF clear, XSA-202", 0x200, "#UD at +0");
    flags("bit 1 clear", 0x2, "#UD at +0, flags +bit1");
    flags("bit 3", 0x8, "#UD at +0, flags -bit3");
    flags("bit 5", 0x20, "#UD at +0, flags -bit5");
    flags("bit 15", 0x8000, "#UD at +0, flags -bit15");
    flags("DF", 0x400, "#UD at +0, handler flags +DF");
    flags("IOPL 1", 0x1000, "#UD at +0, flags -IOPL1");
    flags("IOPL 3, XSA-202", 0x3000, "#UD at +0, flags -IOPL1 -IOPL2");
    flags("NT", 0x4000, "#UD at +0");
    flags("RF", 0x10000, "#UD at +0");
    flags("VM", 0x20000, "#UD at +0, flags -VM");
    flags("AC", 0x40000, "#UD at +0");
    flags("VIF", 0x80000, "#UD at +0, flags -VIF");
    flags("VIP", 0x100000, "#UD at +0, flags -VIP");
    flags("ID", 0x200000, "#UD at +0, handler flags +ID");
    flags("bit 22", 0x400000, "#UD at +0, flags and above");
    flags("bit 63", 1UL << 63, "#UD at +0, flags and above");
    flags("all of them but TF and IF", ~0x302UL,
          "#UD at +0, flags -bit3 -bit5 -IOPL1 -IOPL2 -bit15 -VM -VIF -VIP and above, handler flags +DF +ID");
    t = to_ud2();
    t.start.rflags |= 0x8d5;
    trip_run(&t);
    check("rflags: CF PF AF ZF SF OF", (long)(t.regs.rflags & 0x8d5), 0x8d5);
}

static void selectors(const char *name, uint64_t cs, uint64_t ss, const char *want)
{
    struct trip t = to_ud2();

    t.start.cs = cs & ~3UL;
    t.start.cs |= mode & 3;
    t.start.ss = ss;
    trip_check(name, &t, want);
}

void returns_selectors(uint64_t cs)
{
    mode = cs;
    selectors("cs: flat code of 64 bits", 0xe033, 0xe02b, "#UD at +0");
    selectors("cs: flat code of 32 bits", 0xe023, 0xe02b, "#UD at +0");
    selectors("cs: flat data", 0xe02b, 0xe02b, "#GP(e028) at +0");
    selectors("cs: null", 0, 0xe02b, "#GP(0) at +0");
    selectors("cs: code of ring 0", 0xe008, 0xe02b, "#GP(e008) at +0");
    selectors("cs: the task segment", 0xe040, 0xe02b, "#GP(e040) at +0");
    selectors("cs: an empty descriptor", 0x10, 0xe02b, "#GP(10) at +0");
    selectors("cs: beyond the GDT", 0xfff8, 0xe02b, "#GP(fff8) at +0");
    selectors("cs: of the LDT, without LDT", 0x14, 0xe02b, "#GP(14) at +0");
    selectors("cs: bits above 16", 0xffff00000001e033, 0xe02b,
              either("#UD at +0, cs e030", "#UD at +0, cs e033"));
    selectors("ss: null", 0xe033, 0, "#GP(0) at +0");
    selectors("ss: flat data, ring 0", 0xe033, 0xe028, "#UD at +0");
    selectors("ss: code", 0xe033, 0xe033, "#GP(e030) at +0");
    selectors("ss: data of ring 0", 0xe033, 0xe010, "#GP(e010) at +0");
    selectors("ss: an empty descriptor", 0xe033, 0x13, "#GP(10) at +0");
    selectors("ss: beyond the GDT", 0xe033, 0xfffb, "#GP(fff8) at +0");
    selectors("ss: of the LDT, without LDT", 0xe033, 0x17, "#GP(14) at +0");
    selectors("ss: bits above 16", 0xe033, 0x12345e02b, "#UD at +0, ss e02b");
}

static void place(const char *name, uint64_t rip, const char *want)
{
    struct trip t = to_ud2();

    t.start.rip = rip;
    trip_check(name, &t, want);
}

static void stack(const char *name, uint64_t rsp, const char *want)
{
    struct trip t = to_ud2();

    t.start.rsp = rsp;
    trip_check(name, &t, want);
}

void returns_addresses(uint64_t cs)
{
    mode = cs;
    place("rip: not mapped", TRIP_HOLE,
          either("#PF(10) at +0, address 0x60001000", "#PF(14) at +0, address 0x60001000"));
    place("rip: not executable", TRIP_DATA,
          either("#PF(11) at +0, address 0x60002000", "#PF(15) at +0, address 0x60002000"));
    place("rip: the first non-canonical address, XSA-7", 0x800000000000, "#GP(0) at +0");
    place("rip: the last non-canonical address, XSA-7", 0xffff7fffffffffff, "#GP(0) at +0");
    place("rip: 2^63, XSA-7", 1UL << 63, "#GP(0) at +0");
    place("rip: the hypervisor's first byte", 0xffff800000000000,
          either("#PF(11) at +0, address 0xffff800000000000", "#PF(14) at +0, address 0xffff800000000000"));
    place("rip: the hypervisor", 0xffff82d040000000,
          either("#PF(10) at +0, address 0xffff82d040000000", "#PF(14) at +0, address 0xffff82d040000000"));
    place("rip: the hypervisor's last byte", 0xffff87ffffffffff,
          either("#PF(10) at +0, address 0xffff87ffffffffff", "#PF(14) at +0, address 0xffff87ffffffffff"));
    place("rip: the last byte", ~0UL,
          either("#PF(10) at +0, address 0xffffffffffffffff", "#PF(14) at +0, address 0xffffffffffffffff"));
    stack("rsp: 1 byte off", TRIP_RSP - 1, "#UD at +0");
    stack("rsp: 7 bytes off", TRIP_RSP - 7, "#UD at +0");
    stack("rsp: 8 bytes off", TRIP_RSP - 8, "#UD at +0");
    stack("rsp: 15 bytes off", TRIP_RSP - 15, "#UD at +0");
    if (in_kernel())
        return;
    stack("rsp: 0", 0, "#UD at +0");
    stack("rsp: non-canonical", 0x900000000000, "#UD at +0");
    stack("rsp: the hypervisor", 0xffff82d040000000, "#UD at +0");
    stack("rsp: the last byte", ~0UL, "#UD at +0");
}

/* With VGCF_in_syscall. Then rcx and r11 are rip and the flags, as after sysret. */
static void syscall(const char *name, struct trip *t, const char *want)
{
    t->start.error = VGCF_in_syscall;
    trip_check(named("VGCF_in_syscall: %s", name), t, want);
}

static void syscall_selectors(const char *name, uint64_t cs, uint64_t ss, const char *want)
{
    struct trip t = to_ud2();

    t.start.cs = (cs & ~3UL) | (mode & 3);
    t.start.ss = ss;
    syscall(name, &t, want);
}

static void syscall_place(const char *name, uint64_t rip, const char *want)
{
    struct trip t = to_ud2();

    t.start.rip = rip;
    syscall(name, &t, want);
}

static void syscall_flags(const char *name, uint64_t change, const char *want)
{
    struct trip t = to_ud2();

    t.start.rflags ^= change;
    syscall(name, &t, want);
}

void returns_syscall(uint64_t cs)
{
    struct trip t;

    mode = cs;
    syscall_selectors("flat selectors", 0xe033, 0xe02b, "#UD at +0, r11=202, rcx=code+0");
    syscall_selectors("cs of 32 bits", 0xe023, 0xe02b, "#UD at +0, r11=202, rcx=code+0");
    syscall_selectors("cs null", 0, 0xe02b,
                      either("#UD at +0, cs e030, r11=202, rcx=code+0",
                             "#UD at +0, cs e033, r11=202, rcx=code+0"));
    syscall_selectors("cs of ring 0", 0xe008, 0xe02b,
                      either("#UD at +0, cs e030, r11=202, rcx=code+0",
                             "#UD at +0, cs e033, r11=202, rcx=code+0"));
    syscall_selectors("ss null", 0xe033, 0, "#UD at +0, ss e02b, r11=202, rcx=code+0");
    syscall_selectors("ss of ring 0", 0xe033, 0xe010, "#UD at +0, ss e02b, r11=202, rcx=code+0");
    syscall_selectors("ss beyond the GDT", 0xe033, 0xfffb, "#UD at +0, ss e02b, r11=202, rcx=code+0");
    syscall_flags("IF clear, XSA-202", 0x200, "#UD at +0, r11=202, rcx=code+0");
    syscall_flags("DF", 0x400, "#UD at +0, handler flags +DF, r11=602, rcx=code+0");
    syscall_flags("IOPL 3, XSA-202", 0x3000, "#UD at +0, flags -IOPL1 -IOPL2, r11=202, rcx=code+0");
    syscall_flags("NT", 0x4000, "#UD at +0, r11=4202, rcx=code+0");
    syscall_flags("RF", 0x10000, "#UD at +0, r11=10202, rcx=code+0");
    syscall_flags("VM", 0x20000, "#UD at +0, flags -VM, r11=202, rcx=code+0");
    syscall_flags("AC", 0x40000, "#UD at +0, r11=40202, rcx=code+0");
    syscall_flags("all of them but TF and IF", ~0x302UL,
                  "#UD at +0, flags -bit3 -bit5 -IOPL1 -IOPL2 -bit15 -VM -VIF -VIP and above, handler flags "
                  "+DF +ID, r11=fffffffffffdceff, rcx=code+0");
    t = trip_to(CODE64("nop; nop"), cs);
    t.start.rflags |= 0x100;
    syscall("TF", &t, "#DB at +0, r11=302, rcx=code+0");
    t = to_ud2();
    t.start.error = ~(uint64_t)VGCF_in_syscall;
    trip_check("all flags but VGCF_in_syscall", &t, "#UD at +0");
}

void returns_syscall_addresses(uint64_t cs)
{
    mode = cs;
    syscall_place("rip not mapped", TRIP_HOLE,
                  either("#PF(10) at +0, address 0x60001000, r11=202, rcx=60001000",
                         "#PF(14) at +0, address 0x60001000, r11=202, rcx=60001000"));
    syscall_place("rip the first non-canonical address, XSA-7", 0x800000000000,
                  "#GP(0) at +0, r11=202, rcx=800000000000");
    syscall_place("rip the last non-canonical address, XSA-7", 0xffff7fffffffffff,
                  "#GP(0) at +0, r11=202, rcx=ffff7fffffffffff");
    syscall_place("rip of the hypervisor", 0xffff82d040000000,
                  either("#PF(10) at +0, address 0xffff82d040000000, r11=202, rcx=ffff82d040000000",
                         "#PF(14) at +0, address 0xffff82d040000000, r11=202, rcx=ffff82d040000000"));
}
