/* config_spec.c: see config_spec.h. */
#include "config_spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void spec_wrong(struct spec *s, const char *format, ...)
{
    va_list args;

    if (s->failed)
        return;
    s->failed = true;
    va_start(args, format);
    vsnprintf(s->problem, s->size, format, args);
    va_end(args);
}

bool spec_next(struct spec *s, const char **text, char *field, size_t size)
{
    const char *start = *text + strspn(*text, " \t"), *end = start + strcspn(start, ",");

    *text = *end ? end + 1 : end;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if ((size_t)(end - start) >= size) {
        spec_wrong(s, "a field is longer than %zu bytes", size - 1);
        return false;
    }
    memcpy(field, start, (size_t)(end - start));
    field[end - start] = 0;
    return true;
}

void spec_set(struct spec *s, const struct spec_key *keys, size_t n, const char *field)
{
    size_t length = strcspn(field, "=");

    for (size_t i = 0; i < n && field[length]; i++) {
        if (strlen(keys[i].name) == length && strncmp(field, keys[i].name, length) == 0) {
            keys[i].set(s, field + length + 1);
            return;
        }
    }
    spec_wrong(s, "`%.40s`: no such key", field);
}
