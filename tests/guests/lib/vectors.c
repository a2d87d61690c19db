/* vectors.c: code that raises each exception that software can raise, with what the guest kernel sees of
 * it. The kernel traps runs it in kernel mode, the kernel user in user mode. */
#include "vectors.h"

static uint64_t mode;

/* The same in both modes. */
static void same(const char *name, struct code code, const char *want)
{
    struct trip t = trip_to(code, mode);

    trip_check(name, &t, want);
}

/* Where the page fault's error code tells the mode. */
static void both(const char *name, struct code code, const char *kernel, const char *user)
{
    same(name, code, (mode & 3) == 3 ? user : kernel);
}

void vectors_plain(uint64_t cs)
{
    mode = cs;
    same("div of 8 bits by 0", CODE64("mov $0, %%cl; div %%cl"), "#DE at +2, rcx=5eed000051000000");
    same("div of 32 bits by 0", CODE64("xor %%ecx, %%ecx; div %%ecx"), "#DE at +2, rcx=0");
    same("div of 64 bits by 0", CODE64("xor %%ecx, %%ecx; div %%rcx"), "#DE at +2, rcx=0");
    same("div, quotient too large", CODE64("mov $1, %%ecx; div %%rcx"), "#DE at +5, rcx=1");
    same("idiv, quotient too large", CODE64("mov $1, %%ecx; idiv %%ecx"), "#DE at +5, rcx=1");
    same("int3", CODE64("int3"), "#BP at +1");
    same("int $3 of two bytes", CODE64(".byte 0xcd, 3"), "#BP at +2");
    same("int $4", CODE64("int $4"), "#OF at +2");
    same("int1", CODE64(".byte 0xf1"), "#UD at +0");
    same("x87 division by zero, not masked",
         CODE64("fninit; movl $0x37b, 0x60002000; fldcw 0x60002000; fld1; fldz; fdivrp; fwait"),
        "#MF at +26");
    same("fxrstor, not aligned", CODE64("fxrstor 0x60002008"), "#GP(0) at +0");
    same("movaps, not aligned", CODE64("movaps 0x60002008, %%xmm0"), "#GP(0) at +0");
}

void vectors_undefined(uint64_t cs)
{
    mode = cs;
    same("ud2", CODE64("ud2; nop"), "#UD at +0");
    same("ud1", CODE64(".byte 0x0f, 0xb9, 0xc0"), "#UD at +0");
    same("the forced emulation prefix before ud2", CODE64(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; ud2"),
         "#UD at +0");
    same("lock nop", CODE64(".byte 0xf0, 0x90"), "#UD at +0");
    same("push %es", CODE64(".byte 0x06"), "#UD at +0");
    same("into", CODE64(".byte 0xce"), "#UD at +0");
    same("aaa", CODE64(".byte 0x37"), "#UD at +0");
    same("lcall with an immediate address", CODE64(".byte 0x9a, 0, 0, 0, 0, 0x33, 0xe0"), "#UD at +0");
    same("mov to cs", CODE64(".byte 0x8e, 0xc8"), "#UD at +0");
    same("mov from cr1", CODE64(".byte 0x0f, 0x20, 0xc8"), "#GP(0) at +0");
    same("vmcall", CODE64("vmcall"), "#UD at +0");
    same("vmmcall", CODE64("vmmcall"), "#UD at +0");
    same("rsm", CODE64("rsm"), "#UD at +0");
    same("monitor", CODE64("monitor"), "#UD at +0");
    same("clac", CODE64("clac"), "#UD at +0");
}

void vectors_privileged(uint64_t cs)
{
    mode = cs;
    same("hlt", CODE64("hlt"), "#GP(0) at +0");
    same("lgdt", CODE64("lgdt 0x60002000"), "#GP(0) at +0");
    same("lidt", CODE64("lidt 0x60002000"), "#GP(0) at +0");
    same("lldt", CODE64("lldt %%ax"), "#GP(0) at +0");
    same("ltr", CODE64("ltr %%ax"), "#GP(0) at +0");
    same("lmsw", CODE64("lmsw %%ax"), "#GP(0) at +0");
    same("swapgs", CODE64("swapgs"), "#GP(0) at +0");
    same("invlpg", CODE64("invlpg 0x60002000"), "#GP(0) at +0");
    same("invd", CODE64("invd"), "#GP(0) at +0");
    same("mov to cr8", CODE64("mov %%rax, %%cr8"), "#GP(0) at +0");
    same("sysexit", CODE64("sysexitl"), "#UD at +0");
    same("sysretq", CODE64("sysretq"), "#GP(0) at +0");
    same("sysretl", CODE64("sysretl"), "#GP(0) at +0");
}

#define LOAD(selector, to) CODE64("mov $" selector ", %%ecx; mov %%ecx, %%" to)

void vectors_selectors(uint64_t cs)
{
    mode = cs;
    same("ds: a selector beyond the GDT", LOAD("0xfffb", "ds"), "#GP(fff8) at +5, rcx=fffb");
    same("ds: an empty descriptor", LOAD("0x13", "ds"), "#GP(10) at +5, rcx=13");
    same("ds: of the LDT, without LDT", LOAD("0x17", "ds"), "#GP(14) at +5, rcx=17");
    same("ds: code of ring 0", LOAD("0xe008", "ds"), "#GP(e008) at +5, rcx=e008");
    same("ds: data of ring 0", LOAD("0xe010", "ds"), "#GP(e010) at +5, rcx=e010");
    same("ds: the task segment", LOAD("0xe043", "ds"), "#GP(e040) at +5, rcx=e043");
    same("ds: the flat code of 64 bits", LOAD("0xe033", "ds"), "goes on, rcx=e033, ds e033");
    same("ds: the flat data", LOAD("0xe02b", "ds"), "goes on, rcx=e02b, ds e02b");
    same("es: the flat code of 32 bits", LOAD("0xe023", "es"), "goes on, rcx=e023, es e023");
    same("ss: null", LOAD("0", "ss"), "#GP(0) at +5, rcx=0");
    same("ss: null of ring 3", LOAD("3", "ss"), "#GP(0) at +5, rcx=3");
    same("ss: code", LOAD("0xe033", "ss"), "#GP(e030) at +5, rcx=e033");
    same("ss: data of ring 0", LOAD("0xe010", "ss"), "#GP(e010) at +5, rcx=e010");
    same("ss: the flat data", LOAD("0xe02b", "ss"), "goes on, rcx=e02b");
    same("pop to fs of an empty descriptor", CODE64("push $0x13; pop %%fs"), "#GP(10) at +2, rsp -8");
    same("pop to gs beyond the GDT", CODE64("push $0x7ffb; pop %%gs"), "#GP(7ff8) at +5, rsp -8");
}

#define LRET(selector) CODE64("lea 1f(%%rip), %%rax; push $" selector "; push %%rax; lretq; 1:")
#define FAR(insn, selector) CODE64("lea 1f(%%rip), %%rax; " insn " (%%rax); 1: .quad 0; .word " selector)
#define IRET(flags, cs, ss) CODE64("mov %%rsp, %%rcx; lea 1f(%%rip), %%rax; push $" ss "; push %%rcx;" \
                                   "push $" flags "; push $" cs "; push %%rax; iretq; 1:")

void vectors_far(uint64_t cs)
{
    mode = cs;
    same("lretq to the flat code", LRET("0xe033"), "goes on, rax=code+15");
    same("lretq to ring 0", LRET("0xe008"), "#GP(e008) at +13, rsp -16, rax=code+15");
    same("lretq to a data segment", LRET("0xe02b"), "#GP(e028) at +13, rsp -16, rax=code+15");
    same("lretq to the null selector", LRET("0"), "#GP(0) at +10, rsp -16, rax=code+12");
    same("lretq to a non-canonical address",
         CODE64("mov $0x900000000000, %%rax; push $0xe033; push %%rax; lretq"),
         "#GP(0) at 0x900000000000, rax=900000000000");
    same("far jump to ring 0, XSA-110", FAR("rex.w ljmp *", "0xe008"), "#GP(e008) at +7, rax=code+10");
    same("far call to ring 0, XSA-110", FAR("rex.w lcall *", "0xe008"), "#GP(e008) at +7, rax=code+10");
    same("far call to the task segment", FAR("rex.w lcall *", "0xe040"), "#GP(e040) at +7, rax=code+10");
    same("far call beyond the GDT, XSA-298", FAR("rex.w lcall *", "0xfffb"), "#GP(fff8) at +7, rax=code+10");
    same("far call through the LDT, without LDT, XSA-298", FAR("rex.w lcall *", "7"),
         "#GP(4) at +7, rax=code+10");
    same("iretq to the flat code and stack", IRET("0x202", "0xe033", "0xe02b"),
         "goes on, rax=code+29, rcx=6000fe00");
    same("iretq with IF clear", IRET("0x2", "0xe033", "0xe02b"), "goes on, rax=code+26, rcx=6000fe00");
    same("iretq with IOPL 3", IRET("0x3202", "0xe033", "0xe02b"), "goes on, rax=code+29, rcx=6000fe00");
    same("iretq with NT, AC, ID and DF", IRET("0x244602", "0xe033", "0xe02b"),
         "goes on, flags +DF +NT +AC +ID, handler flags +DF +ID, rax=code+29, rcx=6000fe00");
    same("iretq to code of ring 0", IRET("0x202", "0xe030", "0xe02b"),
         "#GP(e030) at +27, rsp -40, rax=code+29, rcx=6000fe00");
    same("iretq to a null stack segment", IRET("0x202", "0xe033", "0"),
         "#GP(0) at +24, rsp -40, rax=code+26, rcx=6000fe00");
    same("iretq while NT is set", CODE64("pushfq; orl $0x4000, (%%rsp); popfq; iretq"),
         "#GP(0) at +9, flags +NT");
}

void vectors_page_faults(uint64_t cs)
{
    mode = cs;
    both("read, not mapped", CODE64("mov 0x60001010, %%eax"),
         "#PF(0) at +0, address 0x60001010", "#PF(4) at +0, address 0x60001010");
    both("write, not mapped", CODE64("movl $1, 0x60001018"),
         "#PF(2) at +0, address 0x60001018", "#PF(6) at +0, address 0x60001018");
    both("write, read-only", CODE64("movl $1, 0x60003008"),
         "#PF(3) at +0, address 0x60003008", "#PF(7) at +0, address 0x60003008");
    both("write of its own code", CODE64("movb $1, 0x60000000"),
         "#PF(3) at +0, address 0x60000000", "#PF(7) at +0, address 0x60000000");
    both("locked addition, read-only", CODE64("lock addl $1, 0x60003008"),
         "#PF(3) at +0, address 0x60003008", "#PF(7) at +0, address 0x60003008");
    both("execution, not mapped", CODE64("mov $0x60001020, %%eax; jmp *%%rax"),
         "#PF(10) at 0x60001020, address 0x60001020, rax=60001020",
         "#PF(14) at 0x60001020, address 0x60001020, rax=60001020");
    both("execution of data", CODE64("mov $0x60002020, %%eax; jmp *%%rax"),
         "#PF(11) at 0x60002020, address 0x60002020, rax=60002020",
         "#PF(15) at 0x60002020, address 0x60002020, rax=60002020");
    both("read across the end of what is mapped", CODE64("mov 0x60000ffd, %%eax"),
         "#PF(0) at +0, address 0x60001000", "#PF(4) at +0, address 0x60001000");
    both("write across the end of what is writable", CODE64("movq $1, 0x60002ffc"),
         "#PF(3) at +0, address 0x60003000", "#PF(7) at +0, address 0x60003000");
}

void vectors_hypervisor(uint64_t cs)
{
    mode = cs;
    both("read of the hypervisor", CODE64("mov $0xffff82d040000000, %%rcx; cmpb $0, (%%rcx)"),
         "#PF(0) at +10, address 0xffff82d040000000, rcx=ffff82d040000000",
         "#PF(4) at +10, address 0xffff82d040000000, rcx=ffff82d040000000");
    both("write of the hypervisor", CODE64("mov $0xffff82d040000000, %%rcx; movb $1, (%%rcx)"),
         "#PF(2) at +10, address 0xffff82d040000000, rcx=ffff82d040000000",
         "#PF(6) at +10, address 0xffff82d040000000, rcx=ffff82d040000000");
    both("jump to the hypervisor", CODE64("mov $0xffff82d040000000, %%rcx; jmp *%%rcx"),
         "#PF(10) at 0xffff82d040000000, address 0xffff82d040000000, rcx=ffff82d040000000",
         "#PF(14) at 0xffff82d040000000, address 0xffff82d040000000, rcx=ffff82d040000000");
    both("read of the last byte of its space", CODE64("mov $0xffff87ffffffffff, %%rcx; cmpb $0, (%%rcx)"),
         "#PF(0) at +10, address 0xffff87ffffffffff, rcx=ffff87ffffffffff",
         "#PF(4) at +10, address 0xffff87ffffffffff, rcx=ffff87ffffffffff");
    both("read of the machine-to-physical table", CODE64("mov $0xffff800000000000, %%rcx; cmpb $0, (%%rcx)"),
         "goes on, rcx=ffff800000000000", "#PF(4) at +10, address 0xffff800000000000, rcx=ffff800000000000");
    both("write of the machine-to-physical table", CODE64("mov $0xffff800000000008, %%rcx; movb $1, (%%rcx)"),
         "#PF(3) at +10, address 0xffff800000000008, rcx=ffff800000000008",
         "#PF(6) at +10, address 0xffff800000000008, rcx=ffff800000000008");
    same("read, non-canonical", CODE64("mov $0x900000000000, %%rcx; mov (%%rcx), %%rax"),
         "#GP(0) at +10, rcx=900000000000");
    same("write below the hypervisor's space, non-canonical",
         CODE64("mov $0xffff7fffffffffff, %%rcx; movb $1, (%%rcx)"), "#GP(0) at +10, rcx=ffff7fffffffffff");
    same("read by rbp, non-canonical", CODE64("mov $0x900000000000, %%rbp; mov (%%rbp), %%rax"),
         "#GP(0) at +10, rbp=900000000000");
    same("jump, non-canonical", CODE64("mov $0x900000000000, %%rcx; jmp *%%rcx"),
         "#GP(0) at 0x900000000000, rcx=900000000000");
}
