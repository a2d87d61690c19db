/* backend.c: a device as the store describes it, and what becomes of it when the store changes. */
#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <pv/thread.h>
#include <pv/time.h>

#define TOKEN       "front"
#define TURNS       64u                     /* changes of state that a device may have */
#define TURNS_NS    (60 * PV_NS_PER_SEC)    /* in so long */
#define NAME_OF_ID  1000000u                /* ids are named by so many digits */

struct backend_device *backend_find(const struct backend *b, domid_t frontend, unsigned id)
{
    struct backend_device *d;

    LIST_FOREACH(d, &b->devices, link)
        if (d->frontend == frontend && d->id == id)
            return d;
    return NULL;
}

struct pv_waitq *backend_queue(struct backend_device *d)
{
    return &d->backend->watcher.waitq;
}

void backend_name(const struct backend_device *d, char name[BACKEND_NAME])
{
    snprintf(name, BACKEND_NAME, "%.4s %u of d%u", d->backend->kind->type, d->id % NAME_OF_ID, d->frontend);
}

void backend_refuse(const struct backend_device *d, int error, const char *what, const char *why)
{
    char text[160];

    snprintf(text, sizeof(text), "%.80s: %s", what, why);
    pv_key_put(PV_XS_NIL, d->back, "hotplug-error", text);
    pv_key_put_number(PV_XS_NIL, d->back, "hotplug-errno", (uint64_t)-error);
    pv_key_put(PV_XS_NIL, d->back, "hotplug-status", "error");
}

/* A front end that comes and goes all the time makes work for the store and for us: it is not served
 * again. */
static void count_turn(struct backend_device *d)
{
    uint64_t now = pv_now_ns();
    char name[BACKEND_NAME];

    if (now - d->turns_since > TURNS_NS) {
        d->turns_since = now;
        d->turns = 0;
    }
    if (++d->turns == TURNS && !d->broken) {
        backend_name(d, name);
        printf("enso: %s: its front end comes and goes too often: the device is stopped\n", name);
        d->broken = true;
    }
}

static void set_state(struct backend_device *d, enum xenbus_state state)
{
    if (d->state == state)
        return;
    d->state = state;
    pv_key_put_number(PV_XS_NIL, d->back, "state", state);
    count_turn(d);
}

static uint64_t front_state(const struct backend_device *d)
{
    return pv_key_number_or(d->front, "state", XenbusStateUnknown);
}

/* ---- the two ends meet and part ---- */

static void connect(struct backend_device *d)
{
    d->connected = d->backend->kind->connect(d) == 0;
    if (d->connected) {
        set_state(d, XenbusStateConnected);
        return;
    }
    d->broken = true;           /* or it could fill the console with what connect() has said */
    set_state(d, XenbusStateClosing);
}

enum backend_rest backend_disconnect(struct backend_device *d, enum backend_end end)
{
    enum backend_rest rest = d->connected ? d->backend->kind->disconnect(d, end) : BACKEND_NOTHING;

    d->connected = d->parting = rest != BACKEND_NOTHING;
    return rest;
}

static void give_back(struct backend_device *d)
{
    if (d->taken)
        d->backend->kind->give_back(d);
    d->taken = false;
}

/* What the tools wait for. */
static void tell_given_back(const struct backend_device *d)
{
    pv_key_put(PV_XS_NIL, d->back, "hotplug-status", "disconnected");
}

/* Nothing of the device is in use any more; of one that the tools are taking away, neither is the host's. */
static void close_device(struct backend_device *d, enum backend_end end, bool online)
{
    if (backend_disconnect(d, end) != BACKEND_NOTHING)
        return;
    if (!online)
        give_back(d);
    set_state(d, XenbusStateClosed);
    if (!online)
        tell_given_back(d);
}

/* By force: what is the host's is given back before the front end, which was not asked, has let go. */
static void take_away(struct backend_device *d)
{
    enum backend_rest rest = backend_disconnect(d, BACKEND_TAKE_AWAY);

    if (d->taken && rest != BACKEND_ALL) {
        give_back(d);
        tell_given_back(d);
    }
    if (rest == BACKEND_NOTHING)
        set_state(d, XenbusStateClosed);
}

/* Linux's driver says at the end of its work for a device that is gone that it has closed, and whoever has the
 * number by then is taken for closed. The new device is told of anew, once: the driver is through. */
static bool offer_again(struct backend_device *d)
{
    uint32_t tx;
    int rc, ended;

    d->fresh = false;
    if (pv_xs_transaction_start(&tx))
        return false;
    rc = pv_key_look(tx, d->front, "backend");      /* the directory is there */
    if (rc == 0)
        rc = pv_key_put_number(tx, d->front, "state", XenbusStateInitialising);
    /* Not tried again: a guest that goes on writing there would hold up the thread for all others. */
    ended = pv_xs_transaction_end(tx, rc == 0);
    return rc == 0 && ended == 0;
}

static void follow(struct backend_device *d)
{
    bool online = pv_key_number_or(d->back, "online", 0) != 0;
    uint64_t state = front_state(d);

    if (!online && pv_key_number_or(d->back, "force", 0)) {
        take_away(d);
        return;
    }
    if (!d->taken)
        return;
    if (d->fresh && online && state == XenbusStateClosed && offer_again(d))
        return;
    d->fresh &= state == XenbusStateInitialising;
    switch (state) {
    case XenbusStateInitialising:
    case XenbusStateInitWait:
        if (!online)
            close_device(d, BACKEND_CLOSE, false);
        else if (backend_disconnect(d, BACKEND_CLOSE) == BACKEND_NOTHING)
            set_state(d, d->broken ? XenbusStateClosed : XenbusStateInitWait);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        if (!online)
            set_state(d, XenbusStateClosing);       /* the tools ask the front end to let go */
        else if (!d->connected && !d->broken && d->state != XenbusStateClosing)
            connect(d);
        break;
    case XenbusStateClosing:            /* it may still have requests under way */
        if (!d->broken || d->connected)
            set_state(d, XenbusStateClosing);
        break;
    case XenbusStateUnknown:            /* its directory is gone, and it may not know that yet */
        close_device(d, BACKEND_TAKE_AWAY, online);
        break;
    default:
        close_device(d, BACKEND_CLOSE, online);
        break;
    }
}

/* ---- a device appears and disappears ---- */

/* A backend before us has served this ring: we go on where it has stopped, and the front end does not
 * notice. */
static bool take_over(struct backend_device *d)
{
    const struct backend_kind *kind = d->backend->kind;

    if (!kind->resume || front_state(d) != XenbusStateConnected ||
        (d->state != XenbusStateConnected && d->state != XenbusStateClosing))
        return false;
    connect(d);
    if (d->connected)
        kind->resume(d);
    return true;
}

static struct backend_device *add(struct backend *b, domid_t frontend, unsigned id)
{
    struct backend_device *d = calloc(1, b->kind->size);

    if (!d)
        return NULL;
    d->backend = b;
    d->frontend = frontend;
    d->id = id;
    snprintf(d->back, sizeof(d->back), "/local/domain/0/backend/%s/%u/%u", b->kind->type, frontend, id);
    snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u", frontend, b->kind->type, id);
    d->state = (enum xenbus_state)pv_key_number_or(d->back, "state", XenbusStateUnknown);
    LIST_INSERT_HEAD(&b->devices, d, link);
    return d;
}

static struct backend_device *appear(struct backend *b, domid_t frontend, unsigned id)
{
    struct backend_device *d = add(b, frontend, id);
    char state[BACKEND_PATH + 8];

    if (!d || b->kind->take(d))
        return d;
    d->taken = true;
    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_watch(&b->watcher, state, TOKEN);
    if (take_over(d))
        return d;
    pv_key_put(PV_XS_NIL, d->back, "hotplug-status", "connected");
    d->fresh = d->state == XenbusStateInitialising || d->state == XenbusStateUnknown;
    if (d->fresh)
        set_state(d, XenbusStateInitWait);
    return d;
}

void backend_forget(struct backend_device *d)
{
    give_back(d);
    LIST_REMOVE(d, link);
    free(d);
}

/* As by force; but if there is a new directory already, then the front end knows that the old device is no
 * more. */
static void disappear(struct backend_device *d, bool is_replaced)
{
    char state[BACKEND_PATH + 8];
    enum backend_rest rest = backend_disconnect(d, is_replaced ? BACKEND_CLOSE : BACKEND_TAKE_AWAY);

    d->leaving = true;
    if (rest != BACKEND_ALL)
        give_back(d);
    if (rest != BACKEND_NOTHING)
        return;
    snprintf(state, sizeof(state), "%s/state", d->front);
    pv_xs_unwatch(&d->backend->watcher, state, TOKEN);
    backend_forget(d);
}

/* A device is there when its directory has all that the tools write: `online` is the last. A directory
 * without our word in it is not the one that we knew. */
void backend_look_at(struct backend *b, domid_t frontend, unsigned id)
{
    struct backend_device *d = backend_find(b, frontend, id);
    char path[BACKEND_PATH];
    bool there;

    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%u", b->kind->type, frontend, id);
    there = pv_key_exists(path, "online");
    if (d && (d->leaving || !there || !pv_key_exists(path, "hotplug-status"))) {
        disappear(d, there);
        d = backend_find(b, frontend, id);
        there = pv_key_exists(path, "online");      /* it may have gone since */
    }
    if (there && !d)
        d = appear(b, frontend, id);
    if (there && d && !d->leaving)
        follow(d);
}
