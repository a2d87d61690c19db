/*
 * Committing a transaction: check everything while changing nothing, then change, in code that cannot fail.
 */
#include "path.h"
#include "store.h"
#include "transaction_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool base_unchanged(const struct store *s, const struct tx_entry *e)
{
    const struct node *n = tree_find(&s->tree, e->path, e->len);

    if ((e->deps & DEP_VALUE) && (n ? n->value_gen : 0) != e->base_value_gen)
        return false;
    if ((e->deps & DEP_PERMS) && (n ? n->perms_gen : 0) != e->base_perms_gen)
        return false;
    return !(e->deps & DEP_LIST) || (n ? n->list_gen : 0) == e->base_list_gen;
}

/* A node to be linked needs its parent, in the tree or in this transaction. */
static bool parent_present(struct tx *tx, const struct tx_entry *e)
{
    struct view v;

    if (e->state != TX_WRITTEN || e->base_value_gen != 0)
        return true;
    tx_peek(tx->store, tx, e->path, path_parent_len(e->path, e->len), &v);
    return v.exists;
}

static int check(struct tx *tx)
{
    struct domain *d = tx->domain;
    int64_t nodes = (int64_t)d->used[QUOTA_NODES] + tx->nodes_delta;
    int64_t bytes = (int64_t)d->used[QUOTA_BYTES] + tx->bytes_delta - (int64_t)tx->held;

    for (uint32_t i = 0; i < tx->count; i++)
        if (!base_unchanged(tx->store, tx->entries[i]) || !parent_present(tx, tx->entries[i]))
            return -EAGAIN;
    if (tx->nodes_delta > 0 && !quota_allows(tx->store, d, QUOTA_NODES, (uint64_t)nodes, NULL))
        return -ENOSPC;
    if (tx->bytes_delta > 0 && !quota_allows(tx->store, d, QUOTA_BYTES, (uint64_t)bytes, NULL))
        return -ENOSPC;
    return 0;
}

/* Parents before their children. */
static int by_path(const void *a, const void *b)
{
    const struct tx_entry *x = *(struct tx_entry *const *)a, *y = *(struct tx_entry *const *)b;
    size_t common = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->path, y->path, common);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void apply_delete(struct store *s, struct tx_entry *e)
{
    struct node *n = tree_find(&s->tree, e->path, e->len);

    e->old_perms = perms_get(n->perms);
    account_remove(n);
    tree_unlink(&s->tree, n, s->gen);
    node_free(n);
}

static void apply_replace(struct store *s, struct tx_entry *e)
{
    struct node *n = tree_find(&s->tree, e->path, e->len);

    account_remove(n);
    e->old_perms = n->perms;
    n->perms = perms_get(e->perms);
    value_put(n->value);
    n->value = value_get(e->value);
    account_add(n);
    if (e->new_value || e->recreated)
        n->value_gen = s->gen;
    if (e->new_perms || e->recreated)
        n->perms_gen = s->gen;
}

static void apply_create(struct store *s, struct tx_entry *e)
{
    struct node *parent = tree_find(&s->tree, e->path, path_parent_len(e->path, e->len));

    e->fresh->perms = perms_get(e->perms);
    e->fresh->value = value_get(e->value);
    tree_link(&s->tree, parent, e->fresh, s->gen);
    account_add(e->fresh);
    e->fresh = NULL;
}

int tx_commit(struct tx *tx)
{
    struct store *s = tx->store;
    int rc = check(tx);

    if (rc || tx->changes == 0)
        return rc;
    if (tx->count > 1)
        qsort(tx->entries, tx->count, sizeof(tx->entries[0]), by_path);
    s->gen++;
    for (uint32_t i = tx->count; i-- > 0;)
        if (tx->entries[i]->state == TX_DELETED && tx->entries[i]->base_value_gen != 0)
            apply_delete(s, tx->entries[i]);
    for (uint32_t i = 0; i < tx->count; i++) {
        if (tx->entries[i]->state != TX_WRITTEN)
            continue;
        if (tx->entries[i]->base_value_gen != 0)
            apply_replace(s, tx->entries[i]);
        else
            apply_create(s, tx->entries[i]);
    }
    for (uint32_t i = 0; i < tx->count; i++) {
        struct tx_entry *e = tx->entries[i];

        if (e->event && (e->perms || e->old_perms))
            watch_fire(s, e->path, e->len, e->old_perms, e->perms, e->exact && e->state == TX_DELETED);
    }
    return 0;
}
