/* modes.c: the same instructions in guest user mode, at the ends of the address space, and before the
 * guest has a handler. The class of bug: user code that does what only its kernel may, or an answer that
 * depends on a handler that is not there. */
#include "processor.h"
#include "trip.h"

#include <string.h>
#include <xen/physdev.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OUTPUTS (TRIP_REG(rax) | TRIP_REG(rbx) | TRIP_REG(rcx) | TRIP_REG(rdx))

/* In one of the modes, whatever OUTPUTS hold then. */
static void in_mode(const char *name, struct code code, uint64_t cs, const char *want)
{
    struct trip t = trip_to(code, cs);

    t.start.rdx = 0x80;
    t.ignore = OUTPUTS;
    trip_check(name, &t, want);
}

static void in_user(const char *name, struct code code, const char *want)
{
    in_mode(name, code, FLAT_USER_CS64, want);
}

static void in_kernel(const char *name, struct code code, const char *want)
{
    in_mode(name, code, TRIP_KERNEL_CS, want);
}

/* Instructions for the guest's kernel alone. */
static void kernels_only(void)
{
    in_user("user: mov from CR0", CODE64("mov %%cr0, %%rax"), "#GP(0) at +0");
    in_user("user: mov to CR0", CODE64("mov %%rax, %%cr0"), "#GP(0) at +0");
    in_user("user: mov from CR2", CODE64("mov %%cr2, %%rax"), "#GP(0) at +0");
    in_user("user: mov from CR3", CODE64("mov %%cr3, %%rax"), "#GP(0) at +0");
    in_user("user: mov to CR3", CODE64("mov %%rax, %%cr3"), "#GP(0) at +0");
    in_user("user: mov from CR4", CODE64("mov %%cr4, %%rax"), "#GP(0) at +0");
    in_user("user: mov from DR7", CODE64("mov %%dr7, %%rax"), "#GP(0) at +0");
    in_user("user: mov to DR0", CODE64("mov %%rax, %%dr0"), "#GP(0) at +0");
    in_user("user: clts", CODE64("clts"), "#GP(0) at +0");
    in_user("user: wbinvd", CODE64("wbinvd"), "#GP(0) at +0");
    in_user("user: rdmsr", CODE64("mov $0x10, %%ecx; rdmsr"), "#GP(0) at +5");
    in_user("user: wrmsr", CODE64("mov $0xc0000100, %%ecx; wrmsr"), "#GP(0) at +5");
    in_user("user: xsetbv", CODE64("xor %%ecx, %%ecx; xsetbv"), "#UD at +2");
    in_user("user: invlpg", CODE64("invlpg (%%rax)"), "#GP(0) at +0");
    in_user("user: lgdt", CODE64("lgdt 0x60002000"), "#GP(0) at +0");
    in_user("user: hlt", CODE64("hlt"), "#GP(0) at +0");
    in_user("user: swapgs", CODE64("swapgs"), "#GP(0) at +0");
    in_user("user: rdpmc", CODE64("rdpmc"), "#GP(0) at +0");
}

/* What user mode has, too. */
static void everybodys(void)
{
    in_user("user: xgetbv", CODE64("xor %%ecx, %%ecx; xgetbv"), "goes on");
    in_user("user: rdtsc", CODE64("rdtsc"), "goes on");
    in_user("user: cpuid", CODE64("cpuid"), "goes on");
    in_user("user: forced CPUID", CODE64("ud2; .ascii \"xen\"; cpuid"), "goes on");
    in_user("user: forced CPUID with TF",
            CODE64("pushf; orl $0x100, (%%rsp); popf; ud2; .ascii \"xen\"; cpuid"),
            "#DB at +16, flags +TF");
}

/* CR4 is the kernel's, and rules its user mode. */
static void by_cr4(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    write_cr4(cr4 | 4);
    in_user("user: rdtsc, CR4.TSD", CODE64("rdtsc"), "#GP(0) at +0");
    in_user("user: rdtscp, CR4.TSD", CODE64("rdtscp"), "#GP(0) at +0");
    in_kernel("kernel: rdtsc, CR4.TSD", CODE64("rdtsc"), "goes on");
    in_kernel("kernel: rdtscp, CR4.TSD", CODE64("rdtscp"), "goes on");
    write_cr4(cr4 & ~4UL);
    in_user("user: rdtsc, CR4.TSD off again", CODE64("rdtsc"), "goes on");
    write_cr4(cr4 & ~(1UL << 16));
    in_user("user: rdfsbase, CR4.FSGSBASE off, XSA-293", CODE64("rdfsbase %%rax"), "#UD at +0");
    in_user("user: wrgsbase, CR4.FSGSBASE off, XSA-293", CODE64("wrgsbase %%rax"), "#UD at +0");
    write_cr4(cr4 | 1UL << 16);
    in_user("user: rdfsbase, CR4.FSGSBASE on", CODE64("rdfsbase %%rax"), "goes on");
    in_user("user: rdgsbase, CR4.FSGSBASE on", CODE64("rdgsbase %%rax"), "goes on");
    write_cr4(cr4 | 1UL << 18);
    in_user("user: xsetbv, CR4.OSXSAVE on", CODE64("xor %%ecx, %%ecx; xsetbv"), "#GP(0) at +2");
    write_cr4(cr4);
}

/* 32-bit programs, and such whose code segment does not begin at 0: the processor adds its base, and so
 * must who reads the instruction. The UD2 behind each is where Xen does not. */
static void narrow_at(unsigned int selector, unsigned int base, const char *mode)
{
    struct { const char *name; struct code code; const char *want, *based; } rows[] = {
        { "forced CPUID", CODE32("ud2; .ascii \"xen\"; cpuid"), "goes on",
          "#PF(4) at +0, address 0x5ffff000" },
        { "inb $0x80, %al", CODE32("inb $0x80, %%al"), "goes on", "#PF(4) at +2, address 0x5ffff002" },
        { "outl %eax, $0x80", CODE32("outl %%eax, $0x80"), "goes on", "#PF(4) at +2, address 0x5ffff002" },
        { "cli", CODE32("cli"), "goes on", "#PF(4) at +1, address 0x5ffff001" },
        { "mov from CR0", CODE32("mov %%cr0, %%eax"), "#GP(0) at +0", "#GP(0) at +0" },
        { "rdmsr", CODE32("rdmsr"), "#GP(0) at +0", "#GP(0) at +0" },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct trip t = trip_to(rows[i].code, selector);

        t.start.rip -= base;
        t.end -= base;
        t.ignore = OUTPUTS;
        trip_check(named("%s: %s", mode, rows[i].name), &t, base ? rows[i].based : rows[i].want);
    }
}

static void narrow(void)
{
    uint64_t *gdt = pv_pages_alloc(1);
    unsigned long frame = pv_virt_to_mfn(gdt);

    gdt[1] = 0x00cffb000000ffffUL;                  /* code of 32 bits, DPL 3 */
    gdt[2] = 0x00cffb000000ffffUL | 4096UL << 16;
    make_read_only(gdt);
    HYPERVISOR_set_gdt(&frame, 512);
    set_iopl(3);
    narrow_at(8 + 3, 0, "32-bit user");
    narrow_at(16 + 3, 4096, "32-bit user, code segment at 4096");
    set_iopl(0);
    HYPERVISOR_set_gdt(NULL, 0);
    make_writable(gdt);
    gdt[1] = gdt[2] = 0;
    pv_pages_free(gdt, 1);
}

static void ports_at(uint32_t level, const char *in, const char *flag)
{
    set_iopl(level);
    in_user(named("user: inb $0x80, %%al, I/O level %u", level), CODE64("inb $0x80, %%al"), in);
    in_user(named("user: inl %%dx, %%eax, I/O level %u", level), CODE64("inl %%dx, %%eax"), in);
    in_user(named("user: outb %%al, $0x80, I/O level %u", level), CODE64("outb %%al, $0x80"), in);
    in_user(named("user: outw %%ax, %%dx, I/O level %u", level), CODE64("outw %%ax, %%dx"), in);
    in_user(named("user: cli, I/O level %u", level), CODE64("cli"), flag);
    in_user(named("user: sti, I/O level %u", level), CODE64("sti"), flag);
    in_user(named("user: popf with IOPL 3, I/O level %u", level),
            CODE64("pushf; orl $0x3000, (%%rsp); popf"), "goes on");
}

static void ports(void)
{
    static uint8_t bits[8192];
    struct physdev_set_iobitmap op = { .nr_ports = 65536 };

    ports_at(0, "#GP(0) at +0", "#GP(0) at +0");
    ports_at(1, "#GP(0) at +0", "#GP(0) at +0");
    ports_at(2, "#GP(0) at +0", "#GP(0) at +0");
    ports_at(3, "goes on", "goes on");
    set_iopl(0);
    memset(bits, 0xff, sizeof(bits));
    bits[0x80 / 8] = 0xfe;
    set_xen_guest_handle(op.bitmap, bits);
    HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &op);
    in_user("user: inb $0x80, %al, its bit clear", CODE64("inb $0x80, %%al"), "goes on");
    in_user("user: inw $0x80, %ax, one bit clear", CODE64("inw $0x80, %%ax"), "#GP(0) at +0");
    in_user("user: inb $0x81, %al, its bit set", CODE64("inb $0x81, %%al"), "#GP(0) at +0");
    in_user("user: cli, with a bitmap", CODE64("cli"), "#GP(0) at +0");
    set_xen_guest_handle(op.bitmap, NULL);
    op.nr_ports = 0;
    HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &op);
    in_user("user: inb $0x80, %al, no bitmap", CODE64("inb $0x80, %%al"), "#GP(0) at +0");
}

/* Where code may be: in the lower half, in its last page, in the upper half. There the instruction is the
 * page's first, then its last, behind which comes `next`. */
static void at_ends(uint64_t cs, const char *mode, bool kernel)
{
    static const struct { const char *what; unsigned long page; const char *next[2]; } pages[] = {
        { "before a hole", TRIP_CODE,
          { "#PF(14) at +7, address 0x60001000", "#PF(10) at +7, address 0x60001000" } },
        { "before the gap", TRIP_TOP, { "#GP(0) at +7", "#GP(0) at +7" } },
        { "in the upper half", TRIP_HIGH + 511 * PV_PAGE_SIZE, { NULL, NULL } },
    };
    struct code forced = CODE64("ud2; .ascii \"xen\"; cpuid"), cr0 = CODE64("mov %%cr0, %%rax");

    for (unsigned int i = 0; i < COUNT(pages); i++) {
        struct trip t = trip_to(cr0, cs);

        t.ignore = OUTPUTS;
        t.start.rip = pages[i].page;
        t.end = t.start.rip + 3;
        trip_check(named("%s: mov from CR0, %s", mode, pages[i].what), &t,
                   kernel ? "goes on" : "#GP(0) at +0");
        trip_place(&t, forced, 0);
        t.start.rip = pages[i].page;
        t.end = t.start.rip + 7;
        trip_check(named("%s: forced CPUID, %s", mode, pages[i].what), &t, "goes on");
        if (!pages[i].next[0])
            continue;
        trip_place(&t, forced, PV_PAGE_SIZE - 7);
        t.start.rip = pages[i].page + PV_PAGE_SIZE - 7;
        t.end = 0;
        trip_check(named("%s: forced CPUID, right %s", mode, pages[i].what), &t, pages[i].next[kernel]);
    }
}

/* A program whose next page is not there yet: its kernel must hear of it. */
static void cut_off(uint64_t cs, const char *mode, unsigned int error)
{
    struct code forced = CODE64("ud2; .ascii \"xen\"; cpuid");

    for (unsigned int have = 2; have < 7; have++) {
        struct trip t = trip_to(CODE64("nop"), cs);
        unsigned long at = PV_PAGE_SIZE - have;

        memcpy(trip_code + at, forced.start, have);
        t.start.rip = TRIP_CODE + at;
        trip_check(named("%s: forced CPUID, %u of 7 bytes before a hole", mode, have), &t,
                   named("#PF(%u) at +0, address 0x60001000", error));
        t.start.rip = TRIP_TOP + at;
        trip_check(named("%s: forced CPUID, %u of 7 bytes before the gap", mode, have), &t,
                   named("#PF(%u) at +0, address 0x800000000000", error));
    }
}

/* Without a handler for #GP the guest is still starting: it reads zeros where it should not read. */
static void without_handler(void)
{
    static const struct { const char *name; uint32_t msr; const char *with, *without; } rows[] = {
        { "SPEC_CTRL", 0x48, "#GP(0) at +0", "goes on, rax=0, rdx=0" },
        { "MTRRcap", 0xfe, "#GP(0) at +0", "goes on, rax=0, rdx=0" },
        { "LSTAR", 0xc0000082, "#GP(0) at +0", "goes on, rax=0, rdx=0" },
        { "RAPL_POWER_UNIT, XSA-351", 0x606, "#GP(0) at +0", "goes on, rax=0, rdx=0" },
        { "0xdeadbeef", 0xdeadbeef, "#GP(0) at +0", "goes on, rax=0, rdx=0" },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct trip t = trip_to(CODE64("rdmsr"), TRIP_KERNEL_CS);

        t.start.rcx = rows[i].msr;
        trip_check(named("rdmsr, %s, with a handler for #GP", rows[i].name), &t, rows[i].with);
        trip_gates_but(13);
        trip_run(&t);
        trip_gates();
        check_text(named("rdmsr, %s, without a handler for #GP", rows[i].name), trip_text(&t),
                   rows[i].without);
    }
}

void test_modes(void)
{
    trip_init();
    kernels_only();
    everybodys();
    by_cr4();
    narrow();
    ports();
    at_ends(TRIP_KERNEL_CS, "kernel", true);
    at_ends(FLAT_USER_CS64, "user", false);
    cut_off(TRIP_KERNEL_CS, "kernel", 0);
    cut_off(FLAT_USER_CS64, "user", 4);
    without_handler();
}
