/* returns.h: iret hypercalls to the mode that `cs` means; see returns.c. */
#ifndef RETURNS_H
#define RETURNS_H

#include "trip.h"

void returns_flags(uint64_t cs);
void returns_selectors(uint64_t cs);
void returns_addresses(uint64_t cs);
void returns_syscall(uint64_t cs);
void returns_syscall_addresses(uint64_t cs);

#endif
