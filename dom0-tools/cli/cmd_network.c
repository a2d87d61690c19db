/* cmd_network.c: network interfaces of domains. */
#include "handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../backends/net/netback.h"
#include "../toolstack/vif.h"
#include "devices.h"
#include "json.h"
#include "number.h"
#include "report.h"

#define SPEC_SIZE 256
#define LIST_SIZE (CONFIG_VIFS * 4)

static void print_interfaces(domid_t domid);

static const struct device_class vifs = {
    "the control domain has no vif", "`bridge` shows its networks", devices_put_vifs, print_interfaces,
};

int cmd_network_attach(const struct command_call *call)
{
    char spec[SPEC_SIZE], problem[160];
    struct toolstack_error err;
    struct config_vif vif;
    domid_t domid;
    int status = devices_find_guest(call, &vifs, &domid);

    if (status)
        return status;
    if (!devices_join(call, spec, sizeof(spec)))
        return report_usage(call->command, "the interface's description is longer than %u bytes",
                            SPEC_SIZE - 1);
    if (!config_vif_parse(spec, &vif, problem, sizeof(problem)))
        return report_usage(call->command, "%s", problem);
    return vif_attach(domid, &vif, 1, &err) ? report_toolstack(call, &err) : STATUS_OK;
}

/* --- network-list --- */

static size_t interfaces(domid_t domid, struct vif_status list[LIST_SIZE])
{
    size_t n = vif_list(domid, list, LIST_SIZE);

    return n < LIST_SIZE ? n : LIST_SIZE;
}

/* The number of an interface that is named by it, or by its MAC address. */
static bool find_handle(domid_t domid, const char *word, uint32_t *handle)
{
    static struct vif_status list[LIST_SIZE];
    uint64_t number;
    size_t n;

    if (parse_uint(word, UINT16_MAX, &number) == 0) {
        *handle = (uint32_t)number;
        return true;
    }
    n = interfaces(domid, list);
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(list[i].mac, word) == 0) {
            *handle = list[i].handle;
            return true;
        }
    }
    return false;
}

int cmd_network_detach(const struct command_call *call)
{
    struct toolstack_error err;
    uint32_t handle;
    domid_t domid;
    int status = devices_find_guest(call, &vifs, &domid);

    if (status)
        return status;
    if (!find_handle(domid, call->words[1], &handle))
        return report_failure(call, call->words[1], 0, "`network-list` shows them",
                              "is no number or MAC address of an interface of the domain");
    if (vif_detach(domid, handle, call_has(call, "--force"), &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

static void put_counters(struct json *j, const struct vif_statistics *s)
{
    json_uint(j, "queues", s->queues);
    json_bool(j, "stopped", s->stopped);
    json_uint(j, "rx_packets", s->port.rx_packets);
    json_uint(j, "rx_bytes", s->port.rx_bytes);
    json_uint(j, "rx_drops", s->port.rx_drops);
    json_uint(j, "spoofed", s->port.spoofed);
    json_uint(j, "tx_packets", s->port.tx_packets);
    json_uint(j, "tx_bytes", s->port.tx_bytes);
    json_uint(j, "tx_drops", s->port.tx_drops);
    json_uint(j, "errors", s->errors);
    json_uint(j, "notifications", s->notifications);
}

static void put_interface(struct json *j, domid_t domid, const struct vif_status *v)
{
    struct vif_statistics s = { 0 };

    netback_statistics(domid, v->handle, &s);
    json_object(j, NULL);
    json_uint(j, "handle", v->handle);
    json_string(j, "mac", v->mac);
    json_string(j, "bridge", v->bridge);
    json_string(j, "name", v->name);
    json_string(j, "ip", v->ip);
    json_string(j, "rate", v->rate);
    json_uint(j, "state", v->state);
    put_counters(j, &s);
    json_object_end(j);
}

void devices_put_vifs(struct json *j, const char *key, domid_t domid)
{
    static struct vif_status list[LIST_SIZE];
    size_t n = interfaces(domid, list);

    json_array(j, key);
    for (size_t i = 0; i < n; i++)
        put_interface(j, domid, &list[i]);
    json_array_end(j);
}

static void print_interface(domid_t domid, size_t i, const struct vif_status *v)
{
    struct vif_statistics s = { 0 };

    netback_statistics(domid, v->handle, &s);
    printf("%-3zu %-2u %-17s %6" PRIu32 " %5u %-15s %-15s ", i, 0u, v->mac, v->handle, v->state, v->bridge,
           v->name);
    printf("%10" PRIu64 " %10" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", s.port.rx_packets, s.port.tx_packets,
           s.port.rx_drops + s.port.tx_drops, s.port.spoofed);
}

static void print_interfaces(domid_t domid)
{
    static struct vif_status list[LIST_SIZE];
    size_t n = interfaces(domid, list);

    printf("%-3s %-2s %-17s %6s %5s %-15s %-15s ", "Idx", "BE", "Mac Addr.", "handle", "state", "Bridge",
           "Name");
    printf("%10s %10s %8s %8s\n", "From", "To", "Drops", "Spoofed");
    for (size_t i = 0; i < n; i++)
        print_interface(domid, i, &list[i]);
}

int cmd_network_list(const struct command_call *call)
{
    return devices_list(call, &vifs);
}
