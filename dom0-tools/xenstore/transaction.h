/*
 * Transactions: what one has read and changed, kept apart until it commits.
 *
 * Each path that a transaction touches has an entry with the node's generations as they were at the first
 * touch and which of them the transaction depends on: the value if it was read or written, the permissions
 * if they decided something, the list of children if it was listed or removed. A commit succeeds if none of
 * those has changed; so it conflicts with what it used and with nothing else: two transactions may make
 * different children of one directory. Changes are in the entries, complete, and so are the nodes to be
 * linked: after its checks a commit cannot fail, and a transaction that fails has changed nothing.
 *
 * Every change goes through a transaction, also that of a single request (an implicit one, which is never
 * charged and cannot conflict), so there is one place where nodes come and go, are charged, and fire watches.
 */
#ifndef XENSTORE_TRANSACTION_H
#define XENSTORE_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "perms.h"
#include "tree.h"

struct store;
struct domain;
struct tx_entry;

#define DEP_VALUE 1u
#define DEP_PERMS 2u
#define DEP_LIST  4u

#define TX_INLINE 8u

struct tx {
    LIST_ENTRY(tx) link;                /* of its connection */
    struct store *store;
    struct domain *domain;              /* whose request this is */
    uint32_t id;                        /* 0: implicit */
    uint32_t count, capacity;
    struct tx_entry **entries;
    struct tx_entry **buckets;          /* of all entries by path; a power of two */
    uint32_t bucket_count;
    uint32_t changes;                   /* counts changes */
    int64_t nodes_delta, bytes_delta;   /* what a commit adds to the requester's own account */
    size_t held;                        /* bytes that are charged to the requester meanwhile */
    struct tx_entry *first_entries[TX_INLINE];
    struct tx_entry *first_buckets[TX_INLINE];
};

LIST_HEAD(tx_list, tx);

/* What a path means to a request. The pointers are valid until the next change. */
struct view {
    bool exists;
    struct perms *perms;
    struct value *value;
    uint64_t gen;                       /* differs if the node or its list of children has changed */
};

/* id 0 makes an implicit transaction, which lives on the caller's stack. */
void tx_init(struct tx *tx, struct store *s, struct domain *d, uint32_t id);

/* Drops everything that was not committed. */
void tx_fini(struct tx *tx);

/*
 * Looks at a node, as the transaction sees it (tx may be NULL: the live tree), and remembers what the
 * request depends on. 0 with v->exists true or false; -ENOMEM; -ENOSPC the transaction touches too many
 * nodes.
 */
int tx_view(struct store *s, struct tx *tx, const char *path, size_t len, unsigned int deps, struct view *v);

/* The same without remembering, for loops upwards to an ancestor that exists. */
void tx_peek(struct store *s, struct tx *tx, const char *path, size_t len, struct view *v);

/* Gives an existing node another value, other permissions. Both take over the reference. 0; -ENOMEM;
 * -ENOSPC. */
int tx_write(struct tx *tx, const char *path, size_t len, struct value *value);
int tx_set_perms(struct tx *tx, const char *path, size_t len, struct perms *perms);

/*
 * Creates the node at path, and empty ones for what is missing between it and its ancestor of length
 * from_len, which exists; all with the same permissions. Takes over both references. All or nothing. 0;
 * -ENOMEM; -ENOSPC.
 */
int tx_create(struct tx *tx, const char *path, size_t len, size_t from_len, struct perms *perms,
              struct value *value);

/* Removes an existing node with all that is below. All or nothing. 0; -ENOMEM; -ENOSPC. */
int tx_remove(struct tx *tx, const char *path, size_t len);

/* Calls fn for each child's name, as the transaction (or NULL: the live tree) sees them; fn returning false
 * ends it. */
void tx_list(struct store *s, struct tx *tx, const char *path, size_t len,
             bool (*fn)(void *arg, const char *name, size_t len), void *arg);

/* Applies all changes and fires the watches. 0; -EAGAIN something that it depends on has changed; -ENOSPC the
 * requester would own too much. The transaction must be ended with tx_fini() in any case. */
int tx_commit(struct tx *tx);

#endif
