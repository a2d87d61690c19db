/* run.c: single instructions that are given as bytes, and MSRs. */
#include "run.h"

#include <string.h>

#define INT3 0xcc

uint64_t run_address;

/* Two pages, the first of them for code, writable too; the second is not there. They are of the image,
 * because the tables above the heap do not let anything be executed. */
static uint8_t *code_page(void)
{
    static uint8_t pages[2 * PV_PAGE_SIZE] __attribute__((aligned(PV_PAGE_SIZE)));
    static bool mapped;

    if (!mapped) {
        set_va(pages, entry_for(pages, FLAGS_RW));
        set_va(pages + PV_PAGE_SIZE, 0);
        mapped = true;
    }
    return pages;
}

/* The INT3 behind the instruction is its good end: unless it is reached, the trap is the instruction's. */
long run_there(const void *there, const struct pv_regs *in)
{
    long result;

    probe_result();
    run_at(in, there);
    result = probe_result();
    if (result != TRAP(3, 0))
        return result;
    probe_regs.rip--;
    return 0;
}

long run(const struct insn *insn, const struct pv_regs *in)
{
    uint8_t *at = code_page();

    memcpy(at, insn->bytes, insn->length);
    at[insn->length] = INT3;
    run_address = (uint64_t)at;
    return run_there(at, in);
}

long run_at_end(const struct insn *insn, const struct pv_regs *in, unsigned int room)
{
    uint8_t *end = code_page() + PV_PAGE_SIZE, *at = end - room;
    unsigned int length = insn->length < room ? insn->length : room;

    memcpy(at, insn->bytes, length);
    if (length < room)
        at[length] = INT3;
    run_address = (uint64_t)at;
    return run_there(at, in);
}

uint64_t read_msr(uint32_t msr)
{
    uint32_t low = 0, high = 0;

    PROBE("rdmsr", ARGS("+a"(low), "+d"(high)), ARGS("c"(msr)));
    return (uint64_t)high << 32 | low;
}

void write_msr(uint32_t msr, uint64_t value)
{
    PROBE("wrmsr", , ARGS("c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))));
}
