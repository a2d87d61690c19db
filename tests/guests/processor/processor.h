/* processor.h: between the files of this kernel. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include "run.h"

void test_debug_registers(void);
void test_ports(void);
void test_control(void);
void test_instructions(void);
void test_cpuid(void);
void test_msrs(void);
void test_fpu(void);
void test_modes(void);

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

#endif
