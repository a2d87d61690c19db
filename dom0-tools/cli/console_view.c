/* console_view.c: the loop between the keyboard and a domain's console. consoled's notifications wake the
 * same queue as the keyboard, so one wait serves both. */
#include "console_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pv/thread.h>
#include <pv/time.h>

#include "../toolstack/domain.h"
#include "command.h"
#include "terminal.h"

#define ESCAPE_KEY    0x1d                      /* Ctrl-] */
#define REBOOT_POLL   (20 * PV_NS_PER_MS)
#define PENDING_BYTES 256
#define OUTPUT_ROUNDS 4                         /* KiB shown before the keyboard is looked at again */

static void notified(void *arg)
{
    (void)arg;
    terminal_kick();
}

int console_view_open_log(struct console_view *view, uint32_t log, bool earlier)
{
    struct console_info info;
    int rc = console_get(log, &info);

    if (rc)
        return rc;
    rc = console_attach(log, earlier, notified, NULL, &view->attachment);
    if (rc)
        return rc;
    view->log = log;
    view->domid = info.domid;
    memcpy(view->name, info.name, sizeof(view->name));
    return 0;
}

int console_view_open(struct console_view *view, domid_t domid)
{
    char id[8];
    int log;

    snprintf(id, sizeof(id), "%u", (unsigned)domid);
    log = console_find(id);
    return log < 0 ? log : console_view_open_log(view, (uint32_t)log, true);
}

void console_view_close(struct console_view *view)
{
    if (view->attachment)
        console_detach(view->attachment);
    view->attachment = NULL;
}

/* Shows what the domain printed, a few KiB at most. 1: there is more; 0: that was all; -EPIPE: the domain
 * is gone and all was shown. */
static int show_output(struct console_view *view)
{
    char bytes[1024];
    uint64_t lost;
    ssize_t n = 0;

    for (int round = 0; round < OUTPUT_ROUNDS; round++) {
        n = console_attached_read(view->attachment, bytes, sizeof(bytes), &lost);
        if (n <= 0)
            return n == -EPIPE ? -EPIPE : 0;
        if (lost) {
            printf("\n[%" PRIu64 " bytes of output lost]\n", lost);
            fflush(stdout);
        }
        terminal_write(bytes, (size_t)n);
    }
    return 1;
}

/* What was typed and not yet taken by the domain. */
struct pending {
    char bytes[PENDING_BYTES];
    size_t length;
};

/* Passes typed bytes on. True when the escape key came: what was typed before it still goes to the domain. */
static bool pass_input(struct console_view *view, struct pending *p)
{
    const char *escape;
    ssize_t taken;
    size_t old = p->length;
    bool leave;

    p->length += terminal_read(p->bytes + old, PENDING_BYTES - old);
    escape = memchr(p->bytes + old, ESCAPE_KEY, p->length - old);
    leave = escape != NULL;
    if (leave)
        p->length = (size_t)(escape - p->bytes);
    taken = console_attached_write(view->attachment, p->bytes, p->length);
    if (taken < 0)
        taken = (ssize_t)p->length;             /* nobody is left to read it */
    p->length -= (size_t)taken;
    memmove(p->bytes, p->bytes + taken, p->length);
    /* A domain that does not read must not hold the operator: the escape is found behind what waits for
     * it. */
    return leave || (p->length == PENDING_BYTES && terminal_take_through(ESCAPE_KEY));
}

/* Attaches to the living log of the same name, if it is another one than ours. */
static bool attach_to_successor(struct console_view *view)
{
    struct console_view next = { 0 };
    struct console_info info;
    int log = console_find(view->name);

    if (log < 0 || (uint32_t)log == view->log || console_get((uint32_t)log, &info) || !info.alive ||
        console_view_open_log(&next, (uint32_t)log, true))
        return false;
    console_view_close(view);
    *view = next;
    return true;
}

/* After the domain is gone: as long as the toolstack knows its name it is being built again, and we wait
 * for its new console. False: it does not come back, or the operator has enough. */
static bool follow_reboot(struct console_view *view)
{
    struct toolstack_error err;
    domid_t domid;

    while (!attach_to_successor(view)) {
        if (toolstack_find(view->name, &domid, &err) == -ENOENT)
            return attach_to_successor(view);
        if (terminal_take_through(ESCAPE_KEY) || terminal_pause(REBOOT_POLL))
            return false;
    }
    return true;
}

int console_view_follow(struct console_view *view)
{
    struct pending pending = { .length = 0 };
    bool leave = false;

    terminal_lend(true);
    printf("Console of %s (domain %u). Ctrl-] leaves.\n", view->name, (unsigned)view->domid);
    fflush(stdout);
    while (!leave) {
        int rc = show_output(view);

        if (rc == -EPIPE) {
            if (!follow_reboot(view))
                break;
            printf("\n[%s is back as domain %u]\n", view->name, (unsigned)view->domid);
            fflush(stdout);
            continue;
        }
        leave = pass_input(view, &pending);
        if (rc > 0)
            pv_yield();             /* the console daemon has to run between two helpings */
        else if (!leave)
            terminal_wait(TERMINAL_FOREVER);
    }
    if (leave)
        printf("\n[left the console of %s]\n", view->name);
    else
        printf("\n[%s is gone; `console --log %s` shows this again]\n", view->name, view->name);
    fflush(stdout);
    console_view_close(view);
    terminal_lend(false);
    return STATUS_OK;
}
