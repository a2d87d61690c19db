/* processor.h: between the files of this kernel: its groups, and a way to run an instruction that is given as
 * bytes, with all registers before and behind it. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include "case.h"

void test_gdt(void);
void test_update_descriptor(void);
void test_ldt(void);
void test_bases(void);
void test_debug_registers(void);
void test_ports(void);
void test_control(void);
void test_instructions(void);
void test_cpuid(void);
void test_msrs(void);
void test_fpu(void);

/* An instruction: its bytes as a string, which may hold zeros. */
struct code {
    const char *bytes;
    unsigned int length;
};
#define CODE(text) { text, sizeof(text) - 1 }

/* Runs it, with the registers of *in but for rsp. 0, or TRAP(). The registers then are in probe_regs, which is
 * the trap's frame; where there was none rip is behind the instruction. */
long run(const struct code *code, const struct pv_regs *in);

/* The same where the instruction ends `room` bytes before the end of a page, behind which nothing is mapped, or
 * reaches over it. */
long run_at_end(const struct code *code, const struct pv_regs *in, unsigned int room);

/* Where run() and run_at_end() put it. */
extern uint64_t run_address;

/* The same, at any place where it is already, with an INT3 behind it. */
long run_there(const void *there, const struct pv_regs *in);
void run_at(const struct pv_regs *in, const void *code);

/* LAR and LSL: the value, or -1 where ZF says that the selector is not visible. */
/* The limit's upper bits, which some processors show, are left out. */
long load_rights(uint16_t selector);
long load_limit(uint16_t selector);
/* VERR, VERW */
bool may_read(uint16_t selector);
bool may_write(uint16_t selector);

enum segment { SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS, SEGMENTS };
extern const char *const segment_names[SEGMENTS];

/* Loads the selector into a segment register: 0 or TRAP(). The register is then what it was before. */
long try_load(enum segment segment, uint16_t selector);

long set_ldt(const void *base, unsigned long entries);

/* With probes: the value, and whether it came is then probe_result()'s. */
uint64_t read_msr(uint32_t msr);
void write_msr(uint32_t msr, uint64_t value);

struct leaf {
    uint32_t a, b, c, d;
};
/* CPUID by the forced-emulation prefix, and as it is. */
struct leaf forced_cpuid(uint32_t number, uint32_t sub);
struct leaf native_cpuid(uint32_t number, uint32_t sub);

long set_iopl(uint32_t level);

/* XCR0 can be written while CR4.OSXSAVE is on; sets it and returns what CR4 was. */
uint64_t xsave_on(void);
void write_cr4(uint64_t value);
uint32_t read_xcr0(void);
void write_xcr0(uint32_t value);

/* The hypervisor's first address: its table there is none of ours. */
#define HYPERVISOR_FIRST ((const void *)HYPERVISOR_VIRT_START)

/* Descriptors of 4 GiB at 0. */
#define DATA_DPL3   0x00cff3000000ffffUL
#define DATA_DPL0   0x00cf93000000ffffUL
#define CODE64_DPL3 0x00affb000000ffffUL
#define CODE64_DPL0 0x00af9b000000ffffUL
#define CODE32_DPL3 0x00cffb000000ffffUL
#define CALL_GATE   0x0040ec00e0330000UL    /* to FLAT_RING3_CS64 */
#define TSS_FREE    0x0000890000000067UL
#define LDT_DESC    0x0000e20000000fffUL

#endif
