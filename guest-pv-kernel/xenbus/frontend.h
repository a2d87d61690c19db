/* frontend.h: what frontends have in common: the device's directory in the store and the backend's, our
 * state, and what follows from the backend's. Each frontend has a thread of its own that calls these; a
 * device's part is in its ops. */
#ifndef PV_XENBUS_FRONTEND_H
#define PV_XENBUS_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

/* What a device does. `device` is the pointer that was given to pv_frontend_start(). */
struct pv_frontend_ops {
    /* The backend waits for us: makes rings and tells them by pv_frontend_tell(). 0, or a negative error
     * with nothing left. */
    int (*offer)(void *device);
    /* The backend serves the rings; called again when it says so again, which is how it tells that it has
     * changed. */
    void (*connect)(void *device);
    /* There are rings, and they go; `was`: the device was connected. */
    void (*disconnect)(void *device, bool was);
    /* The tools have taken the device away, or pv_frontend_give_up(). NULL: it may be put back, and is
     * waited for. */
    void (*gone)(void *device);
    /* The backend answers what it has before it lets go: while it closes, the rings stay. */
    bool patient;
};

struct pv_frontend {
    const struct pv_frontend_ops *ops;
    void *device;
    char front[48];                 /* device/TYPE/NUMBER */
    char *back;                     /* the backend's directory, NULL without one */
    domid_t backend;
    enum xenbus_state state;        /* what we have said last */
    bool offered;                   /* there are rings */
    bool connected;                 /* and the backend serves them: set by connect() */
    bool gone;                      /* nothing is followed any more */
    struct pv_xs_watcher watcher;   /* its queue is where the device's thread sleeps */
};

/* Finds the device (device/TYPE/NUMBER) and watches it. 0; -ENOENT there is none; a negative error, and
 * nothing is held. pv_frontend_free() gives back what it took. */
int pv_frontend_start(struct pv_frontend *f, const char *type, unsigned number,
                      const struct pv_frontend_ops *ops, void *device);
void pv_frontend_free(struct pv_frontend *f);

/* Whether pv_frontend_look() has something to do. */
bool pv_frontend_has_news(const struct pv_frontend *f);

/* Takes what the store has told, and does what follows from the backend's state. */
void pv_frontend_look(struct pv_frontend *f);

/* Takes the rings away, if there are any. */
void pv_frontend_drop(struct pv_frontend *f);

/* The device ends: the rings go, our state is Closed, gone() is called. */
void pv_frontend_give_up(struct pv_frontend *f);

/* The last words, at most 5 s: the backend lets go of the rings before our memory is others'. The rings
 * go. */
void pv_frontend_part(struct pv_frontend *f);

/* Writes keys (`write`, which may be NULL) and our state, in one transaction that finds the device still
 * there: nothing is left behind of one that the tools have taken away. 0 or a negative error. */
int pv_frontend_tell(struct pv_frontend *f, int (*write)(void *device, uint32_t tx), enum xenbus_state state);

/* The same without keys; nothing if that is our state already. */
void pv_frontend_set_state(struct pv_frontend *f, enum xenbus_state state);

/* A number of the backend's; `otherwise` also without a backend. */
uint64_t pv_frontend_ask(const struct pv_frontend *f, const char *key, uint64_t otherwise);

#endif
