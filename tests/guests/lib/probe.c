/* probe.c: takes the traps of probed instructions. */
#include "case.h"
#include "internal.h"

volatile uint64_t probe_resume;
struct pv_regs probe_regs;
uint64_t probe_address;

static long result;

static bool on_trap(struct pv_regs *regs)
{
    if (probe_resume == 0)
        return false;    /* not ours: the kit's report */
    probe_regs = *regs;
    probe_address = pv_fault_address();
    result = TRAP(regs->vector, regs->error & 0xffff);
    regs->rip = probe_resume;
    regs->rflags &= ~0x100UL;    /* TF */
    return true;
}

long probe_result(void)
{
    long r = result;

    result = 0;
    return r;
}

void probe_init(void)
{
    unsigned int v;

    for (v = 0; v < 256; v++)
        if (v != 2)
            pv_trap_handler(v, on_trap);
}
