/* Sets of physical CPUs as `cpus` writes them: "0-3,^1", "all". Pure. */
#ifndef ENSO_TOOLSTACK_CONFIG_CPUS_H
#define ENSO_TOOLSTACK_CONFIG_CPUS_H

#include <stdbool.h>

#include "config.h"

/* Reads a set. NULL when good, otherwise what is wrong; *offset is then the byte it is about. */
const char *config_cpus_parse(const char *text, struct config_cpus *cpus, unsigned *offset);

void config_cpus_add(struct config_cpus *cpus, unsigned first, unsigned last);
bool config_cpus_has(const struct config_cpus *cpus, unsigned cpu);

#endif
