/* instructions.c: what the interpreter takes and what it leaves: prefixes, operands, instructions that
 * reach into another page, and all the privileged ones that are no business of a guest. The class of bug: a
 * decoder that reads beyond what it fetched, or that does something to a real register. */
#include "processor.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint8_t memory[64];

/* Instructions with a fixed answer. rax points to memory of ours, rcx is 0. */
static void privileged(void)
{
    static const struct { const char *name; struct insn code; long want; } rows[] = {
        { "clts", INSN("\x0f\x06"), 0 },
        { "wbinvd", INSN("\x0f\x09"), 0 },
        { "wbnoinvd", INSN("\xf3\x0f\x09"), 0 },
        { "invd", INSN("\x0f\x08"), TRAP(13, 0) },
        { "invlpg (%rax)", INSN("\x0f\x01\x38"), TRAP(13, 0) },
        { "lgdt (%rax)", INSN("\x0f\x01\x10"), TRAP(13, 0) },
        { "lidt (%rax)", INSN("\x0f\x01\x18"), TRAP(13, 0) },
        { "lldt %ax", INSN("\x0f\x00\xd0"), TRAP(13, 0) },
        { "lldt (%rax)", INSN("\x0f\x00\x10"), TRAP(13, 0) },
        { "ltr %ax", INSN("\x0f\x00\xd8"), TRAP(13, 0) },
        { "lmsw %cx", INSN("\x0f\x01\xf1"), TRAP(13, 0) },
        { "lmsw (%rax)", INSN("\x0f\x01\x30"), TRAP(13, 0) },
        { "sgdt (%rax)", INSN("\x0f\x01\x00"), 0 },
        { "sidt (%rax)", INSN("\x0f\x01\x08"), 0 },
        { "sldt %eax", INSN("\x0f\x00\xc0"), 0 },
        { "str %eax", INSN("\x0f\x00\xc8"), 0 },
        { "smsw %eax", INSN("\x0f\x01\xe0"), 0 },
        { "rdtsc", INSN("\x0f\x31"), 0 },
        { "rdpmc", INSN("\x0f\x33"), TRAP(13, 0) },
        { "xgetbv", INSN("\x0f\x01\xd0"), 0 },
        { "xgetbv, register 2", INSN("\xb1\x02\x0f\x01\xd0"), TRAP(13, 0) },
        { "sysret", INSN("\x48\x0f\x07"), TRAP(13, 0) },
        { "ud2", INSN("\x0f\x0b"), TRAP(6, 0) },
        { "swapgs", INSN("\x0f\x01\xf8"), TRAP(13, 0) },
        { "hlt", INSN("\xf4"), TRAP(13, 0) },
        { "in from a far port of 16 bits", INSN("\x66\xed"), TRAP(13, 0) },
        { "iret to ring 0", INSN("\x6a\x00\x54\x6a\x02\x68\x08\xe0\x00\x00\x50\x48\xcf"), TRAP(13, 0xe008) },
        { "far return to ring 0", INSN("\x68\x08\xe0\x00\x00\x50\x48\xcb"), TRAP(13, 0xe008) },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct pv_regs in = { .rax = (uint64_t)memory };

        memset(memory, 0, sizeof(memory));
        check(rows[i].name, run(&rows[i].code, &in), rows[i].want);
    }
}

/* Instructions whose trap depends on the processor. */
static void refused(void)
{
    static const struct { const char *name; struct insn code; } rows[] = {
        { "monitor", INSN("\x0f\x01\xc8") }, { "mwait", INSN("\x0f\x01\xc9") },
        { "clac", INSN("\x0f\x01\xca") },
        { "stac", INSN("\x0f\x01\xcb") }, { "vmcall", INSN("\x0f\x01\xc1") },
        { "vmrun", INSN("\x0f\x01\xd8") },
        { "vmmcall", INSN("\x0f\x01\xd9") }, { "vmload", INSN("\x0f\x01\xda") },
        { "vmsave", INSN("\x0f\x01\xdb") }, { "stgi", INSN("\x0f\x01\xdc") },
        { "clgi", INSN("\x0f\x01\xdd") },
        { "skinit", INSN("\x0f\x01\xde") }, { "invlpga", INSN("\x0f\x01\xdf") },
        { "invpcid", INSN("\x66\x0f\x38\x82\x08") }, { "xsaves", INSN("\x0f\xc7\x28") },
        { "xrstors", INSN("\x0f\xc7\x18") }, { "rsm", INSN("\x0f\xaa") }, { "sysexit", INSN("\x48\x0f\x35") },
        { "vmxon", INSN("\xf3\x0f\xc7\x30") }, { "vmread", INSN("\x0f\x78\xc8") },
        { "getsec", INSN("\x0f\x37") },
        { "lock clts", INSN("\xf0\x0f\x06") }, { "lock wbinvd", INSN("\xf0\x0f\x09") },
        { "lock cli", INSN("\xf0\xfa") },
        { "lock mov from CR0", INSN("\xf0\x0f\x20\xc0") }, { "lock rdmsr", INSN("\xf0\x0f\x32") },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct pv_regs in = { .rax = (uint64_t)memory };
        long rc = run(&rows[i].code, &in);

        check_true(named("%s: #UD or #GP", rows[i].name), rc == TRAP(6, 0) || rc == TRAP(13, 0));
    }
}

/* What the visible ones tell. UMIP, where it is on, hides them. */
static void tables(void)
{
    static const struct insn smsw = INSN("\x0f\x01\xe0"), sldt = INSN("\x0f\x00\xc0");
    static const struct insn str = INSN("\x0f\x00\xc8");
    struct pv_regs in = { .rax = 0x5555 };

    check_true("smsw: PE and NE, or hidden", run(&smsw, &in) != 0 || (probe_regs.rax & 0x21) == 0x21);
    check_true("sldt: no LDT, or hidden", run(&sldt, &in) != 0 || (probe_regs.rax & 0xffff) == 0);
    check_true("str: the hypervisor's task segment, or hidden",
               run(&str, &in) != 0 || probe_regs.rax >= 0xe000);
}

/* mov from CR0 with prefixes, and others. */
static void prefixes(void)
{
    static const struct { const char *name; struct insn code; long want; } rows[] = {
        { "66 mov from CR0", INSN("\x66\x0f\x20\xc0"), 0 },
        { "67 mov from CR0", INSN("\x67\x0f\x20\xc0"), 0 },
        { "cs mov from CR0", INSN("\x2e\x0f\x20\xc0"), 0 },
        { "fs mov from CR0", INSN("\x64\x0f\x20\xc0"), 0 },
        { "gs mov from CR0", INSN("\x65\x0f\x20\xc0"), 0 },
        { "REX.W mov from CR0", INSN("\x48\x0f\x20\xc0"), 0 },
        { "rep mov from CR0", INSN("\xf3\x0f\x20\xc0"), 0 },
        { "repne mov from CR0", INSN("\xf2\x0f\x20\xc0"), 0 },
        { "rep clts", INSN("\xf3\x0f\x06"), 0 },
        { "REX behind which a prefix comes: mov from CR0", INSN("\x44\x66\x0f\x20\xc0"), 0 },
        { "two REX: mov from CR0", INSN("\x44\x48\x0f\x20\xc0"), 0 },
        { "ModRM with memory mode: mov from CR0", INSN("\x0f\x20\x00"), 0 },
        { "ModRM with memory and displacement mode: mov from CR0", INSN("\x0f\x20\x40"), 0 },
        { "14 bytes: mov from CR0", INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x20\xc0"), 0 },
        { "15 bytes: mov from CR0", INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x20\xc0"), 0 },
        { "16 bytes: mov from CR0", INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x20\xc0"),
          TRAP(13, 0) },
        { "17 prefixes: clts",
          INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x06"), TRAP(13, 0) },
        { "15 bytes: clts", INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x06"), 0 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct pv_regs in = { .rax = (uint64_t)memory };
        long rc = run(&rows[i].code, &in);
        uint64_t behind = run_address + (rc == 0 ? rows[i].code.length : 0);

        check_state(named("%s, XSA-123", rows[i].name), rc, rows[i].want,
                    rc == 0 ? "rip is behind it" : "rip is on it", probe_regs.rip == behind);
    }
}

/* Operands in every register, rsp too; nothing else is touched. */
static void operands(void)
{
    /* in pv_regs */
    static const uint8_t slots[16] = { 10, 11, 12, 5, 20, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0 };
    static const char *const names[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                           "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

    for (unsigned int reg = 0; reg < 16; reg++) {
        /* mov %reg, %cr2; mov %cr2, %reg */
        char to[] = { (char)(reg < 8 ? 0x40 : 0x41), 0x0f, 0x22, (char)(0xd0 | (reg & 7)) };
        char from[] = { (char)(reg < 8 ? 0x40 : 0x41), 0x0f, 0x20, (char)(0xd0 | (reg & 7)) };
        struct insn code = { to, 4 };
        struct pv_regs in;
        uint64_t *slot = (uint64_t *)&in + slots[reg], *got = (uint64_t *)&probe_regs + slots[reg];
        unsigned int others = 0;
        long rc;

        for (unsigned int i = 0; i < sizeof(in) / 8; i++)
            ((uint64_t *)&in)[i] = 0x1100000000000000 * (i % 15) + i;
        rc = run(&code, &in);
        check_state(named("mov %%%s to CR2", names[reg]), rc, 0, "CR2 is the register",
                    pv_shared_info->vcpu_info[0].arch.cr2 == *got && (reg == 4 || *got == *slot));
        if (reg == 4)
            continue;    /* the frame of the trap behind it would lie anywhere */
        __asm__ volatile("mov %0, %%cr2" : : "r"(0x123456789abcdef0));
        code.bytes = from;
        rc = run(&code, &in);
        for (unsigned int i = 0; i < 15; i++)
            others += i != slots[reg] && ((uint64_t *)&in)[i] != ((uint64_t *)&probe_regs)[i];
        check_state(named("mov CR2 to %%%s", names[reg]), rc, 0,
                    "it is there, the other registers are as before",
                    *got == 0x123456789abcdef0 && others == 0);
    }
}

/* Instructions that the end of mapped memory cuts off. Whether the fault was a fetch is left out: it
 * depends on when the processor looked at the bytes. Where all is there the fault comes with the next
 * instruction. */
static void cut_off(void)
{
    static const struct { const char *name; struct insn code; } rows[] = {
        { "mov from CR0", INSN("\x0f\x20\xc0") },
        { "clts", INSN("\x0f\x06") },
        { "forced CPUID", INSN("\x0f\x0bxen\x0f\xa2") },
        { "inb $0x80, %al", INSN("\xe4\x80") },
        { "many prefixes, mov from CR0", INSN("\x66\x66\x66\x66\x66\x66\x0f\x20\xc0") },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++)
        for (unsigned int room = rows[i].code.length; room > 0; room--) {
            struct pv_regs in = { 0 };
            bool port = room == 2 && i == 3;
            long rc;

            probe_address = 0;
            rc = run_at_end(&rows[i].code, &in, room);
            check_state(named("%s, %u of %u bytes before a page that is not mapped", rows[i].name, room,
                              rows[i].code.length), rc & ~0x10L, port ? TRAP(13, 0) : TRAP(14, 0),
                        "a fault's address is the page's", port || probe_address == run_address + room);
        }
}

/* A trapped instruction with an event behind it: what arrives without the hypervisor's knowledge is
 * delivered when it next looks. */
static volatile unsigned int events;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    events++;
}

static void event_behind(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];
    uint64_t value = 0, rsp_before, rsp_after;
    long rc;

    events = 0;
    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp_before));
    __atomic_fetch_or(&pv_shared_info->evtchn_pending[port / 64], 1UL << (port % 64), __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&v->evtchn_pending_sel, 1UL << (port / 64), __ATOMIC_SEQ_CST);
    v->evtchn_upcall_pending = 1;
    PROBE("mov %%cr0, %0", ARGS("=r"(value)), );
    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp_after));
    rc = probe_result();
    check_state("mov from CR0 with an event behind it", rc, 0, "the event came, the stack is where it was",
                events == 1 && rsp_after == rsp_before && v->evtchn_upcall_mask == 0 && (value & 1));
    pv_event_close((evtchn_port_t)port);
}

/* Single step over an emulated instruction stops behind it. */
static void stepped(void)
{
    static const struct { const char *name; struct insn code; unsigned int first; } rows[] = {
        { "nop", INSN("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\x90\x90"), 10 },
        { "mov from CR0", INSN("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\x0f\x20\xc0\x90"), 12 },
        { "forced CPUID", INSN("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\x0f\x0bxen\x0f\xa2\x90"), 16 },
    };

    for (unsigned int i = 0; i < COUNT(rows); i++) {
        struct pv_regs in = { 0 };
        long rc;

        HYPERVISOR_set_debugreg(6, 0);
        rc = run(&rows[i].code, &in);
        check_state(named("single step, %s", rows[i].name), rc, TRAP(1, 0),
                    "rip is behind it, DR6 has BS", probe_regs.rip == run_address + rows[i].first &&
                    HYPERVISOR_get_debugreg(6) == 0xffff4ff0);
    }
    HYPERVISOR_set_debugreg(6, 0);
}

void test_instructions(void)
{
    privileged();
    refused();
    tables();
    prefixes();
    operands();
    cut_off();
    event_behind();
    stepped();
}
