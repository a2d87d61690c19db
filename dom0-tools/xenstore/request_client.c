/*
 * Requests about the connection itself: watches and transactions.
 */
#include "conn.h"
#include "request.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int request_watch(struct request *rq)
{
    const char *args[2];
    size_t base_len;
    int rc;

    if (request_strings(rq, args, 2) < 2 || request_path(rq, true, &base_len))
        return -EINVAL;
    rc = watch_add(rq->conn, rq->path, base_len, args[1], &rq->fresh_watch);
    return rc ? rc : request_ok(rq);
}

int request_unwatch(struct request *rq)
{
    const char *args[2];
    int rc;

    if (request_strings(rq, args, 2) < 2 || request_path(rq, true, NULL))
        return -EINVAL;
    rc = watch_remove(rq->conn, rq->path, args[1]);
    return rc ? rc : request_ok(rq);
}

int request_reset_watches(struct request *rq)
{
    struct tx *tx;

    watch_remove_all(rq->conn);
    while ((tx = LIST_FIRST(&rq->conn->transactions)) != NULL)
        request_end_transaction(rq->conn, tx);
    rq->tx = NULL;
    return request_ok(rq);
}

static bool id_in_use(const struct conn *c, uint32_t id)
{
    const struct tx *tx;

    LIST_FOREACH(tx, &c->transactions, link)
        if (tx->id == id)
            return true;
    return false;
}

int request_transaction_start(struct request *rq)
{
    struct domain *d = rq->who;
    struct tx *tx;
    char id[16];

    if (rq->tx)
        return -EBUSY;
    if (!quota_allows(rq->store, d, QUOTA_TRANSACTIONS, d->used[QUOTA_TRANSACTIONS] + 1, NULL) ||
        !quota_allows(rq->store, d, QUOTA_BYTES, d->used[QUOTA_BYTES] + sizeof(*tx), NULL))
        return -ENOSPC;
    tx = malloc(sizeof(*tx));
    if (!tx)
        return -ENOMEM;
    do
        rq->conn->last_tx++;
    while (rq->conn->last_tx == 0 || id_in_use(rq->conn, rq->conn->last_tx));
    tx_init(tx, rq->store, d, rq->conn->last_tx);
    LIST_INSERT_HEAD(&rq->conn->transactions, tx, link);
    d->used[QUOTA_TRANSACTIONS]++;
    domain_charge(d, sizeof(*tx));
    snprintf(id, sizeof(id), "%u", (unsigned int)tx->id);
    return request_reply(rq, id);
}

void request_end_transaction(struct conn *c, struct tx *tx)
{
    LIST_REMOVE(tx, link);
    tx_fini(tx);
    c->domain->used[QUOTA_TRANSACTIONS]--;
    domain_uncharge(c->domain, sizeof(*tx));
    free(tx);
}

int request_transaction_end(struct request *rq)
{
    const char *how = request_one_string(rq);
    int rc = 0;

    if (!how || (strcmp(how, "T") != 0 && strcmp(how, "F") != 0))
        return -EINVAL;
    if (!rq->tx)
        return -ENOENT;
    if (how[0] == 'T')
        rc = tx_commit(rq->tx);
    request_end_transaction(rq->conn, rq->tx);
    rq->tx = NULL;
    return rc ? rc : request_ok(rq);
}
