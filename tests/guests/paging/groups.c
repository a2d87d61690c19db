/* groups.c: the groups of the kernel paging. */
#include "case.h"

void test_trapped(void);
void test_forms(void);
void test_roots(void);
void test_flushes(void);
void test_mmuext(void);

const struct kernel kernel = {
    .name = "paging", .checks = "tables in use: direct writes, roots, flushes, other extended operations",
    .groups = (const struct group[]){
        { "trapped", test_trapped, "who may write an entry directly, and which" },
        { "forms", test_forms, "each instruction that writes an entry directly, against plain memory" },
        { "roots", test_roots, "changing the address space: a root that is none" },
        { "flushes", test_flushes, "a translation that outlives its entry" },
        { "mmuext", test_mmuext, "the other extended operations and lists of them" },
        { 0 },
    },
};
