/* shutdown.c: obeys control/shutdown, the key by which an operator asks a domain to end. */
#include "xenbus/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/sched.h>

#define KEY "control/shutdown"

static struct pv_xs_watcher watcher;
static void (*handler)(const char *request);

static int take(void *arg, uint32_t tx)
{
    char **request = arg;
    int rc;

    free(*request);             /* that of a turn before */
    *request = NULL;
    rc = pv_xs_read(tx, KEY, request, NULL);
    if (rc)
        return rc;
    return **request ? pv_xs_write(tx, KEY, "", 0) : -ENOENT;
}

/* Reads the request and empties the key, so that the asker sees it was heard. NULL: there is none. */
static char *take_request(void)
{
    char *request = NULL;

    if (pv_xs_in_transaction(take, &request) == 0)
        return request;
    free(request);
    return NULL;
}

static void watch_thread(void *unused)
{
    (void)unused;
    while (pv_xs_watch_next(&watcher, UINT64_MAX, NULL, NULL) == 0) {
        char *request = take_request();

        if (request)
            handler(request);
        free(request);
    }
}

int pv_shutdown_watch(void (*fn)(const char *request))
{
    int rc;

    if (handler)
        return -EBUSY;
    rc = pv_xenbus_init();
    if (rc != 0)
        return rc;
    /* Only an announcement: a toolstack that did not prepare these keys works without. */
    pv_xs_write(PV_XS_NIL, "control/feature-poweroff", "1", 1);
    pv_xs_write(PV_XS_NIL, "control/feature-reboot", "1", 1);
    pv_xs_watcher_init(&watcher);
    rc = pv_xs_watch(&watcher, KEY, "shutdown");
    if (rc != 0)
        return rc;
    handler = fn;
    if (pv_thread_create("shutdown", 16 * 1024, watch_thread, NULL))
        return 0;
    handler = NULL;
    pv_xs_watcher_close(&watcher);
    return -ENOMEM;
}
