/*
 * Watches: the table, and turning changes into events.
 */
#include "watch.h"

#include "conn.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/siphash.h>

#define FIRST_BUCKETS 256u

int watch_table_init(struct watch_table *t)
{
    t->buckets = calloc(FIRST_BUCKETS, sizeof(*t->buckets));
    t->bucket_count = t->buckets ? FIRST_BUCKETS : 0;
    t->count = 0;
    return t->buckets ? 0 : -ENOMEM;
}

void watch_table_fini(struct watch_table *t)
{
    free(t->buckets);
    memset(t, 0, sizeof(*t));
}

static size_t slot(const struct store *s, const char *path, size_t len, size_t buckets)
{
    return pv_siphash(s->tree.key[1], s->tree.key[0], path, len) & (buckets - 1);
}

/* Speed only: without memory the smaller table goes on serving. */
static void grow(struct store *s)
{
    struct watch_table *t = &s->watches;
    size_t count = t->bucket_count * 4;
    struct watch **buckets = calloc(count, sizeof(*buckets));

    if (!buckets)
        return;
    for (size_t i = 0; i < t->bucket_count; i++) {
        struct watch *w = t->buckets[i], *next;

        for (; w; w = next) {
            size_t at = slot(s, w->path, w->path_len, count);

            next = w->hash_next;
            w->hash_next = buckets[at];
            buckets[at] = w;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = count;
}

static size_t watch_cost(const struct watch *w)
{
    return sizeof(*w) + w->path_len + 1 + strlen(w->token) + 1;
}

static struct watch *find(struct conn *c, const char *path, const char *token)
{
    struct watch_table *t = &c->store->watches;
    struct watch *w = t->buckets[slot(c->store, path, strlen(path), t->bucket_count)];

    for (; w; w = w->hash_next)
        if (w->conn == c && strcmp(w->path, path) == 0 && strcmp(w->token, token) == 0)
            return w;
    return NULL;
}

static struct watch *watch_new(struct conn *c, const char *path, size_t base_len, const char *token)
{
    size_t path_len = strlen(path), token_len = strlen(token);
    struct watch *w = calloc(1, sizeof(*w) + path_len + 1 + token_len + 1);

    if (!w)
        return NULL;
    w->conn = c;
    w->base_len = (uint32_t)base_len;
    w->path_len = (uint32_t)path_len;
    memcpy(w->path, path, path_len + 1);
    memcpy(w->path + path_len + 1, token, token_len + 1);
    w->token = w->path + path_len + 1;
    TAILQ_INIT(&w->pending);
    return w;
}

int watch_add(struct conn *c, const char *path, size_t base_len, const char *token, struct watch **out)
{
    struct store *s = c->store;
    struct domain *d = c->domain;
    struct watch *w;
    size_t at;

    if (find(c, path, token))
        return -EEXIST;
    if (strlen(token) > WATCH_TOKEN_MAX)
        return -E2BIG;
    if (!quota_allows(s, d, QUOTA_WATCHES, d->used[QUOTA_WATCHES] + 1, path))
        return -E2BIG;
    w = watch_new(c, path, base_len, token);
    if (!w)
        return -ENOMEM;
    if (!quota_allows(s, d, QUOTA_BYTES, d->used[QUOTA_BYTES] + watch_cost(w), path)) {
        free(w);
        return -E2BIG;
    }
    if (s->watches.count >= 2 * s->watches.bucket_count)
        grow(s);
    at = slot(s, w->path, w->path_len, s->watches.bucket_count);
    w->hash_next = s->watches.buckets[at];
    s->watches.buckets[at] = w;
    s->watches.count++;
    TAILQ_INSERT_TAIL(&c->watches, w, of_conn);
    d->used[QUOTA_WATCHES]++;
    domain_charge(d, watch_cost(w));
    *out = w;
    return 0;
}

static void watch_free(struct watch *w)
{
    struct conn *c = w->conn;
    struct watch_table *t = &c->store->watches;
    struct watch **b = &t->buckets[slot(c->store, w->path, w->path_len, t->bucket_count)];

    while (TAILQ_FIRST(&w->pending))
        conn_unqueue(c, TAILQ_FIRST(&w->pending));
    if (w->overflowed)
        c->overflowed--;
    while (*b != w)
        b = &(*b)->hash_next;
    *b = w->hash_next;
    t->count--;
    TAILQ_REMOVE(&c->watches, w, of_conn);
    c->domain->used[QUOTA_WATCHES]--;
    domain_uncharge(c->domain, watch_cost(w));
    free(w);
}

int watch_remove(struct conn *c, const char *path, const char *token)
{
    struct watch *w = find(c, path, token);

    if (!w)
        return -ENOENT;
    watch_free(w);
    return 0;
}

void watch_remove_all(struct conn *c)
{
    while (TAILQ_FIRST(&c->watches))
        watch_free(TAILQ_FIRST(&c->watches));
}

static struct out *event_new(const struct watch *w, const char *path, size_t len)
{
    size_t token_size = strlen(w->token) + 1;
    struct out *o = out_new(len + 1 + token_size);
    char *payload;

    if (!o)
        return NULL;
    payload = o->bytes + sizeof(struct xsd_sockmsg);
    memcpy(payload, path, len);
    payload[len] = '\0';
    memcpy(payload + len + 1, w->token, token_size);
    out_fill_header(o, XS_WATCH_EVENT, 0, 0, (uint32_t)(len + 1 + token_size));
    return o;
}

static bool is_pending(const struct watch *w, const char *path, size_t len)
{
    size_t whole = sizeof(struct xsd_sockmsg) + len + 1 + strlen(w->token) + 1;
    const struct out *o;

    TAILQ_FOREACH(o, &w->pending, of_watch)
        if (o->len == whole && memcmp(o->bytes + sizeof(struct xsd_sockmsg), path, len) == 0)
            return true;
    return false;
}

/* Whether one more path may wait for this watch. */
static bool room_for_event(const struct watch *w, size_t len, const char *path)
{
    struct store *s = w->conn->store;
    struct domain *d = w->conn->domain;
    uint64_t bytes = d->used[QUOTA_BYTES] + sizeof(struct out) + sizeof(struct xsd_sockmsg) + len;

    if (d->domid == 0)
        return w->pending_count < WATCH_EVENTS_CONTROL;
    return quota_allows(s, d, QUOTA_WATCH_EVENTS, w->pending_count + 1, path) &&
           quota_allows(s, d, QUOTA_BYTES, bytes, path);
}

void watch_event(struct watch *w, const char *path, size_t len)
{
    struct conn *c = w->conn;
    struct out *o = NULL;

    path += w->base_len;
    len -= w->base_len;
    if (w->overflowed || is_pending(w, path, len))
        return;
    if (room_for_event(w, len + strlen(w->token) + 2, path))
        o = event_new(w, path, len);
    if (o) {
        o->watch = w;
        TAILQ_INSERT_TAIL(&w->pending, o, of_watch);
        w->pending_count++;
        conn_queue(c, o);
    } else {
        w->overflowed = true;
        c->overflowed++;
    }
    c->store->hooks->wake(c->store->hooks_arg, c);
}

void watch_event_leaves(struct out *o)
{
    if (!o->watch)
        return;
    TAILQ_REMOVE(&o->watch->pending, o, of_watch);
    o->watch->pending_count--;
    o->watch = NULL;
}

struct out *watch_owed_event(struct conn *c)
{
    struct watch *w;
    struct out *o;

    if (c->overflowed == 0)
        return NULL;
    TAILQ_FOREACH(w, &c->watches, of_conn)
        if (w->overflowed)
            break;
    o = event_new(w, w->path + w->base_len, w->path_len - w->base_len);
    if (o) {
        w->overflowed = false;
        c->overflowed--;
    }
    return o;
}

static bool may_see(const struct conn *c, const struct perms *before, const struct perms *now)
{
    return (before && (perms_access(before, c->domain) & PERM_READ)) ||
           (now && (perms_access(now, c->domain) & PERM_READ));
}

void watch_fire(struct store *s, const char *path, size_t len, const struct perms *before,
                const struct perms *now, bool exact)
{
    size_t at = len;

    if (s->watches.count == 0)
        return;
    do {
        struct watch *w = s->watches.buckets[slot(s, path, at, s->watches.bucket_count)];

        for (; w; w = w->hash_next)
            if (w->path_len == at && memcmp(w->path, path, at) == 0 && may_see(w->conn, before, now))
                watch_event(w, path, len);
        at = path[0] == '/' ? path_parent_len(path, at) : 0;
    } while (at > 0 && !exact);
}

bool watch_any_below(const struct conn *c, const char *path)
{
    size_t len = strlen(path);
    const struct watch *w;

    TAILQ_FOREACH(w, &c->watches, of_conn)
        if (strncmp(w->path, path, len) == 0 && (w->path[len] == '\0' || w->path[len] == '/'))
            return true;
    return false;
}

const char *watch_check(const struct store *s)
{
    const struct watch_table *t = &s->watches;
    size_t seen = 0;

    for (size_t i = 0; i < t->bucket_count; i++) {
        for (const struct watch *w = t->buckets[i]; w; w = w->hash_next) {
            const struct out *o;
            uint32_t pending = 0;

            seen++;
            if (slot(s, w->path, w->path_len, t->bucket_count) != i)
                return "a watch is in the wrong place";
            TAILQ_FOREACH(o, &w->pending, of_watch)
                pending += o->watch == w;
            if (pending != w->pending_count)
                return "a watch's count of events is wrong";
        }
    }
    return seen == t->count ? NULL : "the count of watches is wrong";
}
