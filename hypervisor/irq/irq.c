/* What arrives by interrupt. */
#include "irq/irq.h"

#include "console/console.h"
#include "cpu/cpu.h"
#include "irq/pirq.h"
#include "lib/lib.h"
#include "sched/timer.h"

void irq_handle(uint8_t vector)
{
    if (likely(vector == VECTOR_TIMER)) {
        apic_eoi();
        timer_interrupt();
        return;
    }
    switch (vector) {
    case VECTOR_KICK:
        apic_eoi();     /* the exit path looks at the work bits */
        return;
    case VECTOR_FLUSH:
        apic_eoi();
        cpu_answer();
        return;
    case VECTOR_CONSOLE:
        console_interrupt();
        apic_eoi();
        return;
    case VECTOR_SPURIOUS:
        return;
    }
    if (vector >= VECTOR_PIRQ_FIRST && vector <= VECTOR_PIRQ_LAST) {
        pirq_interrupt(vector);
        return;
    }
    /* The masked controllers can still send their spurious vectors; they expect no answer. */
    if (vector < 0x20 || vector > 0x2f)
        apic_eoi();
}
