/* debugging.h: single steps and breakpoints in the mode that `cs` means; see debugging.c. */
#ifndef DEBUGGING_H
#define DEBUGGING_H

#include "trip.h"

/* DR7 for breakpoint n: what makes it trap, and the length of its piece of memory. */
#define DR7_EXECUTE(n) (3UL << (n) * 2)
#define DR7_WRITE(n, bytes) (3UL << (n) * 2 | 1UL << (16 + (n) * 4) | DR7_LENGTH(bytes) << (18 + (n) * 4))
#define DR7_ACCESS(n, bytes) (3UL << (n) * 2 | 3UL << (16 + (n) * 4) | DR7_LENGTH(bytes) << (18 + (n) * 4))
#define DR7_LENGTH(bytes) ((bytes) == 8 ? 2UL : (bytes) - 1UL)

#define FLAG_TF 0x100UL
#define FLAG_RF 0x10000UL

void debugging_steps(uint64_t cs);
void debugging_breakpoints(uint64_t cs);
void debugging_shadows(uint64_t cs);

/* A case: from a state, with breakpoint 0 at an address; DR6 is told after what came, and is clear before. */
void debugging_check(const char *name, struct trip *t, uint64_t address, uint64_t dr7, const char *want);

#endif
