/*
 * Path rules of the wire protocol: a leading slash, components of [A-Za-z0-9-_@] separated by single slashes,
 * no slash at the end. Everything else in the daemon works on absolute paths that have passed through here.
 */
#include "path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool valid_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '@';
}

/* A non-empty sequence of components, without a slash in front or at the end; counts them. */
static bool valid_components(const char *s, unsigned int *depth)
{
    size_t run = 0;

    *depth = 1;
    for (; *s != '\0'; s++) {
        if (*s == '/') {
            if (run == 0)
                return false;
            run = 0;
            (*depth)++;
        } else if (!valid_char((unsigned char)*s)) {
            return false;
        } else {
            run++;
        }
    }
    return run > 0;
}

static int resolve_special(const char *given, size_t len, char out[PATH_BUF])
{
    if (len > XENSTORE_REL_PATH_MAX)
        return -EINVAL;
    for (const char *p = given; *p != '\0'; p++)
        if (*p != '/' && !valid_char((unsigned char)*p))
            return -EINVAL;
    memcpy(out, given, len + 1);
    return 0;
}

int path_resolve(domid_t domid, const char *given, bool specials, char out[PATH_BUF], size_t *base_len)
{
    size_t len = strlen(given);
    bool absolute = given[0] == '/';
    char base[32] = "";
    size_t base_size = 0;
    unsigned int depth;

    if (base_len)
        *base_len = 0;
    if (given[0] == '@')
        return specials ? resolve_special(given, len, out) : -EINVAL;
    if (absolute && len == 1) {
        memcpy(out, "/", 2);
        return 0;
    }
    if (!absolute)
        base_size = (size_t)snprintf(base, sizeof(base), "/local/domain/%u/", domid);
    if (len > (absolute ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX))
        return -EINVAL;
    if (base_size + len > XENSTORE_ABS_PATH_MAX || !valid_components(given + absolute, &depth))
        return -EINVAL;
    if (depth + (absolute ? 0 : 3) > PATH_DEPTH_MAX)
        return -EINVAL;
    memcpy(out, base, base_size);
    memcpy(out + base_size, given, len + 1);
    if (base_len)
        *base_len = base_size;
    return 0;
}

size_t path_parent_len(const char *path, size_t len)
{
    if (len <= 1)
        return 0;
    while (path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 1;
}

const char *path_leaf(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return path + len;
}

bool path_is_below(const char *path, size_t len, const char *top, size_t top_len)
{
    if (top_len == 1)
        return len > 1;
    return len > top_len && path[top_len] == '/' && memcmp(path, top, top_len) == 0;
}

bool path_join(char out[PATH_BUF], const char *dir, size_t dir_len, const char *name, size_t name_len)
{
    size_t at = dir_len == 1 ? 0 : dir_len;

    if (at + 1 + name_len >= PATH_BUF)
        return false;
    memcpy(out, dir, at);
    out[at] = '/';
    memcpy(out + at + 1, name, name_len);
    out[at + 1 + name_len] = '\0';
    return true;
}
