/* hypercall.c: what a hypercall leaves of the guest kernel's registers and flags, from where it can be made,
 * and frames at the edges of pages and of the address space. The class of bug: a return by sysret to where
 * sysret must not go. */
#include "traps.h"

#include <xen/version.h>

static struct trip to_call(unsigned long number, unsigned long arg)
{
    struct trip t = trip_to(CODE64("syscall; nop"), TRIP_KERNEL_CS);

    t.start.rax = number;
    t.start.rdi = arg;
    return t;
}

static void with_flags(const char *name, uint64_t flags, const char *want)
{
    struct trip t = to_call(__HYPERVISOR_xen_version, XENVER_version);

    t.start.rflags |= flags;
    trip_check(named("a hypercall with %s", name), &t, want);
}

static void registers(void)
{
    struct trip t = to_call(__HYPERVISOR_xen_version, XENVER_version);

    trip_check("a hypercall", &t, "goes on, r11=202, rax=40011, rcx=code+2");
    t = to_call(60, 0);
    trip_check("a hypercall that is none", &t, "goes on, r11=202, rax=ffffffffffffffda, rcx=code+2");
    t = to_call(1UL << 32 | __HYPERVISOR_xen_version, XENVER_version);
    trip_check("a hypercall whose number has bits above 32", &t,
               "goes on, r11=202, rax=ffffffffffffffda, rcx=code+2");
    with_flags("DF", 0x400, "goes on, handler flags +DF, r11=602, rax=40011, rcx=code+2");
    with_flags("NT, XSA-44", 0x4000, "goes on, r11=4202, rax=40011, rcx=code+2");
    with_flags("AC", 0x40000, "goes on, r11=40202, rax=40011, rcx=code+2");
    with_flags("ID", 0x200000, "goes on, handler flags +ID, r11=200202, rax=40011, rcx=code+2");
    with_flags("RF", 0x10000, "goes on, flags -RF, r11=202, rax=40011, rcx=code+2");
    t = to_call(__HYPERVISOR_xen_version, XENVER_version);
    t.start.rflags &= ~0x200UL;
    trip_check("a hypercall with events masked", &t, "goes on, r11=202, rax=40011, rcx=code+2");
    t = to_call(__HYPERVISOR_xen_version, XENVER_version);
    t.start.rsp = TRIP_RSP - 3;
    trip_check("a hypercall with a stack pointer that is not aligned", &t,
               "goes on, r11=202, rax=40011, rcx=code+2");
    t = trip_to(CODE64("mov $0x900000000000, %%rsp; syscall; mov $0x6000fe00, %%esp"), TRIP_KERNEL_CS);
    t.start.rax = __HYPERVISOR_xen_version;
    t.start.rdi = XENVER_version;
    t.start.rflags &= ~0x200UL;    /* an upcall would find no stack */
    trip_check("a hypercall with a stack pointer that is non-canonical", &t,
               "goes on, r11=202, rax=40011, rcx=code+12");
}

/* Returns to where the processor would fault while it still had the hypervisor's rights. */
static void edges(void)
{
    struct trip t = to_call(__HYPERVISOR_xen_version, XENVER_version);

    trip_place(&t, CODE64("syscall"), PV_PAGE_SIZE - 2);
    t.start.rip = TRIP_TOP + PV_PAGE_SIZE - 2;
    trip_check("a hypercall in the last bytes of the lower half, XSA-7 XSA-9", &t,
               "#GP(0) at +2, r11=202, rax=40011, rcx=800000000000");
    t.start.rax = 60;
    trip_check("a hypercall that is none, in the last bytes of the lower half, XSA-7 XSA-9", &t,
               "#GP(0) at +2, r11=202, rax=ffffffffffffffda, rcx=800000000000");
    t.start.rax = __HYPERVISOR_xen_version;
    t.start.rip = TRIP_CODE + PV_PAGE_SIZE - 2;
    trip_check("a hypercall in the last bytes before what is not mapped", &t,
               "#PF(10) at +2, address 0x60001000, r11=202, rax=40011, rcx=60001000");
    trip_place(&t, CODE64("ud2"), PV_PAGE_SIZE - 2);
    t.end = 0;
    trip_check("ud2 in the last bytes before what is not mapped", &t, "#PF(0) at +0, address 0x60001000");
    trip_place(&t, CODE64("mov %%cr0, %%rax"), PV_PAGE_SIZE - 3);
    t.ignore = TRIP_REG(rax);
    trip_check("mov from cr0 in the last bytes before what is not mapped", &t,
               "#PF(10) at +3, address 0x60001000");
    trip_place(&t, CODE64("hlt"), PV_PAGE_SIZE - 1);
    trip_check("hlt in the last byte before what is not mapped", &t, "#GP(0) at +0");
    trip_place(&t, CODE64("int $0x80"), PV_PAGE_SIZE - 2);
    trip_check("INT 0x80 in the last bytes before what is not mapped", &t, "vector 0x80 at +2");
    t = trip_to(CODE64("nop"), TRIP_KERNEL_CS);
    trip_place(&t, CODE64("nop"), PV_PAGE_SIZE - 1);
    t.start.rip = TRIP_TOP + PV_PAGE_SIZE - 1;
    trip_check("nop in the last byte of the lower half, XSA-9", &t, "#GP(0) at +1");
    trip_place(&t, CODE64("int3"), PV_PAGE_SIZE - 1);
    t.start.rip = TRIP_TOP + PV_PAGE_SIZE - 1;
    trip_check("int3 in the last byte of the lower half, XSA-9", &t, "#BP at +1");
    trip_place(&t, CODE64("int $0x80"), PV_PAGE_SIZE - 2);
    t.start.rip = TRIP_TOP + PV_PAGE_SIZE - 2;
    trip_check("INT 0x80 in the last bytes of the lower half, XSA-9", &t, "vector 0x80 at +2");
    trip_place(&t, CODE64("mov %%cr0, %%rax"), PV_PAGE_SIZE - 3);
    t.start.rip = TRIP_TOP + PV_PAGE_SIZE - 3;
    t.ignore = TRIP_REG(rax);
    trip_check("mov from cr0 in the last bytes of the lower half, XSA-9", &t, "#GP(0) at +3");
}

/* Where a frame may lie. */
static void stack(const char *name, uint64_t rsp)
{
    struct trip t = trip_to(CODE64("ud2; nop"), TRIP_KERNEL_CS);

    t.start.rflags &= ~0x200UL;
    t.start.rsp = rsp;
    trip_check(name, &t, "#UD at +0");
    t = trip_to(CODE64("mov %%eax, 0x60003000"), TRIP_KERNEL_CS);
    t.start.rflags &= ~0x200UL;
    t.start.rsp = rsp;
    trip_check(named("%s: a frame with an error code", name), &t, "#PF(3) at +0, address 0x60003000");
}

static void stacks(void)
{
    stack("a frame across the end of a page", TRIP_STACK - PV_PAGE_SIZE + 0x10);
    stack("a frame up to the end of a page", TRIP_STACK - PV_PAGE_SIZE);
    stack("a frame up to the end of what is mapped", TRIP_STACK);
    stack("a stack that begins 0x60 bytes behind the hypervisor, XSA-215", TRIP_HIGH + 0x60);
    stack("a stack that begins 0x6f bytes behind the hypervisor, XSA-215", TRIP_HIGH + 0x6f);
    stack("a stack that begins 0x70 bytes behind the hypervisor, XSA-215", TRIP_HIGH + 0x70);
    stack("a stack that begins a page behind the hypervisor, XSA-215", TRIP_HIGH + PV_PAGE_SIZE);
}

void test_hypercall(void)
{
    registers();
    edges();
    stacks();
}
