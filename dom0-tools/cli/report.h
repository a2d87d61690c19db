/* report.h: how a command says that it failed: one line, "COMMAND: SUBJECT: WHAT FAILED (ERRNO); ADVICE". */
#ifndef ENSO_CLI_REPORT_H
#define ENSO_CLI_REPORT_H

#include "command.h"

struct toolstack_error;

/*
 * Prints the line and returns STATUS_FAILED, so that a handler can end with it.
 *   subject  the file, domain or key it is about, or NULL
 *   err      negative or positive newlib errno; 0: none is shown
 *   advice   what the operator can do about it, or NULL
 */
int report_failure(const struct command_call *call, const char *subject, int err, const char *advice,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for what the toolstack refused. */
int report_toolstack(const struct command_call *call, const struct toolstack_error *err);

/* A word that the command does not understand: the line ends with the usage; STATUS_USAGE. */
int report_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
