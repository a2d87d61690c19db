/* shell.h: reads lines, runs commands. One shell per control domain; it runs in the calling thread. */
#ifndef ENSO_CLI_SHELL_H
#define ENSO_CLI_SHELL_H

#include "history.h"

#define SHELL_PROMPT "enso# "

/* Prepares the editor for a terminal of that many columns (0: 80). Once, before the others. */
void shell_init(unsigned columns);

/* Runs the commands of a text (`;`, &&, ||, line ends) one after the other, each shown behind the prompt
 * as if typed. Returns the last exit status. A text that cannot be read as commands is refused as a whole. */
int shell_run_script(const char *text);

/* Prompts for lines and runs them, for ever. */
void shell_interact(void) __attribute__((noreturn));

/* The last exit status, $?. */
int shell_status(void);

/* For the `history` command. */
struct history *shell_history(void);

#endif
