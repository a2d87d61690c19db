/*
 * Requests about nodes: reading, listing, writing, creating, removing, permissions.
 *
 * Errors do not tell a client what it may not know: that a node does not exist is only said to those who
 * may look at (or, for a change, write to) the nearest ancestor that exists; others get EACCES either way.
 */
#include "conn.h"
#include "request.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Runs a change within the request's transaction, or in one of its own. */
static int change(struct request *rq, int (*run)(struct request *rq, struct tx *tx))
{
    struct tx own;
    int rc;

    if (rq->tx)
        return run(rq, rq->tx);
    tx_init(&own, rq->store, rq->who, 0);
    rc = run(rq, &own);
    if (rc == 0)
        rc = tx_commit(&own);
    tx_fini(&own);
    return rc;
}

/* Length of the nearest ancestor that exists; the root always does. */
static size_t existing_ancestor(struct request *rq, struct tx *tx, struct view *v)
{
    size_t len = rq->path_len;

    do {
        len = path_parent_len(rq->path, len);
        tx_peek(rq->store, tx, rq->path, len, v);
    } while (!v->exists);
    return len;
}

/* The node of the request's path for one of the rights in `want`. 0; -ENOENT; -EACCES; -ENOMEM; -ENOSPC. */
static int look(struct request *rq, struct tx *tx, unsigned int deps, unsigned int want, struct view *v)
{
    struct view above;
    int rc = tx_view(rq->store, tx, rq->path, rq->path_len, deps | DEP_PERMS, v);

    if (rc)
        return rc;
    if (v->exists)
        return perms_access(v->perms, rq->who) & want ? 0 : -EACCES;
    existing_ancestor(rq, tx, &above);
    return perms_access(above.perms, rq->who) & want ? -ENOENT : -EACCES;
}

int request_read(struct request *rq)
{
    struct view v;
    int rc;

    if (!request_one_string(rq) || request_path(rq, false, NULL))
        return -EINVAL;
    rc = look(rq, rq->tx, DEP_VALUE, PERM_READ, &v);
    if (rc)
        return rc;
    if (v.value) {
        memcpy(rq->reply, v.value->data, v.value->len);
        rq->reply_len = v.value->len;
    }
    return 0;
}

struct listing {
    char *out;
    size_t skip;                        /* bytes of the list still to be left out */
    size_t room, len;
    bool all;                           /* nothing was left out at the end */
};

static bool list_name(void *arg, const char *name, size_t len)
{
    struct listing *l = arg;

    if (l->skip >= len + 1) {
        l->skip -= len + 1;
        return true;
    }
    if (len + 1 > l->room - l->len) {
        l->all = false;
        return false;
    }
    memcpy(l->out + l->len, name, len);
    l->out[l->len + len] = '\0';
    l->len += len + 1;
    return true;
}

int request_directory(struct request *rq)
{
    struct listing l = { .out = rq->reply, .room = XENSTORE_PAYLOAD_MAX, .all = true };
    struct view v;
    int rc;

    if (!request_one_string(rq) || request_path(rq, false, NULL))
        return -EINVAL;
    rc = look(rq, rq->tx, DEP_LIST, PERM_READ, &v);
    if (rc)
        return rc;
    tx_list(rq->store, rq->tx, rq->path, rq->path_len, list_name, &l);
    if (!l.all)
        return -E2BIG;
    rq->reply_len = (uint32_t)l.len;
    return 0;
}

/* The end of the list is marked by an empty name. Offsets come from earlier answers, so they lie between
 * names; one that does not is refused rather than answered with half a name. */
int request_directory_part(struct request *rq)
{
    struct listing l = { .all = true };
    const char *args[2];
    uint64_t offset;
    struct view v;
    int rc, gen_len;

    if (request_strings(rq, args, 2) != 2 || request_path(rq, false, NULL) ||
        request_number(args[1], UINT32_MAX, &offset))
        return -EINVAL;
    rc = look(rq, rq->tx, DEP_LIST, PERM_READ, &v);
    if (rc)
        return rc;
    gen_len = snprintf(rq->reply, 24, "%llu", (unsigned long long)v.gen) + 1;
    l.out = rq->reply + gen_len;
    l.room = XENSTORE_PAYLOAD_MAX - (size_t)gen_len - 1;
    l.skip = (size_t)offset;
    tx_list(rq->store, rq->tx, rq->path, rq->path_len, list_name, &l);
    if (l.skip != 0 && l.len != 0)
        return -EINVAL;
    if (l.all)
        l.out[l.len++] = '\0';
    rq->reply_len = (uint32_t)((size_t)gen_len + l.len);
    return 0;
}

/* Creates what is missing on the way to the request's path; the node itself gets the value. */
static int create_missing(struct request *rq, struct tx *tx, struct value *value)
{
    struct perms *perms;
    struct view above;
    size_t from = existing_ancestor(rq, tx, &above);
    int rc = tx_view(rq->store, tx, rq->path, from, DEP_PERMS, &above);

    if (rc == 0 && !(perms_access(above.perms, rq->who) & PERM_WRITE))
        rc = -EACCES;
    if (rc == 0)
        rc = perms_inherit(&rq->store->domains, above.perms, rq->who->domid, &perms);
    if (rc) {
        value_put(value);
        return rc;
    }
    return tx_create(tx, rq->path, rq->path_len, from, perms, value);
}

static int write_value(struct request *rq, struct tx *tx)
{
    const char *data = rq->payload + strlen(rq->payload) + 1;
    size_t size = rq->len - (size_t)(data - rq->payload);
    struct value *value;
    struct view v;
    int rc = look(rq, tx, DEP_VALUE, PERM_WRITE, &v);

    if (rc && rc != -ENOENT)
        return rc;
    if (!quota_allows(rq->store, rq->who, QUOTA_NODE_SIZE, size, rq->path))
        return -ENOSPC;
    if (value_new(data, size, &value))
        return -ENOMEM;
    if (rc == 0)
        return tx_write(tx, rq->path, rq->path_len, value);
    return create_missing(rq, tx, value);
}

int request_write(struct request *rq)
{
    int rc;

    if (request_path(rq, false, NULL))
        return -EINVAL;
    rc = change(rq, write_value);
    return rc ? rc : request_ok(rq);
}

static int make_directory(struct request *rq, struct tx *tx)
{
    struct view v;
    int rc = look(rq, tx, DEP_VALUE, PERM_WRITE, &v);

    return rc == -ENOENT ? create_missing(rq, tx, NULL) : rc;
}

int request_mkdir(struct request *rq)
{
    int rc;

    if (!request_one_string(rq) || request_path(rq, false, NULL))
        return -EINVAL;
    rc = change(rq, make_directory);
    return rc ? rc : request_ok(rq);
}

/* Removing what is not there is fine as long as its parent is. */
static int remove_tree(struct request *rq, struct tx *tx)
{
    struct view v;
    int rc = look(rq, tx, DEP_VALUE | DEP_LIST, PERM_WRITE, &v);

    if (rc == 0)
        return tx_remove(tx, rq->path, rq->path_len);
    if (rc == -ENOENT) {
        tx_peek(rq->store, tx, rq->path, path_parent_len(rq->path, rq->path_len), &v);
        if (v.exists)
            return 0;
    }
    return rc;
}

int request_rm(struct request *rq)
{
    int rc;

    if (!request_one_string(rq) || request_path(rq, false, NULL) || rq->path_len == 1)
        return -EINVAL;
    rc = change(rq, remove_tree);
    return rc ? rc : request_ok(rq);
}

int request_get_perms(struct request *rq)
{
    struct view v;
    int rc, special;

    if (!request_one_string(rq) || request_path(rq, true, NULL))
        return -EINVAL;
    special = store_special(rq->path);
    if (special >= 0) {
        v.perms = rq->store->special[special];
        rc = perms_access(v.perms, rq->who) & PERM_READ ? 0 : -EACCES;
    } else if (rq->path[0] == '@') {
        rc = -EINVAL;
    } else {
        rc = look(rq, rq->tx, 0, PERM_READ, &v);
    }
    if (rc)
        return rc;
    rq->reply_len = (uint32_t)perms_format(v.perms, rq->reply, XENSTORE_PAYLOAD_MAX);
    return rq->reply_len ? 0 : -E2BIG;
}

static int parse_new_perms(struct request *rq, struct perm_spec *spec, uint32_t *count)
{
    size_t skip = strlen(rq->payload) + 1;
    int rc = perms_parse(rq->payload + skip, rq->len - skip, spec, PERMS_MAX, count);

    if (rc == 0 && !quota_allows(rq->store, rq->who, QUOTA_PERMISSIONS, *count, rq->path))
        return -ENOSPC;
    return rc;
}

/* The owner may change everything but who the owner is: a node must not be given away to somebody's
 * account. */
static int set_node_perms(struct request *rq, struct tx *tx)
{
    struct perm_spec spec[PERMS_MAX];
    struct perms *perms;
    uint32_t count;
    struct view v;
    int rc = parse_new_perms(rq, spec, &count);

    if (rc == 0)
        rc = look(rq, tx, 0, PERM_OWNER, &v);
    if (rc == 0 && rq->who->domid != 0 && spec[0].domid != perms_owner(v.perms))
        rc = -EPERM;
    if (rc == 0)
        rc = perms_new(&rq->store->domains, spec, count, &perms);
    return rc ? rc : tx_set_perms(tx, rq->path, rq->path_len, perms);
}

static int set_special_perms(struct request *rq, int special)
{
    struct perm_spec spec[PERMS_MAX];
    struct perms *perms;
    uint32_t count;
    int rc;

    if (special < 0)
        return -EINVAL;
    if (rq->who->domid != 0)
        return -EACCES;
    rc = parse_new_perms(rq, spec, &count);
    if (rc == 0)
        rc = perms_new(&rq->store->domains, spec, count, &perms);
    if (rc)
        return rc;
    perms_put(rq->store->special[special]);
    rq->store->special[special] = perms;
    return 0;
}

int request_set_perms(struct request *rq)
{
    int rc;

    if (request_path(rq, true, NULL))
        return -EINVAL;
    if (rq->path[0] == '@')
        rc = set_special_perms(rq, store_special(rq->path));
    else
        rc = change(rq, set_node_perms);
    return rc ? rc : request_ok(rq);
}
