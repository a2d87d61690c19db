/* events.c: the kernel of event channels: its groups. The class of bug: a guest's port, vcpu or domain used
 * as an index before it is checked; an event lost, delivered twice, or left over for the port's next user. */
#include "events.h"

const struct kernel kernel = {
    .name = "events", .checks = "event channels: every operation, delivery, masking, polling",
    .groups = (const struct group[]){
        { "fresh", test_fresh, "ports of which the hypervisor may not have made anything yet" },
        { "arguments", test_arguments, "arguments that can't be read or written" },
        { "numbers", test_numbers, "ports and vcpus that do not exist" },
        { "domains", test_domains, "domains that do not exist, are special, or are not ours to ask about" },
        { "types", test_types, "each operation on a port of each kind" },
        { "exhaustion", test_exhaustion, "the lowest free port, the last one, none, and again" },
        { "bindings", test_bindings, "what each way to open a port makes of it" },
        { "virqs", test_virqs, "each virtual interrupt: bound, twice, wrongly" },
        { "loop", test_loop, "two ports of our own, connected" },
        { "closing", test_closing, "closing while connected, pending or masked; what the next user finds" },
        { "masking", test_masking, "pending, mask, selector and upcall bits after each step" },
        { "delivery", test_delivery, "handlers run exactly once, in time, also for events that they send" },
        { "polling", test_polling, "SCHEDOP_poll: its ports" },
        { "waiting", test_waiting, "SCHEDOP_poll and SCHEDOP_block: when they return" },
        { "upcall", test_upcall, "the frame of an upcall, registers, nesting, guest user mode" },
        { "fifo", test_fifo, "FIFO channels" },
        { "pirqs", test_pirqs, "physical interrupts" },
        { "compat", test_compat, "the old hypercall" },
        { "second", test_second_vcpu, "ports of a second vcpu, which a domU has here" },
        { "races", test_races, "a second vcpu that opens, closes and sends at the same time" },
        { "reset", test_reset, "closing all ports in one go" },
        { 0 },
    },
};
