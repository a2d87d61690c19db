/* keys.c: see keys.h. */
#include "keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/xenbus.h>

#define PATH_SIZE (KEY_DIRECTORY + 40)

static const char *join(char path[PATH_SIZE], const char *directory, const char *key)
{
    snprintf(path, PATH_SIZE, "%s/%s", directory, key);
    return path;
}

char *key_text(const char *directory, const char *key)
{
    char path[PATH_SIZE], *value;

    return pv_xs_read(PV_XS_NIL, join(path, directory, key), &value, NULL) ? NULL : value;
}

bool key_exists(const char *directory, const char *key)
{
    char *value = key_text(directory, key);

    free(value);
    return value != NULL;
}

void key_copy(const char *directory, const char *key, char *to, size_t size)
{
    char *value = key_text(directory, key);

    snprintf(to, size, "%s", value && strlen(value) < size ? value : "");
    free(value);
}

int key_number(const char *directory, const char *key, uint64_t most, uint64_t *number)
{
    char path[PATH_SIZE];
    int rc = pv_xs_read_u64(PV_XS_NIL, join(path, directory, key), number);

    return rc == 0 && *number > most ? -EINVAL : rc;
}

uint64_t key_number_or(const char *directory, const char *key, uint64_t otherwise)
{
    uint64_t number;

    return key_number(directory, key, UINT64_MAX, &number) ? otherwise : number;
}

int key_put(const char *directory, const char *key, const char *value)
{
    char path[PATH_SIZE];

    return pv_xs_write(PV_XS_NIL, join(path, directory, key), value, strlen(value));
}

int key_put_number(const char *directory, const char *key, uint64_t value)
{
    char path[PATH_SIZE];

    return pv_xs_printf(PV_XS_NIL, join(path, directory, key), "%" PRIu64, value);
}
