/* run.h: a way to run an instruction that is given as bytes, with all registers before and behind it;
 * MSRs. */
#ifndef RUN_H
#define RUN_H

#include "case.h"

/* An instruction: its bytes as a string, which may hold zeros. */
struct insn {
    const char *bytes;
    unsigned int length;
};
#define INSN(text) { text, sizeof(text) - 1 }

/* Runs it, with the registers of *in but for rsp. 0, or TRAP(). The registers then are in probe_regs,
 * which is the trap's frame; where there was none rip is behind the instruction. */
long run(const struct insn *insn, const struct pv_regs *in);

/* The same where the instruction ends `room` bytes before the end of a page, behind which nothing is
 * mapped, or reaches over it. */
long run_at_end(const struct insn *insn, const struct pv_regs *in, unsigned int room);

/* Where run() and run_at_end() put it. */
extern uint64_t run_address;

/* The same, at any place where it is already, with an INT3 behind it. */
long run_there(const void *there, const struct pv_regs *in);
void run_at(const struct pv_regs *in, const void *code);

/* With probes: the value, and whether it came is then probe_result()'s. */
uint64_t read_msr(uint32_t msr);
void write_msr(uint32_t msr, uint64_t value);

/* The hypervisor's first address: its table there is none of ours. */
#define HYPERVISOR_FIRST ((const void *)HYPERVISOR_VIRT_START)

#endif
