/* timer.h: between the files of the kernel `time`. */
#ifndef TIMER_H
#define TIMER_H

#include "case.h"
#include "clock.h"

/* While the groups run the kit's port of VIRQ_TIMER is masked: what it does is seen in its pending bit. */
void timer_take(void);
void timer_give_back(void);
bool timer_is_pending(void);
void timer_clear(void);

/* Waits for the event, `ns` at most, and clears it; the time it came, or 0. */
uint64_t timer_wait(uint64_t ns);

void test_clock(void), test_wall_clock(void), test_timer_op(void), test_single_shot(void),
        test_periodic(void),
    test_runstate(void), test_runstate_area(void), test_time_area(void), test_assist(void);

#endif
