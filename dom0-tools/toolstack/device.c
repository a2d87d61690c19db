/* device.c: see device.h. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>
#include <pv/xenbus.h>

#include "xenstore/xenstored.h"

#define TOKEN "device"
#define LOOK_NS (5 * PV_NS_PER_MS)
#define DONE_NS (100 * PV_NS_PER_MS)    /* between letting go of a watch and the next request */

struct device_paths device_paths(const char *type, domid_t domid, uint32_t number)
{
    struct device_paths p = { .domid = domid };

    snprintf(p.back, sizeof(p.back), "/local/domain/0/backend/%s/%u/%u", type, domid, number);
    snprintf(p.front, sizeof(p.front), "/local/domain/%u/device/%s/%u", domid, type, number);
    return p;
}

/* ---- keys ---- */

void device_put(struct device_writer *w, const char *key, const char *value)
{
    if (w->rc == 0)
        w->rc = pv_key_put(PV_XS_NIL, w->directory, key, value);
}

void device_put_number(struct device_writer *w, const char *key, uint64_t value)
{
    if (w->rc == 0)
        w->rc = pv_key_put_number(PV_XS_NIL, w->directory, key, value);
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

/* ---- waiting ---- */

/* The guest's directory has gone. One that looks only when there is another device with the number takes that
 * for the one it knows, which it has closed. When it has seen that the device went it watches the backend no
 * more; then Linux reads its state once more, which has to be this one's. */
static void let_notice(const struct device_paths *p)
{
    uint64_t end = pv_now_ns() + DEVICE_NOTICE_NS, requests;

    if (!xenstore_is_watched(p->domid, p->back))
        return;
    while (xenstore_is_watched(p->domid, p->back) && pv_now_ns() < end)
        pv_sleep_ns(LOOK_NS);
    requests = xenstore_requests(p->domid);
    end = pv_now_ns() + DONE_NS;
    while (xenstore_requests(p->domid) == requests && pv_now_ns() < end)
        pv_sleep_ns(LOOK_NS);
}

static void remove_keys(const struct device_paths *p)
{
    pv_xs_rm(PV_XS_NIL, p->front);
    let_notice(p);
    pv_xs_rm(PV_XS_NIL, p->back);
}

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
    return pv_key_exists(p->back, "hotplug-status");
}

static bool has_closed(const struct device_paths *p)
{
    return pv_key_number_or(p->back, "state", XenbusStateClosed) == XenbusStateClosed;
}

static bool is_free(const struct device_paths *p)
{
    char status[16];

    pv_key_copy(p->back, "hotplug-status", status, sizeof(status));
    return strcmp(status, "connected") != 0;
}

/* A frontend that has closed by itself leaves the backend Closed, which then still has the host's device. */
static bool is_given_back(const struct device_paths *p)
{
    return is_free(p) && has_closed(p);
}

/* ---- one device ---- */

static int fail_refused(const struct device_paths *p, const char *name, struct toolstack_error *err)
{
    char *why = pv_key_text(p->back, "hotplug-error");
    int rc = -(int)pv_key_number_or(p->back, "hotplug-errno", EIO);

    toolstack_fail(err, rc, name, "%s", why ? why : "the backend gave no reason");
    free(why);
    return rc;
}

int device_wait(const struct device_paths *p, int rc, struct device_words words, const char *advice,
                struct toolstack_error *err)
{
    char status[16];

    if (rc)
        toolstack_fail(err, rc, words.name, "the store refused the keys of the %s", words.what);
    else if ((rc = wait_for(p, "hotplug-status", has_status, DEVICE_BACKEND_NS)) != 0)
        toolstack_fail(err, rc, words.name, "the backend of the %s does not answer", words.what);
    pv_key_copy(p->back, "hotplug-status", status, sizeof(status));
    if (rc == 0 && strcmp(status, "connected") != 0) {
        rc = fail_refused(p, words.name, err);
        toolstack_advise(err, "%s", advice);
    }
    if (rc)
        remove_keys(p);
    return rc;
}

static int ask_to_close(const struct device_paths *p, uint64_t ns)
{
    int rc = pv_key_put_number(PV_XS_NIL, p->back, "online", 0);

    return rc ? rc : wait_for(p, "hotplug-status", is_given_back, ns);
}

/* First the backend gives back what is the host's. Then the guest's directory goes: that is how it learns
 * of it, and what it still asks for is answered with errors until it has let go. The backend's directory is
 * the last. */
static void take_away(const struct device_paths *p)
{
    pv_key_put_number(PV_XS_NIL, p->back, "force", 1);
    pv_key_put_number(PV_XS_NIL, p->back, "online", 0);
    wait_for(p, "hotplug-status", is_free, DEVICE_BACKEND_NS);
    pv_xs_rm(PV_XS_NIL, p->front);
    wait_for(p, "state", has_closed, DEVICE_NOTICE_NS);
    let_notice(p);
    pv_xs_rm(PV_XS_NIL, p->back);
}

int device_detach(const struct device_paths *p, bool force, struct device_words words, const char *advice,
                  struct toolstack_error *err)
{
    if (force) {
        take_away(p);
        return 0;
    }
    if (ask_to_close(p, DEVICE_FRONTEND_NS)) {
        pv_key_put_number(PV_XS_NIL, p->back, "online", 1);
        toolstack_fail(err, -EBUSY, words.name, "the guest does not let go of the %s", words.what);
        toolstack_advise(err, "%s", advice);
        return -EBUSY;
    }
    remove_keys(p);
    return 0;
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

        ask_to_close(&p, DEVICE_BACKEND_NS);
    }
    free(names);
    directory_of(type, domid, path);
    pv_xs_rm(PV_XS_NIL, path);
}
