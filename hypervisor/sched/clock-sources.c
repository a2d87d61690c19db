/* How fast the TSC counts: told by the hypervisor below us, or measured against the ACPI power management
 * timer, or against the old interval timer. The local timer is measured in the same interval. */
#include "cpu/cpu.h"
#include "irq/acpi.h"
#include "irq/apic.h"
#include "lib/lib.h"
#include "sched/time.h"

#define PM_TIMER_HZ 3579545
#define PIT_HZ      1193182
#define MEASURE_MS  10

static uint32_t read_pm_timer(void)
{
    return inl(acpi_pm_timer_port);
}

/* Channel 2 counts down from 65535 with its gate open; latched before it is read. */
static uint32_t read_pit(void)
{
    uint32_t low;

    outb(0x43, 0x80);
    low = inb(0x42);
    return 0xffff - (low | (uint32_t)inb(0x42) << 8);
}

static void start_pit(void)
{
    outb(0x61, (uint8_t)((inb(0x61) & ~2) | 1));
    outb(0x43, 0xb0);
    outb(0x42, 0xff);
    outb(0x42, 0xff);
}

/* A clock of known speed that counts up and wraps at mask + 1. */
struct reference { uint32_t (*read)(void); uint32_t mask, hz; };

/* The reference, the TSC and the local timer, read as close together as possible: the quickest of some tries
 * counts. */
struct sample { uint32_t reference, apic; uint64_t tsc; };

static struct sample take_sample(const struct reference *r)
{
    struct sample best = { 0, 0, 0 };
    uint64_t best_width = UINT64_MAX;

    for (unsigned int i = 0; i < 8; i++) {
        uint64_t start = rdtsc(), width;
        uint32_t reference = r->read(), apic = apic_timer_elapsed();
        uint64_t end = rdtsc();

        width = end - start;
        if (width < best_width) {
            best_width = width;
            best = (struct sample){ reference, apic, start + width / 2 };
        }
    }
    return best;
}

static uint64_t measure(const struct reference *r)
{
    struct sample first, last;
    uint64_t elapsed, tsc;

    apic_timer_calibration_start();
    first = take_sample(r);
    while (((r->read() - first.reference) & r->mask) < r->hz / 1000 * MEASURE_MS)
        __asm__ volatile("pause");
    last = take_sample(r);
    elapsed = (last.reference - first.reference) & r->mask;
    tsc = last.tsc - first.tsc;
    apic_timer_calibration_end(last.apic - first.apic, tsc);
    return tsc * r->hz / elapsed;
}

/* Some firmware names a PM timer that does not count. */
static bool pm_timer_works(void)
{
    uint32_t start;

    if (!acpi_pm_timer_port)
        return false;
    start = read_pm_timer();
    for (unsigned int i = 0; i < 1000; i++)
        if (read_pm_timer() != start)
            return true;
    return false;
}

/* kHz in leaf 0x40000010, where hypervisors tell it; 0: not told. */
static uint64_t hypervisor_khz(void)
{
    if (!(cpuid(1, 0).ecx >> 31) || cpuid(0x40000000, 0).eax < 0x40000010)
        return 0;
    return cpuid(0x40000010, 0).eax;
}

uint64_t tsc_measure_hz(void)
{
    static const struct reference pm_timer = { read_pm_timer, 0xffffff, PM_TIMER_HZ };
    static const struct reference pit = { read_pit, 0xffff, PIT_HZ };
    uint64_t told = hypervisor_khz() * 1000;

    if (told && cpu_features.tsc_deadline)
        return told;
    if (pm_timer_works())
        return measure(&pm_timer);
    start_pit();
    return measure(&pit);
}
