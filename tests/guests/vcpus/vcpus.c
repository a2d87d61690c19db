/* vcpus.c: the groups. */
#include "second.h"

const struct kernel kernel = {
    .name = "vcpus", .checks = "vcpu_op, sched_op, and what a second vcpu changes",
    .groups = (const struct group[]){
        { "numbers", test_numbers, "vcpu_op by its arguments: numbers, sub-ops, pointers" },
        { "contexts", test_refused_contexts,
          "VCPUOP_initialise: what a vcpu may not start with, field by field" },
        { "start", test_start, "the registers of a new vcpu" },
        { "updown", test_up_down, "a second vcpu: first start, down, up, run states" },
        { "events", test_events, "IPIs, ports that move, NMIs, events of a vcpu that is down" },
        { "traps", test_traps, "exceptions, user mode and state of its own on the second vcpu" },
        { "info", test_info, "VCPUOP_register_vcpu_info: where a record may go, what goes with it" },
        { "tlb", test_tlb, "TLB flushes that must take effect on another vcpu" },
        { "types", test_types, "a page gets another use while another vcpu writes to it" },
        { "races", test_races, "two vcpus at the same thing at once" },
        { "sched", test_sched, "sched_op: sleeping, polling, watchdogs, and who may stop whom" },
        { 0 },
    },
};
