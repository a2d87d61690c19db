/* groups.c: the groups of the kernel entries. */
#include "case.h"

void test_entries(void);
void test_slots(void);
void test_vamapping(void);

const struct kernel kernel = {
    .name = "entries", .checks = "entries of page tables: flags, levels, what they may lead to",
    .groups = (const struct group[]){
        { "entries", test_entries, "each flag at each level, new and changed: a bit let through" },
        { "slots", test_slots, "entries that reach the hypervisor's part, tables in themselves" },
        { "vamapping", test_vamapping, "update_va_mapping: an address or mask that is trusted" },
        { 0 },
    },
};
