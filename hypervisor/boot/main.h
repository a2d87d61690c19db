/* boot/ only. */
#ifndef ENSO_BOOT_MAIN_H
#define ENSO_BOOT_MAIN_H

#include "lib/types.h"

struct boot_info;

/* From start.S: what the loader left in eax and ebx. */
noreturn void boot_start(uint32_t magic, uint64_t address);
/* TSC when it began: system time 0. */
extern uint64_t boot_tsc;
/* Goes on with fn on another stack (its top), for good. */
noreturn void stack_call(void *top, void (*fn)(void));
/* boot/banner.c: the lines that an operator sees. */
void banner_print(const struct boot_info *info);

#endif
