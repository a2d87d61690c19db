/*
 * Limits for what an unprivileged domain may make the store hold. Domain 0 has none.
 */
#ifndef XENSTORE_QUOTA_H
#define XENSTORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

enum quota_kind {
    QUOTA_NODES,            /* nodes owned */
    QUOTA_NODE_SIZE,        /* bytes of one value */
    QUOTA_PERMISSIONS,      /* entries in the permissions of one node */
    QUOTA_WATCHES,          /* watches set */
    QUOTA_WATCH_EVENTS,     /* paths waiting for one watch; more are joined into one event */
    QUOTA_TRANSACTIONS,     /* transactions open */
    QUOTA_TRANSACTION_NODES,/* nodes touched by one transaction */
    QUOTA_OUTSTANDING,      /* answers not yet fetched; then requests wait in the ring */
    QUOTA_BYTES,            /* all of it: nodes, watches, transactions, queued events and answers, requests */
    QUOTA_KINDS
};

struct quota_limits {
    uint64_t max[QUOTA_KINDS];
};

void quota_defaults(struct quota_limits *q);

/* "nodes", "node-size", ...; and back: -1 for an unknown name. */
const char *quota_name(enum quota_kind kind);
int quota_by_name(const char *name);

struct store;
struct domain;

/*
 * True if the domain may have `total` of this kind. If not, the refusal is logged with the domain and the
 * path (at most once a minute for each domain and kind; path may be NULL), so that an operator can see what
 * a guest ran into.
 */
bool quota_allows(struct store *s, struct domain *d, enum quota_kind kind, uint64_t total, const char *path);

#endif
