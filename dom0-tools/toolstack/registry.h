/* The domains that this toolstack has created, by name and id, with what it takes to create them again.
 * Threads are cooperative: an entry's address stays good until the next call that may block; the thread that
 * has the entry in CREATING or DYING owns it until it changes that state. */
#ifndef ENSO_TOOLSTACK_REGISTRY_H
#define ENSO_TOOLSTACK_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <pv/thread.h>

#include "config.h"

enum managed_state {
    MANAGED_CREATING, /* a thread is building it, also after a reboot; domid may still be unknown */
    MANAGED_ALIVE,
    MANAGED_DYING     /* a thread is removing it */
};

struct managed {
    struct managed *next;
    domid_t domid;          /* DOMID_INVALID before the hypervisor has given one */
    enum managed_state state;
    bool cancel;            /* CREATING: somebody wants it gone */
    bool ended;             /* its end has been handled: it is preserved, or a thread is at it */
    uint64_t created_ns;    /* system time when it was first started or last restarted */
    unsigned quick_ends;    /* restarts in a row that did not live long */
    struct domain_config config; /* uuid filled in; name is the current one */
};

/* Woken whenever a domain appears, changes its state or goes. */
extern struct pv_waitq registry_changed;

/* A new entry in state CREATING. NULL without memory. The caller has checked that the name is free. */
struct managed *registry_add(const struct domain_config *config);

/* Removes and frees. */
void registry_remove(struct managed *m);

void registry_set_state(struct managed *m, enum managed_state state);

struct managed *registry_by_id(domid_t domid);
struct managed *registry_by_name(const char *name);
struct managed *registry_by_uuid(const uint8_t uuid[16]);
struct managed *registry_first(void);

#endif
