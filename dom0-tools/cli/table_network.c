/* table_network.c: the commands about networks of the host. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_network[] = {
    {
        .name = "bridge",
        .arguments = "list | ports | create | delete | show | join | leave [NAME [PORT ...]]",
        .summary = "list, make and change bridges",
        .text =
            "A bridge is a switch in the control domain: it sends each frame to the port behind which it "
            "has heard the address, and what it does not know to all of them. Ports are network cards (eth0 "
            "and so on), interfaces of domains (vifDOMAIN.NUMBER) and those of the control domain.\n"
            "\n"
            "`list` shows all of them, `ports` everything that could be in one. `create NAME [PORT ...]` "
            "makes one with these members, `join NAME PORT` and `leave NAME PORT` change them, `delete "
            "NAME` needs one without any.\n"
            "\n"
            "`show NAME` prints the members with what came in from them and what was sent to them, and the "
            "addresses that were heard in the last 300 seconds. Dropped frames are counted with the member "
            "that they came from or were for; refused ones are those which a member's policy does not allow "
            "it to send.",
        .options = { { "--json", NULL, "`list`, `ports` and `show` as JSON" } },
        .examples =
            "bridge create lan eth0       # guests in it are on the outer network\n"
            "bridge show lan\n"
            "bridge leave lan eth0",
        .min_words = 1, .max_words = COMMAND_ANY,
        .run = cmd_bridge,
    },
    { .name = NULL }
};
