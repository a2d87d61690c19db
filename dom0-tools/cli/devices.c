/* devices.c: see devices.h. */
#include "devices.h"

#include <string.h>

#include "../backends/block/blkback.h"
#include "../backends/net/netback.h"

static void add_vbd(void *arg, unsigned number, const struct vbd_statistics *s)
{
    struct device_totals *t = arg;

    (void)number;
    t->vbds++;
    t->full += s->full;
    t->reads += s->reads;
    t->writes += s->writes;
    t->sectors_read += s->sectors_read;
    t->sectors_written += s->sectors_written;
}

static void add_vif(void *arg, unsigned handle, const struct vif_statistics *s)
{
    struct device_totals *t = arg;

    (void)handle;
    t->vifs++;
    t->sent += s->port.rx_bytes;
    t->received += s->port.tx_bytes;
}

void devices_total(domid_t domid, struct device_totals *total)
{
    memset(total, 0, sizeof(*total));
    blkback_each(domid, add_vbd, total);
    netback_each(domid, add_vif, total);
}
