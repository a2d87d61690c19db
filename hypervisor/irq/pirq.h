/* Physical interrupts as the control domain sees them. A pirq is its number for one: an input of an I/O
 * APIC has that input's number (its GSI), messages have numbers from the end of the table down. map gives
 * a number, bind an event channel, and only from then on the interrupt can arrive. Lock: pirq_lock, which
 * is taken in here; callers may hold the domain's event_lock.
 *
 * A level-triggered input is masked when it arrives, until the domain says by eoi that its device is
 * served; what is edge or a message needs no answer. */
#ifndef ENSO_IRQ_PIRQ_H
#define ENSO_IRQ_PIRQ_H

#include <xen/event_channel.h>
#include "lib/types.h"
#include "pci/pci.h"

#define PIRQ_COUNT 256

void pirq_init(void);

/* Trigger and polarity of an input that is not bound. -EINVAL no such input; 0 also
 * when it is bound: it stays as it is. */
long pirq_setup_gsi(unsigned int gsi, bool level, bool low);
/* The pirq of an input, which is mapped then (and may have been). -EINVAL no such input. */
long pirq_map_gsi(unsigned int gsi);
/* The control domain says that a function is there, or is going, with which its messages are unmapped.
 * Only known functions can have messages. -ENODEV it is not there, or not known. */
long pirq_add_function(bdf_t function);
long pirq_remove_function(bdf_t function);
bool pirq_knows_function(bdf_t function);
/* A pirq for a message: `wanted`, or any if below 0. -ENODEV the function is not known; -EEXIST that
 * message or number is mapped; -EINVAL not a number for messages;
 * -ENOSPC no number or vector is left; and the errors of msi_find. */
long pirq_map_msi(bdf_t function, uint64_t table, unsigned int entry, int wanted);
/* -EINVAL not mapped. A port that was bound to it stays open and gets no more events. */
long pirq_unmap(unsigned int pirq);
/* A number that is not mapped, for messages. -ENOSPC */
long pirq_free_number(void);

/* Connects a mapped pirq to a port of the control domain. -EINVAL not mapped; -EEXIST
 * bound; -EBUSY the hypervisor's own;
 * -ENOSPC no vector is left. */
long pirq_bind(unsigned int pirq, evtchn_port_t port);
void pirq_unbind(unsigned int pirq, evtchn_port_t port);

/* -EINVAL not mapped. */
long pirq_eoi(unsigned int pirq);
long pirq_needs_eoi(unsigned int pirq, bool *needed);

/* A vector from VECTOR_PIRQ_FIRST to VECTOR_PIRQ_LAST has arrived. */
void pirq_interrupt(uint8_t vector);

#endif
