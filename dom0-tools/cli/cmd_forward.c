/* cmd_forward.c: ports of this host that lead to guests. */
#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../services/address.h"
#include "../services/forwards.h"
#include "../services/services.h"
#include "json.h"
#include "report.h"

static const char *protocol_name(uint8_t protocol)
{
    return protocol == IP_UDP ? "udp" : "tcp";
}

static int list(const struct command_call *call)
{
    const struct forward *f;
    char text[ADDRESS_TEXT];
    struct json j;

    if (!call_has(call, "--json")) {
        printf("%-8s %5s  %-32s %s\n", "Protocol", "Port", "To", "Address now");
        for (unsigned i = 0; (f = forwards_at(i)) != NULL; i++) {
            char to[sizeof(f->target) + 8];

            snprintf(to, sizeof(to), "%s:%u", f->target, f->to_port);
            printf("%-8s %5u  %-32s %s\n", protocol_name(f->protocol), f->port, to,
                   f->address ? address_text(f->address, text) : "-");
        }
        return STATUS_OK;
    }
    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (unsigned i = 0; (f = forwards_at(i)) != NULL; i++) {
        json_object(&j, NULL);
        json_string(&j, "protocol", protocol_name(f->protocol));
        json_uint(&j, "port", f->port);
        json_string(&j, "target", f->target);
        json_uint(&j, "to_port", f->to_port);
        json_string(&j, "address", f->address ? address_text(f->address, text) : NULL);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_end(&j);
    return STATUS_OK;
}

/* The words behind the verb, with `tcp` where no protocol is named. */
static void split(const struct command_call *call, const char *words[3])
{
    bool named =
        call->count > 1 && (strcmp(call->words[1], "tcp") == 0 || strcmp(call->words[1], "udp") == 0);
    size_t next = 1;

    words[0] = named ? call->words[next++] : "tcp";
    for (size_t i = 1; i < 3; i++)
        words[i] = next < call->count ? call->words[next++] : NULL;
}

static int add(const struct command_call *call)
{
    const char *words[3];
    char problem[160];
    struct forward f;
    int rc;

    split(call, words);
    if (!words[2])
        return report_usage(call->command, "`add` needs a port and DOMAIN:PORT");
    if (!forward_parse(words[0], words[1], words[2], &f, problem, sizeof(problem)))
        return report_usage(call->command, "%s", problem);
    rc = forwards_add(&f);
    if (rc == -EEXIST)
        return report_failure(call, words[1], rc, "`forward delete` ends that",
                              "the port is forwarded already");
    if (rc)
        return report_failure(call, words[1], rc, NULL, "there are %u forwards, which is the most",
                              FORWARDS_MOST);
    services_forwards_changed();
    return STATUS_OK;
}

static int delete(const struct command_call *call)
{
    const char *words[3];
    uint16_t port;

    split(call, words);
    if (!words[1] || words[2] || !port_parse(words[1], &port))
        return report_usage(call->command, "`delete` needs a port from 1 to 65535");
    if (forwards_delete(strcmp(words[0], "udp") == 0 ? IP_UDP : IP_TCP, port))
        return report_failure(call, words[1], ENOENT, "`forward list` shows those there are",
                              "no %s port is forwarded by that number", words[0]);
    return STATUS_OK;
}

int cmd_forward(const struct command_call *call)
{
    const char *verb = call->count ? call->words[0] : "list";

    if (strcmp(verb, "list") == 0)
        return list(call);
    if (strcmp(verb, "add") == 0)
        return add(call);
    if (strcmp(verb, "delete") == 0)
        return delete(call);
    return report_usage(call->command, "`%s` is neither list, add nor delete", verb);
}
