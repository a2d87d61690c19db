/* history.h: the lines typed so far, newest last, the oldest forgotten when full. */
#ifndef ENSO_CLI_HISTORY_H
#define ENSO_CLI_HISTORY_H

#include <stddef.h>

#define HISTORY_LINES 256

/* Zero-initialised it is empty. One thread uses it. */
struct history {
    char *lines[HISTORY_LINES];     /* a ring; owned */
    size_t first;                   /* slot of the oldest line */
    size_t count;
    size_t forgotten;               /* lines dropped: the oldest line's number is forgotten + 1 */
};

/* Keeps a copy of line, unless it is blank or equal to the newest. Without memory the line is not kept. */
void history_add(struct history *h, const char *line);

/* The line that is `age` lines old (0: the newest), or NULL. Valid until the next history_add. */
const char *history_get(const struct history *h, size_t age);

void history_clear(struct history *h);

#endif
