/* devices.c: see devices.h. */
#include "devices.h"

#include <stdio.h>
#include <string.h>

#include "../backends/block/blkback.h"
#include "../backends/net/netback.h"
#include "../toolstack/domain.h"
#include "report.h"

bool devices_join(const struct command_call *call, char *spec, size_t size)
{
    size_t length = 0;

    spec[0] = 0;
    for (size_t i = 1; i < call->count; i++) {
        const char *word = call->words[i];
        bool comma = length > 0 && spec[length - 1] != ',' && word[0] != ',';

        if (length + strlen(word) + 2 > size)
            return false;
        length += (size_t)snprintf(spec + length, size - length, "%s%s", comma ? "," : "", word);
    }
    return true;
}

int devices_find_guest(const struct command_call *call, const struct device_class *kind, domid_t *domid)
{
    struct toolstack_error err;

    if (toolstack_find(call->words[0], domid, &err))
        return report_toolstack(call, &err);
    if (*domid == 0)
        return report_failure(call, call->words[0], 0, kind->advice, "%s", kind->why_not);
    return STATUS_OK;
}

int devices_list(const struct command_call *call, const struct device_class *kind)
{
    struct json j;
    domid_t domid;
    int status = devices_find_guest(call, kind, &domid);

    if (status)
        return status;
    if (call_has(call, "--json")) {
        json_begin(&j, stdout);
        kind->put(&j, NULL, domid);
        json_end(&j);
    } else {
        kind->print(domid);
    }
    return STATUS_OK;
}

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
