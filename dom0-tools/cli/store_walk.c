/* store_walk.c: a depth-first walk with its own stack. */
#include "store_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/xenbus.h>

#include "terminal.h"

/* The keys of one folder, and how far we are. */
struct level {
    char **names;
    size_t count, next;
    size_t path_length;             /* of the folder's own path */
};

struct walk {
    char path[XENSTORE_ABS_PATH_MAX + 1];
    size_t length;
    struct level *levels;
    size_t depth, room;
};

/* Opens the folder at w->path as a new level. */
static int push(struct walk *w)
{
    struct level *level;
    int rc;

    if (w->depth == w->room) {
        size_t room = w->room ? 2 * w->room : 16;
        struct level *levels = realloc(w->levels, room * sizeof(*levels));

        if (!levels)
            return -ENOMEM;
        w->levels = levels;
        w->room = room;
    }
    level = &w->levels[w->depth];
    rc = pv_xs_directory(PV_XS_NIL, w->path, &level->names, &level->count);
    if (rc)
        return rc;
    level->next = 0;
    level->path_length = w->length;
    w->depth++;
    return 0;
}

/* Sets w->path to the next key of the deepest level. False when that level is through; it is closed then. */
static bool next_key(struct walk *w)
{
    while (w->levels[w->depth - 1].next < w->levels[w->depth - 1].count) {
        struct level *level = &w->levels[w->depth - 1];
        const char *name = level->names[level->next++];
        size_t n = strlen(name), slash = level->path_length > 1;

        if (level->path_length + slash + n > XENSTORE_ABS_PATH_MAX)
            continue;
        w->length = level->path_length;
        if (slash)
            w->path[w->length++] = '/';
        memcpy(w->path + w->length, name, n + 1);
        w->length += n;
        return true;
    }
    free(w->levels[--w->depth].names);
    return false;
}

static int walk_below(struct walk *w, store_visit *visit, void *arg)
{
    int rc = push(w);

    while (rc == 0 && w->depth > 0) {
        if (terminal_interrupted())
            return -EINTR;
        if (!next_key(w))
            continue;
        rc = visit(w->path, w->depth, arg);
        if (rc == 0)
            rc = push(w);
        if (rc == -ENOENT || rc == -EACCES)
            rc = 0;
    }
    return rc;
}

int store_walk(const char *root, store_visit *visit, void *arg)
{
    struct walk *w = calloc(1, sizeof(*w));
    int rc;

    if (!w)
        return -ENOMEM;
    w->length = strnlen(root, XENSTORE_ABS_PATH_MAX);
    memcpy(w->path, root, w->length);
    if (w->length > 1 && w->path[w->length - 1] == '/')
        w->path[--w->length] = '\0';
    rc = visit(w->path, 0, arg);
    if (rc == 0)
        rc = walk_below(w, visit, arg);
    while (w->depth > 0)
        free(w->levels[--w->depth].names);
    free(w->levels);
    free(w);
    return rc;
}
