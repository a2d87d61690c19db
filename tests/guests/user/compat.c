/* compat.c: 32-bit user code: the exceptions that only it can raise, and the frames of the others. The
 * class of bug: a frame of another size, the upper halves of registers or addresses taken as they are. */
#include "user.h"

static void exceptions(void)
{
    try_user32("div by 0", CODE32("xor %%ecx, %%ecx; div %%ecx"), "#DE at +2, rcx=0");
    try_user32("int3", CODE32("int3"), "#BP at +1");
    try_user32("int $3 of two bytes", CODE32(".byte 0xcd, 3"), "#BP at +2");
    try_user32("into with OF", CODE32("mov $0x7fffffff, %%ecx; inc %%ecx; into"), "#OF at +7, rcx=80000000");
    try_user32("into without OF", CODE32("xor %%ecx, %%ecx; into"), "goes on, rcx=0");
    try_user32("bound, outside",
               CODE32("mov $5, %%ecx; movl $0, 0x60002000; movl $4, 0x60002004; bound %%ecx, 0x60002000"),
        "#BR at +25, rcx=5");
    try_user32("bound, inside",
               CODE32("mov $4, %%ecx; movl $0, 0x60002000; movl $4, 0x60002004; bound %%ecx, 0x60002000"),
        "goes on, rcx=4");
    try_user32("ud2", CODE32("ud2; nop"), "#UD at +0");
    try_user32("hlt", CODE32("hlt"), "#GP(0) at +0");
    try_user32("sysexit", CODE32("sysexit"), "#GP(0) at +0");
    try_user32("sysret", CODE32("sysret"), "#GP(0) at +0");
    try_user32("mov from cr0", CODE32("mov %%cr0, %%eax"), "#GP(0) at +0");
    try_user32("the forced emulation prefix and cpuid",
               CODE32("xor %%eax, %%eax; .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid;"
               "xor %%eax, %%eax; xor %%ebx, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx"),
        "goes on, rbx=0, rax=0, rcx=0, rdx=0");
    try_user32("int $0x80", CODE32("int $0x80"), "vector 0x80 at +2");
    try_user32("read, not mapped", CODE32("mov 0x60001010, %%eax"), "#PF(4) at +0, address 0x60001010");
    try_user32("write, read-only", CODE32("movl $1, 0x60003008"), "#PF(7) at +0, address 0x60003008");
    try_user32("write with an address that wraps", CODE32("mov $0xffffffff, %%ecx; movl $1, 0x10(%%ecx)"),
               "#PF(6) at +5, address 0xf, rcx=ffffffff");
    try_user32("jump to the kernel's text", CODE32("mov $0x400000, %%eax; jmp *%%eax"),
               "#PF(14) at 0x400000, address 0x400000, rax=400000");
    try_user32("push below the stack's pages", CODE32("mov $0x6000c000, %%esp; push %%eax"),
               "#PF(6) at +5, address 0x6000bffc, rsp 0x6000c000");
    try_user32("mov to ds of an empty descriptor", CODE32("mov $0x13, %%ecx; mov %%ecx, %%ds"),
               "#GP(10) at +5, rcx=13");
    try_user32("mov to ss of the null selector", CODE32("mov $3, %%ecx; mov %%ecx, %%ss"),
               "#GP(0) at +5, rcx=3");
    try_user32("ljmp to the flat 64-bit code",
               CODE32("ljmp $0xe033, $0x60000007; .code64; xor %%r15d, %%r15d"), "goes on, cs e033, r15=0");
    try_user32("ljmp to ring 0", CODE32("ljmp $0xe008, $0x60000007"), "#GP(e008) at +0");
    try_user32("lcall to the task segment", CODE32("lcall $0xe040, $0"), "#GP(e040) at +0");
    try_user("lretq to the flat 32-bit code",
             CODE64("lea 1f(%%rip), %%rax; push $0xe023; push %%rax; lretq; 1: .code32;"
             "inc %%ecx; .code64"), "goes on, cs e023, rax=code+15, rcx=5100000c");
}

/* 32-bit code in the guest kernel, which no kernel has, is kernel mode all the same. */
static void in_kernel_mode(void)
{
    struct trip t;

    try_kernel32("ud2 of 32-bit code in kernel mode", CODE32("ud2; nop"), "#UD at +0");
    try_kernel32("a page fault of 32-bit code in kernel mode", CODE32("mov 0x60001010, %%eax"),
                 "#PF(0) at +0, address 0x60001010");
    try_kernel32("int $0x80 of 32-bit code in kernel mode", CODE32("int $0x80"), "vector 0x80 at +2");
    try_kernel32("sysenter of 32-bit code in kernel mode", CODE32("sysenter"), "#GP(0) at +0");
    t = trip_to(CODE32("syscall; nop"), TRIP_KERNEL_CS32);
    t.start.rax = __HYPERVISOR_xen_version;
    trip_check("syscall of 32-bit code in kernel mode, no callback of its own", &t,
               "#UD at +0, r11=202, rcx=code+2");
    try_kernel32("mov from cr0 of 32-bit code in kernel mode", CODE32("mov %%cr0, %%eax; xor %%eax, %%eax"),
                 "goes on, rax=0");
}

void test_compat(void)
{
    exceptions();
    in_kernel_mode();
}
