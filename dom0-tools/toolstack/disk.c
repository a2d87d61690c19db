/* disk.c: see disk.h. */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#include "device.h"

#define TYPE "vbd"
#define WHAT "disk"

/* ---- keys ---- */

static int write_keys(domid_t domid, const struct config_disk *d, const struct device_paths *p)
{
    struct device_writer w = { .rc = 0 };

    device_begin(&w, p->front, domid, 0);
    device_put(&w, "backend", p->back);
    device_put_number(&w, "backend-id", 0);
    device_put_number(&w, "virtual-device", d->number);
    device_put(&w, "device-type", d->cdrom ? "cdrom" : "disk");
    device_put_number(&w, "state", XenbusStateInitialising);

    device_begin(&w, p->back, 0, domid);
    device_put(&w, "frontend", p->front);
    device_put_number(&w, "frontend-id", domid);
    device_put(&w, "params", d->target);
    device_put(&w, "type", "phy");
    device_put(&w, "dev", d->vdev);
    device_put(&w, "device-type", d->cdrom ? "cdrom" : "disk");
    device_put(&w, "mode", d->read_only ? "r" : "w");
    device_put_number(&w, "removable", 0);
    device_put_number(&w, "bootable", 1);
    device_put_number(&w, "discard-enable", !d->no_discard);
    device_put_number(&w, "state", XenbusStateInitialising);
    device_put_number(&w, "online", 1);        /* the last: the backend begins */
    return w.rc;
}

/* ---- one disk ---- */

int disk_attach(domid_t domid, const struct config_disk *disk, struct toolstack_error *err)
{
    struct device_paths p = device_paths(TYPE, domid, disk->number);
    struct device_words words = { disk->vdev, WHAT };

    if (pv_key_exists(p.back, "online"))
        return toolstack_fail(err, -EEXIST, disk->vdev, "the domain has a disk of this name");
    return device_wait(&p, write_keys(domid, disk, &p), words,
                       "`lsblk` shows the host's disks and partitions, and which are in use", err);
}

int disk_detach(domid_t domid, uint32_t number, bool force, struct toolstack_error *err)
{
    struct device_paths p = device_paths(TYPE, domid, number);
    char vdev[CONFIG_VDEV_SIZE];

    if (!pv_key_exists(p.back, "online"))
        return toolstack_fail(err, -ENOENT, "", "domain %u has no disk %u", domid, number);
    pv_key_copy(p.back, "dev", vdev, sizeof(vdev));
    return device_detach(&p, force, (struct device_words){ vdev, WHAT },
                         "unmount it there, or take it away with --force", err);
}

/* ---- all of a domain ---- */

void disk_remove_all(domid_t domid)
{
    device_remove_all(TYPE, domid);
}

size_t disk_list(domid_t domid, struct disk_status *list, size_t size)
{
    char **names;
    size_t n;

    if (device_names(TYPE, domid, &names, &n))
        return 0;
    for (size_t i = 0; i < n && i < size; i++) {
        struct disk_status *s = &list[i];
        struct device_paths p;
        char mode[8];

        s->number = (uint32_t)strtoul(names[i], NULL, 10);
        p = device_paths(TYPE, domid, s->number);
        s->state = (unsigned)pv_key_number_or(p.back, "state", XenbusStateUnknown);
        pv_key_copy(p.back, "mode", mode, sizeof(mode));
        s->read_only = strcmp(mode, "w") != 0;
        pv_key_copy(p.back, "dev", s->vdev, sizeof(s->vdev));
        pv_key_copy(p.back, "params", s->target, sizeof(s->target));
    }
    free(names);
    return n;
}
