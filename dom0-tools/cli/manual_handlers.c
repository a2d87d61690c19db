/* manual_handlers.c: the handlers for programs of the build machine, which print the table and run no
 * command. */
#include "handlers.h"

#include <stdlib.h>

#define ABORTING_HANDLER(name)                  \
    int name(const struct command_call *call)   \
    {                                           \
        (void)call;                             \
        abort();                                \
    }

COMMAND_HANDLERS(ABORTING_HANDLER)
