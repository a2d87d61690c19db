/* trip_text.c: what came of a trip, in words: what is not as it must be, and nothing else. */
#include "trip.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FLAGS_ARITHMETIC 0x8d5UL
#define FLAG_IF 0x200UL
#define FLAG_RF 0x10000UL

static char *text;
static size_t used;

#define TEXT_SIZE 200

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    used += (size_t)vsnprintf(text + used, TEXT_SIZE - used, format, args);
    va_end(args);
    if (used > TEXT_SIZE - 1)
        used = TEXT_SIZE - 1;
}

static void add_entry(const struct pv_regs *r, bool has_error)
{
    static const char *const names[] = {
        [0] = "#DE", [1] = "#DB", [2] = "NMI", [3] = "#BP", [4] = "#OF", [5] = "#BR", [6] = "#UD",
        [7] = "#NM",
        [8] = "#DF", [10] = "#TS", [11] = "#NP", [12] = "#SS", [13] = "#GP", [14] = "#PF", [16] = "#MF",
        [17] = "#AC", [18] = "#MC", [19] = "#XM", [21] = "#CP",
        [TRIP_EVENT] = "event", [TRIP_FAILSAFE] = "failsafe", [TRIP_SYSCALL] = "syscall",
        [TRIP_SYSCALL32] = "syscall32", [TRIP_SYSENTER] = "sysenter",
    };
    const char *name = r->vector < TRIP_ENTRIES ? names[r->vector] : NULL;

    if (name)
        add("%s", name);
    else
        add("vector %#lx", r->vector);
    if (has_error)
        add("(%lx)", r->error);
}

static void add_place(uint64_t address, uint64_t base)
{
    if (address - base < PV_PAGE_SIZE)
        add("+%ld", (long)(address - base));
    else if (base - address < PV_PAGE_SIZE)
        add("-%ld", (long)(base - address));
    else
        add("%#lx", address);
}

static void add_flags(const char *of, uint64_t flags, uint64_t wanted)
{
    static const struct {
        uint64_t flag;
        const char *name;
    } names[] = {
        { 0x2, "bit1" }, { 0x8, "bit3" }, { 0x20, "bit5" }, { 0x100, "TF" }, { 0x200, "IF" }, { 0x400, "DF" },
        { 0x1000, "IOPL1" }, { 0x2000, "IOPL2" }, { 0x4000, "NT" }, { 0x8000, "bit15" }, { 0x10000, "RF" },
        { 0x20000, "VM" }, { 0x40000, "AC" }, { 0x80000, "VIF" }, { 0x100000, "VIP" }, { 0x200000, "ID" },
    };
    uint64_t changed = (flags ^ wanted) & ~FLAGS_ARITHMETIC;
    unsigned int i;

    if (!changed)
        return;
    add(", %s", of);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (changed & names[i].flag)
            add(" %c%s", flags & names[i].flag ? '+' : '-', names[i].name);
    if (changed >> 22)
        add(" and above");
}

static void add_registers(const struct trip *t)
{
    static const char *const names[] = { "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
                                        "rax",
                                         "rcx", "rdx", "rsi", "rdi" };
    const uint64_t *before = (const uint64_t *)&t->start, *after = (const uint64_t *)&t->regs;
    unsigned int i;

    for (i = 0; i < 15; i++) {
        if (before[i] == after[i] || (t->ignore >> i & 1))
            continue;
        add(", %s", names[i]);
        if (after[i] - TRIP_CODE < PV_PAGE_SIZE)
            add("=code+%ld", (long)(after[i] - TRIP_CODE));
        else
            add("=%lx", after[i]);
    }
}

static void add_selectors(const struct trip *t)
{
    const struct landing *l = &t->landing;

    if (l->ds != t->ds)
        add(", ds %lx", l->ds);
    if (l->es != t->es)
        add(", es %lx", l->es);
    if (l->fs != t->fs)
        add(", fs %lx", l->fs);
    if (l->gs != 0)
        add(", gs %lx", l->gs);
}

/* The frame: what the interrupted code was doing. */
static void add_frame(const struct trip *t)
{
    const struct pv_regs *r = &t->regs, *s = &t->start;
    uint64_t rf = (s->rflags & FLAG_RF) ? 0 : FLAG_RF;

    if ((r->cs & 0xffff) != s->cs)
        add(", cs %lx", r->cs & 0xffff);
    if ((r->cs >> 32) != !(s->rflags & FLAG_IF))
        add(", saved mask %lx", r->cs >> 32);
    if (r->cs >> 16 & 0xffff)
        add(", above cs %lx", r->cs >> 16 & 0xffff);
    add_flags("flags", r->rflags & ~rf, s->rflags & ~rf);
    if ((uint64_t)trip_kernel_stack - r->rsp <= 4 * PV_PAGE_SIZE) {
        add(", rsp kernel-%ld", (long)((uint64_t)trip_kernel_stack - r->rsp));
    } else if (r->rsp != s->rsp) {
        add(", rsp ");
        add_place(r->rsp, s->rsp);
    }
    if (r->ss != (s->ss | 3))
        add(", ss %lx", r->ss);
}

/* The state in which the handler started. */
static void add_handler(const struct trip *t)
{
    const struct landing *l = &t->landing;
    uint64_t stack = (t->regs.cs & 3) == 3 ? (uint64_t)trip_kernel_stack : t->regs.rsp & ~15UL;

    if (l->cs != FLAT_KERNEL_CS)
        add(", handler cs %lx", l->cs);
    if (l->ss != FLAT_KERNEL_SS)
        add(", handler ss %lx", l->ss);
    add_flags("handler flags", l->rflags, TRIP_FLAGS);
    if (l->mask != !(t->start.rflags & FLAG_IF))
        add(", handler mask %lx", l->mask);
    if (l->rsp != stack - 8 * l->words) {
        add(", frame at ");
        add_place(l->rsp, stack - 8 * l->words);
    }
}

const char *trip_text(const struct trip *t)
{
    static char texts[4][TEXT_SIZE];
    static unsigned int next;
    const struct pv_regs *r = &t->regs;

    text = texts[next++ % 4];
    used = 0;
    if (r->vector == 6 && r->rip == t->end) {
        add("goes on");
    } else {
        add_entry(r, t->landing.words == 8);
        add(" at ");
        add_place(r->rip, t->start.rip);
    }
    if (r->vector == 14 && t->landing.cr2 != t->cr2)
        add(", address %#lx", t->landing.cr2);
    add_frame(t);
    add_handler(t);
    add_registers(t);
    add_selectors(t);
    if ((r->vector == 14) != (t->landing.cr2 != t->cr2))
        add(", cr2 %s", r->vector == 14 ? "as before" : "changed");
    return text;
}
