/* console_view.h: the terminal lent to the console of a domain: what the domain prints is shown, what is
 * typed goes to it, Ctrl-] ends it. */
#ifndef ENSO_CLI_CONSOLE_VIEW_H
#define ENSO_CLI_CONSOLE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "../backends/console/consoled.h"

struct console_view {
    struct console_attachment *attachment;      /* NULL: not attached */
    uint32_t log;                               /* the log it is attached to */
    domid_t domid;
    char name[CONSOLE_NAME_MAX];
};

/* Attaches to the console of a live domain, from the oldest output that is kept on. 0; -ENOENT; -ENOMEM. */
int console_view_open(struct console_view *view, domid_t domid);

/* The same for a log id; earlier: false to begin with what comes from now on. */
int console_view_open_log(struct console_view *view, uint32_t log, bool earlier);

/* Shows and types until Ctrl-] or until the domain is gone; a domain that reboots is followed. Detaches.
 * Returns an exit status. */
int console_view_follow(struct console_view *view);

/* Detaches without having followed. Does nothing for a view that is not open. */
void console_view_close(struct console_view *view);

#endif
