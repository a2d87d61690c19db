/* main.c: the groups of this kernel. The FPU comes first: it looks at a new vcpu's registers. */
#include "processor.h"

const struct kernel kernel = {
    .name = "processor", .checks = "FPU, debug registers, ports, privileged instructions, CPUID, MSRs",
    .groups = (const struct group[]){
        { "fpu", test_fpu, "FPU and vector registers: reset at first, then ours, whatever comes between" },
        { "debug", test_debug_registers, "debug registers: reserved bits, breakpoints on the hypervisor" },
        { "ports", test_ports, "IN, OUT, I/O level and bitmap, the interrupt flag" },
        { "control", test_control, "CR0 to CR8, XCR0, TS: each bit that a guest may or may not change" },
        { "instructions", test_instructions,
          "the decoder: prefixes, operands, page ends; instructions left alone" },
        { "cpuid", test_cpuid, "CPUID: features on and off, hypervisor leaves, consistency" },
        { "msr", test_msrs, "MSRs: each read and write either refused or harmless" },
        { "modes", test_modes, "guest user mode, the ends of the address space, a guest without handlers" },
        { 0 },
    },
};
