/*
 * The tests' surroundings of a store.
 */
#include "xenstore_world.h"

#include <stdarg.h>
#include <xen/io/xs_wire.h>

static void hook_log(void *arg, const char *line)
{
    struct world *w = arg;

    w->log_lines++;
    snprintf(w->last_log, sizeof(w->last_log), "%s", line);
}

static uint64_t hook_now(void *arg)
{
    return ((struct world *)arg)->now;
}

static int hook_connect(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    struct world *w = arg;

    (void)mfn;
    w->last_port = port;
    if (w->connect_result)
        return w->connect_result;
    return conn_open(&w->store, domid, NULL) ? 0 : -12;
}

static void hook_disconnect(void *arg, domid_t domid)
{
    struct world *w = arg;

    conn_close(domain_find(&w->store.domains, domid)->conn);
}

static void hook_wake(void *arg, struct conn *c)
{
    (void)c;
    ((struct world *)arg)->wakes++;
}

static const struct store_hooks hooks = {
    .log = hook_log, .now = hook_now, .wake = hook_wake,
    .connect = hook_connect, .disconnect = hook_disconnect,
};

int world_begin(void **state)
{
    static const uint64_t key[2] = { 0x0123456789abcdef, 0xfedcba9876543210 };
    struct world *w = calloc(1, sizeof(*w));

    if (!w || store_init(&w->store, &hooks, w, key) || !conn_open(&w->store, 0, NULL))
        return -1;
    w->now = 1000000000;
    *state = w;
    return 0;
}

int world_end(void **state)
{
    struct world *w = *state;
    const char *wrong = store_check(&w->store);

    if (wrong) {
        printf("store_check: %s\n", wrong);
        return -1;
    }
    for (unsigned int id = 1; id < DOMID_FIRST_RESERVED; id++)
        store_domain_gone(&w->store, (domid_t)id);
    conn_close(domain_find(&w->store.domains, 0)->conn);
    wrong = store_check(&w->store);
    store_fini(&w->store);
    if (wrong || w->store.domains.count != 0) {
        printf("afterwards: %s, %lu domains\n", wrong ? wrong : "", (unsigned long)w->store.domains.count);
        return -1;
    }
    free(w);
    return 0;
}

struct conn *client(struct world *w, domid_t domid)
{
    struct domain *d = domain_find(&w->store.domains, domid);

    if (d && d->conn)
        return d->conn;
    assert_ask("OK|", w, 0, XS_INTRODUCE, 0, "%u|%u|%u|", domid, 1000u + domid, 5u);
    return domain_find(&w->store.domains, domid)->conn;
}

static void add_event(struct world *w, domid_t domid, const char *payload, size_t len)
{
    size_t path_len = strlen(payload);
    char *text = w->events[w->event_count];
    int at = snprintf(text, 8, "%u ", domid);

    assert_true(w->event_count < WORLD_EVENTS);
    assert_int_equal(path_len + 1 + strlen(payload + path_len + 1) + 1, len);
    memcpy(text + at, payload, len);
    text[at + (int)path_len] = ' ';
    w->event_count++;
}

/* Bytes leave in pieces, as they do through a ring. */
static size_t take_message(struct world *w, struct conn *c, char *buf, size_t size)
{
    size_t have = 0, len;
    const char *bytes;

    do {
        bytes = conn_output(c, &len);
        if (!bytes)
            return 0;
        if (len > 1 && have == 0)
            len = 1 + (size_t)(w->req_id % (len - 1));
        assert_true(have + len <= size);
        memcpy(buf + have, bytes, len);
        conn_sent(c, len);
        have += len;
    } while (c->sending);
    return have;
}

void drain(struct world *w, struct conn *c)
{
    char buf[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg hdr;
    size_t len;

    while ((len = take_message(w, c, buf, sizeof(buf) - 1)) > 0) {
        memcpy(&hdr, buf, sizeof(hdr));
        assert_int_equal(len, sizeof(hdr) + hdr.len);
        assert_true(hdr.len <= XENSTORE_PAYLOAD_MAX);
        if (hdr.type == XS_WATCH_EVENT) {
            assert_int_equal(hdr.req_id, 0);
            assert_int_equal(hdr.tx_id, 0);
            add_event(w, c->domain->domid, buf + sizeof(hdr), hdr.len);
        } else {
            w->hdr = hdr;
            memcpy(w->payload, buf + sizeof(hdr), hdr.len);
            w->payload[hdr.len] = '\0';
        }
    }
}

static void feed(struct conn *c, const void *data, size_t len)
{
    const char *from = data;

    while (len > 0) {
        size_t n = conn_wants(c);

        assert_true(n > 0);
        if (n > len)
            n = len;
        if (n > 3)
            n -= 3;                     /* in pieces */
        assert_int_equal(conn_feed(c, from, n), 0);
        from += n;
        len -= n;
    }
}

uint32_t ask_raw(struct world *w, struct conn *c, uint32_t type, uint32_t tx, const void *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++w->req_id, .tx_id = tx, .len = (uint32_t)len };

    feed(c, &hdr, sizeof(hdr));
    feed(c, payload, len);
    assert_true(conn_may_serve(c));
    assert_int_equal(conn_serve(c), 0);
    w->hdr.req_id = 0;
    drain(w, c);
    assert_int_equal(w->hdr.req_id, hdr.req_id);
    assert_int_equal(w->hdr.tx_id, tx);
    assert_true(w->hdr.type == type || w->hdr.type == XS_ERROR);
    return w->hdr.type;
}

const char *ask(struct world *w, domid_t domid, uint32_t type, uint32_t tx, const char *fmt, ...)
{
    static char text[XENSTORE_PAYLOAD_MAX + 3];
    char payload[XENSTORE_PAYLOAD_MAX + 1];
    struct conn *c = client(w, domid);
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(payload, sizeof(payload), fmt, ap);
    va_end(ap);
    assert_true(len >= 0 && (size_t)len < sizeof(payload));
    for (int i = 0; i < len; i++)
        if (payload[i] == '|')
            payload[i] = '\0';
    text[0] = '!';
    if (ask_raw(w, c, type, tx, payload, (size_t)len) == XS_ERROR) {
        snprintf(text + 1, sizeof(text) - 1, "%s", w->payload);
        return text;
    }
    for (uint32_t i = 0; i < w->hdr.len; i++)
        text[i] = w->payload[i] ? w->payload[i] : '|';
    text[w->hdr.len] = '\0';
    return text;
}

void forget_events(struct world *w)
{
    w->event_count = 0;
}

unsigned int events_like(const struct world *w, const char *text)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < w->event_count; i++)
        n += strcmp(w->events[i], text) == 0;
    return n;
}
