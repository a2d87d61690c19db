/* softints.c: INT n for every n: who may raise which vector, and what the others get. The class of bug: a
 * gate open to user mode that the guest's kernel has not opened, a vector that is another one than was
 * asked for. */
#include "softints.h"

#include <stdio.h>
#include <string.h>

static struct trap_info table[257];

static void levels(unsigned int level)
{
    unsigned int v;

    for (v = 0; v < 256; v++)
        table[v] = (struct trap_info){ .vector = (uint8_t)v, .flags = (uint8_t)level, .cs = FLAT_KERNEL_CS,
                                       .address = TRIP_ENTRY(v) };
    HYPERVISOR_set_trap_table(table);
}

/* What INT n did, in terms of n. */
static const char *outcome(unsigned int n, uint64_t cs)
{
    struct trip t = trip_to(CODE64("int $99; nop"), cs);
    const struct pv_regs *r = &t.regs;
    uint64_t n_behind, at;

    trip_code[1] = (char)n;
    trip_run(&t);
    /* An interrupt by software has no error code, whatever its vector. */
    at = t.landing.frame[2] == TRIP_CODE + 2 ? TRIP_CODE + 2 : r->rip;
    n_behind = at == TRIP_CODE + 2;
    if (n_behind && r->vector == n)
        return "vector n";
    if (n_behind && r->vector == (n * 2 & 0xff))
        return "vector 2n";
    if (at == TRIP_CODE && r->vector == 13 && r->error == n * 8 + 2)
        return "#GP(8n+2)";
    if (at == TRIP_CODE && r->vector == 13 && r->error == n * 16 + 2)
        return "#GP(16n+2)";
    return trip_text(&t);
}

/* "vector n: 3-4 128; ...": the numbers of all n whose outcome is the same as that of `first`. */
static size_t add_numbers(char *text, size_t size, const char *const *outcomes, unsigned int first)
{
    size_t used = (size_t)snprintf(text, size, "%s%s:", first ? ", " : "", outcomes[first]);
    unsigned int n, end;

    for (n = first; n < 256 && used < size; n = end) {
        for (end = n + 1; end < 256 && strcmp(outcomes[end], outcomes[n]) == 0; end++)
            ;
        if (strcmp(outcomes[n], outcomes[first]) != 0)
            continue;
        used += (size_t)snprintf(text + used, size - used, end == n + 1 ? " %u" : " %u-%u", n, end - 1);
    }
    return used;
}

void softints_all(uint64_t cs, unsigned int level, const char *want)
{
    static const char *outcomes[256];
    static char text[600];
    unsigned int n, i;
    size_t used = 0;

    levels(level);
    for (n = 0; n < 256; n++) {
        const char *what = outcome(n, cs);

        for (i = 0; i < n && strcmp(outcomes[i], what) != 0; i++)
            ;
        outcomes[n] = i < n ? outcomes[i] : strdup(what);
    }
    for (n = 0; n < 256; n++) {
        for (i = 0; i < n && outcomes[i] != outcomes[n]; i++)
            ;
        if (i == n && used < sizeof(text))
            used += add_numbers(text + used, sizeof(text) - used, outcomes, n);
    }
    check_text(named("INT 0 to 255, all entries of level %u", level), text, want);
    trip_gates();
}

void softints_int80(uint64_t cs)
{
    struct trip t = trip_to(CODE64("int $0x80; nop"), cs);

    trip_check("INT 0x80, an entry of level 0", &t, "vector 0x80 at +2");
    trip_gate(0x80, 3, TRIP_ENTRY(0x80));
    trip_check("INT 0x80, an entry of level 3", &t, "vector 0x80 at +2");
    trip_gate(0x80, 4, TRIP_ENTRY(0x80));
    trip_check("INT 0x80, an entry of level 0 that masks events", &t, "vector 0x80 at +2, handler mask 1");
    trip_gate(0x80, 7, TRIP_ENTRY(0x80));
    trip_check("INT 0x80, an entry of level 3 that masks events", &t, "vector 0x80 at +2, handler mask 1");
    trip_gate(0x80, 0, TRIP_ENTRY(0x81));
    trip_check("INT 0x80, its entry leads elsewhere", &t, "vector 0x81 at +2");
    trip_gates_but(0x80);
    trip_check("INT 0x80, no entry", &t, "#GP(402) at +0");
    t.start.rflags |= 0x44400;    /* NT, AC, DF */
    trip_gates();
    trip_check("INT 0x80 with NT, AC and DF, XSA-259", &t, "vector 0x80 at +2, handler flags +DF");
    t.start.rflags |= 0x200000;
    t.start.rflags &= ~0x200UL;
    trip_check("INT 0x80 with NT, AC, DF and ID, events masked, XSA-259", &t,
               "vector 0x80 at +2, handler flags +DF +ID");
}
