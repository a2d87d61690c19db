/* table.c: the order in which the groups of commands are shown. */
#include "command.h"
#include "table.h"

const struct command_group command_groups[] = {
    { "Domains", commands_domain },
    { "Looking at domains", commands_look },
    { "Host", commands_host },
    { "Devices", commands_device },
    { "Networks", commands_network },
    { "This host's network", commands_services },
    { "Network interfaces of domains", commands_vif },
    { "File systems", commands_file },
    { "Store", commands_store },
    { "Files and shell", commands_shell },
    { NULL, NULL }
};
