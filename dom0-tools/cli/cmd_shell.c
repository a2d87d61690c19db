/* cmd_shell.c: help, echo, sleep, history, clear. */
#include "handlers.h"

#include <stdio.h>

#include "number.h"
#include "report.h"
#include "shell.h"
#include "terminal.h"

int cmd_help(const struct command_call *call)
{
    int status = STATUS_OK;

    if (call->count == 0)
        command_list(stdout);
    for (size_t i = 0; i < call->count; i++) {
        const struct command *command = command_find(call->words[i]);

        if (i > 0)
            putchar('\n');
        if (command)
            command_help(command, stdout);
        else
            status = report_failure(call, call->words[i], 0, "`help` lists them", "no such command");
    }
    return status;
}

int cmd_echo(const struct command_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        printf("%s%s", i ? " " : "", call->words[i]);
    putchar('\n');
    return STATUS_OK;
}

int cmd_sleep(const struct command_call *call)
{
    uint64_t ns;
    int rc = parse_duration(call->words[0], &ns);

    if (rc)
        return report_usage(call->command, "\"%s\" is no time", call->words[0]);
    return terminal_pause(ns) ? STATUS_INTERRUPTED : STATUS_OK;
}

int cmd_history(const struct command_call *call)
{
    struct history *history = shell_history();

    if (call_has(call, "-c")) {
        history_clear(history);
        return STATUS_OK;
    }
    for (size_t age = history->count; age > 0; age--)
        printf("%5lu  %s\n", (unsigned long)(history->forgotten + history->count - age + 1),
               history_get(history, age - 1));
    return STATUS_OK;
}

int cmd_clear(const struct command_call *call)
{
    (void)call;
    terminal_write("\x1b[H\x1b[2J", 7);
    return STATUS_OK;
}
