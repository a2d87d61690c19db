/*
 * The byte ring of a connection, seen from the store. Everything in the page is hostile.
 */
#include "ring.h"

#include "conn.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store_index(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}

/* Our own indices may stand anywhere in a page that was used before; from here on only our copies count. */
void ring_open(struct ring *r, struct xenstore_domain_interface *page)
{
    r->page = page;
    r->req_cons = load(&page->req_cons);
    r->rsp_prod = load(&page->rsp_prod);
    store_index(&page->error, XENSTORE_ERROR_NONE);
    store_index(&page->server_features, XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
}

static enum ring_state broken(struct ring *r, struct conn *c, uint32_t code, bool *notify)
{
    conn_stop(c);
    store_index(&r->page->error, code);
    *notify = true;
    return RING_BROKEN;
}

/* The client asks to begin afresh; it touches nothing until we say that the ring is connected. */
static void reconnect(struct ring *r, struct conn *c, bool *notify)
{
    conn_reset(c);
    r->req_cons = 0;
    r->rsp_prod = 0;
    store_index(&r->page->req_cons, 0);
    store_index(&r->page->req_prod, 0);
    store_index(&r->page->rsp_cons, 0);
    store_index(&r->page->rsp_prod, 0);
    store_index(&r->page->connection, XENSTORE_CONNECTED);
    *notify = true;
}

/* Takes up to len bytes of requests. The number taken; -EPROTO the client's index cannot be true. */
static int take(struct ring *r, char *buf, size_t len)
{
    uint32_t news = load(&r->page->req_prod) - r->req_cons;
    uint32_t at = MASK_XENSTORE_IDX(r->req_cons), first;

    if (news > XENSTORE_RING_SIZE)
        return -EPROTO;
    if (len > news)
        len = news;
    if (len == 0)
        return 0;
    first = XENSTORE_RING_SIZE - at < len ? XENSTORE_RING_SIZE - at : (uint32_t)len;
    memcpy(buf, r->page->req + at, first);
    memcpy(buf + first, r->page->req, len - first);
    r->req_cons += (uint32_t)len;
    store_index(&r->page->req_cons, r->req_cons);
    return (int)len;
}

/* Gives up to len bytes of answers. The number given; -EPROTO the client's index cannot be true. */
static int give(struct ring *r, const char *buf, size_t len)
{
    uint32_t full = r->rsp_prod - load(&r->page->rsp_cons);
    uint32_t at = MASK_XENSTORE_IDX(r->rsp_prod), first;

    if (full > XENSTORE_RING_SIZE)
        return -EPROTO;
    if (len > XENSTORE_RING_SIZE - full)
        len = XENSTORE_RING_SIZE - full;
    if (len == 0)
        return 0;
    first = XENSTORE_RING_SIZE - at < len ? XENSTORE_RING_SIZE - at : (uint32_t)len;
    memcpy(r->page->rsp + at, buf, first);
    memcpy(r->page->rsp, buf + first, len - first);
    r->rsp_prod += (uint32_t)len;
    store_index(&r->page->rsp_prod, r->rsp_prod);
    return (int)len;
}

/* Both pump functions: 1 something moved, 0 nothing, -EPROTO the index lies, -EMSGSIZE the request is too
 * long. */
static int pump_in(struct ring *r, struct conn *c, bool *notify)
{
    char buf[XENSTORE_RING_SIZE];
    size_t want = conn_wants(c);
    int n = take(r, buf, want < sizeof(buf) ? want : sizeof(buf));

    if (n <= 0)
        return n;
    *notify = true;
    return conn_feed(c, buf, (size_t)n) ? -EMSGSIZE : 1;
}

static int pump_out(struct ring *r, struct conn *c, bool *notify)
{
    size_t len;
    const char *bytes = conn_output(c, &len);
    int n = give(r, bytes, len);

    if (n <= 0)
        return n;
    *notify = true;
    conn_sent(c, (size_t)n);
    return 1;
}

enum ring_state ring_pump(struct ring *r, struct conn *c, unsigned int budget, bool *notify,
                          const char **why)
{
    static const char lies[] = "an index of its ring cannot be true", too_long[] = "a request is too long";
    const char *unused;
    int in, out;

    why = why ? why : &unused;
    *why = NULL;
    if (c->stopped)
        return RING_IDLE;
    if (load(&r->page->connection) == XENSTORE_RECONNECT)
        reconnect(r, c, notify);
    do {
        out = pump_out(r, c, notify);
        in = out < 0 ? 0 : pump_in(r, c, notify);
        if (in == -EMSGSIZE) {
            *why = too_long;
            return broken(r, c, XENSTORE_ERROR_PROTO, notify);
        }
        if (out < 0 || in < 0) {
            *why = lies;
            return broken(r, c, XENSTORE_ERROR_RINGIDX, notify);
        }
        if (conn_may_serve(c)) {
            if (budget-- == 0)
                return RING_MORE;
            if (conn_serve(c))
                return RING_STARVED;
            in = 1;
        }
    } while (in > 0 || out > 0);
    return RING_IDLE;
}
