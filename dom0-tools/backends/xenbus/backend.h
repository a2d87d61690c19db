/*
 * backend.h: what all backends do alike: devices come and go by the store, and their states follow those of
 * the front ends. A backend has one thread, which looks at a device whenever something below its two
 * directories has changed, and waits for no device:
 *
 *   /local/domain/0/backend/TYPE/DOMID/ID   made by the tools (`online` is the last key), read by the guest.
 *       Answered here by `state` and `hotplug-status`, and, if the device cannot be had, by `hotplug-error`
 *       (a text) and `hotplug-errno` (newlib's number).
 *       online=0: the guest is asked to let go; with force=1 the device is taken away without its consent.
 *   /local/domain/DOMID/device/TYPE/ID      the guest's: nothing in it is believed. Where the backend's
 *       directory is says whose a device is.
 */
#ifndef ENSO_BACKENDS_BACKEND_H
#define ENSO_BACKENDS_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <xen/xen.h>
#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

#define BACKEND_PATH 96
#define BACKEND_NAME 24

struct backend;

/* A device; kinds have structures of their own that begin with it. */
struct backend_device {
    LIST_ENTRY(backend_device) link;
    struct backend *backend;
    domid_t frontend;
    unsigned id;
    char back[BACKEND_PATH], front[BACKEND_PATH];
    enum xenbus_state state;
    bool taken;                 /* what the tools have named is ours: take() without give_back() */
    bool connected, parting;    /* parting: disconnect() has more to do */
    bool broken;                /* its front end broke the protocol: it is not served again */
    bool leaving;               /* the tools have taken the directory away */
    bool fresh;                 /* its front end has done nothing with it yet */
    unsigned turns;             /* changes of state since ... */
    uint64_t turns_since;
};

/* How a front end and a device part. */
enum backend_end {
    BACKEND_CLOSE,              /* the front end wants it */
    BACKEND_TAKE_AWAY,          /* nobody has asked it */
    BACKEND_HAND_OVER,          /* it is not to notice: another backend goes on */
};

/* What is still in use after disconnect(). */
enum backend_rest { BACKEND_NOTHING, BACKEND_RING_ONLY, BACKEND_ALL };

/* What a kind of device does. */
struct backend_kind {
    const char *type;           /* "vbd" */
    size_t size;                /* of its structure */
    size_t stack_bytes;         /* of its thread */

    /* Takes what the tools have named, of the host's, and publishes what front ends look at before anything
     * else. An error: backend_refuse() has been told why. */
    int (*take)(struct backend_device *d);
    void (*give_back)(struct backend_device *d);

    /* Reads the front end's keys and serves its rings. An error: it has been printed, with names. */
    int (*connect)(struct backend_device *d);

    /* Ends that; sets d->broken if the front end broke the protocol. With more than nothing left the thread's
     * queue (backend_queue()) is woken when there is less, and the function called again. */
    enum backend_rest (*disconnect)(struct backend_device *d, enum backend_end end);

    /* NULL, or what is done after connect() to the ring of a backend that was here before us. */
    void (*resume)(struct backend_device *d);
};

struct backend {
    const struct backend_kind *kind;
    LIST_HEAD(, backend_device) devices;
    struct pv_xs_watcher watcher;
    bool stopping, down;
    struct pv_waitq went_down;
};

/* Starts the thread. `kind` stays the caller's. The store must be there. 0 or a negative error. */
int backend_start(struct backend *b, const struct backend_kind *kind);

/* Ends the thread without a word to the front ends and starts another one, which knows nothing but the
 * store and the rings. What backend_start() says; -EBUSY somebody does it already. */
int backend_restart(struct backend *b);

struct backend_device *backend_find(const struct backend *b, domid_t frontend, unsigned id);
struct pv_waitq *backend_queue(struct backend_device *d);

/* "vbd 51712 of d5" */
void backend_name(const struct backend_device *d, char name[BACKEND_NAME]);

/* Tells the tools that a device cannot be had. `error` is negative. */
void backend_refuse(const struct backend_device *d, int error, const char *what, const char *why);

/* ---- between the two halves: devices (backend.c) and events (events.c) ---- */

/* Does what the store asks for, as far as it can be done without waiting. */
void backend_look_at(struct backend *b, domid_t frontend, unsigned id);

/* Ends what is connected, if anything is; and frees a device of which nothing is in use. */
enum backend_rest backend_disconnect(struct backend_device *d, enum backend_end end);
void backend_forget(struct backend_device *d);

#endif
