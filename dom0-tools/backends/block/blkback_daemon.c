/* blkback_daemon.c: the daemon's one thread: looks at a device whenever something below its two directories
 * has changed, and waits for nobody: a device that still has requests goes when it has none. */
#include "blkback_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (32u * 1024u)
#define TOKEN       "back"

struct device_list blkback_devices = LIST_HEAD_INITIALIZER(blkback_devices);
struct pv_xs_watcher blkback_watcher;
static bool restarting, down;
static struct pv_waitq went_down = PV_WAITQ_INIT;

static void look_at_domain(const char *domain)
{
    char path[PATH_SIZE], **names;
    size_t n;

    snprintf(path, sizeof(path), TREE "/%.8s", domain);
    if (pv_xs_directory(PV_XS_NIL, path, &names, &n))
        return;
    for (size_t i = 0; i < n; i++)
        blkback_look_at((domid_t)strtoul(domain, NULL, 10), (unsigned)strtoul(names[i], NULL, 10));
    free(names);
}

/* Everything anew, also what is not known yet: events were joined, or a whole tree went. */
static void look_at_all(void)
{
    struct device *d, *next;
    char **domains;
    size_t n;

    for (d = LIST_FIRST(&blkback_devices); d; d = next) {
        next = LIST_NEXT(d, link);
        blkback_look_at(d->frontend, d->id);
    }
    if (pv_xs_directory(PV_XS_NIL, TREE, &domains, &n))
        return;
    for (size_t i = 0; i < n; i++)
        look_at_domain(domains[i]);
    free(domains);
}

/* The two numbers in a path below one of the trees; 0 to 2 of them are there. */
static int parse(const char *path, unsigned *frontend, unsigned *id)
{
    int n = sscanf(path, TREE "/%5u/%10u", frontend, id);

    if (n > 0)
        return n;
    return sscanf(path, "/local/domain/%5u/device/vbd/%10u", frontend, id);
}

/* Of the keys below a backend's directory only these are others' to change. */
static bool concerns_us(const char *path)
{
    const char *key = strrchr(path, '/');

    return strncmp(path, TREE, strlen(TREE)) != 0 || strspn(key + 1, "0123456789") == strlen(key + 1) ||
           strcmp(key, "/online") == 0;
}

static void take_event(void)
{
    unsigned frontend = 0, id = 0;
    char *path, *token;

    if (pv_xs_watch_next(&blkback_watcher, 0, &path, &token))
        return;
    if (parse(path, &frontend, &id) < 2)
        look_at_all();
    else if (concerns_us(path) && frontend < DOMID_FIRST_RESERVED)
        blkback_look_at((domid_t)frontend, id);
    free(path);
    free(token);
}

static struct device *find_ended(void)
{
    struct device *d;

    LIST_FOREACH(d, &blkback_devices, link)
        if (d->ending && vbd_ended(d->vbd))
            return d;
    return NULL;
}

/* As if it had died, but for what the disks have been asked: that is waited for, and not answered. */
static void forget_everything(void)
{
    struct device *d;

    LIST_FOREACH(d, &blkback_devices, link)
        if (d->vbd) {
            vbd_shut(d->vbd, false, &blkback_watcher.waitq);
            d->ending = true;
        }
    while ((d = LIST_FIRST(&blkback_devices)) != NULL) {
        while (d->vbd && !vbd_ended(d->vbd))
            pv_wait(&blkback_watcher.waitq, UINT64_MAX);
        if (d->vbd)
            blkback_reap(d);
        blkback_release_block(d);
        LIST_REMOVE(d, link);
        free(d);
    }
    pv_xs_watcher_close(&blkback_watcher);
}

static void run(void *arg)
{
    struct device *d;

    (void)arg;
    while (!restarting) {
        if ((d = find_ended()) != NULL) {
            blkback_reap(d);
            blkback_look_at(d->frontend, d->id);
        } else if (pv_xs_watch_pending(&blkback_watcher)) {
            take_event();
        } else {
            pv_wait(&blkback_watcher.waitq, UINT64_MAX);
        }
    }
    forget_everything();
    down = true;
    pv_wake(&went_down);
}

int blkback_start(void)
{
    int rc;

    pv_xs_watcher_init(&blkback_watcher);
    rc = pv_xs_mkdir(PV_XS_NIL, TREE);
    if (rc == 0)
        rc = pv_xs_watch(&blkback_watcher, TREE, TOKEN);
    if (rc)
        return rc;
    return pv_thread_create("blkback", STACK_BYTES, run, NULL) ? 0 : -ENOMEM;
}

int blkback_restart(void)
{
    if (restarting)
        return -EBUSY;
    down = false;
    restarting = true;
    pv_wake(&blkback_watcher.waitq);
    pv_wait_event(&went_down, down);
    restarting = false;
    return blkback_start();
}
