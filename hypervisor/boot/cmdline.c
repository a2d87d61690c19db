/* Options of the command line. */
#include "boot/boot-info.h"
#include "lib/lib.h"

/* The last one counts, as users expect who append to a line. */
bool cmdline_option(const char *cmdline, const char *name, char *value, size_t size)
{
    size_t len = strlen(name);
    bool found = false;

    for (const char *p = cmdline; *p; ) {
        const char *word = p;

        while (*p && *p != ' ')
            p++;
        if (strncmp(word, name, len) == 0 && (word + len == p || word[len] == '=')) {
            const char *start = word + len + (word + len < p);

            found = true;
            if (size)
                strlcpy(value, start, MIN(size, (size_t)(p - start) + 1));
        }
        while (*p == ' ')
            p++;
    }
    return found;
}

bool cmdline_list_has(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, word, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return true;
    }
    return false;
}
