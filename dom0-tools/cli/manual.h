/* manual.h: writes docs/cli.md from the command table. Built for the build machine. */
#ifndef ENSO_CLI_MANUAL_H
#define ENSO_CLI_MANUAL_H

#include <stdio.h>

void manual_write(FILE *out);

#endif
