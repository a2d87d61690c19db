/* path.c: paths without surprises. Runs on the host too (unit tests). */
#include "vfs/private.h"

#include <errno.h>
#include <string.h>

/* Appends one component to the normalised path of *len bytes. */
static int append(char *out, size_t *len, const char *name, size_t n)
{
    if (n == 1 && name[0] == '.')
        return 0;
    if (n == 2 && name[0] == '.' && name[1] == '.') {
        while (*len && out[--*len] != '/')
            continue;
        return 0;
    }
    if (*len + 1 + n >= PV_PATH_MAX)
        return -ENAMETOOLONG;
    out[(*len)++] = '/';
    memcpy(out + *len, name, n);
    *len += n;
    return 0;
}

static int append_all(char *out, size_t *len, const char *path)
{
    int rc = 0;

    while (rc == 0) {
        size_t n;

        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (n == 0)
            break;
        rc = append(out, len, path, n);
        path += n;
    }
    return rc;
}

int pv_path_normalise(const char *cwd, const char *path, char *out)
{
    size_t len = 0;
    int rc = 0;

    if (path[0] == '\0')
        return -ENOENT;
    if (path[0] != '/')
        rc = append_all(out, &len, cwd);
    if (rc == 0)
        rc = append_all(out, &len, path);
    if (rc != 0)
        return rc;
    if (len == 0)
        out[len++] = '/';
    out[len] = '\0';
    return 0;
}
