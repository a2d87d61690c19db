/*
 * A store: its beginning and end, the life of domains in it, and its self-check.
 */
#include "store.h"

#include "conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const special_names[SPECIALS] = {
    [SPECIAL_INTRODUCE] = "@introduceDomain",
    [SPECIAL_RELEASE]   = "@releaseDomain",
};

void store_log(struct store *s, const char *fmt, ...)
{
    char line[XENSTORE_ABS_PATH_MAX + 128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    s->hooks->log(s->hooks_arg, line);
}

int store_special(const char *path)
{
    for (int i = 0; i < SPECIALS; i++)
        if (strcmp(path, special_names[i]) == 0)
            return i;
    return -1;
}

static int make_root(struct store *s)
{
    static const struct perm_spec control_only = { .domid = 0, .mode = 0 };
    struct perms *perms;
    struct node *root;
    int rc = perms_new(&s->domains, &control_only, 1, &perms);

    if (rc)
        return rc;
    for (int i = 0; i < SPECIALS; i++)
        s->special[i] = perms_get(perms);
    root = node_new("", 0, perms, NULL);
    if (!root)
        return -ENOMEM;
    tree_link(&s->tree, NULL, root, ++s->gen);
    account_add(root);
    return 0;
}

int store_init(struct store *s, const struct store_hooks *hooks, void *hooks_arg, const uint64_t key[2])
{
    int rc;

    memset(s, 0, sizeof(*s));
    s->hooks = hooks;
    s->hooks_arg = hooks_arg;
    quota_defaults(&s->limits);
    domain_table_init(&s->domains);
    rc = tree_init(&s->tree, key);
    if (rc == 0)
        rc = watch_table_init(&s->watches);
    if (rc == 0)
        rc = domain_need(&s->domains, 0) ? make_root(s) : -ENOMEM;
    if (rc)
        store_fini(s);
    return rc;
}

static void free_leaf(struct store *s, struct node *n)
{
    account_remove(n);
    tree_unlink(&s->tree, n, s->gen);
    node_free(n);
}

void store_fini(struct store *s)
{
    struct domain *control = domain_find(&s->domains, 0);

    while (s->tree.root)
        free_leaf(s, tree_first_leaf(s->tree.root));
    for (int i = 0; i < SPECIALS; i++) {
        perms_put(s->special[i]);
        s->special[i] = NULL;
    }
    if (control) {
        control->domid = DOMID_INVALID;     /* the one record that domain_drop() would keep */
        domain_drop(control);
    }
    watch_table_fini(&s->watches);
    tree_fini(&s->tree);
}

static void fire_special(struct store *s, enum special which)
{
    watch_fire(s, special_names[which], strlen(special_names[which]), s->special[which], NULL, true);
}

int store_introduce(struct store *s, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    struct domain *d;
    bool first;
    int rc;

    if (domid == 0)
        return -EINVAL;
    d = domain_need(&s->domains, domid);
    if (!d)
        return -ENOMEM;
    first = !d->introduced;
    if (!first && d->mfn != mfn)
        return -EINVAL;
    /* The same page again: the toolstack gives the domain a new event channel, and it starts afresh. */
    if (d->conn)
        s->hooks->disconnect(s->hooks_arg, domid);
    d->introduced = true;
    d->mfn = mfn;
    rc = s->hooks->connect(s->hooks_arg, domid, mfn, port);
    if (rc) {
        d->introduced = !first;
        domain_drop(d);
        return rc;
    }
    d->shutdown_seen = false;
    if (first)
        fire_special(s, SPECIAL_INTRODUCE);
    return 0;
}

int store_release(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);

    if (domid == 0)
        return -EINVAL;
    if (!d || !d->introduced)
        return -ENOENT;
    if (d->conn)
        s->hooks->disconnect(s->hooks_arg, domid);
    d->introduced = false;
    domain_drop(d);
    fire_special(s, SPECIAL_RELEASE);
    return 0;
}

int store_resume(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);

    if (domid == 0)
        return -EINVAL;
    if (!d)
        return -ENOENT;
    if (!d->introduced)
        return -EINVAL;
    d->shutdown_seen = false;
    return 0;
}

int store_set_target(struct store *s, domid_t domid, domid_t target)
{
    struct domain *d = domain_find(&s->domains, domid);
    const struct domain *t = domain_find(&s->domains, target);

    if (domid == 0 || target == 0 || domid == target)
        return -EINVAL;
    if (!d || !d->introduced || !t || !t->introduced)
        return -ENOENT;
    d->has_target = true;
    d->target = target;
    return 0;
}

void store_domain_shutdown(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);

    if (!d || !d->introduced || d->shutdown_seen)
        return;
    d->shutdown_seen = true;
    fire_special(s, SPECIAL_RELEASE);
}

/* One leaf after the other, so that neither memory nor stack is needed however large the tree is. */
void store_remove_tree(struct store *s, struct node *top)
{
    char path[PATH_BUF];
    struct node *n;
    bool last;

    s->gen++;
    do {
        struct perms *before;
        size_t len;

        n = tree_first_leaf(top);
        last = n == top;
        len = node_path(n, path);
        before = perms_get(n->perms);
        free_leaf(s, n);
        watch_fire(s, path, len, before, NULL, !last);
        perms_put(before);
    } while (!last);
}

static void forget_target(struct store *s, domid_t gone)
{
    struct domain *d;

    for (unsigned int i = 0; i < DOMAIN_BUCKETS; i++)
        LIST_FOREACH(d, &s->domains.buckets[i], link)
            if (d->has_target && d->target == gone)
                d->has_target = false;
}

/* Everything that the domain owns goes; but a root that was given to it falls back to domain 0. */
static void remove_owned(struct store *s, struct domain *d)
{
    struct node *root = s->tree.root;
    bool root_too = root->perms->entry[0].domain == d;

    if (root_too)
        account_remove(root);
    while (LIST_FIRST(&d->nodes))
        store_remove_tree(s, LIST_FIRST(&d->nodes));
    perms_forget(d, domain_find(&s->domains, 0));
    if (root_too)
        account_add(root);
}

void store_domain_gone(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);
    bool introduced;

    if (domid == 0 || !d)
        return;
    introduced = d->introduced;
    if (d->conn)
        s->hooks->disconnect(s->hooks_arg, domid);
    /* Still marked as introduced, the record outlives what is removed below. */
    d->introduced = true;
    remove_owned(s, d);
    forget_target(s, domid);
    d->introduced = false;
    domain_drop(d);
    if (introduced)
        fire_special(s, SPECIAL_RELEASE);
}
