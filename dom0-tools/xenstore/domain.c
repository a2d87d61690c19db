/*
 * Records of domains, and what each is charged.
 */
#include "domain.h"

#include "conn.h"
#include "perms.h"

#include <stdlib.h>

bool domid_is_real(domid_t domid)
{
    return domid < DOMID_FIRST_RESERVED;
}

void domain_table_init(struct domain_table *t)
{
    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++)
        LIST_INIT(&t->buckets[i]);
    t->count = 0;
}

/* Domids are handed out one after the other: their low bits are the best hash. */
static struct domain_list *bucket(struct domain_table *t, domid_t domid)
{
    return &t->buckets[domid % DOMAIN_BUCKETS];
}

struct domain *domain_find(struct domain_table *t, domid_t domid)
{
    struct domain *d;

    LIST_FOREACH(d, bucket(t, domid), link)
        if (d->domid == domid)
            return d;
    return NULL;
}

struct domain *domain_need(struct domain_table *t, domid_t domid)
{
    struct domain *d = domain_find(t, domid);

    if (d)
        return d;
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->domid = domid;
    d->table = t;
    LIST_INIT(&d->nodes);
    LIST_INIT(&d->named);
    LIST_INSERT_HEAD(bucket(t, domid), d, link);
    t->count++;
    return d;
}

void domain_drop(struct domain *d)
{
    if (d->domid == 0 || d->introduced || d->conn || d->used[QUOTA_BYTES] != 0)
        return;
    if (LIST_FIRST(&d->nodes) || LIST_FIRST(&d->named))
        return;
    LIST_REMOVE(d, link);
    d->table->count--;
    free(d);
}

void domain_charge(struct domain *d, size_t bytes)
{
    d->used[QUOTA_BYTES] += bytes;
}

void domain_uncharge(struct domain *d, size_t bytes)
{
    d->used[QUOTA_BYTES] -= bytes;
}

size_t node_cost(size_t name_len, const struct value *value, const struct perms *perms)
{
    return sizeof(struct node) + name_len + 1 + (value ? sizeof(*value) + value->len : 0) +
           sizeof(*perms) + perms->count * sizeof(perms->entry[0]);
}

void account_add(struct node *n)
{
    struct domain *owner = n->perms->entry[0].domain;

    LIST_INSERT_HEAD(&owner->nodes, n, owned);
    owner->used[QUOTA_NODES]++;
    domain_charge(owner, node_cost(n->name_len, n->value, n->perms));
}

void account_remove(struct node *n)
{
    struct domain *owner = n->perms->entry[0].domain;

    LIST_REMOVE(n, owned);
    owner->used[QUOTA_NODES]--;
    domain_uncharge(owner, node_cost(n->name_len, n->value, n->perms));
}
