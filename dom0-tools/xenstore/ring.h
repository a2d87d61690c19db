/*
 * The byte ring of a connection. The page is shared with a client that may write it at any moment: the
 * indices that are ours are kept here and only written to the page; the client's are read once each time,
 * checked, then used. Pure but for the shared page, so that the tests can play the hostile client.
 */
#ifndef XENSTORE_RING_H
#define XENSTORE_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

struct conn;

struct ring {
    struct xenstore_domain_interface *page;
    uint32_t req_cons;                  /* requests: what we have taken */
    uint32_t rsp_prod;                  /* answers: what we have given */
};

enum ring_state {
    RING_IDLE,                          /* nothing to do until the next event */
    RING_MORE,                          /* the budget is used up, there is more */
    RING_STARVED,                       /* no memory: try again in a while */
    RING_BROKEN,                        /* the client broke the protocol; the connection has been stopped */
};

/* Begins with a page that a client has prepared (or left behind, before a migration). */
void ring_open(struct ring *r, struct xenstore_domain_interface *page);

/*
 * Moves bytes both ways and serves at most `budget` requests. *notify becomes true if the client has to be
 * told, also when the connection broke. *why (may be NULL) then says what was wrong.
 */
enum ring_state ring_pump(struct ring *r, struct conn *c, unsigned int budget, bool *notify,
                          const char **why);

#endif
