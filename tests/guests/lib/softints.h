/* softints.h: INT n in the mode that `cs` means; see softints.c. */
#ifndef SOFTINTS_H
#define SOFTINTS_H

#include "trip.h"

/* All 256 of them while every entry of the trap table has this level. */
void softints_all(uint64_t cs, unsigned int level, const char *want);

/* INT 0x80 and its entry. */
void softints_int80(uint64_t cs);

#endif
