/*
 * The guest that speaks to its network backend badly, on request. Each mode is a function that gets a
 * frontend which is connected (or not yet, if the mode's name is in `early_modes`).
 */
#ifndef BADNET_H
#define BADNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/abi-barrier.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define PAGES 24u               /* that it sends from; as many that it receives into */
#define FRAME 60u               /* bytes of an ordinary frame */

struct front {
    char path[32], *back;
    uint8_t mac[6];
    struct netif_tx_front_ring tx;
    struct netif_rx_front_ring rx;
    int tx_ref, rx_ref, port;
    uint8_t *pages;             /* PAGES of them, with an ordinary frame in each */
    int refs[PAGES];            /* their grants */
};

struct mode {
    const char *name, *help;
    void (*run)(struct front *f);
};

/* Lists of modes, each ended by an entry without name. */
extern const struct mode packet_modes[], flood_modes[], early_modes[];

/* ---- front.c ---- */

/* Finds device/vif/0 and makes pages, grants and a port for it. False: there is no interface. */
bool front_find(struct front *f);

/* Writes the keys and waits until the backend is connected, some seconds at the most. */
bool front_connect(struct front *f);
void front_put(struct front *f, const char *key, uint64_t value);
unsigned front_backend_state(struct front *f);

/* Puts a request into the ring; publishes what was put, with a notification in any case; waits a moment for
 * answers and counts them, by status: how many were right, how many errors. */
void front_request(struct front *f, unsigned ref, unsigned offset, unsigned size, unsigned flags);
void front_extra(struct front *f, unsigned type, unsigned flags, unsigned gso_size, unsigned gso_type);
void front_push(struct front *f);
void front_answers(struct front *f, unsigned *good, unsigned *errors);

/* Sends one ordinary frame: true if it was answered in a second. */
bool front_alive(struct front *f);

/* A number from 0 to below n. */
unsigned any(unsigned n);

#endif
