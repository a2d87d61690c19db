/*
 * One path that a transaction has touched; shared by transaction.c and commit.c only.
 */
#ifndef XENSTORE_TRANSACTION_ENTRY_H
#define XENSTORE_TRANSACTION_ENTRY_H

#include "transaction.h"

#include <xen/xen.h>

enum tx_state { TX_KEPT, TX_WRITTEN, TX_DELETED };

struct tx_entry {
    struct tx_entry *hash_next;
    uint64_t hash;
    /* How the node was at the first touch; generations 0: it did not exist. */
    uint64_t base_value_gen, base_perms_gen, base_list_gen;
    size_t base_cost;
    domid_t base_owner;
    uint8_t deps;                       /* DEP_*: which of the generations must not have changed */
    uint8_t state;                      /* enum tx_state */
    bool event;                         /* a request named this node: its watches fire */
    bool exact;                         /* it went with one above it: only watches on this very path fire */
    bool new_value, new_perms;          /* what was written */
    bool recreated;                     /* was removed in between: counts as new in every respect */
    struct perms *perms;                /* TX_WRITTEN: the whole new content */
    struct value *value;
    struct node *fresh;                 /* to be linked if there was none; has no content yet */
    struct perms *old_perms;            /* during the commit: who could see the node before */
    uint32_t len;
    char path[];
};

struct tx_entry *tx_find(const struct tx *tx, const char *path, size_t len);

/* The entry of a path, made at the first touch; adds to what it depends on. */
int tx_touch(struct tx *tx, const char *path, size_t len, unsigned int deps, struct tx_entry **out);

#endif
