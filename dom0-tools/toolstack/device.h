/* What all devices of domains have in common: two directories in the store, by which the tools, a backend in
 * this domain and a guest's frontend agree. What is read back is the backend's alone: a guest can write
 * anything into its own. */
#ifndef ENSO_TOOLSTACK_DEVICE_H
#define ENSO_TOOLSTACK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <pv/time.h>

#include <pv/xenbus.h>
#include "error.h"

#define DEVICE_PATH_SIZE   96
#define DEVICE_BACKEND_NS  (5 * PV_NS_PER_SEC)      /* what a backend may take: it is in this domain */
#define DEVICE_FRONTEND_NS (10 * PV_NS_PER_SEC)     /* what a guest may take to let go */
#define DEVICE_NOTICE_NS   (2 * PV_NS_PER_SEC)      /* ... or to notice that it has to, or has lost it */

struct device_paths {
    domid_t domid;              /* the guest's */
    char back[DEVICE_PATH_SIZE], front[DEVICE_PATH_SIZE];
};

struct device_paths device_paths(const char *type, domid_t domid, uint32_t number);

/* Writes keys below a directory; the first failure stops all later writes and stays in rc. */
struct device_writer {
    const char *directory;
    int rc;
};

/* Makes a directory, whose keys inherit owner and reader. */
void device_begin(struct device_writer *w, const char *directory, domid_t owner, domid_t reader);
void device_put(struct device_writer *w, const char *key, const char *value);
void device_put_number(struct device_writer *w, const char *key, uint64_t value);

/* How messages call a device: "xvda", "disk". */
struct device_words {
    const char *name, *what;
};

/* After the keys were written (rc: how that went): waits until the backend has the device. On failure its
 * keys are removed, and err says why; `advice` is for what the backend has refused. */
int device_wait(const struct device_paths *p, int rc, struct device_words words, const char *advice,
                struct toolstack_error *err);

/* Takes a device away. The guest is asked to let go; -EBUSY it did not for some seconds, and still has it.
 * With `force` it is not asked: what is the host's is free when this returns, whatever the guest does; it
 * has a moment to notice before another device may have the number. */
int device_detach(const struct device_paths *p, bool force, struct device_words words, const char *advice,
                  struct toolstack_error *err);

/* The numbers of a domain's devices, as pv_xs_directory(). */
int device_names(const char *type, domid_t domid, char ***names, size_t *n);

/* After the end of a domain: all of its devices of a type. Its own tree is gone already, so nobody is
 * asked. */
void device_remove_all(const char *type, domid_t domid);

#endif
