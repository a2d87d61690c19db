/* calls.c: the kernel `calls`: hypercalls that need no set-up. */
#include "calls.h"
#include "case.h"

const struct kernel kernel = {
    .name = "calls", .checks = "hypercalls that need no set-up: numbers, pointers, lists, callbacks, rights",
    .groups = (const struct group[]){
        { "there", numbers_there, "each hypercall that exists, with a sub-operation that does not" },
        { "holes", numbers_holes, "numbers that are used as an index before they are compared" },
        { "high_bits", numbers_high_bits, "numbers wider than what is looked at" },
        { "version", version_values, "what the hypervisor says of itself" },
        { "texts", version_texts, "what stood on the hypervisor's stack behind a text, XSA-122" },
        { "version_pointers", version_pointers, "answers that are written where the guest may not write" },
        { "pointers_in", pointers_in, "arguments at every edge of the address space, XSA-4" },
        { "pointers_out", pointers_out, "answers at every edge of the address space, XSA-4 XSA-29" },
        { "multicall", multicall_lists, "what may stand in a list, and how many" },
        { "multicall_pointers", multicall_pointers,
          "lists that begin or end where the guest may not read or write" },
        { "multicall_iret", multicall_iret, "calls that go on behind a return to somewhere else, XSA-213" },
        { "page", hypercall_page, "stubs written where there is no ordinary page of ours" },
        { "register", callbacks_register, "entry points that are no addresses, XSA-193" },
        { "unregister", callbacks_unregister, "entry points that cannot be taken away" },
        { "event_entry", callbacks_event, "which entry an event takes" },
        { "nmi", callbacks_nmi, "the entry of the NMI" },
        { "assists", assists, "types of assists that are used as a shift before they are compared" },
        { "timer", timer_arguments, "deadlines of every size" },
        { "console", console, "counts and buffers that are believed" },
        { "physdev", physdev, "I/O rights; interrupts and devices, XSA-13 XSA-21 XSA-87" },
        { "old_forms", old_forms, "a second way to an operation that checks less" },
        { "absent", absent, "hypercalls for what a PV guest does not have" },
        { "privileged", privileged, "the control interface in the hands of a domU, XSA-492 XSA-499" },
        { "control", control, "the control interface with wrong versions, commands and domains" },
        { 0 },
    },
};
