/* user.h: the groups of the kernel. */
#ifndef USER_H
#define USER_H

#include "trip.h"

void test_exceptions(void);
void test_segments(void);
void test_memory(void);
void test_refused(void);
void test_debug(void);
void test_iret(void);
void test_iret32(void);
void test_softints(void);
void test_softints32(void);
void test_syscalls(void);
void test_compat(void);
void test_state(void);
void test_stack(void);
void test_events(void);

#endif
