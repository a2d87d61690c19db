/* badblock.h: a front end by hand: it says what it is told to, true or not. */
#ifndef BADBLOCK_H
#define BADBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

#define PAGES 40u                       /* granted to the backend, writable */

struct front {
    char path[64], back[128];
    domid_t backend;
    uint64_t sectors;
    struct blkif_front_ring ring;
    grant_ref_t ring_ref;
    int port;
    char *pages;                        /* PAGES of them */
    grant_ref_t refs[PAGES];
};

struct mode {
    const char *name, *help;
    void (*run)(struct front *f, const char *arg);
};

extern const struct mode request_modes[], ring_modes[], state_modes[];

/* ---- front.c ---- */

/* Finds the first disk. False: there is none. */
bool front_find(struct front *f);

/* A key of ours; the state as a number. */
void front_put(const struct front *f, const char *key, const char *value);
void front_state(const struct front *f, enum xenbus_state state);
enum xenbus_state front_backend_state(const struct front *f);

/* Waits until the backend is in a state. False: not within some seconds. */
bool front_wait(const struct front *f, enum xenbus_state state);

/* A ring, pages and a port; and their keys to the store. */
void front_make(struct front *f);
void front_publish(const struct front *f);

/* As it should be, until both are connected. Ends the domain if that fails. */
void front_connect(struct front *f);

/* The slot of the next request; publishes what was written and notifies; takes the next answer, waiting for
 * it: false if none comes. */
struct blkif_request *front_next(struct front *f);
void front_push(struct front *f);
bool front_answer(struct front *f, struct blkif_response *r);

/* Sends one request and returns its status; 1 if there is no answer, or it is another's. */
int front_ask(struct front *f, const struct blkif_request *r);

/* A read or write of whole pages that is as it should be. */
struct blkif_request front_request(const struct front *f, uint8_t operation, uint64_t sector, unsigned pages);

/* True if the device still does what it should: writes a page and reads it back. */
bool front_works(struct front *f);

uint64_t front_random(void);

/* The system time at which a mode with SECONDS (1, or the argument's one digit) stops. */
uint64_t stop_time(const char *arg);

#endif
