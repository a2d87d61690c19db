/* ACPI tables and what we take from them. The tables are firmware's: lengths are checked against the header,
 * and nothing beyond is read. */
#ifndef ENSO_IRQ_ACPI_H
#define ENSO_IRQ_ACPI_H

#include "lib/types.h"

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

/* The table with this signature, mapped whole; NULL: there is none. Boot only. */
const struct acpi_header *acpi_find(const char *signature);

/* The table at a machine address, mapped whole; NULL: not plausible. */
const struct acpi_header *acpi_map_table(uint64_t pa);

#define MAX_IOAPICS 16
struct acpi_ioapic { uint64_t address; uint32_t gsi_base; };
extern struct acpi_ioapic acpi_ioapics[MAX_IOAPICS];
extern unsigned int acpi_ioapic_count;
extern uint64_t acpi_lapic_address;

/* I/O port of the power management timer, 0: none. */
extern uint16_t acpi_pm_timer_port;

/* Finds the registers of power and reset in the FADT and the DSDT. */
void acpi_power_init(void);
/* These return when the firmware offers no way. */
void acpi_power_off(void);
void acpi_reset(void);

#endif
