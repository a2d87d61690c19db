/* history.c: a ring of copied lines. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

const char *history_get(const struct history *h, size_t age)
{
    if (age >= h->count)
        return NULL;
    return h->lines[(h->first + h->count - 1 - age) % HISTORY_LINES];
}

void history_add(struct history *h, const char *line)
{
    const char *newest = history_get(h, 0);
    char *copy;

    if (line[strspn(line, " \t")] == '\0' || (newest && strcmp(newest, line) == 0))
        return;
    copy = strdup(line);
    if (!copy)
        return;
    if (h->count == HISTORY_LINES) {
        free(h->lines[h->first]);
        h->first = (h->first + 1) % HISTORY_LINES;
        h->count--;
        h->forgotten++;
    }
    h->lines[(h->first + h->count) % HISTORY_LINES] = copy;
    h->count++;
}

void history_clear(struct history *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->lines[(h->first + i) % HISTORY_LINES]);
    memset(h, 0, sizeof(*h));
}
