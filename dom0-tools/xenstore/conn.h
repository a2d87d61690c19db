/*
 * A connection: bytes in, bytes out, one client. Pure: the transport (ring.c) moves the bytes.
 *
 * What a client can make it hold is bounded: one request at a time; no further request is taken while too
 * many answers wait to be fetched; events as watch.h says. All of it is charged to the client's domain.
 */
#ifndef XENSTORE_CONN_H
#define XENSTORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

#include "transaction.h"
#include "watch.h"

struct store;
struct domain;

/* A message on its way out: header and payload. */
struct out {
    TAILQ_ENTRY(out) link;              /* in the connection's queue */
    TAILQ_ENTRY(out) of_watch;          /* in its watch's list */
    struct watch *watch;                /* NULL for an answer, and once sending has begun */
    bool answer;                        /* to a request: counts as outstanding */
    uint32_t len;
    char bytes[];
};

struct conn {
    struct store *store;
    struct domain *domain;              /* whose client this is; charged */
    void *transport;                    /* belongs to the transport */
    bool stopped;                       /* quarantined: takes and gives nothing any more */
    /* The request that is arriving. */
    struct xsd_sockmsg hdr;
    uint32_t have;                      /* bytes of header and payload that have arrived */
    char *payload;                      /* hdr.len bytes and a NUL; NULL without a header or memory */
    /* What waits to be sent. */
    struct out_list queue;
    struct out *sending;
    uint32_t sent;                      /* bytes of `sending` that are gone */
    uint32_t answers;                   /* answers in the queue and in `sending` */
    uint32_t overflowed;                /* watches that owe an event */
    struct watch_list watches;
    struct tx_list transactions;
    uint32_t last_tx;
    uint64_t requests;                  /* that it has made */
};

/* Opens a connection for a domain that has none. NULL without memory. */
struct conn *conn_open(struct store *s, domid_t domid, void *transport);

/* Ends the connection and frees it with its watches and transactions. */
void conn_close(struct conn *c);

/* Drops requests, answers, events, watches and transactions, as if just opened. */
void conn_reset(struct conn *c);

/* The client broke the protocol: like a reset, and nothing is taken or given from now on. The domain keeps
 * its nodes and counts as introduced until it is really gone. */
void conn_stop(struct conn *c);

/* How many bytes complete the header, or the payload, of the request that is arriving; 0 while a whole
 * request waits and when the connection is stopped. */
size_t conn_wants(const struct conn *c);

/* Takes len bytes, at most conn_wants(). 0; -EPROTO the header announces more than the protocol allows: the
 * caller stops the connection. */
int conn_feed(struct conn *c, const void *data, size_t len);

/* Whether a whole request waits to be served. */
bool conn_has_request(const struct conn *c);

/* Whether a whole request may be served now: there is one, and not too many answers are waiting. */
bool conn_may_serve(const struct conn *c);

/* Serves the request: does it and queues the answer. 0; -ENOMEM no memory for an answer, nothing was done and
 * the request still waits. */
int conn_serve(struct conn *c);

/* The next bytes to send (NULL: none), and telling how many of them went out. */
const char *conn_output(struct conn *c, size_t *len);
void conn_sent(struct conn *c, size_t len);

/* An outgoing message with room for a payload of `room` bytes, and its queueing once `len` of them are
 * filled in. NULL without memory. */
struct out *out_new(size_t room);
void out_fill_header(struct out *o, uint32_t type, uint32_t req_id, uint32_t tx_id, uint32_t len);
void conn_queue(struct conn *c, struct out *o);

/* Drops a queued message. */
void conn_unqueue(struct conn *c, struct out *o);

#endif
