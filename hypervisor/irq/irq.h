/* Interrupt vectors, the local APIC and the IO-APICs. */
#ifndef ENSO_IRQ_IRQ_H
#define ENSO_IRQ_IRQ_H

#include "lib/types.h"

/* Vectors. 0x20-0x2f: spurious from the masked PIC; guests' INT n vectors are reflected from 0x20.. by
 * software only. */
enum {
    VECTOR_TIMER    = 0xf0,
    VECTOR_KICK     = 0xf1,     /* look at cpu_info.work */
    VECTOR_FLUSH    = 0xf2,
    VECTOR_CONSOLE  = 0xf3,
    VECTOR_SPURIOUS = 0xff,
    VECTOR_PIRQ_FIRST = 0x90, VECTOR_PIRQ_LAST = 0xef,
};

struct boot_info;
/* ACPI tables: CPUs, IO-APICs, overrides, power management registers. Falls back to one CPU and the legacy
 * ISA map. */
void acpi_init(const struct boot_info *info);
struct acpi_cpu { uint32_t apic_id; };
extern struct acpi_cpu acpi_cpus[]; extern unsigned int acpi_cpu_count;

void apic_init_boot(void);
void apic_init_cpu(void);
/* True if the frame holds registers of an interrupt controller, which no guest may map. */
bool apic_owns_frame(uint64_t n);
void apic_eoi(void);
void apic_send_ipi(unsigned int cpu, uint8_t vector);
void apic_send_ipi_mask(uint64_t cpu_mask, uint8_t vector);
void apic_timer_start(uint64_t tsc_deadline);   /* one shot; in the past fires at once */
void apic_timer_stop(void);
void ioapic_init(void);
/* Inputs of all I/O APICs together. */
unsigned int ioapic_gsi_count(void);
/* Lets an input interrupt a CPU. */
void ioapic_route(unsigned int gsi, uint8_t vector, unsigned int cpu, bool level, bool low);
void ioapic_mask(unsigned int gsi, bool masked);
/* True if the hypervisor has routed the input to a vector of its own. */
bool ioapic_is_ours(unsigned int gsi);
/* Trigger and polarity of an ISA interrupt; its input. */
unsigned int acpi_isa_to_gsi(unsigned int irq, bool *level, bool *low);
/* A device or IPI vector has arrived (from trap_from_guest or the idle loop): does it and acknowledges. */
void irq_handle(uint8_t vector);

#endif
