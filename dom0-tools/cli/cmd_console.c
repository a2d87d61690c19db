/* cmd_console.c: console: attach, print a log, forget logs, list them. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <pv/time.h>

#include "console_view.h"
#include "format.h"
#include "report.h"
#include "terminal.h"

static int list_logs(const struct command_call *call)
{
    size_t count = console_list(NULL, 0), shown;
    struct console_info *logs = calloc(count + 1, sizeof(*logs));
    char name[CONSOLE_NAME_MAX], age[64];

    if (!logs)
        return report_failure(call, NULL, -ENOMEM, NULL, "the control domain has no memory left");
    shown = console_list(logs, count);
    printf("%-32s %5s %8s %10s  %s\n", "Name", "ID", "Kept", "Printed", "State");
    for (size_t i = 0; i < shown && i < count; i++) {
        const struct console_info *c = &logs[i];

        printf("%-32s %5u %8" PRIu64 " %10" PRIu64 "  ", format_name(c->name, name, sizeof(name)),
               (unsigned)c->domid, c->end - c->start, c->end);
        if (c->alive)
            printf("alive%s%s\n", c->stopped ? ", ring broken" : "", c->held_back ? ", slowed down" : "");
        else
            printf("gone since %s\n", format_uptime(pv_now_ns() - c->died_ns, false, age, sizeof(age)));
    }
    free(logs);
    return STATUS_OK;
}

static int print_log(uint32_t log)
{
    char bytes[1024], last = '\n';
    uint64_t position = 0;
    ssize_t n;

    while ((n = console_read_at(log, &position, bytes, sizeof(bytes))) > 0) {
        terminal_write(bytes, (size_t)n);
        last = bytes[n - 1];
        if (terminal_interrupted())
            return STATUS_INTERRUPTED;
    }
    if (last != '\n')
        terminal_write("\n", 1);
    return STATUS_OK;
}

static int forget(const struct command_call *call, int log)
{
    int rc = console_forget((uint32_t)log);

    if (rc == -EBUSY)
        return report_failure(call, call->words[0], rc, "logs of living domains are kept",
                              "the domain is alive");
    if (rc)
        return report_failure(call, call->words[0], rc, NULL, "cannot forget its log");
    return STATUS_OK;
}

static int follow(const struct command_call *call, int log)
{
    struct console_view view = { 0 };
    int rc = console_view_open_log(&view, (uint32_t)log, !call_has(call, "--new"));

    if (rc)
        return report_failure(call, call->words[0], rc, NULL, "cannot attach to its console");
    return console_view_follow(&view);
}

static int without_name(const struct command_call *call)
{
    if (call_has(call, "--log"))
        return report_usage(call->command, "the log of which domain?");
    if (!call_has(call, "--forget"))
        return list_logs(call);
    printf("%zu logs of dead domains forgotten\n", console_forget_dead());
    return STATUS_OK;
}

int cmd_console(const struct command_call *call)
{
    struct console_info info;
    int log;

    if (call->count == 0)
        return without_name(call);
    log = console_find(call->words[0]);
    if (log < 0 || console_get((uint32_t)log, &info))
        return report_failure(call, call->words[0], -ENOENT,
                              "`console` lists all consoles; the control domain's is this terminal",
                              "no domain, alive or dead, of that name has a console");
    if (call_has(call, "--log")) {
        int status = print_log((uint32_t)log);

        if (status || !call_has(call, "--forget"))
            return status;
    }
    if (call_has(call, "--forget"))
        return forget(call, log);
    return info.alive ? follow(call, log) : print_log((uint32_t)log);
}
