/* names.h: the names that completion offers, from the toolstack, the file tree and the store; and how
 * commands name files. */
#ifndef ENSO_CLI_NAMES_H
#define ENSO_CLI_NAMES_H

#include "complete.h"

void names_domains(struct complete_list *list, complete_add *add);
void names_files(const char *folder, struct complete_list *list, complete_add *add);
void names_keys(const char *path, struct complete_list *list, complete_add *add);

/* A path as typed to the absolute path of a file: there is no current folder, "hello.cfg" is "/hello.cfg".
 * Returns text; a path that does not fit is cut (and will not be found). */
const char *names_path(const char *typed, char *text, size_t size);

#endif
