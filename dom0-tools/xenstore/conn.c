/*
 * A connection: assembling requests, queueing what goes out.
 */
#include "conn.h"

#include "request.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER sizeof(struct xsd_sockmsg)

struct conn *conn_open(struct store *s, domid_t domid, void *transport)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->domain = domain_need(&s->domains, domid);
    if (!c->domain) {
        free(c);
        return NULL;
    }
    c->store = s;
    c->transport = transport;
    c->domain->conn = c;
    TAILQ_INIT(&c->queue);
    TAILQ_INIT(&c->watches);
    LIST_INIT(&c->transactions);
    return c;
}

static size_t out_cost(const struct out *o)
{
    return sizeof(*o) + o->len;
}

static void out_free(struct conn *c, struct out *o)
{
    domain_uncharge(c->domain, out_cost(o));
    c->answers -= o->answer;
    free(o);
}

void conn_unqueue(struct conn *c, struct out *o)
{
    TAILQ_REMOVE(&c->queue, o, link);
    watch_event_leaves(o);
    out_free(c, o);
}

static void drop_input(struct conn *c)
{
    if (c->payload) {
        domain_uncharge(c->domain, c->hdr.len);
        free(c->payload);
    }
    c->payload = NULL;
    c->have = 0;
}

void conn_reset(struct conn *c)
{
    struct tx *tx;

    drop_input(c);
    watch_remove_all(c);
    while ((tx = LIST_FIRST(&c->transactions)) != NULL)
        request_end_transaction(c, tx);
    while (TAILQ_FIRST(&c->queue))
        conn_unqueue(c, TAILQ_FIRST(&c->queue));
    if (c->sending)
        out_free(c, c->sending);
    c->sending = NULL;
    c->sent = 0;
}

void conn_stop(struct conn *c)
{
    conn_reset(c);
    c->stopped = true;
}

void conn_close(struct conn *c)
{
    conn_reset(c);
    c->domain->conn = NULL;
    domain_drop(c->domain);
    free(c);
}

bool conn_has_request(const struct conn *c)
{
    return !c->stopped && c->have >= HEADER && c->have == HEADER + c->hdr.len;
}

size_t conn_wants(const struct conn *c)
{
    if (c->stopped)
        return 0;
    return (c->have < HEADER ? HEADER : HEADER + c->hdr.len) - c->have;
}

bool conn_may_serve(const struct conn *c)
{
    return conn_has_request(c) && c->answers < c->store->limits.max[QUOTA_OUTSTANDING];
}

/* The header is whole. Without memory for the payload the bytes are taken all the same, to stay in step,
 * and the request is answered with ENOMEM. */
static int begin_payload(struct conn *c)
{
    if (c->hdr.len > XENSTORE_PAYLOAD_MAX)
        return -EPROTO;
    c->payload = malloc(c->hdr.len + 1);
    if (c->payload) {
        c->payload[c->hdr.len] = '\0';
        domain_charge(c->domain, c->hdr.len);
    }
    return 0;
}

int conn_feed(struct conn *c, const void *data, size_t len)
{
    bool in_header = c->have < HEADER;

    if (in_header)
        memcpy((char *)&c->hdr + c->have, data, len);
    else if (c->payload)
        memcpy(c->payload + (c->have - HEADER), data, len);
    c->have += (uint32_t)len;
    return in_header && c->have == HEADER ? begin_payload(c) : 0;
}

struct out *out_new(size_t room)
{
    struct out *o = malloc(sizeof(*o) + HEADER + room);

    if (!o)
        return NULL;
    memset(o, 0, sizeof(*o));
    o->len = (uint32_t)(HEADER + room);
    return o;
}

void out_fill_header(struct out *o, uint32_t type, uint32_t req_id, uint32_t tx_id, uint32_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = req_id, .tx_id = tx_id, .len = len };

    memcpy(o->bytes, &hdr, sizeof(hdr));
    o->len = (uint32_t)HEADER + len;
}

void conn_queue(struct conn *c, struct out *o)
{
    domain_charge(c->domain, out_cost(o));
    c->answers += o->answer;
    TAILQ_INSERT_TAIL(&c->queue, o, link);
}

/* The answer's memory is found before anything is done, so no request is carried out and then left
 * unanswered. */
int conn_serve(struct conn *c)
{
    struct out *answer = out_new(XENSTORE_PAYLOAD_MAX), *small;
    struct watch *fresh_watch;

    if (!answer)
        return -ENOMEM;
    fresh_watch = request_run(c, answer);
    drop_input(c);
    small = realloc(answer, sizeof(*answer) + answer->len);
    if (small)
        answer = small;
    answer->answer = true;
    conn_queue(c, answer);
    if (fresh_watch)
        watch_event(fresh_watch, fresh_watch->path, fresh_watch->path_len);
    c->store->hooks->wake(c->store->hooks_arg, c);
    return 0;
}

const char *conn_output(struct conn *c, size_t *len)
{
    *len = 0;
    if (!c->sending) {
        c->sending = TAILQ_FIRST(&c->queue);
        if (c->sending) {
            TAILQ_REMOVE(&c->queue, c->sending, link);
            watch_event_leaves(c->sending);
        } else {
            c->sending = watch_owed_event(c);
            if (c->sending)
                domain_charge(c->domain, out_cost(c->sending));
        }
        c->sent = 0;
    }
    if (!c->sending)
        return NULL;
    *len = c->sending->len - c->sent;
    return c->sending->bytes + c->sent;
}

void conn_sent(struct conn *c, size_t len)
{
    c->sent += (uint32_t)len;
    if (c->sent < c->sending->len)
        return;
    out_free(c, c->sending);
    c->sending = NULL;
    c->sent = 0;
}
