/* ports.c: I/O ports, the I/O privilege level and bitmap, and the interrupt flag. The class of bug: an
 * access that reaches a real port although nobody gave it, or that is done with the wrong width or registers.
 * */
#include "processor.h"

#include <string.h>
#include <xen/physdev.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DELAY 0x80      /* a port without meaning: what a PC writes to it lights an LED at most */

static long set_iobitmap(void *bitmap, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle(op.bitmap, bitmap);
    return HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

static void levels(void)
{
    static const struct { uint32_t level; long want; } rows[] = {
        { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, -XEN_EINVAL }, { 0x80000000, -XEN_EINVAL },
        { 0xffffffff, -XEN_EINVAL },
        { 0, 0 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++)
        check(named("PHYSDEVOP_set_iopl, %#x", rows[i].level), set_iopl(rows[i].level), rows[i].want);
    check("PHYSDEVOP_set_iopl, argument NULL", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, NULL), -XEN_EFAULT);
    check("PHYSDEVOP_set_iopl, argument unmapped", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, UNMAPPED),
          -XEN_EFAULT);
    check("PHYSDEVOP_set_iopl, argument in hypervisor space",
          HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, HYPERVISOR_SPACE), -XEN_EFAULT);
    check("PHYSDEVOP_set_iopl, argument non-canonical",
          HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, NON_CANONICAL),
          -XEN_EFAULT);
}

/* Each form at each level: the kernel needs level 1. */
static void forms(void)
{
    static const struct { const char *name; struct insn code; } rows[] = {
        { "inb $0x80, %al", INSN("\xe4\x80") }, { "inw $0x80, %ax", INSN("\x66\xe5\x80") },
        { "inl $0x80, %eax", INSN("\xe5\x80") }, { "inb %dx, %al", INSN("\xec") },
        { "inw %dx, %ax", INSN("\x66\xed") }, { "inl %dx, %eax", INSN("\xed") },
        { "outb %al, $0x80", INSN("\xe6\x80") }, { "outw %ax, $0x80", INSN("\x66\xe7\x80") },
        { "outl %eax, $0x80", INSN("\xe7\x80") }, { "outb %al, %dx", INSN("\xee") },
        { "outw %ax, %dx", INSN("\x66\xef") }, { "outl %eax, %dx", INSN("\xef") },
        { "cli", INSN("\xfa") }, { "sti", INSN("\xfb") },
    };

    for (uint32_t level = 0; level < 4; level++) {
        set_iopl(level);
        for (unsigned int i = 0; i < COUNT(rows); i++) {
            struct pv_regs in = { .rax = 0, .rdx = DELAY };

            check(named("%s, I/O level %u", rows[i].name, level), run(&rows[i].code, &in),
                  level ? 0 : TRAP(13, 0));
        }
    }
    set_iopl(0);
}

/* What an `in` leaves in rax: as wide as it is, and what nobody drives reads as ones. 0xe0 to 0xef is
 * nobody's. */
static void values(void)
{
    static const struct { const char *name; struct insn code; uint64_t rax; } rows[] = {
        { "inb %dx, %al", INSN("\xec"), 0x11223344556677ff },
        { "inw %dx, %ax", INSN("\x66\xed"), 0x112233445566ffff },
        { "inl %dx, %eax", INSN("\xed"), 0x00000000ffffffff },
        { "inl %dx, %eax with REX.W", INSN("\x48\xed"), 0x00000000ffffffff },
        { "inb $0xe4, %al", INSN("\xe4\xe4"), 0x11223344556677ff },
    };

    set_iopl(1);
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct pv_regs in = { .rax = 0x1122334455667788, .rdx = 0x99990000000000e4 };
        long rc = run(&rows[i].code, &in);

        check_state(named("%s, nobody's port", rows[i].name), rc, 0, "rax is as expected",
                    probe_regs.rax == rows[i].rax && probe_regs.rdx == in.rdx);
    }
    set_iopl(0);
}

/* Ports that the hypervisor keeps for itself, and the last one. */
static void kept(void)
{
    static const struct { const char *name; uint16_t port; } rows[] = {
        { "0x21, interrupt controller", 0x21 }, { "0xa1, interrupt controller", 0xa1 },
        { "0x3fb, console", 0x3fb },
    };
    static const struct insn in_b = INSN("\xec"), in_l = INSN("\xed");
    struct pv_regs in = { 0 };
    long rc;

    set_iopl(1);
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        in.rdx = rows[i].port;
        rc = run(&in_b, &in);
        check_state(named("inb, port %s", rows[i].name), rc, 0, "nothing is there",
                    (probe_regs.rax & 0xff) == 0xff);
    }
    in.rdx = 0xffff;
    check("inb, port 0xffff", run(&in_b, &in), 0);
    check("inl, port 0xffff", run(&in_l, &in), 0);
    in.rdx = 0xfffd;
    check("inl, port 0xfffd", run(&in_l, &in), 0);
    set_iopl(0);
}

/* INS and OUTS. */
static void strings(void)
{
    static const struct { const char *name; struct insn code; long want; } rows[] = {
        { "outsb", INSN("\x6e"), 0 }, { "outsw", INSN("\x66\x6f"), 0 }, { "outsl", INSN("\x6f"), 0 },
        { "rep outsb", INSN("\xf3\x6e"), 0 }, { "outsb, GS", INSN("\x65\x6e"), 0 },
        { "insb", INSN("\x6c"), 0 }, { "insw", INSN("\x66\x6d"), 0 }, { "insl", INSN("\x6d"), 0 },
        { "rep insb", INSN("\xf3\x6c"), 0 },
    };
    static uint8_t buffer[16];

    for (uint32_t level = 0; level < 2; level++) {
        set_iopl(level);
        for (unsigned int i = 0; i < COUNT(rows); i++) {
            struct pv_regs in = { .rdx = 0xe4, .rsi = (uint64_t)buffer, .rdi = (uint64_t)buffer, .rcx = 4 };

            check(named("%s, I/O level %u, XSA-67", rows[i].name, level), run(&rows[i].code, &in),
                  level ? rows[i].want : TRAP(13, 0));
        }
    }
    set_iopl(0);
}

/* The bitmap lets ports through at level 0. */
static void bitmap(void)
{
    static uint8_t bits[8192 + 1];
    static const struct insn in_b = INSN("\xec"), in_w = INSN("\x66\xed"), in_l = INSN("\xed"),
    cli = INSN("\xfa");
    struct pv_regs in = { .rdx = DELAY };

    memset(bits, 0xff, sizeof(bits));
    check("PHYSDEVOP_set_iobitmap, 65536 ports", set_iobitmap(bits, 65536), 0);
    check("PHYSDEVOP_set_iobitmap, 65537 ports", set_iobitmap(bits, 65537), -XEN_EINVAL);
    check("PHYSDEVOP_set_iobitmap, 2^32 - 1 ports", set_iobitmap(bits, UINT32_MAX), -XEN_EINVAL);
    check("PHYSDEVOP_set_iobitmap, argument unmapped",
          HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, UNMAPPED),
          -XEN_EFAULT);
    check("inb, all bits set", run(&in_b, &in), TRAP(13, 0));
    bits[DELAY / 8] &= 0xfe;
    check("inb, its bit clear", run(&in_b, &in), 0);
    check("inw, the first bit clear", run(&in_w, &in), TRAP(13, 0));
    bits[DELAY / 8] &= 0xfc;
    check("inw, two bits clear", run(&in_w, &in), 0);
    check("inl, two bits clear", run(&in_l, &in), TRAP(13, 0));
    bits[DELAY / 8] &= 0xf0;
    check("inl, four bits clear", run(&in_l, &in), 0);
    in.rdx = DELAY + 7;
    bits[DELAY / 8] = 0x7f;
    bits[DELAY / 8 + 1] = 0xfe;
    check("inw, bits in two bytes clear", run(&in_w, &in), 0);
    bits[DELAY / 8 + 1] = 0xff;
    check("inw, the second byte's bit set", run(&in_w, &in), TRAP(13, 0));
    check("cli, with a bitmap", run(&cli, &in), TRAP(13, 0));
    in.rdx = DELAY;
    bits[DELAY / 8] = 0;
    set_iobitmap(bits, DELAY);
    check("inb, the port behind the bitmap's end", run(&in_b, &in), TRAP(13, 0));
    set_iobitmap(bits, DELAY + 1);
    check("inb, the bitmap's last port", run(&in_b, &in), 0);
    check("inw, over the bitmap's end", run(&in_w, &in), TRAP(13, 0));
    check("PHYSDEVOP_set_iobitmap, bitmap unmapped", set_iobitmap(UNMAPPED, 65536), 0);
    check("inb, bitmap unmapped", run(&in_b, &in), TRAP(13, 0));
    check("PHYSDEVOP_set_iobitmap, bitmap in hypervisor space", set_iobitmap(HYPERVISOR_SPACE, 65536),
          -XEN_EINVAL);
    set_iobitmap(NULL, 0);
    check("inb, no bitmap", run(&in_b, &in), TRAP(13, 0));
}

/* The interrupt flag is not the guest's: always on, whatever is written. */
static void flags(void)
{
    static const struct insn pushf = INSN("\x9c\x58"), popf = INSN("\x50\x9d\x9c\x58"), cli = INSN("\xfa");
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];

    for (uint32_t level = 0; level < 4; level += 3) {
        struct pv_regs in = { .rax = 0x2 };

        set_iopl(level);
        run(&pushf, &in);
        check(named("pushf, I/O level %u: IF, IOPL", level), (long)(probe_regs.rax & 0x3200), 0x200);
        check(named("popf of 2, I/O level %u", level), run(&popf, &in), 0);
        check(named("popf of 2, I/O level %u: IF, IOPL", level), (long)(probe_regs.rax & 0x3200), 0x200);
        in.rax = 0x3202;
        run(&popf, &in);
        check(named("popf with IOPL 3, I/O level %u: IF, IOPL", level), (long)(probe_regs.rax & 0x3200),
              0x200);
        in.rax = 0x4202;
        run(&popf, &in);
        check(named("popf with NT, I/O level %u: NT", level), (long)(probe_regs.rax & 0x4000), 0x4000);
    }
    set_iopl(1);
    run(&cli, &(struct pv_regs){ 0 });
    check_state("cli, I/O level 1: upcalls masked", v->evtchn_upcall_mask, 0, "IF is on",
                probe_regs.rflags & 0x200);
    set_iopl(0);
}

void test_ports(void)
{
    levels();
    forms();
    values();
    kept();
    strings();
    bitmap();
    flags();
}
