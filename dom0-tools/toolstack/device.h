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

#define DEVICE_PATH_SIZE   96
#define DEVICE_BACKEND_NS  (5 * PV_NS_PER_SEC)      /* what a backend may take: it is in this domain */
#define DEVICE_FRONTEND_NS (10 * PV_NS_PER_SEC)     /* what a guest may take to let go */

struct device_paths {
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

/* A key's text (malloc'ed; NULL: there is none), cut to a size (then "" for none), and as a number. */
char *device_text(const char *directory, const char *key);
void device_copy_text(const char *directory, const char *key, char *to, size_t size);
uint64_t device_number(const char *directory, const char *key, uint64_t otherwise);

/* Waits until the backend has said what it thinks of the device (`hotplug-status`). 0: it has it. -EIO: it
 * does not; *why is its reason (malloc'ed, may be NULL). -ETIMEDOUT and what the store answered. */
int device_wait_status(const struct device_paths *p, char **why);

/* Asks the backend to let go, which asks the guest. -ETIMEDOUT */
int device_close(const struct device_paths *p, uint64_t ns);
void device_remove_keys(const struct device_paths *p);

/* The numbers of a domain's devices, as pv_xs_directory(). */
int device_names(const char *type, domid_t domid, char ***names, size_t *n);

/* After the end of a domain: all of its devices of a type. Its own tree is gone already, so nobody is
 * asked. */
void device_remove_all(const char *type, domid_t domid);

#endif
