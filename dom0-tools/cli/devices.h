/* devices.h: disks and network interfaces of domains with what their backends have counted. */
#ifndef ENSO_CLI_DEVICES_H
#define ENSO_CLI_DEVICES_H

#include <xen/xen.h>

#include "handlers.h"
#include "json.h"

/* The words behind the domain's name as one specification, with commas between: `block-attach web vda2,
 * raw, xvdb`. False: it is too long. */
bool devices_join(const struct command_call *call, char *spec, size_t size);

/* The domain that the first word names, which must be a guest; what to say and to advise of the control
 * domain. A command's status. */
int devices_find_guest(const struct command_call *call, domid_t *domid, const char *why_not,
                       const char *advice);

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
