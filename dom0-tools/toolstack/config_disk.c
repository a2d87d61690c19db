/* config_disk.c: see config_disk.h. */
#include "config_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_spec.h"

#define FIELD_SIZE 300

/* ---- names of devices ---- */

#define MAJOR_XVD 202u
#define MAJOR_SD  8u
#define EXTENDED  (1u << 28)
#define XVD_PLAIN 16u       /* disks with 16 numbers each; later ones have 256 */

static const struct { uint16_t major, minor; } ide[] = { { 3, 0 }, { 3, 64 }, { 22, 0 }, { 22, 64 } };

static bool xvd(uint32_t disk, uint32_t partition, uint32_t *number)
{
    if (disk < XVD_PLAIN && partition < 16)
        *number = MAJOR_XVD << 8 | disk << 4 | partition;
    else if (disk < 1u << 20 && partition < 256)
        *number = EXTENDED | disk << 8 | partition;
    else
        return false;
    return true;
}

/* Letters as in a spreadsheet: a is 0, z is 25, aa is 26. */
static bool letters(const char **text, uint32_t *disk)
{
    uint32_t n = 0;
    const char *p = *text;

    for (; *p >= 'a' && *p <= 'z' && p - *text < 4; p++)
        n = n * 26 + (uint32_t)(*p - 'a') + 1;
    if (p == *text)
        return false;
    *disk = n - 1;
    *text = p;
    return true;
}

static bool decimal(const char **text, uint32_t most, uint32_t *value)
{
    char *end;
    unsigned long n;

    if (**text < '0' || **text > '9')
        return false;
    n = strtoul(*text, &end, 10);
    if (n > most)
        return false;
    *value = (uint32_t)n;
    *text = end;
    return true;
}

/* What follows the letters: nothing, or a partition from 1 on. */
static bool partition_of(const char *text, uint32_t *partition)
{
    *partition = 0;
    return *text == 0 || (decimal(&text, 255, partition) && *partition > 0 && *text == 0);
}

static bool by_letters(const char *name, uint32_t *number)
{
    const char *rest = name + (name[0] == 'x' ? 3 : 2);
    uint32_t disk, partition;

    if (!letters(&rest, &disk) || !partition_of(rest, &partition))
        return false;
    if (name[0] == 'x')
        return xvd(disk, partition, number);
    if (name[0] == 's' && disk < 16 && partition < 16) {
        *number = MAJOR_SD << 8 | disk << 4 | partition;
        return true;
    }
    if (name[0] != 'h' || disk >= sizeof(ide) / sizeof(ide[0]) || partition >= 64)
        return false;
    *number = (uint32_t)ide[disk].major << 8 | (ide[disk].minor + partition);
    return true;
}

bool config_vdev_number(const char *name, uint32_t *number)
{
    const char *p = name;
    uint32_t disk, partition = 0;

    if (strncmp(name, "xvd", 3) == 0 || strncmp(name, "sd", 2) == 0 || strncmp(name, "hd", 2) == 0)
        return by_letters(name, number);
    if (name[0] == 'd' && (p = name + 1, decimal(&p, 1u << 20, &disk))) {
        if (*p == 'p' && (p++, !decimal(&p, 255, &partition)))
            return false;
        return *p == 0 && xvd(disk, partition, number);
    }
    p = name;
    return decimal(&p, INT32_MAX, number) && *p == 0;
}

/* ---- a specification ---- */

static struct config_disk *disk_of(struct spec *s)
{
    return s->to;
}

static void set_target(struct spec *s, const char *value)
{
    static const char *const prefixes[] = { "phy:", "raw:", "file:" };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(value, prefixes[i], strlen(prefixes[i])) == 0)
            value += strlen(prefixes[i]);
    if (strlen(value) >= sizeof(disk_of(s)->target))
        spec_wrong(s, "the target is longer than %zu bytes", sizeof(disk_of(s)->target) - 1);
    else
        strcpy(disk_of(s)->target, value);
}

static void set_format(struct spec *s, const char *value)
{
    if (*value && strcmp(value, "raw") != 0)
        spec_wrong(s, "format `%.40s`: only raw disks and images can be used", value);
}

static void set_vdev(struct spec *s, const char *value)
{
    struct config_disk *d = disk_of(s);

    if (strlen(value) >= sizeof(d->vdev) || !config_vdev_number(value, &d->number)) {
        spec_wrong(s, "vdev `%.40s` is no name of a disk, such as xvda", value);
        return;
    }
    strcpy(d->vdev, value);
}

static void set_access(struct spec *s, const char *value)
{
    if (strcmp(value, "r") == 0 || strcmp(value, "ro") == 0)
        disk_of(s)->read_only = true;
    else if (*value && strcmp(value, "w") != 0 && strcmp(value, "rw") != 0)
        spec_wrong(s, "access `%.40s`: must be r, ro, w or rw", value);
}

static void set_backendtype(struct spec *s, const char *value)
{
    if (*value && strcmp(value, "phy") != 0)
        spec_wrong(s, "backendtype `%.40s`: there is one backend, phy", value);
}

static void set_backend(struct spec *s, const char *value)
{
    if (*value && strcmp(value, "0") != 0 && strcmp(value, "Domain-0") != 0)
        spec_wrong(s, "backend `%.40s`: disks come from the control domain", value);
}

static void set_devtype(struct spec *s, const char *value)
{
    if (strcmp(value, "cdrom") == 0)
        disk_of(s)->cdrom = disk_of(s)->read_only = true;
    else if (strcmp(value, "disk") != 0)
        spec_wrong(s, "devtype `%.40s`: must be disk or cdrom", value);
}

static void set_script(struct spec *s, const char *value)
{
    if (*value)
        spec_wrong(s, "script: the control domain runs no scripts");
}

static const struct spec_key keys[] = {
    { "format", set_format }, { "vdev", set_vdev }, { "access", set_access },
    { "backendtype", set_backendtype },
    { "backend", set_backend }, { "devtype", set_devtype }, { "script", set_script },
};

static void (*const positional[])(struct spec *s, const char *value) = {
    set_target, set_format, set_vdev, set_access,
};

/* True if the field was a key with a value, or a key that stands alone. */
static bool read_named(struct spec *s, const char *field)
{
    if (strcmp(field, "discard") == 0 || strcmp(field, "no-discard") == 0) {
        disk_of(s)->no_discard = field[0] == 'n';
        return true;
    }
    if (strcmp(field, "cdrom") == 0) {
        set_devtype(s, "cdrom");
        return true;
    }
    if (strcmp(field, "direct-io-safe") == 0)
        return true;        /* here it always is */
    if (!strchr(field, '='))
        return false;
    spec_set(s, keys, sizeof(keys) / sizeof(keys[0]), field);
    return true;
}

bool config_disk_parse(const char *text, struct config_disk *disk, char *problem, size_t size)
{
    struct spec s = { disk, problem, size, false };
    char field[FIELD_SIZE];
    unsigned place = 0;

    memset(disk, 0, sizeof(*disk));
    while (*text && !s.failed) {
        text += strspn(text, " \t");
        if (strncmp(text, "target=", 7) == 0) {     /* to the end, whatever is in it */
            set_target(&s, text + 7);
            break;
        }
        if (!spec_next(&s, &text, field, sizeof(field)) || read_named(&s, field))
            continue;
        if (place < sizeof(positional) / sizeof(positional[0]))
            positional[place++](&s, field);
        else
            spec_wrong(&s, "`%.40s`: one field too many", field);
    }
    if (!s.failed && !disk->target[0])
        spec_wrong(&s, "no target: name a disk, a partition or a file of the host");
    if (!s.failed && !disk->vdev[0])
        spec_wrong(&s, "no vdev: name the disk as the guest shall see it, such as xvda");
    return !s.failed;
}
