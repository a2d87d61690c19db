/* cmd_list.c: list, vcpu-list, uptime: tables of domains. */
#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "../toolstack/domain.h"
#include "../toolstack/host.h"
#include "devices.h"
#include "format.h"
#include "json.h"
#include "report.h"

/* The domains named in the call, or all of them. *list is malloc'ed. A name that does not exist is an
 * error for the whole command, as in xl: half a table would be taken for the whole one. */
static int select_domains(const struct command_call *call, struct domain_status **list, size_t *count)
{
    struct toolstack_error err;
    domid_t domid;

    if (call->count == 0)
        return toolstack_list(list, count, &err) ? report_toolstack(call, &err) : STATUS_OK;
    *list = calloc(call->count, sizeof(**list));
    if (!*list)
        return report_failure(call, NULL, -ENOMEM, NULL, "the control domain has no memory left");
    for (size_t i = 0; i < call->count; i++) {
        if (toolstack_find(call->words[i], &domid, &err) || toolstack_status(domid, &(*list)[i], &err)) {
            free(*list);
            return report_toolstack(call, &err);
        }
    }
    *count = call->count;
    return STATUS_OK;
}

/* Members that every JSON form of a domain has. */
static void put_domain(struct json *j, const struct domain_status *d)
{
    char state[7], uuid[37];

    format_state(d, state);
    config_uuid_text(d->uuid, uuid);
    json_uint(j, "domid", d->domid);
    json_string(j, "name", d->name);
    json_string(j, "uuid", uuid);
    json_string(j, "state", state);
    if (d->shutdown_reason >= 0)
        json_string(j, "shutdown_reason", format_shutdown_reason(d->shutdown_reason));
    json_uint(j, "memory_kib", d->memory_kib);
    json_uint(j, "maxmem_kib", d->maxmem_kib);
    json_uint(j, "vcpus", d->vcpus);
    json_uint(j, "max_vcpus", d->max_vcpus);
    json_seconds(j, "cpu_time", d->cpu_time_ns);
    json_seconds(j, "uptime", d->uptime_ns);
}

static void put_config(struct json *j, domid_t domid)
{
    static struct domain_config config;     /* 6 KiB; one shell, one thread */
    struct toolstack_error err;

    if (toolstack_config(domid, &config, &err))
        return;
    json_object(j, "config");
    json_string(j, "type", "pv");
    json_string(j, "kernel", config.kernel);
    if (config.ramdisk[0])
        json_string(j, "ramdisk", config.ramdisk);
    json_string(j, "cmdline", config.cmdline);
    json_uint(j, "memory_kib", config.memory_kib);
    json_uint(j, "maxmem_kib", config.maxmem_kib);
    json_uint(j, "vcpus", config.vcpus);
    json_uint(j, "maxvcpus", config.maxvcpus);
    json_string(j, "on_poweroff", config_action_name(config.on_poweroff));
    json_string(j, "on_reboot", config_action_name(config.on_reboot));
    json_string(j, "on_crash", config_action_name(config.on_crash));
    json_string(j, "on_watchdog", config_action_name(config.on_watchdog));
    json_object_end(j);
}

static void put_all(struct json *j, domid_t domid)
{
    put_config(j, domid);
    devices_put_disks(j, "disks", domid);
    devices_put_vifs(j, "vifs", domid);
}

static void list_as_json(const struct domain_status *list, size_t count, bool all)
{
    struct json j;

    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (size_t i = 0; i < count; i++) {
        json_object(&j, NULL);
        put_domain(&j, &list[i]);
        if (all)
            put_all(&j, list[i].domid);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_end(&j);
}

int cmd_list(const struct command_call *call)
{
    struct domain_status *list;
    size_t count;
    int status = select_domains(call, &list, &count);

    if (status)
        return status;
    if (call_has(call, "-l") || call_has(call, "--json")) {
        list_as_json(list, count, call_has(call, "-l"));
    } else {
        format_list_header(stdout, call_has(call, "-v"));
        for (size_t i = 0; i < count; i++)
            format_list_row(stdout, &list[i], call_has(call, "-v"));
    }
    free(list);
    return STATUS_OK;
}

int cmd_vcpu_list(const struct command_call *call)
{
    static struct host_status host;
    struct toolstack_error err;
    struct domain_status *list;
    struct vcpu_status *vcpus;
    size_t count, vcpu_count;
    int status = select_domains(call, &list, &count);

    if (status)
        return status;
    if (toolstack_host(&host, &err)) {
        free(list);
        return report_toolstack(call, &err);
    }
    format_vcpu_header(stdout);
    for (size_t i = 0; i < count; i++) {
        if (toolstack_vcpus(list[i].domid, &vcpus, &vcpu_count, &err)) {
            status = report_toolstack(call, &err);
            continue;
        }
        for (size_t v = 0; v < vcpu_count; v++)
            format_vcpu_row(stdout, list[i].name, list[i].domid, &vcpus[v], host.cpus);
        free(vcpus);
    }
    free(list);
    return status;
}

static void put_uptime(const struct domain_status *d, bool in_short)
{
    char name[CONFIG_NAME_SIZE], up[64];
    unsigned day_second = (unsigned)(pv_wall_ns() / PV_NS_PER_SEC % 86400);

    format_name(d->name, name, sizeof(name));
    format_uptime(d->uptime_ns, in_short, up, sizeof(up));
    if (in_short)
        printf(" %02u:%02u:%02u up %s, %s (%u)\n", day_second / 3600, day_second / 60 % 60, day_second % 60,
               up, name, (unsigned)d->domid);
    else
        printf("%-33s %4u %s\n", name, (unsigned)d->domid, up);
}

int cmd_uptime(const struct command_call *call)
{
    struct domain_status *list;
    size_t count;
    bool in_short = call_has(call, "-s");
    int status = select_domains(call, &list, &count);

    if (status)
        return status;
    if (!in_short)
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    for (size_t i = 0; i < count; i++)
        put_uptime(&list[i], in_short);
    free(list);
    return STATUS_OK;
}
