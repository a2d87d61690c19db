/* Arithmetic of time, and what only sched/ and irq/ use of it. */
#ifndef ENSO_SCHED_TIME_H
#define ENSO_SCHED_TIME_H

#include "sched/timer.h"

/* Nanoseconds in `cycles` by a scale: (cycles << shift) * mul >> 32, as guests compute it. */
static inline uint64_t scale_cycles(const struct time_scale *s, uint64_t cycles)
{
    cycles = s->shift < 0 ? cycles >> -s->shift : cycles << s->shift;
    return (uint64_t)((unsigned __int128)cycles * s->mul >> 32);
}
/* mul and shift for a clock of hz cycles a second, mul with its top bit set. hz is not 0. */
void time_scale_for(struct time_scale *s, uint64_t hz);
/* TSC value at a system time; saturates. */
uint64_t ns_to_tsc(uint64_t ns);

/* Seconds since 1970 of a date of the Gregorian calendar. */
uint64_t seconds_of_date(unsigned int year, unsigned int month, unsigned int day, unsigned int hour,
                         unsigned int minute, unsigned int second);

/* sched/clock-sources.c: Hz of the TSC, measured within some 10 ms; calibrates the local timer on the way. */
uint64_t tsc_measure_hz(void);
/* sched/wallclock.c: seconds since 1970 from the machine's clock, 0 if it makes no sense. */
uint64_t cmos_seconds(void);

void timers_init_cpu(void);

#endif
