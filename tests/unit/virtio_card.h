/* virtio_card.h: a network card's device side, played by the test: the queues as the driver made them, and
 * what the driver stands on. */
#ifndef VIRTIO_CARD_H
#define VIRTIO_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "drivers/virtio/net_header.h"
#include "drivers/virtio/virtio.h"
#include "drivers/virtio/virtio_net.h"
#include "net/port.h"
#include "net_host.h"

enum { CSUM = 0, GUEST_CSUM = 1, MTU = 3, MAC = 5, GUEST_TSO4 = 7, HOST_TSO4 = 11, HOST_ECN = 13, MRG = 15,
       STATUS = 16, INDIRECT = 28 };
#define BIT(n) (UINT64_C(1) << (n))
#define ALL \
    (BIT(CSUM) | BIT(GUEST_CSUM) | BIT(MTU) | BIT(MAC) | BIT(GUEST_TSO4) | BIT(8) | BIT(HOST_TSO4) | \
     BIT(12) | BIT(HOST_ECN) | BIT(MRG) | BIT(STATUS) | BIT(INDIRECT))

extern uint8_t card_config[16];
extern struct virtq *card_queues[2];    /* to receive, to send */
extern bool card_was_reset;
extern struct pci_function card_function;
extern struct net_port *card;           /* while it is open */

/* Frames that came in, in order; card_input() is what a port calls to have them here. */
extern struct packet *arrived[128];
extern unsigned arrived_count;
void card_input(struct net_port *from, struct packet *p, void *arg);

/* Opens it with these features offered. At the end it asks for a reset; nothing may be left. */
void card_open(uint64_t features);
void card_close(void);

/* The card tells that card_config is another, if it was asked to. */
void card_config_event(void);

/* The driver's thread, until it waits. */
void card_run(void);

/* Head of the next chain that the device can use; -1: none. And gives one back. */
int card_next_chain(unsigned queue);
void card_use(unsigned queue, uint32_t id, uint32_t bytes);

/* What an address of the device's is. */
void *card_memory(uint64_t machine);

/* Puts a header and a frame into the receive queue, in as many buffers as it takes. False: there are not
 * enough. */
bool card_inject(struct net_header h, const uint8_t *frame, size_t n);

/* Reads the next frame that is sent; its length, or -1. */
ssize_t card_extract(struct net_header *h, uint8_t *frame, uint32_t *id, bool *table);

#endif
