/*
 * Requests about domains, and the control commands; nearly all for domain 0 alone.
 */
#include "conn.h"
#include "request.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int request_introduce(struct request *rq)
{
    const char *args[3];
    uint64_t mfn, port;
    domid_t domid;
    int rc;

    if (request_strings(rq, args, 3) < 3 || request_domid(args[0], &domid) ||
        request_number(args[1], UINT64_MAX, &mfn) || request_number(args[2], UINT32_MAX, &port))
        return -EINVAL;
    rc = store_introduce(rq->store, domid, mfn, (evtchn_port_t)port);
    return rc ? rc : request_ok(rq);
}

int request_release(struct request *rq)
{
    domid_t domid;
    int rc;

    if (request_domid(request_one_string(rq), &domid))
        return -EINVAL;
    rc = store_release(rq->store, domid);
    return rc ? rc : request_ok(rq);
}

int request_get_domain_path(struct request *rq)
{
    domid_t domid;
    char path[32];

    if (request_domid(request_one_string(rq), &domid))
        return -EINVAL;
    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    return request_reply(rq, path);
}

int request_is_domain_introduced(struct request *rq)
{
    const struct domain *d;
    domid_t domid;

    if (request_domid(request_one_string(rq), &domid))
        return -EINVAL;
    d = domain_find(&rq->store->domains, domid);
    return request_reply(rq, domid == 0 || (d && d->introduced) ? "T" : "F");
}

int request_resume(struct request *rq)
{
    domid_t domid;
    int rc;

    if (request_domid(request_one_string(rq), &domid))
        return -EINVAL;
    rc = store_resume(rq->store, domid);
    return rc ? rc : request_ok(rq);
}

int request_set_target(struct request *rq)
{
    const char *args[2];
    domid_t domid, target;
    int rc;

    if (request_strings(rq, args, 2) != 2 || request_domid(args[0], &domid) ||
        request_domid(args[1], &target))
        return -EINVAL;
    rc = store_set_target(rq->store, domid, target);
    return rc ? rc : request_ok(rq);
}

static int control_check(struct request *rq, const char **args, int n)
{
    const char *wrong = store_check(rq->store);

    (void)args;
    if (n != 1)
        return -EINVAL;
    return request_reply(rq, wrong ? wrong : "OK");
}

static int control_print(struct request *rq, const char **args, int n)
{
    if (n != 2)
        return -EINVAL;
    store_log(rq->store, "xenstore: %.200s", args[1]);
    return request_ok(rq);
}

static int control_memreport(struct request *rq, const char **args, int n)
{
    struct store *s = rq->store;
    const struct domain *d;
    uint64_t bytes = 0;
    char text[160];

    (void)args;
    if (n != 1)
        return -EINVAL;
    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++)
        LIST_FOREACH(d, &s->domains.buckets[i], link)
            bytes += d->used[QUOTA_BYTES];
    snprintf(text, sizeof(text), "domains %lu\nnodes %lu\nwatches %lu\nbytes %llu\n",
             (unsigned long)s->domains.count, (unsigned long)s->tree.node_count,
             (unsigned long)s->watches.count, (unsigned long long)bytes);
    return request_reply(rq, text);
}

/* quota: the limits; quota|5: what domain 5 uses; quota|set|nodes|9999: another limit from now on. */
static int control_quota(struct request *rq, const char **args, int n)
{
    const struct domain *d = NULL;
    uint64_t value;
    domid_t domid;
    char text[1024];
    int len = 0;

    if (n == 4 && strcmp(args[1], "set") == 0) {
        int kind = quota_by_name(args[2]);

        if (kind < 0 || request_number(args[3], UINT32_MAX, &value) || value == 0)
            return -EINVAL;
        rq->store->limits.max[kind] = value;
        return request_ok(rq);
    }
    if (n > 2)
        return -EINVAL;
    if (n == 2) {
        if (request_domid(args[1], &domid))
            return -EINVAL;
        d = domain_find(&rq->store->domains, domid);
        if (!d)
            return -ENOENT;
    }
    for (int i = 0; i < QUOTA_KINDS; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%-18s %llu\n",
                        quota_name((enum quota_kind)i),
                        (unsigned long long)(d ? d->used[i] : rq->store->limits.max[i]));
    return request_reply(rq, text);
}

static int control_help(struct request *rq, const char **args, int n);

static const struct {
    const char *name;
    int (*run)(struct request *rq, const char **args, int n);
    const char *help;
} commands[] = {
    { "check",     control_check,     "check                   verify every structure and count" },
    { "help",      control_help,      "help                    this list" },
    { "memreport", control_memreport, "memreport               what is held, in all" },
    { "print",     control_print,     "print TEXT              put TEXT into the log" },
    { "quota",     control_quota,     "quota [ID|set NAME N]   limits, what domain ID uses, a new limit" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *rq, const char **args, int n)
{
    char text[1024];
    int len = 0;

    (void)args;
    (void)n;
    for (size_t i = 0; i < COMMANDS; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%s\n", commands[i].help);
    return request_reply(rq, text);
}

int request_control(struct request *rq)
{
    const char *args[4];
    int n = request_strings(rq, args, 4);

    if (n < 1 || n > 4)
        return -EINVAL;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(args[0], commands[i].name) == 0)
            return commands[i].run(rq, args, n);
    return -EINVAL;
}
