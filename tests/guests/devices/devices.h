/* devices.h: what the groups of this kernel share. The initial domain has two devices to play
 * with: QEMU's `edu` (device 8: registers, a pin, one message, DMA) and a source of random
 * numbers (device 9: virtio, MSI-X). */
#ifndef DEVICES_H
#define DEVICES_H

#include "case.h"
#include <xen/physdev.h>

#define FUNCTION(device) ((device) << 3)
#define EDU FUNCTION(8)
#define RNG FUNCTION(9)
#define NOWHERE FUNCTION(29)    /* no such device */

/* Registers of configuration space. */
enum {
    PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_BARS = 0x10, PCI_CAPABILITIES = 0x34, PCI_LINE = 0x3c,
    COMMAND_MEMORY = 2, COMMAND_MASTER = 4, COMMAND_NO_PIN = 1 << 10,
    MSI_ENABLE = 1, MSIX_ENABLE = 1 << 15, MSIX_MASK_ALL = 1 << 14,
    CAP_MSI = 0x05, CAP_VENDOR = 0x09, CAP_MSIX = 0x11,
};

/* Ports are the kernel's from here on; edu is mapped. False in a domU, which has no devices. */
bool have_devices(void);

uint32_t in_port(uint16_t port, unsigned int size);
void out_port(uint16_t port, unsigned int size, uint32_t value);

/* On bus 0, by the two ports; 32 bits. */
uint32_t config_read(unsigned int devfn, unsigned int offset);
void config_write(unsigned int devfn, unsigned int offset, uint32_t value);
void config_write16(unsigned int devfn, unsigned int offset, uint32_t value);
/* The capability of a type, the first whose byte `at` has a value (at 0: any); 0: none. */
unsigned int config_capability(unsigned int devfn, unsigned int type, unsigned int at, uint8_t value);
/* The address of a memory BAR; its first page, mapped. */
uint64_t bar_address(unsigned int devfn, unsigned int bar);
void *bar_map(unsigned int devfn, unsigned int bar, unsigned int pages);
void enable_device(unsigned int devfn);

/* physdev_op; add names a function to the hypervisor, which then takes its messages. */
long add(unsigned int devfn);
long remove_function(unsigned int devfn);
long map_message(unsigned int devfn, uint64_t table, int entry, int *pirq);
long map_input(int gsi, int *pirq);
long unmap(int pirq);
long eoi(int pirq);

/* A port for a pirq, masked; what is pending on it is asked for, and taken. */
long bind(int pirq, evtchn_port_t *port);
long close_port(evtchn_port_t port);
/* Whether an event came within a second (true), or none within 20 ms (false). */
bool comes(evtchn_port_t port);
bool stays_away(evtchn_port_t port);

/* The edu device. */
enum { EDU_ID = 0, EDU_LIVE = 1, EDU_FACTORIAL = 2, EDU_STATUS = 8, EDU_PENDING = 9, EDU_RAISE = 24,
       EDU_ACK = 25 };
extern volatile uint32_t *edu;

/* The source of random numbers: makes its queue ready, with MSI-X entry 0; asks for
 * bytes, which come by DMA and a message. */
void rng_start(void);
void rng_ask(void);
/* True if the bytes have come. */
bool rng_answered(void);

void test_config(void);
void test_pins(void);
void test_messages(void);
void test_refused(void);

#endif
