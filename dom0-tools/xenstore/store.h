/*
 * A store: the tree, the domains, the watches and the connections, without anything of the machine it runs
 * on. What it needs from outside comes through hooks, so that the whole of it runs in a test on the host.
 *
 * Everything runs in one thread; no function blocks. Functions return 0 or a negative errno value.
 */
#ifndef XENSTORE_STORE_H
#define XENSTORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#include "domain.h"
#include "path.h"
#include "perms.h"
#include "quota.h"
#include "tree.h"
#include "watch.h"

struct conn;

/* What the store asks of its surroundings; arg is the store's hooks_arg. All of them are set. */
struct store_hooks {
    /* A line for the operator, without a newline. */
    void (*log)(void *arg, const char *line);
    /* Nanoseconds of a clock that never goes back. */
    uint64_t (*now)(void *arg);
    /* Connects a domain: maps its ring, binds its port, opens a connection (conn_open). 0 or a negative
     * errno. */
    int (*connect)(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port);
    /* Undoes connect, including conn_close(). Not called for a connection that does not exist. */
    void (*disconnect)(void *arg, domid_t domid);
    /* The connection has something to send. May be called at any time, also while it is being served. */
    void (*wake)(void *arg, struct conn *c);
};

/* @introduceDomain and @releaseDomain are no nodes but have permissions. */
enum special { SPECIAL_INTRODUCE, SPECIAL_RELEASE, SPECIALS };

struct store {
    struct tree tree;
    struct domain_table domains;
    struct watch_table watches;
    struct quota_limits limits;
    struct perms *special[SPECIALS];
    uint64_t gen;                       /* counts commits; the newest number given to a node */
    const struct store_hooks *hooks;
    void *hooks_arg;
};

/* An empty store: the root and nothing else, owned by domain 0, no access for others. */
int store_init(struct store *s, const struct store_hooks *hooks, void *hooks_arg, const uint64_t key[2]);

/* Frees everything. Connections have been closed before. */
void store_fini(struct store *s);

/* Logs a formatted line. */
void store_log(struct store *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Which special a path names, or -1. */
int store_special(const char *path);

/* Life of domains. The names are those of the requests; errors as the wire reports them. */
int store_introduce(struct store *s, domid_t domid, uint64_t mfn, evtchn_port_t port);
int store_release(struct store *s, domid_t domid);
int store_resume(struct store *s, domid_t domid);
int store_set_target(struct store *s, domid_t domid, domid_t target);

/* The domain has shut down or is dying: fires @releaseDomain, once until RESUME or a new INTRODUCE. */
void store_domain_shutdown(struct store *s, domid_t domid);

/* The domain does not exist any more: see xenstore_domain_gone(). */
void store_domain_gone(struct store *s, domid_t domid);

/* Removes a node with all that is below it and fires the watches. Allocates nothing that it cannot do
 * without. */
void store_remove_tree(struct store *s, struct node *top);

/* Verifies the tree, every charge and every list against each other; NULL, or what is wrong. */
const char *store_check(struct store *s);

#endif
