/* complete.h: what TAB offers: commands, options, files, domain names, store paths, as the command table
 * says. */
#ifndef ENSO_CLI_COMPLETE_H
#define ENSO_CLI_COMPLETE_H

#include "editor.h"

/* Where names come from. Each function calls add(list, name) for every name it knows; any may be NULL. */
struct complete_list;
typedef void complete_add(struct complete_list *list, const char *name);

struct complete_sources {
    void (*domains)(struct complete_list *list, complete_add *add);
    /* Names in a folder; a folder's name ends in a slash. */
    void (*files)(const char *folder, struct complete_list *list, complete_add *add);
    /* Names of the keys below a store path. */
    void (*keys)(const char *path, struct complete_list *list, complete_add *add);
};

/* Fills in *found for the word under the cursor, sorted. Nothing is offered for a word with quotes in it. */
void complete_line(const struct complete_sources *sources, const char *line, size_t cursor,
                   struct editor_completion *found);

#endif
