/* traps.h: the groups of the kernel. */
#ifndef TRAPS_H
#define TRAPS_H

#include "trip.h"

void test_exceptions(void);
void test_segments(void);
void test_memory(void);
void test_hypercall(void);
void test_debug(void);
void test_iret(void);
void test_table(void);
void test_softints(void);
void test_nmi(void);
void test_failsafe(void);
void test_nested(void);

#endif
