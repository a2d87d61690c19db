/*
 * Transactions: the entries, looking through them, and changing them. Committing is in commit.c.
 */
#include "transaction.h"

#include "path.h"
#include "store.h"
#include "transaction_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/siphash.h>

void tx_init(struct tx *tx, struct store *s, struct domain *d, uint32_t id)
{
    memset(tx, 0, sizeof(*tx));
    tx->store = s;
    tx->domain = d;
    tx->id = id;
    tx->entries = tx->first_entries;
    tx->capacity = TX_INLINE;
    tx->buckets = tx->first_buckets;
    tx->bucket_count = TX_INLINE;
}

static void entry_free(struct tx_entry *e)
{
    perms_put(e->perms);
    perms_put(e->old_perms);
    value_put(e->value);
    if (e->fresh)
        node_free(e->fresh);
    free(e);
}

void tx_fini(struct tx *tx)
{
    for (uint32_t i = 0; i < tx->count; i++)
        entry_free(tx->entries[i]);
    if (tx->entries != tx->first_entries)
        free(tx->entries);
    if (tx->buckets != tx->first_buckets)
        free(tx->buckets);
    domain_uncharge(tx->domain, tx->held);
    tx->held = 0;
    tx->count = 0;
}

static uint64_t hash_path(const struct tx *tx, const char *path, size_t len)
{
    return pv_siphash(tx->store->tree.key[0], tx->store->tree.key[1], path, len);
}

struct tx_entry *tx_find(const struct tx *tx, const char *path, size_t len)
{
    uint64_t hash = hash_path(tx, path, len);
    struct tx_entry *e = tx->buckets[hash & (tx->bucket_count - 1)];

    for (; e; e = e->hash_next)
        if (e->hash == hash && e->len == len && memcmp(e->path, path, len) == 0)
            return e;
    return NULL;
}

/* Speed only: without memory the smaller table goes on serving. */
static void grow_buckets(struct tx *tx)
{
    uint32_t count = tx->bucket_count * 4;
    struct tx_entry **buckets = calloc(count, sizeof(*buckets));

    if (!buckets)
        return;
    for (uint32_t i = 0; i < tx->count; i++) {
        struct tx_entry *e = tx->entries[i];

        e->hash_next = buckets[e->hash & (count - 1)];
        buckets[e->hash & (count - 1)] = e;
    }
    if (tx->buckets != tx->first_buckets)
        free(tx->buckets);
    tx->buckets = buckets;
    tx->bucket_count = count;
}

static int grow_entries(struct tx *tx)
{
    uint32_t capacity = tx->capacity * 2;
    struct tx_entry **entries = malloc(capacity * sizeof(*entries));

    if (!entries)
        return -ENOMEM;
    memcpy(entries, tx->entries, tx->count * sizeof(*entries));
    if (tx->entries != tx->first_entries)
        free(tx->entries);
    tx->entries = entries;
    tx->capacity = capacity;
    return 0;
}

/* An explicit transaction lives as long as its client likes, so what it holds is charged; an implicit one
 * ends with the request. */
static bool hold(struct tx *tx, size_t bytes, const char *path)
{
    uint64_t used = tx->domain->used[QUOTA_BYTES];

    if (tx->id == 0)
        return true;
    if (!quota_allows(tx->store, tx->domain, QUOTA_BYTES, used + bytes, path))
        return false;
    tx->held += bytes;
    domain_charge(tx->domain, bytes);
    return true;
}

static void remember_base(struct tx *tx, struct tx_entry *e)
{
    const struct node *n = tree_find(&tx->store->tree, e->path, e->len);

    if (!n)
        return;
    e->base_value_gen = n->value_gen;
    e->base_perms_gen = n->perms_gen;
    e->base_list_gen = n->list_gen;
    e->base_owner = perms_owner(n->perms);
    e->base_cost = node_cost(n->name_len, n->value, n->perms);
}

int tx_touch(struct tx *tx, const char *path, size_t len, unsigned int deps, struct tx_entry **out)
{
    struct tx_entry *e = tx_find(tx, path, len), **b;

    *out = e;
    if (e) {
        e->deps |= (uint8_t)deps;
        return 0;
    }
    if (tx->id != 0 && !quota_allows(tx->store, tx->domain, QUOTA_TRANSACTION_NODES, tx->count + 1, path))
        return -ENOSPC;
    if (tx->count == tx->capacity && grow_entries(tx))
        return -ENOMEM;
    if (!hold(tx, sizeof(*e) + len + 1 + 2 * sizeof(e), path))
        return -ENOSPC;
    e = calloc(1, sizeof(*e) + len + 1);
    if (!e)
        return -ENOMEM;
    memcpy(e->path, path, len);
    e->len = (uint32_t)len;
    e->deps = (uint8_t)deps;
    e->hash = hash_path(tx, path, len);
    remember_base(tx, e);
    tx->entries[tx->count++] = e;
    b = &tx->buckets[e->hash & (tx->bucket_count - 1)];
    e->hash_next = *b;
    *b = e;
    if (tx->count > 2 * tx->bucket_count)
        grow_buckets(tx);
    *out = e;
    return 0;
}

static void view_live(const struct store *s, const char *path, size_t len, struct view *v)
{
    const struct node *n = tree_find(&s->tree, path, len);

    memset(v, 0, sizeof(*v));
    if (!n)
        return;
    v->exists = true;
    v->perms = n->perms;
    v->value = n->value;
    v->gen = n->value_gen > n->perms_gen ? n->value_gen : n->perms_gen;
    v->gen = v->gen > n->list_gen ? v->gen : n->list_gen;
}

/* A node that the transaction has not changed is seen as it is now. If it is no longer what the transaction
 * saw first, the commit will fail; until then the client sees the newer state, and nothing old is kept. */
static void view_entry(const struct tx *tx, const struct tx_entry *e, struct view *v)
{
    view_live(tx->store, e->path, e->len, v);
    v->gen += tx->changes;
    if (e->state == TX_KEPT)
        return;
    v->exists = e->state == TX_WRITTEN;
    v->perms = e->perms;
    v->value = e->value;
}

void tx_peek(struct store *s, struct tx *tx, const char *path, size_t len, struct view *v)
{
    const struct tx_entry *e = tx ? tx_find(tx, path, len) : NULL;

    if (e)
        view_entry(tx, e, v);
    else
        view_live(s, path, len, v);
}

int tx_view(struct store *s, struct tx *tx, const char *path, size_t len, unsigned int deps, struct view *v)
{
    struct tx_entry *e;
    int rc;

    if (!tx) {
        view_live(s, path, len, v);
        return 0;
    }
    rc = tx_touch(tx, path, len, deps, &e);
    if (rc)
        return rc;
    view_entry(tx, e, v);
    return 0;
}

/* What the entry's present state adds to the account of the requester, against how it was. */
static void contribution(const struct tx *tx, const struct tx_entry *e, int64_t *nodes, int64_t *bytes)
{
    domid_t own = tx->domain->domid;

    *nodes = 0;
    *bytes = 0;
    if (e->state == TX_KEPT)
        return;
    if (e->base_value_gen != 0 && e->base_owner == own) {
        *nodes -= 1;
        *bytes -= (int64_t)e->base_cost;
    }
    if (e->state == TX_WRITTEN && perms_owner(e->perms) == own) {
        size_t name_len = e->len - (size_t)(path_leaf(e->path, e->len) - e->path);

        *nodes += 1;
        *bytes += (int64_t)node_cost(name_len, e->value, e->perms);
    }
}

/* Gives an entry a new state; takes over the references. Cannot fail. */
static void set_entry(struct tx *tx, struct tx_entry *e, enum tx_state state, struct perms *perms,
                      struct value *value)
{
    int64_t nodes, bytes;

    contribution(tx, e, &nodes, &bytes);
    tx->nodes_delta -= nodes;
    tx->bytes_delta -= bytes;
    perms_put(e->perms);
    value_put(e->value);
    e->recreated |= e->state == TX_DELETED && state == TX_WRITTEN;
    e->state = state;
    e->perms = perms;
    e->value = value;
    e->deps = DEP_VALUE | DEP_PERMS | (e->deps & DEP_LIST);
    contribution(tx, e, &nodes, &bytes);
    tx->nodes_delta += nodes;
    tx->bytes_delta += bytes;
    tx->changes++;
}

/* Whether the requester's account has room for that much more than the transaction already adds to it. */
static bool room_for(struct tx *tx, int64_t nodes, int64_t bytes, const char *path)
{
    struct domain *d = tx->domain;
    int64_t all_nodes = (int64_t)d->used[QUOTA_NODES] + tx->nodes_delta + nodes;
    int64_t all_bytes = (int64_t)d->used[QUOTA_BYTES] + tx->bytes_delta + bytes;

    /* Sums below zero: the transaction removed what somebody else has removed since; it will not commit. */
    if (nodes > 0 && all_nodes > 0 && !quota_allows(tx->store, d, QUOTA_NODES, (uint64_t)all_nodes, path))
        return false;
    return bytes <= 0 || all_bytes <= 0 || quota_allows(tx->store, d, QUOTA_BYTES, (uint64_t)all_bytes, path);
}

static size_t value_size(const struct value *v)
{
    return v ? sizeof(*v) + v->len : 0;
}

int tx_write(struct tx *tx, const char *path, size_t len, struct value *value)
{
    struct tx_entry *e;
    struct view v;
    int64_t more;
    int rc = tx_touch(tx, path, len, DEP_VALUE | DEP_PERMS, &e);

    if (rc) {
        value_put(value);
        return rc;
    }
    view_entry(tx, e, &v);
    more = (int64_t)value_size(value) - (int64_t)value_size(v.value);
    if (perms_owner(v.perms) != tx->domain->domid)
        more = 0;
    if (!room_for(tx, 0, more, path) || !hold(tx, value_size(value), path)) {
        value_put(value);
        return -ENOSPC;
    }
    set_entry(tx, e, TX_WRITTEN, perms_get(v.perms), value);
    e->new_value = true;
    e->event = true;
    return 0;
}

int tx_set_perms(struct tx *tx, const char *path, size_t len, struct perms *perms)
{
    size_t size = sizeof(*perms) + perms->count * sizeof(perms->entry[0]);
    struct tx_entry *e;
    struct view v;
    int rc = tx_touch(tx, path, len, DEP_VALUE | DEP_PERMS, &e);

    if (rc == 0 && (!room_for(tx, 0, (int64_t)size, path) || !hold(tx, size, path)))
        rc = -ENOSPC;
    if (rc) {
        perms_put(perms);
        return rc;
    }
    view_entry(tx, e, &v);
    set_entry(tx, e, TX_WRITTEN, perms, value_get(v.value));
    e->new_perms = true;
    e->event = true;
    return 0;
}

/* Length of the path one component longer than at_len. */
static size_t next_len(const char *path, size_t len, size_t at_len)
{
    const char *from = path + at_len + 1;
    const char *slash;

    if (at_len == 1)
        from = path + 1;
    slash = memchr(from, '/', len - (size_t)(from - path));
    return slash ? (size_t)(slash - path) : len;
}

/* Makes the entries and the nodes for all that is missing, without changing what anybody sees. */
static int prepare_create(struct tx *tx, const char *path, size_t len, size_t from_len,
                          const struct perms *perms, const struct value *value)
{
    int64_t nodes = 0, bytes = 0;

    for (size_t at = next_len(path, len, from_len);; at = next_len(path, len, at)) {
        const char *leaf = path_leaf(path, at);
        size_t leaf_len = at - (size_t)(leaf - path);
        struct tx_entry *e;
        int rc = tx_touch(tx, path, at, DEP_VALUE | DEP_PERMS, &e);

        if (rc)
            return rc;
        if (e->base_value_gen == 0 && !e->fresh)
            e->fresh = node_new(leaf, leaf_len, NULL, NULL);
        if (e->base_value_gen == 0 && !e->fresh)
            return -ENOMEM;
        nodes++;
        bytes += (int64_t)node_cost(leaf_len, at == len ? value : NULL, perms);
        if (at == len)
            break;
    }
    if (perms_owner(perms) == tx->domain->domid && !room_for(tx, nodes, bytes, path))
        return -ENOSPC;
    return hold(tx, (size_t)bytes, path) ? 0 : -ENOSPC;
}

int tx_create(struct tx *tx, const char *path, size_t len, size_t from_len, struct perms *perms,
              struct value *value)
{
    int rc = prepare_create(tx, path, len, from_len, perms, value);

    if (rc) {
        perms_put(perms);
        value_put(value);
        return rc;
    }
    for (size_t at = next_len(path, len, from_len); at < len; at = next_len(path, len, at))
        set_entry(tx, tx_find(tx, path, at), TX_WRITTEN, perms_get(perms), NULL);
    struct tx_entry *last = tx_find(tx, path, len);

    set_entry(tx, last, TX_WRITTEN, perms, value);
    last->event = true;
    return 0;
}

/* First every node gets its entry, then all are marked: the second step cannot fail. */
int tx_remove(struct tx *tx, const char *path, size_t len)
{
    struct node *top = tree_find(&tx->store->tree, path, len);
    struct tx_entry *e;
    char buf[PATH_BUF];
    int rc = tx_touch(tx, path, len, DEP_VALUE | DEP_PERMS | DEP_LIST, &e);

    for (struct node *n = top; n && rc == 0; n = tree_next(top, n)) {
        size_t n_len = node_path(n, buf);

        rc = tx_touch(tx, buf, n_len, DEP_VALUE | DEP_PERMS | DEP_LIST, &e);
    }
    if (rc)
        return rc;
    for (uint32_t i = 0; i < tx->count; i++) {
        bool is_top;

        e = tx->entries[i];
        is_top = e->len == len && memcmp(e->path, path, len) == 0;
        if (!is_top && !path_is_below(e->path, e->len, path, len))
            continue;
        if (e->state != TX_DELETED) {
            set_entry(tx, e, TX_DELETED, NULL, NULL);
            e->event = true;
            e->exact = !is_top;
        }
    }
    return 0;
}

static bool list_live(struct store *s, struct tx *tx, const char *path, size_t len,
                      bool (*fn)(void *arg, const char *name, size_t len), void *arg)
{
    const struct node *dir = tree_find(&s->tree, path, len), *n;
    char buf[PATH_BUF];

    if (!dir)
        return true;
    TAILQ_FOREACH(n, &dir->children, sibling) {
        if (tx && tx->changes > 0) {
            const struct tx_entry *e = NULL;

            if (path_join(buf, path, len, n->name, n->name_len))
                e = tx_find(tx, buf, strlen(buf));
            if (e && e->state == TX_DELETED)
                continue;
        }
        if (!fn(arg, n->name, n->name_len))
            return false;
    }
    return true;
}

void tx_list(struct store *s, struct tx *tx, const char *path, size_t len,
             bool (*fn)(void *arg, const char *name, size_t len), void *arg)
{
    if (!list_live(s, tx, path, len, fn, arg) || !tx || tx->changes == 0)
        return;
    for (uint32_t i = 0; i < tx->count; i++) {
        const struct tx_entry *e = tx->entries[i];
        const char *leaf = path_leaf(e->path, e->len);

        if (e->state != TX_WRITTEN || tree_find(&s->tree, e->path, e->len))
            continue;
        if (path_parent_len(e->path, e->len) != len || memcmp(e->path, path, len) != 0)
            continue;
        if (!fn(arg, leaf, e->len - (size_t)(leaf - e->path)))
            return;
    }
}
