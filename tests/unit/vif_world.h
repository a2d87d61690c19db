/* vif_world.h: a frontend that is played for a network interface, and the kit that it runs on. The
 * interface's thread runs in work(), until it waits. */
#ifndef TESTS_UNIT_VIF_WORLD_H
#define TESTS_UNIT_VIF_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pv/event.h>
#include <pv/time.h>

#include "backends/net/vif.h"
#include "net_host.h"

#define PAGE    4096
#define FRAMES  600         /* granted pages of the frontend: reference n is page n */
#define TX_RING 1
#define RX_RING 2
#define TX_PAGE 8           /* 32 to send from */
#define RX_PAGE 64          /* one for each entry of the ring */

/* The frontend: its pages, which of them are not granted, its rings, its port; what it publishes. */
extern uint8_t guest[FRAMES][PAGE];
extern bool revoked[FRAMES];
extern struct netif_tx_sring *tx_ring;
extern struct netif_rx_sring *rx_ring;
extern struct netif_tx_front_ring tx;
extern struct netif_rx_front_ring rx;
extern pv_event_fn *handler;
extern void *handler_arg;
extern struct vif_frontend frontend;

/* What the interface has of the kit, and has done with it. */
extern unsigned mapped, bound, notified, masked;
extern bool no_thread, time_passes;
extern bool disconnecting;          /* the next wait is vif_disconnect()'s */

/* The interface, and what has come out of it. */
extern struct vif *vif;
extern struct vif_config config;
extern struct packet *got[600];
extern unsigned got_count;
void forget(void);

void work(void);
int setup(void **state);
int teardown(void **state);

void put_tx(unsigned ref, unsigned offset, unsigned size, unsigned flags);
void push_tx(void);
int answer(void);                   /* the status of the next one, which must be there */
struct packet *small(void);         /* a frame of 100 bytes for the guest */

#endif
