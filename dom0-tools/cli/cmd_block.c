/* cmd_block.c: disks of domains. */
#include "handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../backends/block/blkback.h"
#include "../toolstack/disk.h"
#include "devices.h"
#include "json.h"
#include "report.h"

#define SPEC_SIZE 256
#define LIST_SIZE (CONFIG_DISKS * 4)

static void print_disks(domid_t domid);

static const struct device_class disks = {
    "the control domain has the host's disks", "`lsblk` shows its disks", devices_put_disks, print_disks,
};

int cmd_block_attach(const struct command_call *call)
{
    char spec[SPEC_SIZE], problem[160];
    struct toolstack_error err;
    struct config_disk disk;
    domid_t domid;
    int status = devices_find_guest(call, &disks, &domid);

    if (status)
        return status;
    if (!devices_join(call, spec, sizeof(spec)))
        return report_usage(call->command, "the disk's description is longer than %u bytes", SPEC_SIZE - 1);
    if (!config_disk_parse(spec, &disk, problem, sizeof(problem)))
        return report_usage(call->command, "%s", problem);
    return disk_attach(domid, &disk, &err) ? report_toolstack(call, &err) : STATUS_OK;
}

int cmd_block_detach(const struct command_call *call)
{
    struct toolstack_error err;
    uint32_t number;
    domid_t domid;
    int status = devices_find_guest(call, &disks, &domid);

    if (status)
        return status;
    if (!config_vdev_number(call->words[1], &number))
        return report_usage(call->command, "`%s` is no name of a disk, such as xvda", call->words[1]);
    if (disk_detach(domid, number, call_has(call, "--force"), &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

/* --- block-list --- */

static void put_disk(struct json *j, domid_t domid, const struct disk_status *d)
{
    struct vbd_statistics s = { 0 };

    blkback_statistics(domid, d->number, &s);
    json_object(j, NULL);
    json_string(j, "vdev", d->vdev);
    json_uint(j, "number", d->number);
    json_string(j, "target", d->target);
    json_bool(j, "read_only", d->read_only);
    json_uint(j, "state", d->state);
    json_uint(j, "requests", s.requests);
    json_uint(j, "errors", s.errors);
    json_uint(j, "reads", s.reads);
    json_uint(j, "writes", s.writes);
    json_uint(j, "flushes", s.flushes);
    json_uint(j, "discards", s.discards);
    json_uint(j, "waited", s.full);
    json_uint(j, "sectors_read", s.sectors_read);
    json_uint(j, "sectors_written", s.sectors_written);
    json_uint(j, "notifications", s.notifications);
    json_object_end(j);
}

static size_t disks_of(domid_t domid, struct disk_status list[LIST_SIZE])
{
    size_t n = disk_list(domid, list, LIST_SIZE);

    return n < LIST_SIZE ? n : LIST_SIZE;
}

void devices_put_disks(struct json *j, const char *key, domid_t domid)
{
    static struct disk_status list[LIST_SIZE];
    size_t n = disks_of(domid, list);

    json_array(j, key);
    for (size_t i = 0; i < n; i++)
        put_disk(j, domid, &list[i]);
    json_array_end(j);
}

static void print_disk(domid_t domid, const struct disk_status *d)
{
    struct vbd_statistics s = { 0 };

    blkback_statistics(domid, d->number, &s);
    printf("%-6" PRIu32 " %-6s %5u %4s %10" PRIu64 " %6" PRIu64 " %s\n", d->number, d->vdev, d->state,
           d->read_only ? "r" : "w", s.requests, s.errors, d->target);
}

static void print_disks(domid_t domid)
{
    static struct disk_status list[LIST_SIZE];
    size_t n = disks_of(domid, list);

    printf("%-6s %-6s %5s %4s %10s %6s %s\n", "Vdev", "Name", "State", "Mode", "Requests", "Errors",
           "Target");
    for (size_t i = 0; i < n; i++)
        print_disk(domid, &list[i]);
}

int cmd_block_list(const struct command_call *call)
{
    return devices_list(call, &disks);
}

/* --- backend-restart --- */

int cmd_backend_restart(const struct command_call *call)
{
    int rc;

    if (strcmp(call->words[0], "block") != 0)
        return report_usage(call->command, "`%s` is no backend that can be started again; block is",
                            call->words[0]);
    rc = blkback_restart();
    return rc ? report_failure(call, call->words[0], rc, NULL, "the backend does not start") : STATUS_OK;
}
