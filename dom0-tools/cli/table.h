/* table.h: the parts of the command table; command.h explains an entry. */
#ifndef ENSO_CLI_TABLE_H
#define ENSO_CLI_TABLE_H

#include "command.h"

extern const struct command commands_domain[];
extern const struct command commands_look[];
extern const struct command commands_host[];
extern const struct command commands_device[];
extern const struct command commands_network[];
extern const struct command commands_services[];
extern const struct command commands_vif[];
extern const struct command commands_file[];
extern const struct command commands_store[];
extern const struct command commands_shell[];

#endif
