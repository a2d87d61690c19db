/*
 * What the store remembers of each domain: what it owns, how much it is charged, its connection and its
 * state.
 *
 * A record exists from the first time that a domid is named (as an owner, in a permission, by a connection)
 * until nothing refers to it any more. Everything that is held on a domain's behalf is charged to its record.
 */
#ifndef XENSTORE_DOMAIN_H
#define XENSTORE_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xen/xen.h>

#include "quota.h"
#include "tree.h"

struct conn;
struct perm;

LIST_HEAD(named_perms, perm);
LIST_HEAD(domain_list, domain);

struct domain {
    LIST_ENTRY(domain) link;
    struct domain_table *table;
    domid_t domid;
    bool introduced;                    /* between INTRODUCE and RELEASE or its end */
    bool shutdown_seen;                 /* @releaseDomain has told of its shutdown */
    bool has_target;
    domid_t target;                     /* SET_TARGET: this domain has the rights of that one too */
    uint64_t mfn;                       /* of the INTRODUCE */
    struct conn *conn;                  /* NULL without a connection */
    struct owned_nodes nodes;           /* every live node that it owns */
    struct named_perms named;           /* every permission entry that names it, its own nodes' included */
    uint64_t used[QUOTA_KINDS];         /* of nodes, watches, transactions, bytes */
    uint64_t logged_ns[QUOTA_KINDS];    /* when a hit of this quota was last logged; 0 never */
};

#define DOMAIN_BUCKETS 256u

struct domain_table {
    struct domain_list buckets[DOMAIN_BUCKETS];
    size_t count;
};

/* True for numbers that name a domain, not a special meaning. */
bool domid_is_real(domid_t domid);

void domain_table_init(struct domain_table *t);

/* The record, or NULL. */
struct domain *domain_find(struct domain_table *t, domid_t domid);

/* The record, made if there is none; NULL without memory. */
struct domain *domain_need(struct domain_table *t, domid_t domid);

/* Frees the record if nothing refers to it. Domain 0 stays. */
void domain_drop(struct domain *d);

/* Adds to, takes from, the bytes that the domain is charged for. */
void domain_charge(struct domain *d, size_t bytes);
void domain_uncharge(struct domain *d, size_t bytes);

/* Bytes charged for a node. Shared permissions count in full for each node. */
size_t node_cost(size_t name_len, const struct value *value, const struct perms *perms);

/* A linked node begins, ceases, to count for the owner that its permissions name. */
void account_add(struct node *n);
void account_remove(struct node *n);

#endif
