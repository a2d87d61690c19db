/* keys.c: single keys of a directory. */
#include <pv/xenbus.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE (PV_KEY_DIRECTORY + 40)

static const char *join(char path[PATH_SIZE], const char *directory, const char *key)
{
    snprintf(path, PATH_SIZE, "%s/%s", directory, key);
    return path;
}

char *pv_key_text(const char *directory, const char *key)
{
    char path[PATH_SIZE], *value;

    return pv_xs_read(PV_XS_NIL, join(path, directory, key), &value, NULL) ? NULL : value;
}

int pv_key_look(uint32_t tx, const char *directory, const char *key)
{
    char path[PATH_SIZE], *value;
    int rc = pv_xs_read(tx, join(path, directory, key), &value, NULL);

    if (rc == 0)
        free(value);
    return rc;
}

bool pv_key_exists(const char *directory, const char *key)
{
    return pv_key_look(PV_XS_NIL, directory, key) == 0;
}

void pv_key_copy(const char *directory, const char *key, char *to, size_t size)
{
    char *value = pv_key_text(directory, key);

    snprintf(to, size, "%s", value && strlen(value) < size ? value : "");
    free(value);
}

int pv_key_number(const char *directory, const char *key, uint64_t most, uint64_t *number)
{
    char path[PATH_SIZE];
    int rc = pv_xs_read_u64(PV_XS_NIL, join(path, directory, key), number);

    return rc == 0 && *number > most ? -EINVAL : rc;
}

uint64_t pv_key_number_or(const char *directory, const char *key, uint64_t otherwise)
{
    uint64_t number;

    return pv_key_number(directory, key, UINT64_MAX, &number) ? otherwise : number;
}

int pv_key_put(uint32_t tx, const char *directory, const char *key, const char *value)
{
    char path[PATH_SIZE];

    return pv_xs_write(tx, join(path, directory, key), value, strlen(value));
}

int pv_key_put_number(uint32_t tx, const char *directory, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    return pv_key_put(tx, directory, key, text);
}

int pv_key_clear(uint32_t tx, const char *directory, const char *key)
{
    char path[PATH_SIZE];
    int rc = pv_xs_rm(tx, join(path, directory, key));

    return rc == -ENOENT ? 0 : rc;
}
