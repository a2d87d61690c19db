/* cmd_bridge.c: the control domain's bridges and what is in them. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../net/bridge.h"
#include "../services/uplink.h"
#include "json.h"
#include "report.h"

static const char *mac_text(const uint8_t *mac, char text[18])
{
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return text;
}

/* --- list --- */

static void count_address(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s)
{
    (void)mac;
    (void)port;
    (void)age_s;
    ++*(unsigned *)arg;
}

static unsigned address_count(const struct bridge *b)
{
    unsigned n = 0;

    bridge_learnt(b, count_address, &n);
    return n;
}

static void list_json(FILE *out)
{
    const struct net_port *port;
    struct json j;

    json_begin(&j, out);
    json_array(&j, NULL);
    for (const struct bridge *b = NULL; (b = bridge_next(b)) != NULL;) {
        json_object(&j, NULL);
        json_string(&j, "name", bridge_name(b));
        json_array(&j, "members");
        for (port = NULL; (port = bridge_member(b, port)) != NULL;)
            json_string(&j, NULL, port->name);
        json_array_end(&j);
        json_uint(&j, "addresses", address_count(b));
        json_object_end(&j);
    }
    json_array_end(&j);
    json_end(&j);
}

static void list(FILE *out)
{
    const struct net_port *port;

    fprintf(out, "%-15s %9s  %s\n", "NAME", "ADDRESSES", "MEMBERS");
    for (const struct bridge *b = NULL; (b = bridge_next(b)) != NULL;) {
        fprintf(out, "%-15s %9u ", bridge_name(b), address_count(b));
        for (port = NULL; (port = bridge_member(b, port)) != NULL;)
            fprintf(out, " %s", port->name);
        fprintf(out, "\n");
    }
}

/* --- ports --- */

static void put_port(struct json *j, const struct net_port *port)
{
    const struct net_statistics *s = &port->statistics;
    char mac[18];

    json_object(j, NULL);
    json_string(j, "name", port->name);
    json_string(j, "bridge", port->bridge ? bridge_name(port->bridge) : NULL);
    json_string(j, "mac", mac_text(port->mac, mac));
    json_uint(j, "mtu", port->mtu);
    json_bool(j, "link", port->link);
    json_bool(j, "locked", port->policy.locked);
    json_uint(j, "rx_packets", s->rx_packets);
    json_uint(j, "rx_bytes", s->rx_bytes);
    json_uint(j, "rx_drops", s->rx_drops);
    json_uint(j, "spoofed", s->spoofed);
    json_uint(j, "tx_packets", s->tx_packets);
    json_uint(j, "tx_bytes", s->tx_bytes);
    json_uint(j, "tx_drops", s->tx_drops);
    json_object_end(j);
}

static void ports_json(FILE *out)
{
    struct json j;

    json_begin(&j, out);
    json_array(&j, NULL);
    for (const struct net_port *port = NULL; (port = net_next(port)) != NULL;)
        put_port(&j, port);
    json_array_end(&j);
    json_end(&j);
}

static void ports(FILE *out)
{
    char mac[18];

    fprintf(out, "%-15s %-15s %-17s %-4s %5s\n", "PORT", "BRIDGE", "ADDRESS", "LINK", "MTU");
    for (const struct net_port *port = NULL; (port = net_next(port)) != NULL;)
        fprintf(out, "%-15s %-15s %s %-4s %5u\n", port->name, port->bridge ? bridge_name(port->bridge) : "-",
                mac_text(port->mac, mac), port->link ? "up" : "down", port->mtu);
}

/* --- show --- */

static void put_address(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s)
{
    struct json *j = arg;
    char text[18];

    json_object(j, NULL);
    json_string(j, "mac", mac_text(mac, text));
    json_string(j, "port", port->name);
    json_bool(j, "locked", port->policy.locked);
    json_uint(j, "age", age_s);
    json_object_end(j);
}

static void show_json(FILE *out, const struct bridge *b)
{
    const struct net_port *port;
    struct json j;

    json_begin(&j, out);
    json_object(&j, NULL);
    json_string(&j, "name", bridge_name(b));
    json_array(&j, "members");
    for (port = NULL; (port = bridge_member(b, port)) != NULL;)
        put_port(&j, port);
    json_array_end(&j);
    json_array(&j, "addresses");
    bridge_learnt(b, put_address, &j);
    json_array_end(&j);
    json_object_end(&j);
    json_end(&j);
}

static void print_member(FILE *out, const struct net_port *port)
{
    const struct net_statistics *s = &port->statistics;

    fprintf(out, "%-15s %-4s %5u ", port->name, port->link ? "up" : "down", port->mtu);
    fprintf(out, "%10" PRIu64 " %12" PRIu64 " %8" PRIu64 " %8" PRIu64, s->rx_packets, s->rx_bytes,
            s->rx_drops, s->spoofed);
    fprintf(out, " %10" PRIu64 " %12" PRIu64 " %8" PRIu64 "\n", s->tx_packets, s->tx_bytes, s->tx_drops);
}

static void print_address(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s)
{
    FILE *out = arg;
    char text[18];

    fprintf(out, "%-17s  %-15s ", mac_text(mac, text), port->name);
    if (port->policy.locked)
        fprintf(out, "locked\n");
    else
        fprintf(out, "%us\n", age_s);
}

static void show(FILE *out, const struct bridge *b)
{
    fprintf(out, "%-15s %-4s %5s %10s %12s %8s %8s %10s %12s %8s\n", "MEMBER", "LINK", "MTU", "IN", "BYTES",
            "DROPPED", "REFUSED", "OUT", "BYTES", "DROPPED");
    for (const struct net_port *port = NULL; (port = bridge_member(b, port)) != NULL;)
        print_member(out, port);
    fprintf(out, "\n%-17s  %-15s %s\n", "ADDRESS", "MEMBER", "AGE");
    bridge_learnt(b, print_address, out);
}

/* Everything is written down before any of it is printed: while the terminal makes us wait, ports come and
 * go. */
static int print(const struct command_call *call, const struct bridge *b)
{
    const char *verb = call->words[0];
    bool json = call_has(call, "--json");
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (!out)
        return report_failure(call, NULL, -ENOMEM, NULL, "there is no memory for the list");
    if (strcmp(verb, "show") == 0)
        json ? show_json(out, b) : show(out, b);
    else if (strcmp(verb, "ports") == 0)
        json ? ports_json(out) : ports(out);
    else
        json ? list_json(out) : list(out);
    if (fclose(out) == 0)
        fwrite(text, 1, bytes, stdout);
    else
        bytes = 0;
    free(text);
    return bytes ? STATUS_OK : report_failure(call, NULL, -ENOMEM, NULL, "there is no memory for the list");
}

/* --- changes --- */

static int no_port(const struct command_call *call, const char *name)
{
    return report_failure(call, name, 0, "`bridge ports` shows those there are", "there is no such port");
}

static int join(const struct command_call *call, struct bridge *b, const char *name)
{
    struct net_port *port = net_find(name);
    int rc;

    if (!port)
        return no_port(call, name);
    if (port->bridge == b)
        return STATUS_OK;
    if (port->bridge)
        return report_failure(call, name, 0, "`bridge leave` takes it out", "it is in the bridge %s",
                              bridge_name(port->bridge));
    rc = uplink_join_bridge(b, port);
    if (rc == -EBUSY)
        return report_failure(call, name, rc, NULL, "it cannot join %s: something else uses it",
                              bridge_name(b));
    if (rc == -EADDRINUSE)
        return report_failure(call, name, rc, NULL, "it cannot join %s: another member has its address",
                              bridge_name(b));
    if (rc == -EINVAL)
        return report_failure(call, name, 0, "make a bridge for it",
                              "%s is the guests' own network, which this host routes", bridge_name(b));
    return rc ? report_failure(call, name, rc, NULL, "it cannot join %s", bridge_name(b)) : STATUS_OK;
}

static int leave(const struct command_call *call, struct bridge *b, const char *name)
{
    struct net_port *port = net_find(name);

    if (!port)
        return no_port(call, name);
    if (port->bridge != b)
        return report_failure(call, name, 0, NULL, "it is not in the bridge %s", bridge_name(b));
    if (uplink_leave_bridge(port))
        return report_failure(call, name, 0, NULL,
                              "it is the control domain's own and stays with the bridge");
    return STATUS_OK;
}

static void empty(struct bridge *b)
{
    struct net_port *port = bridge_member(b, NULL), *next;

    for (; port; port = next) {
        next = bridge_member(b, port);
        if (uplink_leave_bridge(port) == 0)
            next = bridge_member(b, NULL);      /* its card may have taken the control domain's port along */
    }
}

/* All of it or nothing. */
static int create(const struct command_call *call, const char *name)
{
    struct bridge *b;
    int status = STATUS_OK, rc = bridge_create(name, &b);

    if (rc == -EINVAL)
        return report_failure(call, name, 0, NULL, "a name has 1 to %d letters, digits, `-`, `_` and `.`",
                              NET_NAME - 1);
    if (rc == -EEXIST)
        return report_failure(call, name, rc, NULL, "there is a %s of that name",
                              bridge_find(name) ? "bridge" : "port");
    if (rc)
        return report_failure(call, name, rc, NULL, "it cannot be made");
    for (size_t i = 2; i < call->count && status == STATUS_OK; i++)
        status = join(call, b, call->words[i]);
    if (status) {
        empty(b);
        bridge_delete(b);
    }
    return status;
}

static int remove_bridge(const struct command_call *call, struct bridge *b)
{
    if (bridge_delete(b))
        return report_failure(call, call->words[1], 0, "`bridge leave` takes them out", "it has members");
    return STATUS_OK;
}

static int dispatch(const struct command_call *call, struct bridge *b)
{
    const char *verb = call->words[0];

    if (strcmp(verb, "show") == 0)
        return print(call, b);
    if (strcmp(verb, "delete") == 0)
        return remove_bridge(call, b);
    return strcmp(verb, "join") == 0 ? join(call, b, call->words[2]) : leave(call, b, call->words[2]);
}

int cmd_bridge(const struct command_call *call)
{
    static const struct { const char *name; size_t least, most; } verbs[] = {
        { "list", 1, 1 }, { "ports", 1, 1 }, { "create", 2, COMMAND_ANY }, { "delete", 2, 2 },
        { "show", 2, 2 }, { "join", 3, 3 }, { "leave", 3, 3 },
    };
    const char *verb = call->words[0];
    struct bridge *b;
    size_t i = 0;

    while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].name, verb) != 0)
        i++;
    if (i == sizeof(verbs) / sizeof(verbs[0]))
        return report_usage(call->command, "`%s` is nothing that it can do", verb);
    if (call->count < verbs[i].least || call->count > verbs[i].most)
        return report_usage(call->command, "`%s` takes %zu word%s behind it", verb, verbs[i].least - 1,
                            verbs[i].least == 2 ? "" : "s");
    if (strcmp(verb, "list") == 0 || strcmp(verb, "ports") == 0)
        return print(call, NULL);
    if (strcmp(verb, "create") == 0)
        return create(call, call->words[1]);
    b = bridge_find(call->words[1]);
    if (!b)
        return report_failure(call, call->words[1], 0, "`bridge list` shows those there are",
                              "there is no such bridge");
    return dispatch(call, b);
}
