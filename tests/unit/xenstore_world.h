/*
 * A store for the tests: in place of rings and domains, connections that are fed bytes and asked for answers.
 */
#ifndef TEST_XENSTORE_WORLD_H
#define TEST_XENSTORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dom0-tools/xenstore/conn.h"
#include "dom0-tools/xenstore/store.h"

#define WORLD_EVENTS 512

struct world {
    struct store store;
    uint64_t now;
    unsigned int log_lines, wakes;
    char last_log[4096];
    int connect_result;                 /* what the connect hook answers */
    evtchn_port_t last_port;            /* what it was called with */
    uint32_t req_id;
    /* The latest answer, and all events since the world (or forget_events) began. */
    struct xsd_sockmsg hdr;
    char payload[XENSTORE_PAYLOAD_MAX + 1];
    char events[WORLD_EVENTS][XENSTORE_PAYLOAD_MAX + 16];  /* "domid path token" */
    unsigned int event_count;
};

/* cmocka set-up and tear-down: a world with a connection of domain 0 in *state. The tear-down checks the
 * store and that nothing is left of it. */
int world_begin(void **state);
int world_end(void **state);

/* The connection of a domain, opened (by an INTRODUCE, for others than 0) at its first use. */
struct conn *client(struct world *w, domid_t domid);

/* Sends a request and takes answer and events; the answer is in w->hdr and w->payload. Returns its type. */
uint32_t ask_raw(struct world *w, struct conn *c, uint32_t type, uint32_t tx, const void *payload,
                 size_t len);

/* The same with `strings` as printf; each '|' stands for a NUL. Returns "OK"-like text: the payload, or for
 * an error "!" and its name, with NULs shown as '|'. */
const char *ask(struct world *w, domid_t domid, uint32_t type, uint32_t tx, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Takes what waits to be sent to a client. */
void drain(struct world *w, struct conn *c);

void forget_events(struct world *w);

/* How many events with this text, "domid path token", have come. */
unsigned int events_like(const struct world *w, const char *text);

#define assert_ask(want, ...) assert_string_equal(ask(__VA_ARGS__), want)

/* Makes the n-th allocation from now fail (0: none any more), with all that follow if `forever`. Only in
 * programs that are linked with the wrappers. */
void fail_allocation(unsigned long n, bool forever);
extern unsigned long allocations_failed;

#endif
