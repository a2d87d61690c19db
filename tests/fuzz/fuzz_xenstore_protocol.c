/*
 * The store with domain 0 and three guests. The input is a program of small steps:
 * requests with whatever payload, pieces of requests, resets, deaths, introductions, reading and not
 * reading. After each input the store's self-check must find nothing, and when all domains are gone nothing
 * may be left.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/xenstore/conn.h"
#include "dom0-tools/xenstore/store.h"

#define CLIENTS 4

static struct store store;
static uint64_t now;

static void hook_log(void *arg, const char *line)
{
    (void)arg;
    if (strlen(line) > 8192)
        abort();
}

static uint64_t hook_now(void *arg)
{
    (void)arg;
    return now += 1000000000;
}

static int hook_connect(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    (void)arg;
    (void)mfn;
    if (port == 13)
        return -22;
    return conn_open(&store, domid, NULL) ? 0 : -12;
}

static void hook_disconnect(void *arg, domid_t domid)
{
    (void)arg;
    conn_close(domain_find(&store.domains, domid)->conn);
}

static void hook_wake(void *arg, struct conn *c)
{
    (void)arg;
    (void)c;
}

static const struct store_hooks hooks = { hook_log, hook_now, hook_connect, hook_disconnect, hook_wake };

static void check(void)
{
    const char *wrong = store_check(&store);

    if (wrong) {
        fprintf(stderr, "store_check: %s\n", wrong);
        abort();
    }
}

static struct conn *client(unsigned int i)
{
    struct domain *d = domain_find(&store.domains, (domid_t)i);

    if (!d || !d->conn)
        store_introduce(&store, (domid_t)i, 1, 1);
    d = domain_find(&store.domains, (domid_t)i);
    return d ? d->conn : NULL;
}

static void fetch(struct conn *c, size_t bytes)
{
    const char *out;
    size_t len;

    while (bytes > 0 && (out = conn_output(c, &len)) != NULL) {
        if (len > sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
            abort();
        if (len > bytes)
            len = bytes;
        conn_sent(c, len);
        bytes -= len;
    }
}

static void feed(struct conn *c, const void *data, size_t len)
{
    const char *from = data;

    while (len > 0) {
        size_t n = conn_wants(c);

        if (n == 0 && conn_has_request(c)) {
            if (!conn_may_serve(c))
                fetch(c, 1 << 20);
            conn_serve(c);
            continue;
        }
        if (n == 0)
            return;
        if (n > len)
            n = len;
        if (conn_feed(c, from, n)) {
            conn_stop(c);
            return;
        }
        from += n;
        len -= n;
    }
    if (conn_may_serve(c))
        conn_serve(c);
}

/* Paths that meet each other are found more often than random ones. */
static const char *const paths[] = {
    "/", "/a", "/a/b", "/a/b/c", "/a/d", "x", "x/y", "/local/domain/1", "/local/domain/2/x", "@releaseDomain",
    "@introduceDomain", "/a/b/c/d/e/f", "/local/domain/", "//", "/a/e", "T",
};

static const char *const tails[] = {
    "", "v", "n0", "n1", "b2", "r0", "token", "0", "T", "F", "1", "n300", "2", "x",
};

static size_t build(const uint8_t *p, char *payload)
{
    const char *path = paths[p[0] % 16], *tail = tails[p[1] % 14];
    size_t at = strlen(path) + 1, tail_len = strlen(tail) + (p[2] & 1);

    memcpy(payload, path, at);
    memcpy(payload + at, tail, tail_len);
    return at + tail_len;
}

static size_t step(const uint8_t *p, size_t left)
{
    struct conn *c = client(p[0] % CLIENTS);
    struct xsd_sockmsg hdr = { .type = p[2] % (XS_TYPE_COUNT + 1), .req_id = p[3], .tx_id = p[4] % 8 };
    char payload[64];
    size_t raw;

    if (!c)
        return 5;
    switch (p[1] % 16) {
    case 0:
        conn_reset(c);
        return 5;
    case 1:
        store_domain_gone(&store, p[2] % CLIENTS);
        return 5;
    case 2:
        store_release(&store, p[2] % CLIENTS);
        return 5;
    case 3:
        fetch(c, 1u << (p[2] % 14));
        return 5;
    case 4:
        store_domain_shutdown(&store, p[2] % CLIENTS);
        return 5;
    case 5: case 6:                     /* raw bytes, which may be a piece of anything */
        raw = p[2] < left - 5 ? p[2] : left - 5;
        feed(c, p + 5, raw);
        return 5 + raw;
    case 7:                             /* a sound header, random payload */
        raw = p[2] < left - 5 ? p[2] : left - 5;
        hdr.type = p[3] % XS_TYPE_COUNT;
        hdr.len = (uint32_t)raw;
        feed(c, &hdr, sizeof(hdr));
        feed(c, p + 5, raw);
        return 5 + raw;
    default:
        if (left < 8)
            return left;
        hdr.len = (uint32_t)build(p + 5, payload);
        feed(c, &hdr, sizeof(hdr));
        feed(c, payload, hdr.len);
        return 8;
    }
}

/* Every record goes with its domain, whoever else named it. */
static void end_domains(const struct domain_list *bucket)
{
    const struct domain *d = LIST_FIRST(bucket);

    while (d) {
        bool stays = d->domid == 0;

        if (!stays)
            store_domain_gone(&store, d->domid);
        d = stays ? LIST_NEXT(d, link) : LIST_FIRST(bucket);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t key[2] = { 1, 2 };

    if (store_init(&store, &hooks, NULL, key) || !conn_open(&store, 0, NULL))
        abort();
    while (size >= 5) {
        size_t n = step(data, size);

        data += n;
        size -= n;
    }
    check();
    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++)
        end_domains(&store.domains.buckets[i]);
    check();
    conn_close(domain_find(&store.domains, 0)->conn);
    store_fini(&store);
    if (store.domains.count != 0)
        abort();
    return 0;
}
