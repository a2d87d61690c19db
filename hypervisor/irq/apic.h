/* The parts of the local APIC that only starting CPUs and calibrating time need. */
#ifndef ENSO_IRQ_APIC_H
#define ENSO_IRQ_APIC_H

#include "lib/types.h"

void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);     /* starts at page << 12 in real mode */

/* Calibration: the timer runs masked from its longest period; the ratio to the TSC is kept for all CPUs. */
void apic_timer_calibration_start(void);
uint32_t apic_timer_elapsed(void);
void apic_timer_calibration_end(uint64_t timer, uint64_t tsc);   /* cycles of both that have passed */
void apic_timer_init_cpu(void);

#endif
