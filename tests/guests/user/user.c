/* user.c: the kernel's groups. */
#include "user.h"

static void set_up(void)
{
    trip_init();
}

const struct kernel kernel = {
    .name = "user", .checks = "guest user mode",
    .groups = (const struct group[]){
        { "set-up", set_up, "two address spaces, a trap table" },
        { "exceptions", test_exceptions, "exceptions of instructions" },
        { "segments", test_segments, "selectors and far transfers" },
        { "memory", test_memory, "page faults, non-canonical addresses" },
        { "refused", test_refused, "what user code may not do, entries by level, NMIs, the FPU's owner" },
        { "debug", test_debug, "single steps and breakpoints" },
        { "iret", test_iret, "the iret hypercall to user mode" },
        { "iret32", test_iret32, "the iret hypercall to 32-bit user mode" },
        { "softints", test_softints, "software interrupts" },
        { "softints32", test_softints32, "software interrupts of 32-bit code" },
        { "syscalls", test_syscalls, "syscall and sysenter with and without callbacks" },
        { "compat", test_compat, "32-bit code" },
        { "state", test_state, "selectors, segment bases, the FPU" },
        { "stack", test_stack, "stack_switch" },
        { "events", test_events, "upcalls at the return to user mode, and in it" },
        { 0 },
    },
};
