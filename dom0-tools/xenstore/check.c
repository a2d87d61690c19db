/*
 * The store's self-check: recounts what each domain is charged from the structures themselves.
 */
#include "conn.h"
#include "store.h"

#include <string.h>

static uint64_t bytes_of_conn(const struct conn *c)
{
    const struct watch *w;
    const struct out *o;
    const struct tx *tx;
    uint64_t bytes = c->payload ? c->hdr.len : 0;

    TAILQ_FOREACH(w, &c->watches, of_conn)
        bytes += sizeof(*w) + w->path_len + 1 + strlen(w->token) + 1;
    TAILQ_FOREACH(o, &c->queue, link)
        bytes += sizeof(*o) + o->len;
    if (c->sending)
        bytes += sizeof(*c->sending) + c->sending->len;
    LIST_FOREACH(tx, &c->transactions, link)
        bytes += sizeof(*tx) + tx->held;
    return bytes;
}

static const char *check_conn(const struct conn *c, const struct domain *d)
{
    const struct watch *w;
    const struct out *o;
    const struct tx *tx;
    uint64_t watches = 0, transactions = 0;
    uint32_t overflowed = 0, answers = c->sending && c->sending->answer;

    TAILQ_FOREACH(w, &c->watches, of_conn) {
        watches++;
        overflowed += w->overflowed;
    }
    TAILQ_FOREACH(o, &c->queue, link)
        answers += o->answer;
    LIST_FOREACH(tx, &c->transactions, link)
        transactions++;
    if (watches != d->used[QUOTA_WATCHES] || overflowed != c->overflowed)
        return "a connection's count of watches is wrong";
    if (transactions != d->used[QUOTA_TRANSACTIONS])
        return "a connection's count of transactions is wrong";
    return answers == c->answers ? NULL : "a connection's count of answers is wrong";
}

static const char *check_domain(const struct domain *d)
{
    const struct node *n;
    const char *wrong = d->conn ? check_conn(d->conn, d) : NULL;
    uint64_t nodes = 0, bytes = d->conn ? bytes_of_conn(d->conn) : 0;

    LIST_FOREACH(n, &d->nodes, owned) {
        if (n->perms->entry[0].domain != d)
            return "a node is in the list of another owner";
        nodes++;
        bytes += node_cost(n->name_len, n->value, n->perms);
    }
    if (nodes != d->used[QUOTA_NODES])
        return "a domain's count of nodes is wrong";
    if (bytes != d->used[QUOTA_BYTES])
        return "a domain's count of bytes is wrong";
    return wrong;
}

const char *store_check(struct store *s)
{
    const char *wrong = tree_check(&s->tree);
    const struct domain *d;
    uint64_t nodes = 0;

    if (!wrong)
        wrong = watch_check(s);
    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++) {
        LIST_FOREACH(d, &s->domains.buckets[i], link) {
            nodes += d->used[QUOTA_NODES];
            wrong = wrong ? wrong : check_domain(d);
        }
    }
    if (!wrong && nodes != s->tree.node_count)
        wrong = "the domains do not own as many nodes as there are";
    return wrong;
}
