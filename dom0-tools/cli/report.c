/* report.c: the one line of an error. Everything goes to stdout, so that it stays behind what was printed. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include <pv/error.h>

#include "../toolstack/error.h"

/* A name that came from a file, a guest or the keyboard must not move the terminal's cursor. */
static void put_printable(const char *text)
{
    for (; *text; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void put_line(const char *name, const char *subject, const char *message, int err, const char *advice)
{
    printf("%s: ", name);
    if (subject && subject[0]) {
        put_printable(subject);
        fputs(": ", stdout);
    }
    put_printable(message);
    if (err)
        printf(" (%s)", pv_errno_name(err));
    if (advice && advice[0]) {
        fputs("; ", stdout);
        put_printable(advice);
    }
    putchar('\n');
}

int report_failure(const struct command_call *call, const char *subject, int err, const char *advice,
                   const char *format, ...)
{
    char message[320];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    put_line(call->command->name, subject, message, err, advice);
    return STATUS_FAILED;
}

int report_toolstack(const struct command_call *call, const struct toolstack_error *err)
{
    put_line(call->command->name, err->subject, err->message, err->code, err->advice);
    return STATUS_FAILED;
}

int report_usage(const struct command *command, const char *format, ...)
{
    char message[320];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    printf("%s: ", command->name);
    put_printable(message);
    fputs("; usage: ", stdout);
    command_usage(command, stdout);
    putchar('\n');
    return STATUS_USAGE;
}
