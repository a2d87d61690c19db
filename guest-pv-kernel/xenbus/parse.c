/* parse.c: payloads of the store's protocol. Nothing here trusts a terminating NUL. Runs on the host too. */
#include "xenbus/private.h"

#include <stdlib.h>
#include <string.h>

char **pv_xs_split(const char *text, size_t len, size_t *n)
{
    size_t i, count = 0;
    char **list, *copy;

    for (i = 0; i < len; i++)
        count += text[i] == '\0';
    count += len > 0 && text[len - 1] != '\0';
    list = malloc(count * sizeof(*list) + len + 1);
    if (!list)
        return NULL;
    copy = (char *)(list + count);
    memcpy(copy, text, len);
    copy[len] = '\0';
    for (i = 0; i < count; i++) {
        list[i] = copy;
        copy += strlen(copy) + 1;
    }
    *n = count;
    return list;
}

bool pv_xs_parse_event(const char *payload, size_t len, const char **path, const char **token)
{
    const char *end = len ? memchr(payload, '\0', len) : NULL;

    if (!end || !memchr(end + 1, '\0', len - (size_t)(end + 1 - payload)))
        return false;
    *path = payload;
    *token = end + 1;
    return true;
}

bool pv_xs_parse_u64(const char *text, uint64_t *value)
{
    *value = 0;
    if (*text == '\0')
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
            return false;
    }
    return true;
}
