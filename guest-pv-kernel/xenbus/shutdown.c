/* shutdown.c: obeys control/shutdown, the key by which an operator asks a domain to end. */
#include "xenbus/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/sched.h>

#define KEY "control/shutdown"

static struct pv_xs_watcher watcher;
static void (*handler)(const char *request);

/* Reads the request and empties the key, so that the asker sees it was heard; again if it changed between.
 * NULL: there is none. */
static char *take_request(void)
{
    for (;;) {
        uint32_t tx;
        char *request = NULL;
        int rc = pv_xs_transaction_start(&tx);

        if (rc != 0)
            return NULL;
        rc = pv_xs_read(tx, KEY, &request, NULL);
        if (rc == 0 && *request)
            rc = pv_xs_write(tx, KEY, "", 0);
        else
            rc = -ENOENT;
        if (rc == 0)
            rc = pv_xs_transaction_end(tx, true);
        else
            pv_xs_transaction_end(tx, false);
        if (rc == 0)
            return request;
        free(request);
        if (rc != -EAGAIN)
            return NULL;
    }
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
