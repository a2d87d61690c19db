/* traps.c: the kernel's groups. */
#include "traps.h"

static void set_up(void)
{
    trip_init();
}

const struct kernel kernel = {
    .name = "traps", .checks = "exceptions of the guest kernel",
    .groups = (const struct group[]){
        { "set-up", set_up, "two address spaces, a trap table" },
        { "exceptions", test_exceptions, "exceptions of instructions" },
        { "segments", test_segments, "selectors and far transfers" },
        { "memory", test_memory, "page faults, non-canonical addresses" },
        { "hypercall", test_hypercall, "what a hypercall leaves, and code and stacks at edges" },
        { "debug", test_debug, "single steps and breakpoints" },
        { "iret", test_iret, "the iret hypercall" },
        { "table", test_table, "the trap table" },
        { "softints", test_softints, "software interrupts" },
        { "nmi", test_nmi, "non-maskable interrupts" },
        { "failsafe", test_failsafe, "the failsafe callback" },
        { "nested", test_nested, "traps within handlers; what a trap leaves alone" },
        { 0 },
    },
};
