/* The local APIC: in x2APIC mode by MSRs where the processor has it, else by its page of registers. */
#include "boot/early.h"
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "irq/acpi.h"
#include "irq/apic.h"
#include "irq/irq.h"
#include "lib/lib.h"
#include "sched/timer.h"

enum {
    APIC_TPR = 0x80, APIC_EOI = 0xb0, APIC_SPURIOUS = 0xf0, APIC_ICR = 0x300, APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320, APIC_LVT_LINT0 = 0x350, APIC_LVT_LINT1 = 0x360, APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INIT = 0x380, APIC_TIMER_NOW = 0x390, APIC_TIMER_DIVIDE = 0x3e0,
};

#define BASE_ENABLE (1UL << 11)
#define BASE_X2APIC (1UL << 10)
#define LVT_MASKED  (1U << 16)
#define LVT_DEADLINE (2U << 17)
#define LVT_NMI     (4U << 8)
#define ICR_PENDING (1U << 12)
#define ICR_ASSERT  (1U << 14)
#define ICR_INIT    (5U << 8)
#define ICR_STARTUP (6U << 8)
#define DIVIDE_BY_1 0xb

static volatile uint8_t *registers;
static bool x2apic;

/* Cycles of the timer for 2^32 cycles of the TSC; its longest period. Used without TSC deadline. */
static uint64_t timer_ratio;
#define TIMER_MAX 0xffffffffU

static uint32_t apic_read(unsigned int reg)
{
    if (x2apic)
        return (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
    return *(volatile uint32_t *)(registers + reg);
}

static void apic_write(unsigned int reg, uint32_t v)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + (reg >> 4), v);
    else
        *(volatile uint32_t *)(registers + reg) = v;
}

bool apic_owns_frame(uint64_t n)
{
    if (n == acpi_lapic_address >> PAGE_SHIFT)
        return true;
    for (unsigned int i = 0; i < acpi_ioapic_count; i++)
        if (n == acpi_ioapics[i].address >> PAGE_SHIFT)
            return true;
    return false;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/* ---- messages to other CPUs ---- */

static void send(uint32_t apic_id, uint32_t command)
{
    if (x2apic) {
        /* Unlike a write to the page, this one does not wait for the stores before it. */
        __asm__ volatile("mfence" : : : "memory");
        wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (uint64_t)apic_id << 32 | command);
        return;
    }
    while (apic_read(APIC_ICR) & ICR_PENDING)
        __asm__ volatile("pause");
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, command);
}

void apic_send_ipi(unsigned int cpu, uint8_t vector)
{
    send(cpus[cpu].apic_id, ICR_ASSERT | vector);
}

void apic_send_ipi_mask(uint64_t cpu_mask, uint8_t vector)
{
    for (; cpu_mask; cpu_mask &= cpu_mask - 1)
        apic_send_ipi(bit_first(cpu_mask), vector);
}

void apic_send_init(uint32_t apic_id)
{
    send(apic_id, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t apic_id, uint8_t page)
{
    send(apic_id, ICR_ASSERT | ICR_STARTUP | page);
}

/* ---- the timer ---- */

/* In cycles of the timer, rounded down. */
static uint64_t timer_cycles(uint64_t tsc_cycles)
{
    return (uint64_t)((unsigned __int128)tsc_cycles * timer_ratio >> 32);
}

void apic_timer_start(uint64_t tsc_deadline)
{
    uint64_t now, cycles;

    if (cpu_features.tsc_deadline) {
        wrmsr(MSR_TSC_DEADLINE, tsc_deadline);
        return;
    }
    now = rdtsc();
    cycles = tsc_deadline > now ? timer_cycles(tsc_deadline - now) : 0;
    /* Too far away: it fires early, finds nothing, and is set again. */
    apic_write(APIC_TIMER_INIT, (uint32_t)MIN(MAX(cycles, 1UL), (uint64_t)TIMER_MAX));
}

void apic_timer_stop(void)
{
    if (cpu_features.tsc_deadline)
        wrmsr(MSR_TSC_DEADLINE, 0);
    else
        apic_write(APIC_TIMER_INIT, 0);
}

void apic_timer_calibration_start(void)
{
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_TIMER_INIT, TIMER_MAX);
}

uint32_t apic_timer_elapsed(void)
{
    return TIMER_MAX - apic_read(APIC_TIMER_NOW);
}

void apic_timer_calibration_end(uint64_t timer, uint64_t tsc)
{
    apic_write(APIC_TIMER_INIT, 0);
    timer_ratio = (timer << 32) / MAX(tsc, 1UL);
}

void apic_timer_init_cpu(void)
{
    if (cpu_features.tsc_deadline) {
        apic_write(APIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
        /* The mode must be set before the first deadline is written. */
        __asm__ volatile("mfence" : : : "memory");
    } else {
        apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
        apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    }
}

/* ---- start ---- */

void apic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | BASE_ENABLE;

    wrmsr(MSR_APIC_BASE, base);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | BASE_X2APIC);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_LVT_LINT0, LVT_MASKED | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, LVT_MASKED | VECTOR_SPURIOUS);
    apic_write(APIC_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
}

void apic_init_boot(void)
{
    x2apic = cpu_features.x2apic;
    if (!x2apic)
        registers = device_map(acpi_lapic_address, PAGE_SIZE);
    apic_init_cpu();
}
