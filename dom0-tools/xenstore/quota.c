/*
 * Quotas: their defaults, and telling the operator when a domain meets one.
 */
#include "quota.h"

#include "store.h"

#include <string.h>

#define LOG_INTERVAL_NS UINT64_C(60000000000)

/* Generous for every guest we know of (a stock Linux needs some 60 nodes, 10 watches and 20 KiB), yet a few
 * dozen hostile guests at their limit fit into the control domain. */
static const struct {
    const char *name;
    uint64_t max;
} quotas[QUOTA_KINDS] = {
    [QUOTA_NODES]             = { "nodes",             4096 },
    [QUOTA_NODE_SIZE]         = { "node-size",         4096 },
    [QUOTA_PERMISSIONS]       = { "permissions",       16 },
    [QUOTA_WATCHES]           = { "watches",           1024 },
    [QUOTA_WATCH_EVENTS]      = { "watch-events",      256 },
    [QUOTA_TRANSACTIONS]      = { "transactions",      64 },
    [QUOTA_TRANSACTION_NODES] = { "transaction-nodes", 2048 },
    [QUOTA_OUTSTANDING]       = { "outstanding",       32 },
    [QUOTA_BYTES]             = { "bytes",             1024 * 1024 },
};

void quota_defaults(struct quota_limits *q)
{
    for (int i = 0; i < QUOTA_KINDS; i++)
        q->max[i] = quotas[i].max;
}

const char *quota_name(enum quota_kind kind)
{
    return quotas[kind].name;
}

int quota_by_name(const char *name)
{
    for (int i = 0; i < QUOTA_KINDS; i++)
        if (strcmp(quotas[i].name, name) == 0)
            return i;
    return -1;
}

bool quota_allows(struct store *s, struct domain *d, enum quota_kind kind, uint64_t total, const char *path)
{
    uint64_t now;

    if (d->domid == 0 || total <= s->limits.max[kind])
        return true;
    now = s->hooks->now(s->hooks_arg);
    if (d->logged_ns[kind] != 0 && now - d->logged_ns[kind] < LOG_INTERVAL_NS)
        return false;
    d->logged_ns[kind] = now ? now : 1;
    store_log(s, "xenstore: domain %u met its quota of %s (%llu)%s%s", d->domid, quotas[kind].name,
              (unsigned long long)s->limits.max[kind], path ? " at " : "", path ? path : "");
    return false;
}
