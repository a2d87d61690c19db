/*
 * Watches, and the events that they give rise to.
 *
 * A watch sits in a table under its path; a change at /a/b/c looks up /a/b/c, /a/b, /a and /, so its cost
 * depends on the depth of the path and on the watches that match, not on how many watches there are.
 *
 * Events of one watch for one path are joined while they wait to be sent. When more paths wait than the
 * quota allows (or memory is short), the watch is marked instead and, once its queue is empty, gives one
 * event for the watched path itself: nothing is lost but the detail, and what a client that does not read
 * can make us hold is bounded.
 */
#ifndef XENSTORE_WATCH_H
#define XENSTORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct conn;
struct out;
struct perms;
struct store;

/* Longest token: with the longest path it still fits into one event. */
#define WATCH_TOKEN_MAX 1022u

/* Paths that may wait for one watch of domain 0, which has no quota. */
#define WATCH_EVENTS_CONTROL 4096u

TAILQ_HEAD(out_list, out);
TAILQ_HEAD(watch_list, watch);

struct watch {
    struct watch *hash_next;
    TAILQ_ENTRY(watch) of_conn;
    struct conn *conn;
    struct out_list pending;            /* its events that wait in the connection's queue, oldest first */
    uint32_t pending_count;
    bool overflowed;                    /* owes an event for the watched path */
    uint32_t base_len;                  /* bytes to leave out of paths: the client watches a relative path */
    uint32_t path_len;
    const char *token;                  /* behind the path */
    char path[];                        /* absolute, or a special */
};

struct watch_table {
    struct watch **buckets;
    size_t bucket_count;                /* a power of two */
    size_t count;
};

/* 0; -ENOMEM. */
int watch_table_init(struct watch_table *t);
void watch_table_fini(struct watch_table *t);

/* Sets a watch. 0 and *out; -EEXIST same path and token; -E2BIG quota, or token too long; -ENOMEM. */
int watch_add(struct conn *c, const char *path, size_t base_len, const char *token, struct watch **out);

/* Removes one watch (0; -ENOENT), all watches of a connection. Events that wait for it are dropped. */
int watch_remove(struct conn *c, const char *path, const char *token);
void watch_remove_all(struct conn *c);

/* Whether the connection watches the path (absolute) or something below it. */
bool watch_any_below(const struct conn *c, const char *path);

/* Queues the event that tells the client of `path` (absolute), whoever may read it. */
void watch_event(struct watch *w, const char *path, size_t len);

/*
 * Something happened at path. Fires the watches on it and, unless `exact`, on everything above it, for
 * those clients that may read the node with the permissions that it had before or has now (either may be
 * NULL).
 */
void watch_fire(struct store *s, const char *path, size_t len, const struct perms *before,
                const struct perms *now, bool exact);

/* An event left its watch's queue, to be sent (used by conn.c). */
void watch_event_leaves(struct out *o);

/* The event owed by an overflowed watch of the connection, or NULL if there is none or no memory. */
struct out *watch_owed_event(struct conn *c);

/* Verifies the table; NULL, or what is wrong. */
const char *watch_check(const struct store *s);

#endif
