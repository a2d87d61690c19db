/* devices.h: disks and network interfaces of domains with what their backends have counted. */
#ifndef ENSO_CLI_DEVICES_H
#define ENSO_CLI_DEVICES_H

#include <xen/xen.h>

#include "handlers.h"
#include "json.h"

/* The words behind the domain's name as one specification, with commas between: `block-attach web vda2,
 * raw, xvdb`. False: it is too long. */
bool devices_join(const struct command_call *call, char *spec, size_t size);

/* A kind of devices, in what its commands say. */
struct device_class {
    const char *why_not, *advice;               /* when the control domain is named */
    void (*put)(struct json *j, const char *key, domid_t domid);        /* the domain's devices, an array */
    void (*print)(domid_t domid);               /* the same: a heading, and a line for each */
};

/* The domain that the first word names, which must be a guest. A command's status. */
int devices_find_guest(const struct command_call *call, const struct device_class *kind, domid_t *domid);

/* A command that lists the devices of the domain that its first word names, with --json as JSON. */
int devices_list(const struct command_call *call, const struct device_class *kind);

/* The array `key` of a domain's disks, as block-list has it; of its interfaces, as network-list has it. */
void devices_put_disks(struct json *j, const char *key, domid_t domid);
void devices_put_vifs(struct json *j, const char *key, domid_t domid);

/* All of a domain's devices together. */
struct device_totals {
    unsigned vifs, vbds;
    uint64_t sent, received;                    /* bytes, as the domain sees it */
    uint64_t full;                              /* requests that had to wait for room in the backend */
    uint64_t reads, writes, sectors_read, sectors_written;
};
void devices_total(domid_t domid, struct device_totals *total);

#endif
