/* vcpus.c: the groups. */
#include "second.h"

const struct kernel kernel = {
    .name = "vcpus", .checks = "vcpu_op, sched_op, and what a second vcpu changes",
    .groups = (const struct group[]){
        { "numbers", test_numbers, "vcpu_op by its arguments: numbers, sub-ops, pointers" },
        { "contexts", test_refused_contexts, "VCPUOP_initialise: what a vcpu may not start with, field by field" },
        { "start", test_start, "the registers of a new vcpu" },
        { "updown", test_up_down, "a second vcpu: first start, down, up, run states" },
        { "events", test_events, "IPIs, ports that move, NMIs, events of a vcpu that is down" },
        { 0 },
    },
};
