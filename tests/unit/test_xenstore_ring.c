/*
 * The ring between a client and the store, with an honest client and with hostile ones: indices that jump
 * at any moment, messages that change while they are read, a client that never fetches.
 */
#include "xenstore_world.h"

#include "dom0-tools/xenstore/ring.h"

#include <xen/io/xs_wire.h>

struct wire {
    struct world *w;
    struct conn *c;
    struct ring ring;
    struct xenstore_domain_interface *page;
    unsigned int notifications;
    /* The client's side. */
    char got[64 * 1024];
    size_t got_len;
};

static uint64_t seed = 42;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static struct wire *wire_new(struct world *w, domid_t domid, uint32_t start)
{
    struct wire *x = calloc(1, sizeof(*x));

    x->w = w;
    x->c = client(w, domid);
    x->page = calloc(1, 4096);
    x->page->req_cons = x->page->req_prod = start;
    x->page->rsp_cons = x->page->rsp_prod = start + 77;
    ring_open(&x->ring, x->page);
    return x;
}

static void wire_free(struct wire *x)
{
    free(x->page);
    free(x);
}

static enum ring_state pump(struct wire *x, unsigned int budget)
{
    bool notify = false;
    enum ring_state state = ring_pump(&x->ring, x->c, budget, &notify, NULL);

    x->notifications += notify;
    return state;
}

/* The honest client: puts in what fits, fetches what is there. */
static size_t client_put(struct wire *x, const char *data, size_t len)
{
    uint32_t room = XENSTORE_RING_SIZE - (x->page->req_prod - x->page->req_cons);

    if (len > room)
        len = room;
    for (size_t i = 0; i < len; i++)
        x->page->req[MASK_XENSTORE_IDX(x->page->req_prod + (uint32_t)i)] = data[i];
    x->page->req_prod += (uint32_t)len;
    return len;
}

static void client_get(struct wire *x)
{
    while (x->page->rsp_cons != x->page->rsp_prod) {
        assert_true(x->got_len < sizeof(x->got));
        x->got[x->got_len++] = x->page->rsp[MASK_XENSTORE_IDX(x->page->rsp_cons)];
        x->page->rsp_cons++;
    }
}

static size_t message(char *buf, uint32_t type, uint32_t id, const char *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = id, .len = (uint32_t)len };

    memcpy(buf, &hdr, sizeof(hdr));
    memcpy(buf + sizeof(hdr), payload, len);
    return sizeof(hdr) + len;
}

/* The n-th message among what the client has got; its payload. */
static const char *got_message(const struct wire *x, unsigned int n, struct xsd_sockmsg *hdr)
{
    size_t at = 0;

    for (;;) {
        assert_true(at + sizeof(*hdr) <= x->got_len);
        memcpy(hdr, x->got + at, sizeof(*hdr));
        at += sizeof(*hdr);
        assert_true(at + hdr->len <= x->got_len);
        if (n-- == 0)
            return x->got + at;
        at += hdr->len;
    }
}

static void test_conversation(void **state)
{
    static const uint32_t starts[] = { 0, 1, 1000, 0x7ffffff0, 0xfffffff0 };
    struct xsd_sockmsg hdr;
    char buf[64];

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct wire *x = wire_new(*state, 0, starts[i]);
        size_t len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2);

        assert_int_equal(client_put(x, buf, len), len);
        assert_int_equal(pump(x, 8), RING_IDLE);
        assert_int_equal(x->notifications, 1);
        client_get(x);
        assert_string_equal(got_message(x, 0, &hdr), "/local/domain/5");
        assert_int_equal(hdr.req_id, 7);
        assert_int_equal(x->page->req_cons, x->page->req_prod);
        assert_int_equal(x->page->server_features,
                         XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
        assert_int_equal(pump(x, 8), RING_IDLE);
        assert_int_equal(x->notifications, 1);
        wire_free(x);
    }
}

/* Messages larger than the ring, both ways, in random pieces. */
static void test_large_messages(void **state)
{
    struct wire *x = wire_new(*state, 0, 0xffffff00);
    char *buf = malloc(8192), *value = malloc(4000);
    struct xsd_sockmsg hdr;
    size_t len, at = 0;

    for (int i = 0; i < 4000; i++)
        value[i] = (char)('a' + i % 23);
    memcpy(value, "/big", 5);
    len = message(buf, XS_WRITE, 1, value, 4000);
    len += message(buf + len, XS_READ, 2, "/big", 5);
    for (int i = 0; i < 100000 && (at < len || x->got_len < 16 + 3 + 16 + 3995); i++) {
        at += client_put(x, buf + at, 1 + rnd(700) < len - at ? 1 + rnd(300) : len - at);
        assert_int_not_equal(pump(x, 8), RING_BROKEN);
        if (rnd(3) == 0)
            client_get(x);
    }
    assert_string_equal(got_message(x, 0, &hdr), "OK");
    assert_memory_equal(got_message(x, 1, &hdr), value + 5, 3995);
    assert_int_equal(hdr.len, 3995);
    free(buf);
    free(value);
    wire_free(x);
}

static void test_budget(void **state)
{
    struct wire *x = wire_new(*state, 0, 5);
    char buf[64];
    size_t len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2);

    for (int i = 0; i < 20; i++)
        client_put(x, buf, len);
    assert_int_equal(pump(x, 8), RING_MORE);
    client_get(x);
    assert_int_equal(x->got_len, 8 * (sizeof(struct xsd_sockmsg) + 16));
    assert_int_equal(pump(x, 8), RING_MORE);
    assert_int_equal(pump(x, 8), RING_IDLE);
    client_get(x);
    assert_int_equal(x->got_len, 20 * (sizeof(struct xsd_sockmsg) + 16));
    wire_free(x);
}

/* Whoever never fetches its answers fills its ring and its share of memory; then it waits. */
static void test_no_fetching(void **state)
{
    struct world *w = *state;
    struct wire *x = wire_new(w, 5, 0);
    char buf[64];
    size_t len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2);
    size_t at = 0;

    for (int i = 0; i < 10000; i++) {
        at = (at + client_put(x, buf + at, len - at)) % len;
        assert_int_not_equal(pump(x, 8), RING_BROKEN);
    }
    assert_int_equal(x->page->req_prod - x->page->req_cons, XENSTORE_RING_SIZE);
    assert_true(x->c->answers <= w->store.limits.max[QUOTA_OUTSTANDING]);
    assert_in_range(x->c->domain->used[QUOTA_BYTES], 1, 16384);
    wire_free(x);
}

static void check_quarantine(struct wire *x, uint32_t error)
{
    struct world *w = x->w;
    char buf[64];
    size_t len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2), got = x->got_len;

    assert_true(x->c->stopped);
    assert_int_equal(x->page->error, error);
    assert_true(x->notifications > 0);
    /* Nothing revives it: neither sane indices nor a reconnection. */
    x->page->req_prod = x->page->req_cons = x->ring.req_cons;
    x->page->rsp_cons = x->page->rsp_prod = x->ring.rsp_prod;
    x->page->connection = XENSTORE_RECONNECT;
    client_put(x, buf, len);
    assert_int_equal(pump(x, 8), RING_IDLE);
    client_get(x);
    assert_int_equal(x->got_len, got);
    /* The domain is still there for everybody else, with what it owns, and its end is still told. */
    assert_ask("T|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "%u|", x->c->domain->domid);
    assert_int_equal(x->c->domain->used[QUOTA_WATCHES], 0);
    assert_null(store_check(&w->store));
}

/* Every value that an index can lie with: too far ahead, gone back, at the ends of the number range. */
static void test_lying_indices(void **state)
{
    static const uint32_t lies[] = {
        XENSTORE_RING_SIZE + 1, XENSTORE_RING_SIZE + 2, 4096, 0x7fffffff, 0x80000000, 0xfffffffe, UINT32_MAX,
    };
    struct world *w = *state;
    domid_t domid = 1;

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        for (int which = 0; which < 2; which++, domid++) {
            struct wire *x = wire_new(w, domid, rnd(UINT32_MAX));

            assert_ask("OK|", w, domid, XS_WATCH, 0, "x|t|");
            if (which == 0)
                x->page->req_prod = x->ring.req_cons + lies[i];
            else
                x->page->rsp_cons = x->ring.rsp_prod - lies[i];
            assert_int_equal(pump(x, 8), RING_BROKEN);
            check_quarantine(x, XENSTORE_ERROR_RINGIDX);
            store_domain_gone(&w->store, domid);
            wire_free(x);
        }
    }
    assert_ask("/local/domain/5|", w, 0, XS_GET_DOMAIN_PATH, 0, "5|");
}

static void test_too_long(void **state)
{
    struct wire *x = wire_new(*state, 3, 0);
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

    client_put(x, (const char *)&hdr, sizeof(hdr));
    assert_int_equal(pump(x, 8), RING_BROKEN);
    check_quarantine(x, XENSTORE_ERROR_PROTO);
    wire_free(x);
}

/* Our own indices are not read back from the page: whatever the client writes there changes nothing. */
static void test_our_indices_are_ours(void **state)
{
    struct wire *x = wire_new(*state, 3, 0);
    char buf[64];
    size_t len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2);
    struct xsd_sockmsg hdr;

    x->page->req_cons = 0xdeadbeef;
    x->page->rsp_prod = 0xdeadbeef;
    for (size_t i = 0; i < len; i++)
        x->page->req[i] = buf[i];
    x->page->req_prod = (uint32_t)len;
    assert_int_equal(pump(x, 8), RING_IDLE);
    assert_int_equal(x->page->req_cons, len);
    client_get(x);
    assert_string_equal(got_message(x, 0, &hdr), "/local/domain/5");
    wire_free(x);
}

static void test_reconnect(void **state)
{
    struct world *w = *state;
    struct wire *x = wire_new(w, 3, 100);
    char buf[64];
    size_t len = message(buf, XS_WATCH, 7, "x\0t", 4);
    struct xsd_sockmsg hdr;

    for (int round = 0; round < 3; round++) {
        client_put(x, buf, len);
        client_put(x, buf, 5);          /* and a piece of another */
        assert_int_equal(pump(x, 8), RING_IDLE);
        assert_int_equal(x->c->domain->used[QUOTA_WATCHES], 1);
        x->page->connection = XENSTORE_RECONNECT;
        assert_int_equal(pump(x, 8), RING_IDLE);
        assert_int_equal(x->page->connection, XENSTORE_CONNECTED);
        assert_int_equal(x->page->req_prod | x->page->req_cons | x->page->rsp_prod | x->page->rsp_cons, 0);
        assert_int_equal(x->c->domain->used[QUOTA_WATCHES], 0);
        assert_int_equal(x->c->domain->used[QUOTA_BYTES], 0);
    }
    len = message(buf, XS_GET_DOMAIN_PATH, 7, "5", 2);
    client_put(x, buf, len);
    assert_int_equal(pump(x, 8), RING_IDLE);
    client_get(x);
    assert_string_equal(got_message(x, 0, &hdr), "/local/domain/5");
    wire_free(x);
}

/* Random bytes, random indices, in random order: the store survives and its books balance. */
static void test_noise(void **state)
{
    struct world *w = *state;

    for (unsigned int round = 0; round < 300; round++) {
        domid_t domid = (domid_t)(1 + round);
        struct wire *x = wire_new(w, domid, rnd(UINT32_MAX));

        for (unsigned int i = 0; i < 60 && !x->c->stopped; i++) {
            char junk[256];
            size_t len = 1 + rnd(sizeof(junk));

            for (size_t k = 0; k < len; k++)
                junk[k] = (char)rnd(256);
            if (rnd(3)) {               /* a header that may pass */
                struct xsd_sockmsg hdr = { .type = rnd(25), .req_id = i, .tx_id = rnd(3), .len = rnd(300) };

                memcpy(junk, &hdr, len < sizeof(hdr) ? len : sizeof(hdr));
            }
            client_put(x, junk, len);
            if (rnd(40) == 0)
                x->page->req_prod += rnd(2000);
            if (rnd(40) == 0)
                x->page->rsp_cons += rnd(2000);
            if (rnd(40) == 0)
                x->page->connection = rnd(3);
            pump(x, 1 + rnd(4));
            if (!x->c->stopped && rnd(2))
                x->page->rsp_cons = x->page->rsp_prod;
        }
        assert_null(store_check(&w->store));
        store_domain_gone(&w->store, domid);
        wire_free(x);
        drain(w, client(w, 0));
    }
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(test_conversation),
        world_test(test_large_messages),
        world_test(test_budget),
        world_test(test_no_fetching),
        world_test(test_lying_indices),
        world_test(test_too_long),
        world_test(test_our_indices_are_ours),
        world_test(test_reconnect),
        world_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
