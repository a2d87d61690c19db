/* names.c: lists of names for completion. A source that fails offers nothing. */
#include "names.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pv/xenbus.h>

#include "../toolstack/domain.h"

void names_domains(struct complete_list *list, complete_add *add)
{
    struct toolstack_error err;
    struct domain_status *domains;
    size_t count;

    if (toolstack_list(&domains, &count, &err))
        return;
    for (size_t i = 0; i < count; i++)
        if (domains[i].name[0])
            add(list, domains[i].name);
    free(domains);
}

const char *names_path(const char *typed, char *text, size_t size)
{
    snprintf(text, size, "%s%s", typed[0] == '/' ? "" : "/", typed);
    return text;
}

void names_files(const char *folder, struct complete_list *list, complete_add *add)
{
    char path[512], name[300];
    struct dirent *entry;
    struct stat st;
    DIR *dir = opendir(names_path(folder, path, sizeof(path)));

    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        bool is_folder;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s%s%s", folder[0] == '/' ? "" : "/", folder, entry->d_name);
        is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        snprintf(name, sizeof(name), "%s%s", entry->d_name, is_folder ? "/" : "");
        add(list, name);
    }
    closedir(dir);
}

void names_keys(const char *path, struct complete_list *list, complete_add *add)
{
    char **names;
    char parent[512];
    size_t count, length;

    if (!path[0]) {
        add(list, "/");
        return;
    }
    length = (size_t)snprintf(parent, sizeof(parent), "%s", path);
    if (length >= sizeof(parent))
        return;
    if (length > 1)
        parent[length - 1] = '\0';
    if (pv_xs_directory(PV_XS_NIL, parent, &names, &count))
        return;
    for (size_t i = 0; i < count; i++)
        add(list, names[i]);
    free(names);
}
