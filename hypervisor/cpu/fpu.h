/* cpu/ only; what others use of the FPU is in cpu/cpu.h. */
#ifndef ENSO_CPU_FPU_H
#define ENSO_CPU_FPU_H

#include "lib/types.h"

void fpu_init(void);                    /* boot CPU, after XCR0 has all allowed components: sizes */
void fpu_set_xcr0(uint64_t value);      /* writes the register if it holds another value */

#endif
