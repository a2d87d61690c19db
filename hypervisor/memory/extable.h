/* The exception table: instructions that may fault because of what a guest said, and where to go on when
 * they do. An entry is two absolute addresses in section .ex_table (hypervisor.ld gathers them between
 * ex_table_start and ex_table_end); the trap handler looks the faulting rip up and continues at the other
 * address with all registers as they were. */
#ifndef ENSO_MEMORY_EXTABLE_H
#define ENSO_MEMORY_EXTABLE_H

#ifdef __ASSEMBLY__

/* EXTABLE from, to: in assembly files. */
.macro EXTABLE from, to
    .pushsection .ex_table, "a"
    .balign 8
    .quad \from, \to
    .popsection
.endm

#else

/* For inline assembly: EXTABLE("1b", "2f"), or EXTABLE("1b", "%l[fault]") inside asm goto. */
#define EXTABLE(from, to)              \
    ".pushsection .ex_table, \"a\"\n"  \
    ".balign 8\n"                      \
    ".quad " from ", " to "\n"         \
    ".popsection\n"

#include "lib/types.h"

struct ex_table_entry {
    uint64_t from, to;
};
extern const struct ex_table_entry ex_table_start[], ex_table_end[];

/* Where to continue after a fault of the hypervisor at `rip`; 0: such a fault is a bug. */
uint64_t extable_find(uint64_t rip);

#endif
#endif
