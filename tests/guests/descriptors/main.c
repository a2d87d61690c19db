/* main.c: the groups of this kernel. */
#include "descriptors.h"

const struct kernel kernel = {
    .name = "descriptors", .checks = "GDT, LDT, single descriptors, segment bases",
    .groups = (const struct group[]){
        { "gdt", test_gdt,
          "set_gdt: frames and descriptors that must not be in it, what its selectors then do" },
        { "update", test_update_descriptor,
          "update_descriptor: every type of descriptor, every kind of address" },
        { "ldt", test_ldt, "MMUEXT_SET_LDT: limits, pages that will not do, faults at the guest's address" },
        { "bases", test_bases, "FS and GS bases by call, MSR and instruction; none that is not canonical" },
        { "modes", test_ldt_user,
          "the LDT in guest user mode: found by the kernel's tables, code that runs on it" },
        { 0 },
    },
};
