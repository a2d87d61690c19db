/* events.c: a backend's one thread: which device an event of the store is about. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/thread.h>

#include "backend.h"

#define TOKEN     "back"
#define TREE_SIZE 48

static void tree_of(const struct backend *b, char tree[TREE_SIZE])
{
    snprintf(tree, TREE_SIZE, "/local/domain/0/backend/%.8s", b->kind->type);
}

/* ---- several devices ---- */

/* Those that are known; of one domain, or, with DOMID_INVALID, of all; or those that are parting. */
static void look_at_known(struct backend *b, domid_t frontend, bool only_parting)
{
    struct backend_device *d, *next;

    for (d = LIST_FIRST(&b->devices); d; d = next) {
        next = LIST_NEXT(d, link);
        if ((frontend == DOMID_INVALID || d->frontend == frontend) && (d->parting || !only_parting))
            backend_look_at(b, d->frontend, d->id);
    }
}

static void look_at_directory(struct backend *b, domid_t frontend)
{
    char tree[TREE_SIZE], path[TREE_SIZE + 8], **names;
    size_t n;

    tree_of(b, tree);
    snprintf(path, sizeof(path), "%s/%u", tree, frontend);
    if (pv_xs_directory(PV_XS_NIL, path, &names, &n))
        return;
    for (size_t i = 0; i < n; i++)
        backend_look_at(b, frontend, (unsigned)strtoul(names[i], NULL, 10));
    free(names);
}

static void look_at_domain(struct backend *b, domid_t frontend)
{
    look_at_known(b, frontend, false);
    look_at_directory(b, frontend);
}

/* Everything anew, also what is not known yet: events were joined, or a whole tree went. */
static void look_at_all(struct backend *b)
{
    char tree[TREE_SIZE], **domains;
    size_t n;

    look_at_known(b, DOMID_INVALID, false);
    tree_of(b, tree);
    if (pv_xs_directory(PV_XS_NIL, tree, &domains, &n))
        return;
    for (size_t i = 0; i < n; i++)
        look_at_directory(b, (domid_t)strtoul(domains[i], NULL, 10));
    free(domains);
}

/* ---- events ---- */

/* The two numbers in a path below one of the trees; 0 to 2 of them are there. */
static int parse(const struct backend *b, const char *path, unsigned *frontend, unsigned *id)
{
    char tree[TREE_SIZE], type[12];
    int n;

    tree_of(b, tree);
    if (strncmp(path, tree, strlen(tree)) == 0)
        return sscanf(path + strlen(tree), "/%5u/%10u", frontend, id);
    n = sscanf(path, "/local/domain/%5u/device/%11[^/]/%10u", frontend, type, id);
    return n == 3 && strcmp(type, b->kind->type) == 0 ? 2 : 0;
}

/* Of the keys below a backend's directory only these are others' to change. */
static bool concerns_us(const struct backend *b, const char *path)
{
    const char *key = strrchr(path, '/');
    char tree[TREE_SIZE];

    tree_of(b, tree);
    return strncmp(path, tree, strlen(tree)) != 0 || strspn(key + 1, "0123456789") == strlen(key + 1) ||
           strcmp(key, "/online") == 0;
}

static void take_event(struct backend *b)
{
    unsigned frontend = 0, id = 0;
    char *path, *token;
    int numbers;

    if (pv_xs_watch_next(&b->watcher, 0, &path, &token))
        return;
    numbers = parse(b, path, &frontend, &id);
    if (numbers < 1)
        look_at_all(b);
    else if (numbers == 1 && frontend < DOMID_FIRST_RESERVED)
        look_at_domain(b, (domid_t)frontend);
    else if (frontend < DOMID_FIRST_RESERVED && concerns_us(b, path))
        backend_look_at(b, (domid_t)frontend, id);
    free(path);
    free(token);
    pv_yield();     /* a store that flaps costs its guest's turns */
}

/* ---- the thread ---- */

/* As if it had died, but for what the devices have been asked: that is waited for, and not answered. */
static void forget_everything(struct backend *b)
{
    struct backend_device *d;

    LIST_FOREACH(d, &b->devices, link)
        backend_disconnect(d, BACKEND_HAND_OVER);
    while ((d = LIST_FIRST(&b->devices)) != NULL) {
        while (backend_disconnect(d, BACKEND_HAND_OVER) != BACKEND_NOTHING)
            pv_wait(&b->watcher.waitq, UINT64_MAX);
        backend_forget(d);
    }
    pv_xs_watcher_close(&b->watcher);
}

static void run(void *arg)
{
    struct backend *b = arg;

    while (!b->stopping) {
        look_at_known(b, DOMID_INVALID, true);
        if (pv_xs_watch_pending(&b->watcher))
            take_event(b);
        else
            pv_wait(&b->watcher.waitq, UINT64_MAX);
    }
    forget_everything(b);
    b->down = true;
    pv_wake(&b->went_down);
}

int backend_start(struct backend *b, const struct backend_kind *kind)
{
    char tree[TREE_SIZE];
    int rc;

    b->kind = kind;
    pv_xs_watcher_init(&b->watcher);
    tree_of(b, tree);
    rc = pv_xs_mkdir(PV_XS_NIL, tree);
    if (rc == 0)
        rc = pv_xs_watch(&b->watcher, tree, TOKEN);
    if (rc)
        return rc;
    return pv_thread_create(kind->type, kind->stack_bytes, run, b) ? 0 : -ENOMEM;
}

int backend_restart(struct backend *b)
{
    if (b->stopping)
        return -EBUSY;
    b->down = false;
    b->stopping = true;
    pv_wake(&b->watcher.waitq);
    pv_wait_event(&b->went_down, b->down);
    b->stopping = false;
    return backend_start(b, b->kind);
}
