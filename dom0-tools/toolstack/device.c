/* device.c: see device.h. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

#define TOKEN "device"

struct device_paths device_paths(const char *type, domid_t domid, uint32_t number)
{
    struct device_paths p;

    snprintf(p.back, sizeof(p.back), "/local/domain/0/backend/%s/%u/%u", type, domid, number);
    snprintf(p.front, sizeof(p.front), "/local/domain/%u/device/%s/%u", domid, type, number);
    return p;
}

/* ---- keys ---- */

void device_put(struct device_writer *w, const char *key, const char *value)
{
    char path[DEVICE_PATH_SIZE + 40];

    if (w->rc)
        return;
    snprintf(path, sizeof(path), "%s/%s", w->directory, key);
    w->rc = pv_xs_write(PV_XS_NIL, path, value, strlen(value));
}

void device_put_number(struct device_writer *w, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    device_put(w, key, text);
}

void device_begin(struct device_writer *w, const char *directory, domid_t owner, domid_t reader)
{
    char first[8], second[8];
    const char *perms[2] = { first, second };

    w->directory = directory;
    snprintf(first, sizeof(first), "n%u", owner);
    snprintf(second, sizeof(second), "r%u", reader);
    if (w->rc == 0)
        w->rc = pv_xs_mkdir(PV_XS_NIL, directory);
    if (w->rc == 0)
        w->rc = pv_xs_set_perms(PV_XS_NIL, directory, perms, 2);
}

char *device_text(const char *directory, const char *key)
{
    char path[DEVICE_PATH_SIZE + 40], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

void device_copy_text(const char *directory, const char *key, char *to, size_t size)
{
    char *value = device_text(directory, key);

    snprintf(to, size, "%s", value ? value : "");
    free(value);
}

uint64_t device_number(const char *directory, const char *key, uint64_t otherwise)
{
    char path[DEVICE_PATH_SIZE + 40];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read_u64(PV_XS_NIL, path, &value) ? otherwise : value;
}

void device_remove_keys(const struct device_paths *p)
{
    pv_xs_rm(PV_XS_NIL, p->back);
    pv_xs_rm(PV_XS_NIL, p->front);
}

/* ---- waiting ---- */

/* Waits for the backend to change a key of its directory until done() says so. -ETIMEDOUT */
static int wait_for(const struct device_paths *p, const char *key, bool (*done)(const struct device_paths *p),
                    uint64_t ns)
{
    uint64_t deadline = pv_now_ns() + ns;
    char path[DEVICE_PATH_SIZE + 40];
    struct pv_xs_watcher watcher;
    int rc;

    snprintf(path, sizeof(path), "%s/%s", p->back, key);
    pv_xs_watcher_init(&watcher);
    rc = pv_xs_watch(&watcher, path, TOKEN);
    while (rc == 0 && !done(p))
        rc = pv_xs_watch_next(&watcher, deadline, NULL, NULL);
    pv_xs_watcher_close(&watcher);
    return rc;
}

static bool has_status(const struct device_paths *p)
{
    char *status = device_text(p->back, "hotplug-status");
    bool any = status != NULL;

    free(status);
    return any;
}

/* A frontend that has closed by itself leaves the backend Closed, which then still has the host's device. */
static bool is_given_back(const struct device_paths *p)
{
    char status[16];

    device_copy_text(p->back, "hotplug-status", status, sizeof(status));
    return device_number(p->back, "state", XenbusStateClosed) == XenbusStateClosed &&
           strcmp(status, "connected") != 0;
}

int device_wait_status(const struct device_paths *p, char **why)
{
    char *status;
    int rc = wait_for(p, "hotplug-status", has_status, DEVICE_BACKEND_NS);

    *why = NULL;
    if (rc)
        return rc;
    status = device_text(p->back, "hotplug-status");
    if (!status || strcmp(status, "connected") != 0) {
        *why = device_text(p->back, "hotplug-error");
        rc = -EIO;
    }
    free(status);
    return rc;
}

int device_close(const struct device_paths *p, uint64_t ns)
{
    struct device_writer w = { p->back, 0 };

    device_put_number(&w, "online", 0);
    return w.rc ? w.rc : wait_for(p, "hotplug-status", is_given_back, ns);
}

/* ---- all of a domain ---- */

static void directory_of(const char *type, domid_t domid, char path[DEVICE_PATH_SIZE])
{
    snprintf(path, DEVICE_PATH_SIZE, "/local/domain/0/backend/%s/%u", type, domid);
}

int device_names(const char *type, domid_t domid, char ***names, size_t *n)
{
    char path[DEVICE_PATH_SIZE];

    directory_of(type, domid, path);
    return pv_xs_directory(PV_XS_NIL, path, names, n);
}

void device_remove_all(const char *type, domid_t domid)
{
    char **names, path[DEVICE_PATH_SIZE];
    size_t n;

    if (device_names(type, domid, &names, &n))
        return;
    for (size_t i = 0; i < n; i++) {
        struct device_paths p = device_paths(type, domid, (uint32_t)strtoul(names[i], NULL, 10));

        device_close(&p, DEVICE_BACKEND_NS);
    }
    free(names);
    directory_of(type, domid, path);
    pv_xs_rm(PV_XS_NIL, path);
}
