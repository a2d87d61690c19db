/* frontend.c: see frontend.h. */
#include "xenbus/frontend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#define PATH     192
#define TOKEN    "frontend"
#define CLOSE_NS (5 * PV_NS_PER_SEC)    /* what a backend may take to let go */

/* ---- keys ---- */

uint64_t pv_frontend_ask(const struct pv_frontend *f, const char *key, uint64_t otherwise)
{
    return f->back ? pv_key_number_or(f->back, key, otherwise) : otherwise;
}

/* What is told at once. */
struct word {
    struct pv_frontend *frontend;
    int (*write)(void *device, uint32_t tx);
    enum xenbus_state state;
};

static int write_word(void *arg, uint32_t tx)
{
    const struct word *w = arg;
    const struct pv_frontend *f = w->frontend;
    int rc = pv_key_look(tx, f->front, "backend");      /* the device is there */

    if (rc == 0 && w->write)
        rc = w->write(f->device, tx);
    return rc ? rc : pv_key_put_number(tx, f->front, "state", w->state);
}

int pv_frontend_tell(struct pv_frontend *f, int (*write)(void *device, uint32_t tx), enum xenbus_state state)
{
    struct word word = { f, write, state };
    int rc = pv_xs_in_transaction(write_word, &word);

    if (rc == 0)
        f->state = state;
    return rc;
}

void pv_frontend_set_state(struct pv_frontend *f, enum xenbus_state state)
{
    if (f->state == state)
        return;
    pv_frontend_tell(f, NULL, state);
    f->state = state;       /* also of a device that is not there: it is told once */
}

/* ---- the backend ---- */

static enum xenbus_state backend_state(const struct pv_frontend *f)
{
    return (enum xenbus_state)pv_frontend_ask(f, "state", XenbusStateUnknown);
}

void pv_frontend_drop(struct pv_frontend *f)
{
    bool was = f->connected;

    f->connected = false;
    if (!f->offered)
        return;
    f->offered = false;
    f->ops->disconnect(f->device, was);
}

void pv_frontend_give_up(struct pv_frontend *f)
{
    pv_frontend_drop(f);
    f->gone = true;
    pv_frontend_set_state(f, XenbusStateClosed);
    if (f->ops->gone)
        f->ops->gone(f->device);
}

/* The tools have taken the device away, or are about to. */
static void lost(struct pv_frontend *f)
{
    if (f->ops->gone)
        pv_frontend_give_up(f);
    else
        pv_frontend_drop(f);
}

/* It waits for rings: for new ones if it has served ours, because it is another one then, or has started
 * again. An offer that it has not looked at yet stays, if it is still in the store. */
static void backend_waits(struct pv_frontend *f)
{
    if (f->offered && !f->connected && f->state != XenbusStateClosed &&
        pv_key_number_or(f->front, "state", XenbusStateUnknown) == f->state)
        return;
    pv_frontend_drop(f);
    f->offered = f->ops->offer(f->device) == 0;
}

static void backend_serves(struct pv_frontend *f)
{
    if (f->offered && f->state != XenbusStateClosed)
        f->ops->connect(f->device);
    else
        pv_frontend_set_state(f, XenbusStateClosed);    /* it serves rings that are not ours */
}

static void backend_closes(struct pv_frontend *f)
{
    if (f->ops->patient)
        f->connected = false;
    else
        pv_frontend_drop(f);
    pv_frontend_set_state(f, XenbusStateClosed);
}

/* A backend that is there and closed is asked to serve us again; once, for a state is told only when it
 * changes. */
static void backend_has_closed(struct pv_frontend *f)
{
    bool online = pv_frontend_ask(f, "online", 0) != 0;

    if (!online)
        lost(f);
    else
        pv_frontend_drop(f);
    if (!f->gone)
        pv_frontend_set_state(f, online ? XenbusStateInitialising : XenbusStateClosed);
}

static void follow(struct pv_frontend *f)
{
    switch (backend_state(f)) {
    case XenbusStateInitWait:
        backend_waits(f);
        break;
    case XenbusStateConnected:
        backend_serves(f);
        break;
    case XenbusStateClosing:
        backend_closes(f);
        break;
    case XenbusStateClosed:
        backend_has_closed(f);
        break;
    case XenbusStateUnknown:
        if (pv_frontend_ask(f, "online", UINT64_MAX) == UINT64_MAX)
            /* its directory is gone, or not there yet: we say nothing, which could be late */
            lost(f);
        break;
    default:
        break;
    }
}

/* The tools may take the device away and put it back, with another backend. */
static int find_backend(struct pv_frontend *f)
{
    char path[PATH], *back = pv_key_text(f->front, "backend");

    f->backend = (domid_t)pv_key_number_or(f->front, "backend-id", 0);
    if (back && f->back && strcmp(back, f->back) == 0) {
        free(back);
        return 0;
    }
    if (f->back) {
        snprintf(path, sizeof(path), "%s/state", f->back);
        pv_xs_unwatch(&f->watcher, path, TOKEN);
        free(f->back);
        f->back = NULL;
        pv_frontend_drop(f);
    }
    f->back = back;
    f->state = XenbusStateUnknown;
    if (!back)
        return -ENOENT;
    snprintf(path, sizeof(path), "%s/state", back);
    return pv_xs_watch(&f->watcher, path, TOKEN);
}

/* ---- the device's thread ---- */

bool pv_frontend_has_news(const struct pv_frontend *f)
{
    return pv_xs_watch_pending(&f->watcher);
}

void pv_frontend_look(struct pv_frontend *f)
{
    bool news = false;

    while (pv_xs_watch_pending(&f->watcher) && pv_xs_watch_next(&f->watcher, 0, NULL, NULL) == 0)
        news = true;
    if (!news || f->gone)
        return;
    find_backend(f);
    follow(f);
}

/* Waits until the backend's state is not one of those from `first` to `last` any more, or the tools have taken
 * the device away, or the deadline. */
static void wait_while(struct pv_frontend *f, enum xenbus_state first, enum xenbus_state last,
                       uint64_t deadline)
{
    enum xenbus_state state = backend_state(f);

    while (state >= first && state <= last && pv_key_exists(f->front, "backend") && pv_now_ns() < deadline) {
        pv_xs_watch_next(&f->watcher, deadline, NULL, NULL);
        state = backend_state(f);
    }
}

void pv_frontend_part(struct pv_frontend *f)
{
    uint64_t deadline = pv_now_ns() + CLOSE_NS;

    if (!f->gone) {
        pv_frontend_set_state(f, XenbusStateClosing);
        wait_while(f, XenbusStateConnected, XenbusStateConnected, deadline);
        pv_frontend_set_state(f, XenbusStateClosed);
        if (f->offered)
            wait_while(f, XenbusStateInitialising, XenbusStateClosing, deadline);
    }
    pv_xs_watcher_close(&f->watcher);
    pv_frontend_drop(f);
}

int pv_frontend_start(struct pv_frontend *f, const char *type, unsigned number,
                      const struct pv_frontend_ops *ops, void *device)
{
    char path[PATH];
    int rc;

    memset(f, 0, sizeof(*f));
    f->ops = ops;
    f->device = device;
    snprintf(f->front, sizeof(f->front), "device/%.16s/%u", type, number);
    pv_xs_watcher_init(&f->watcher);
    rc = find_backend(f);
    snprintf(path, sizeof(path), "%s/backend", f->front);
    if (rc == 0)
        rc = pv_xs_watch(&f->watcher, path, TOKEN);
    if (rc)
        pv_frontend_free(f);
    return rc;
}

void pv_frontend_free(struct pv_frontend *f)
{
    pv_xs_watcher_close(&f->watcher);
    free(f->back);
    f->back = NULL;
}
