/* vectors.h: exceptions that code raises, in the mode that `cs` means; see vectors.c. */
#ifndef VECTORS_H
#define VECTORS_H

#include "trip.h"

void vectors_plain(uint64_t cs);
void vectors_undefined(uint64_t cs);
void vectors_privileged(uint64_t cs);
void vectors_selectors(uint64_t cs);
void vectors_far(uint64_t cs);
void vectors_page_faults(uint64_t cs);
void vectors_hypervisor(uint64_t cs);

#endif
