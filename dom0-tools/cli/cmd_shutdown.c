/* cmd_shutdown.c: asks domains to end or to start again, and waits for it so that Ctrl-C can stop the
 * waiting. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/sched.h>
#include <pv/time.h>

#include "../storage/storage.h"
#include "../toolstack/domain.h"
#include "number.h"
#include "report.h"
#include "terminal.h"

#define POLL_NS (50 * PV_NS_PER_MS)

/* One domain that was asked. */
struct asked {
    domid_t domid;
    char name[CONFIG_NAME_SIZE];
    bool done;
};

/* True when the toolstack will not do anything about a domain that has shut down: it stays as it is. */
static bool stays(const struct domain_status *domain)
{
    static struct domain_config config;     /* 6 KiB; one shell, one thread */
    struct toolstack_error err;

    if (!domain->managed || toolstack_config(domain->domid, &config, &err))
        return true;
    switch (domain->shutdown_reason) {
    case SHUTDOWN_poweroff: return config.on_poweroff == CONFIG_PRESERVE;
    case SHUTDOWN_reboot:   return config.on_reboot == CONFIG_PRESERVE;
    case SHUTDOWN_watchdog: return config.on_watchdog == CONFIG_PRESERVE;
    case SHUTDOWN_crash:    return config.on_crash == CONFIG_PRESERVE;
    default:                return true;
    }
}

/* Whether a domain has ended (or, for a reboot, is back or has ended without coming back). */
static bool has_ended(const struct asked *a, bool back)
{
    struct domain_status domain;
    struct toolstack_error err;
    domid_t successor;
    int rc = toolstack_status(a->domid, &domain, &err);

    if (rc == 0)
        return (domain.state & (DOMAIN_SHUTDOWN | DOMAIN_CRASHED)) && stays(&domain);
    if (rc != -ENOENT || !back)
        return rc == -ENOENT;
    rc = toolstack_find(a->name, &successor, &err);
    if (rc)
        return rc == -ENOENT;       /* -EBUSY: it is being built */
    return toolstack_status(successor, &domain, &err) == 0 && !(domain.state & DOMAIN_PAUSED);
}

/* Waits for all; each that has ended is named. */
static int wait_for_all(const struct command_call *call, struct asked *asked, size_t count, bool back,
                        uint64_t deadline)
{
    size_t left = count;
    int status = STATUS_OK;

    for (;;) {
        for (size_t i = 0; i < count; i++) {
            if (asked[i].done || !has_ended(&asked[i], back))
                continue;
            asked[i].done = true;
            left--;
        }
        if (left == 0)
            return STATUS_OK;
        if (pv_now_ns() >= deadline)
            break;
        if (terminal_pause(POLL_NS))
            return STATUS_INTERRUPTED;
    }
    for (size_t i = 0; i < count; i++)
        if (!asked[i].done)
            status = report_failure(call, asked[i].name, -ETIMEDOUT,
                                    "look at its console; `destroy` ends it", "it has not %s in time",
                                    back ? "come back" : "shut down");
    return status;
}

/* Asks one domain and remembers it. */
static int ask(const struct command_call *call, domid_t domid, const char *request, struct asked *out)
{
    struct domain_status domain;
    struct toolstack_error err;

    if (toolstack_status(domid, &domain, &err) || toolstack_shutdown(domid, request, 0, &err))
        return report_toolstack(call, &err);
    out->domid = domid;
    memcpy(out->name, domain.name, sizeof(out->name));
    out->done = false;
    return STATUS_OK;
}

static int ask_named(const struct command_call *call, const char *request, struct asked *asked, size_t *count)
{
    struct toolstack_error err;
    domid_t domid;
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        if (toolstack_find(call->words[i], &domid, &err))
            status = report_toolstack(call, &err);
        else if (ask(call, domid, request, &asked[*count]))
            status = STATUS_FAILED;
        else
            (*count)++;
    }
    return status;
}

static int ask_all(const struct command_call *call, const struct domain_status *domains, size_t total,
                   const char *request, struct asked *asked, size_t *count)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < total; i++) {
        bool down = domains[i].state & (DOMAIN_SHUTDOWN | DOMAIN_CRASHED | DOMAIN_DYING);

        if (domains[i].domid == 0 || down)
            continue;
        if (ask(call, domains[i].domid, request, &asked[*count]))
            status = STATUS_FAILED;
        else
            (*count)++;
    }
    return status;
}

static int ask_and_wait(const struct command_call *call, const char *request, bool back, uint64_t limit)
{
    struct domain_status *domains = NULL;
    struct toolstack_error err;
    struct asked *asked;
    size_t total = 0, count = 0;
    uint64_t deadline = limit == TERMINAL_FOREVER ? limit : pv_now_ns() + limit;
    int status, waited = STATUS_OK;

    if (call_has(call, "-a") && toolstack_list(&domains, &total, &err))
        return report_toolstack(call, &err);
    asked = calloc(call->count + total + 1, sizeof(*asked));
    if (!asked) {
        free(domains);
        return report_failure(call, NULL, -ENOMEM, NULL, "the control domain has no memory left");
    }
    if (call_has(call, "-a"))
        status = ask_all(call, domains, total, request, asked, &count);
    else
        status = ask_named(call, request, asked, &count);
    if (call_has(call, "-w"))
        waited = wait_for_all(call, asked, count, back, deadline);
    free(asked);
    free(domains);
    return waited ? waited : status;
}

/* The words and options that shutdown and reboot share. */
static int run(const struct command_call *call, const char *request, bool back)
{
    const char *text = call_value(call, "-t");
    uint64_t limit = TERMINAL_FOREVER;

    if (call_has(call, "-a") ? call->count > 0 : call->count == 0)
        return report_usage(call->command, call->count ? "-a means all, no names beside it"
                                                       : "NAME|ID is missing");
    if (text && parse_duration(text, &limit))
        return report_usage(call->command, "\"%s\" is no time", text);
    if (text && !call_has(call, "-w"))
        return report_usage(call->command, "-t makes sense with -w only");
    return ask_and_wait(call, request, back, limit);
}

int cmd_shutdown(const struct command_call *call)
{
    return run(call, "poweroff", false);
}

int cmd_reboot(const struct command_call *call)
{
    if (!call_has(call, "--host"))
        return run(call, "reboot", true);
    if (call->count > 0 || call_has(call, "-a") || call_has(call, "-w"))
        return report_usage(call->command, "--host stands alone");
    printf("The host reboots.\n");
    storage_stop();
    fflush(stdout);
    pv_shutdown(SHUTDOWN_reboot);
}
