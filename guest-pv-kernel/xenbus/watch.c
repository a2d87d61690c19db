/* watch.c: watches and the queues of their events. On the wire a watch's token is a number of ours, by
 * which an event finds its way; the caller's token stays here. Threads only: events are handed over by
 * client.c's reader. */
#include "xenbus/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/console.h>

#define QUEUE_MAX 256

struct watch {
    uint32_t id;
    struct pv_xs_watcher *watcher;
    char *path, *token;
    bool overflow;           /* the queue was full: deliver the watch's own path once */
    struct watch *next;
};

struct pv_xs_event {
    struct watch *watch;
    char *path;
    struct pv_xs_event *next;
};

static struct watch *watches;
static uint32_t next_id;

void pv_xs_watcher_init(struct pv_xs_watcher *w)
{
    *w = (struct pv_xs_watcher){ .waitq = PV_WAITQ_INIT };
}

static void wire_token(const struct watch *w, char token[12])
{
    snprintf(token, 12, "%lx", (unsigned long)w->id);
}

static int send(uint32_t type, const struct watch *w)
{
    char token[12];
    struct pv_iovec iov[] = { { w->path, strlen(w->path) + 1 }, { token, 0 } };

    wire_token(w, token);
    iov[1].len = strlen(token) + 1;
    return pv_xs_request(type, PV_XS_NIL, iov, 2, NULL, NULL);
}

/* ---- queue ---- */

static void take_out(struct pv_xs_watcher *q, struct pv_xs_event **link)
{
    struct pv_xs_event *e = *link, *last;

    *link = e->next;
    q->queued--;
    free(e->path);
    free(e);
    for (last = q->first; last && last->next; last = last->next)
        continue;
    q->last = last;
}

static bool is_queued(const struct pv_xs_watcher *q, const struct watch *w, const char *path)
{
    const struct pv_xs_event *e;

    for (e = q->first; e; e = e->next)
        if (e->watch == w && strcmp(e->path, path) == 0)
            return true;
    return false;
}

static void enqueue(struct watch *w, const char *path)
{
    struct pv_xs_watcher *q = w->watcher;
    struct pv_xs_event *e = NULL;

    if (is_queued(q, w, path))
        return;
    if (q->queued < QUEUE_MAX)
        e = malloc(sizeof(*e));
    if (e)
        e->path = strdup(path);
    if (e && e->path) {
        e->watch = w;
        e->next = NULL;
        *(q->last ? &q->last->next : &q->first) = e;
        q->last = e;
        q->queued++;
    } else {
        free(e);
        w->overflow = true;
    }
    pv_wake(&q->waitq);
}

void pv_xs_watch_event(const char *payload, size_t len)
{
    const char *path, *token;
    struct watch *w;
    char own[12];

    if (!pv_xs_parse_event(payload, len, &path, &token))
        return;
    for (w = watches; w; w = w->next) {
        wire_token(w, own);
        if (strcmp(own, token) == 0) {
            enqueue(w, path);
            return;
        }
    }
}

void pv_xs_watch_broken(void)
{
    struct watch *w;

    for (w = watches; w; w = w->next)
        pv_wake(&w->watcher->waitq);
}

/* ---- setting and removing ---- */

static void free_watch(struct watch *w)
{
    struct pv_xs_event **event = &w->watcher->first;
    struct watch **link = &watches;

    while (*event) {
        if ((*event)->watch == w)
            take_out(w->watcher, event);
        else
            event = &(*event)->next;
    }
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    free(w->path);
    free(w->token);
    free(w);
}

static struct watch *find(const struct pv_xs_watcher *q, const char *path, const char *token)
{
    struct watch *w;

    for (w = watches; w; w = w->next)
        if (w->watcher == q && strcmp(w->path, path) == 0 && strcmp(w->token, token) == 0)
            return w;
    return NULL;
}

int pv_xs_watch(struct pv_xs_watcher *q, const char *path, const char *token)
{
    struct watch *w;
    int rc;

    if (find(q, path, token))
        return -EEXIST;
    w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->id = ++next_id;
    w->watcher = q;
    w->path = strdup(path);
    w->token = strdup(token);
    w->next = watches;
    watches = w;    /* before the request: the first event may overtake its reply */
    rc = w->path && w->token ? send(XS_WATCH, w) : -ENOMEM;
    if (rc != 0)
        free_watch(w);
    return rc;
}

int pv_xs_unwatch(struct pv_xs_watcher *q, const char *path, const char *token)
{
    struct watch *w = find(q, path, token);
    int rc;

    if (!w)
        return -ENOENT;
    rc = send(XS_UNWATCH, w);
    free_watch(w);
    return rc;
}

void pv_xs_watcher_close(struct pv_xs_watcher *q)
{
    struct watch *w = watches;

    while (w) {
        if (w->watcher != q) {
            w = w->next;
            continue;
        }
        send(XS_UNWATCH, w);
        free_watch(w);
        w = watches;    /* the list may have changed while we waited */
    }
}

/* ---- taking ---- */

static struct watch *find_overflow(const struct pv_xs_watcher *q)
{
    struct watch *w;

    for (w = watches; w; w = w->next)
        if (w->watcher == q && w->overflow)
            return w;
    return NULL;
}

/* Copies for the caller, who may not want one or both. */
static int give(const char *from_path, const char *from_token, char **path, char **token)
{
    char *p = path ? strdup(from_path) : NULL, *t = token ? strdup(from_token) : NULL;

    if ((path && !p) || (token && !t)) {
        free(p);
        free(t);
        return -ENOMEM;
    }
    if (path)
        *path = p;
    if (token)
        *token = t;
    return 0;
}

bool pv_xs_watch_pending(const struct pv_xs_watcher *q)
{
    return q->first || find_overflow(q);
}

int pv_xs_watch_next(struct pv_xs_watcher *q, uint64_t deadline_ns, char **path, char **token)
{
    struct watch *w;
    int rc;

    while (!pv_xs_watch_pending(q)) {
        if (pv_xs_is_broken())
            return -EIO;
        if (!pv_wait(&q->waitq, deadline_ns) && !q->first)
            return -ETIMEDOUT;
    }
    if (q->first) {
        w = q->first->watch;
        rc = give(q->first->path, w->token, path, token);
        if (rc == 0)
            take_out(q, &q->first);
        return rc;
    }
    w = find_overflow(q);
    rc = give(w->path, w->token, path, token);
    if (rc == 0)
        w->overflow = false;
    return rc;
}
