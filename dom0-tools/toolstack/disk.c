/* disk.c: see disk.h. */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#define PATH_SIZE    96
#define BACKEND_NS   (5 * PV_NS_PER_SEC)        /* what a backend may take: it is in this domain */
#define FRONTEND_NS  (10 * PV_NS_PER_SEC)       /* what a guest may take to let go */
#define TOKEN        "disk"

struct paths {
    char back[PATH_SIZE], front[PATH_SIZE];
};

static struct paths paths_of(domid_t domid, uint32_t number)
{
    struct paths p;

    snprintf(p.back, sizeof(p.back), "/local/domain/0/backend/vbd/%u/%u", domid, number);
    snprintf(p.front, sizeof(p.front), "/local/domain/%u/device/vbd/%u", domid, number);
    return p;
}

/* ---- keys ---- */

/* The first failure stops all later writes. */
struct writer {
    const char *directory;
    int rc;
};

static void put(struct writer *w, const char *key, const char *value)
{
    char path[PATH_SIZE + 40];

    if (w->rc)
        return;
    snprintf(path, sizeof(path), "%s/%s", w->directory, key);
    w->rc = pv_xs_write(PV_XS_NIL, path, value, strlen(value));
}

static void put_number(struct writer *w, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    put(w, key, text);
}

/* The keys below inherit owner and reader. */
static void begin(struct writer *w, const char *directory, domid_t owner, domid_t reader)
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

static int write_keys(domid_t domid, const struct config_disk *d, const struct paths *p)
{
    struct writer w = { .rc = 0 };

    begin(&w, p->front, domid, 0);
    put(&w, "backend", p->back);
    put_number(&w, "backend-id", 0);
    put_number(&w, "virtual-device", d->number);
    put(&w, "device-type", d->cdrom ? "cdrom" : "disk");
    put_number(&w, "state", XenbusStateInitialising);

    begin(&w, p->back, 0, domid);
    put(&w, "frontend", p->front);
    put_number(&w, "frontend-id", domid);
    put(&w, "params", d->target);
    put(&w, "type", "phy");
    put(&w, "dev", d->vdev);
    put(&w, "device-type", d->cdrom ? "cdrom" : "disk");
    put(&w, "mode", d->read_only ? "r" : "w");
    put_number(&w, "removable", 0);
    put_number(&w, "bootable", 1);
    put_number(&w, "discard-enable", !d->no_discard);
    put_number(&w, "state", XenbusStateInitialising);
    put_number(&w, "online", 1);        /* the last: the backend begins */
    return w.rc;
}

static char *read_key(const char *directory, const char *key)
{
    char path[PATH_SIZE + 40], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read(PV_XS_NIL, path, &value, NULL) ? NULL : value;
}

static uint64_t read_number(const char *directory, const char *key, uint64_t otherwise)
{
    char path[PATH_SIZE + 40];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", directory, key);
    return pv_xs_read_u64(PV_XS_NIL, path, &value) ? otherwise : value;
}

static void remove_keys(const struct paths *p)
{
    pv_xs_rm(PV_XS_NIL, p->back);
    pv_xs_rm(PV_XS_NIL, p->front);
}

/* ---- waiting ---- */

/* Waits for the backend to change a key of its directory until done() says so. -ETIMEDOUT */
static int wait_for(const struct paths *p, const char *key, bool (*done)(const struct paths *p), uint64_t ns)
{
    uint64_t deadline = pv_now_ns() + ns;
    char path[PATH_SIZE + 40];
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

static bool has_status(const struct paths *p)
{
    char *status = read_key(p->back, "hotplug-status");
    bool any = status != NULL;

    free(status);
    return any;
}

static bool is_closed(const struct paths *p)
{
    return read_number(p->back, "state", XenbusStateClosed) == XenbusStateClosed;
}

/* ---- one disk ---- */

/* The backend's word on the device: 0, or -EIO with its reason in err. */
static int check_status(const struct paths *p, const struct config_disk *d, struct toolstack_error *err)
{
    char *status = read_key(p->back, "hotplug-status"), *why = read_key(p->back, "hotplug-error");
    int rc = 0;

    if (!status || strcmp(status, "connected") != 0) {
        rc = toolstack_fail(err, -EIO, d->vdev, "%s", why ? why : "the block backend gave no reason");
        toolstack_advise(err, "`lsblk` shows the host's disks and partitions, and which are in use");
    }
    free(status);
    free(why);
    return rc;
}

int disk_attach(domid_t domid, const struct config_disk *disk, struct toolstack_error *err)
{
    struct paths p = paths_of(domid, disk->number);
    int rc;

    if (read_number(p.back, "online", UINT64_MAX) != UINT64_MAX)
        return toolstack_fail(err, -EEXIST, disk->vdev, "the domain has a disk of this name");
    rc = write_keys(domid, disk, &p);
    if (rc)
        toolstack_fail(err, rc, disk->vdev, "the store refused the keys of the disk");
    if (rc == 0) {
        rc = wait_for(&p, "hotplug-status", has_status, BACKEND_NS);
        if (rc)
            toolstack_fail(err, rc, disk->vdev, "the block backend does not answer");
    }
    if (rc == 0)
        rc = check_status(&p, disk, err);
    if (rc)
        remove_keys(&p);
    return rc;
}

/* Asks the backend to let go, which asks the guest. */
static int close_backend(const struct paths *p, uint64_t ns)
{
    struct writer w = { p->back, 0 };

    put_number(&w, "online", 0);
    return w.rc ? w.rc : wait_for(p, "state", is_closed, ns);
}

int disk_detach(domid_t domid, uint32_t number, bool force, struct toolstack_error *err)
{
    struct paths p = paths_of(domid, number);
    char *vdev = read_key(p.back, "dev");
    struct writer w = { p.back, 0 };
    int rc = 0;

    if (!vdev)
        return toolstack_fail(err, -ENOENT, "", "domain %u has no disk %u", domid, number);
    if (!force && close_backend(&p, FRONTEND_NS)) {
        put_number(&w, "online", 1);
        rc = toolstack_fail(err, -EBUSY, vdev, "the guest does not let go of the disk");
        toolstack_advise(err, "unmount it there, or take it away with --force");
    } else {
        remove_keys(&p);
    }
    free(vdev);
    return rc;
}

/* ---- all of a domain ---- */

static int numbers_of(domid_t domid, char ***names, size_t *n)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u", domid);
    return pv_xs_directory(PV_XS_NIL, path, names, n);
}

/* The frontend's tree is gone with the domain, so nobody is asked. */
void disk_remove_all(domid_t domid)
{
    char **names, path[PATH_SIZE];
    size_t n;

    if (numbers_of(domid, &names, &n))
        return;
    for (size_t i = 0; i < n; i++) {
        struct paths p = paths_of(domid, (uint32_t)strtoul(names[i], NULL, 10));

        close_backend(&p, BACKEND_NS);
    }
    free(names);
    snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u", domid);
    pv_xs_rm(PV_XS_NIL, path);
}

static void copy_key(const char *directory, const char *key, char *to, size_t size)
{
    char *value = read_key(directory, key);

    snprintf(to, size, "%s", value ? value : "");
    free(value);
}

size_t disk_list(domid_t domid, struct disk_status *list, size_t size)
{
    char **names;
    size_t n;

    if (numbers_of(domid, &names, &n))
        return 0;
    for (size_t i = 0; i < n && i < size; i++) {
        struct disk_status *s = &list[i];
        struct paths p;
        char mode[8];

        s->number = (uint32_t)strtoul(names[i], NULL, 10);
        p = paths_of(domid, s->number);
        s->state = (unsigned)read_number(p.back, "state", XenbusStateUnknown);
        copy_key(p.back, "mode", mode, sizeof(mode));
        s->read_only = strcmp(mode, "w") != 0;
        copy_key(p.back, "dev", s->vdev, sizeof(s->vdev));
        copy_key(p.back, "params", s->target, sizeof(s->target));
    }
    free(names);
    return n;
}
