/* mounts.c: which devices are mounted where. */
#include "storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pv/error.h>
#include <pv/ext4.h>
#include <pv/memory.h>
#include <pv/vfs.h>

#include "../drivers/block/block.h"
#include "disk.h"

#define SUPER_AT    1024        /* of an ext file system's superblock: what is needed to know its label */
#define MAGIC_AT    0x38
#define LABEL_AT    0x78
#define LABEL_SIZE  16
#define MAGIC       0xef53

static struct storage_mount *mounts;

const struct storage_mount *storage_mount_at(size_t i)
{
    struct storage_mount *m = mounts;

    while (m && i--)
        m = m->next;
    return m;
}

/* ---- names of devices ---- */

static bool has_label(struct block_device *d, const char *label, char *page)
{
    const unsigned char *super = (const unsigned char *)page + SUPER_AT;

    return d->sectors >= 8 && block_read(d, 0, page, PV_PAGE_SIZE) == 0 &&
           (super[MAGIC_AT] | super[MAGIC_AT + 1] << 8) == MAGIC && strlen(label) <= LABEL_SIZE &&
           strncmp(page + SUPER_AT + LABEL_AT, label, LABEL_SIZE) == 0;
}

static struct block_device *find_label(const char *label)
{
    char *page = pv_pages_alloc(1);
    struct block_device *d, *found = NULL;

    for (size_t i = 0; page && !found && (d = block_device(i)) != NULL; i++)
        if (has_label(d, label, page))
            found = d;
    if (page)
        pv_pages_free(page, 1);
    return found;
}

static struct block_device *find_device(const char *name)
{
    if (strncmp(name, "LABEL=", 6) == 0)
        return find_label(name + 6);
    return block_find(strncmp(name, "/dev/", 5) == 0 ? name + 5 : name);
}

/* ---- mounting ---- */

/* The directory without slashes at its end. "/data" may be new, "/data/sub" has to be there. */
static int check_directory(const char *at, char **copy)
{
    size_t length = strlen(at);
    struct stat st;

    while (length > 1 && at[length - 1] == '/')
        length--;
    if (at[0] != '/' || length < 2)
        return -EINVAL;
    *copy = strndup(at, length);
    if (!*copy)
        return -ENOMEM;
    if (stat(*copy, &st) == 0 ? S_ISDIR(st.st_mode) : strrchr(*copy, '/') == *copy)
        return 0;
    free(*copy);
    return -ENOTDIR;
}

static void free_mount(struct storage_mount *m)
{
    if (m->bounce)
        pv_pages_free(m->bounce, BLOCK_SEGMENTS);
    free(m->at);
    free(m);
}

/* The device is claimed. */
static int mount_device(struct block_device *device, const char *at, bool read_only)
{
    struct storage_mount *m = calloc(1, sizeof(*m));
    int rc;

    if (!m)
        return -ENOMEM;
    m->device = device;
    m->read_only = read_only;
    m->bounce = pv_pages_alloc(BLOCK_SEGMENTS);
    rc = m->bounce ? check_directory(at, &m->at) : -ENOMEM;
    if (rc == 0) {
        storage_disk_init(m);
        rc = pv_ext4_mount(m->at, &m->disk, !read_only);
    }
    if (rc) {
        free_mount(m);
        return rc;
    }
    m->next = mounts;
    mounts = m;
    return 0;
}

int storage_mount(const char *name, const char *at, bool read_only)
{
    struct block_device *device = find_device(name);
    int rc = device ? block_claim(device, !read_only) : -ENODEV;

    if (rc)
        return rc;
    rc = mount_device(device, at, read_only);
    if (rc)
        block_release(device, !read_only);
    return rc;
}

static struct storage_mount **find_mount(const char *name)
{
    struct storage_mount **link = &mounts;
    size_t length = strlen(name);
    const char *device = strncmp(name, "/dev/", 5) == 0 ? name + 5 : name;

    while (length > 1 && name[length - 1] == '/')
        length--;
    while (*link && strcmp((*link)->device->name, device) != 0 &&
           !(strlen((*link)->at) == length && strncmp((*link)->at, name, length) == 0))
        link = &(*link)->next;
    return link;
}

/* Gone also with -EIO: not all could be written. */
static int unmount(struct storage_mount *m)
{
    struct storage_mount **link = &mounts;
    int rc = pv_ext4_umount(m->at);

    if (rc == -EBUSY || rc == -EINVAL)
        return rc;
    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    block_release(m->device, !m->read_only);
    free_mount(m);
    return rc;
}

int storage_umount(const char *name)
{
    struct storage_mount *m = *find_mount(name);

    return m ? unmount(m) : -EINVAL;
}

/* ---- start and end ---- */

int storage_start(void)
{
    struct block_device *d = find_label(STORAGE_DATA_LABEL);
    int rc = d ? storage_mount(d->name, STORAGE_DATA_DIR, d->read_only) : 0;

    if (d && rc == 0)
        printf("enso: %s is mounted at %s%s\n", d->name, STORAGE_DATA_DIR, d->read_only ? ", read-only" : "");
    else if (d)
        printf("enso: %s cannot be mounted at %s (%s): %s\n", d->name, STORAGE_DATA_DIR, pv_errno_name(rc),
               pv_ext4_problem() ? pv_ext4_problem() : "it stays as it is");
    return 0;
}

void storage_stop(void)
{
    struct storage_mount *m = mounts, *next;
    int rc = pv_vfs_sync();

    for (; m; m = next) {
        next = m->next;
        unmount(m);
    }
    if (rc)
        printf("enso: not all files could be written (%s)\n", pv_errno_name(rc));
}
