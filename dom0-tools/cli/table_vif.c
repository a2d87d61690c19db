/* table_vif.c: the commands about the network interfaces of domains. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_vif[] = {
    {
        .name = "network-list",
        .arguments = "NAME|ID",
        .summary = "list the network interfaces of a domain",
        .text =
            "Number, domain of the backend, MAC address, number in the domain, the backend's state (4: "
            "connected), the bridge, the name of the control domain's end, and packets: from the domain, to "
            "it, dropped, and refused because of a source address that is not the domain's. The JSON form "
            "has all counters; rx is what came from the domain, tx what went to it.",
        .options = { { "--json", NULL, "as JSON, with more counters" } },
        .examples = "network-list web",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_network_list,
    },
    {
        .name = "network-attach",
        .arguments = "NAME|ID [KEY=VALUE...]",
        .summary = "give a running domain a network interface",
        .text =
            "The keys are those of the list `vif` of a configuration; docs/config.md explains them. Without "
            "any it gets a random MAC address on the bridge xenbr0.",
        .examples =
            "network-attach web\n"
            "network-attach web mac=00:16:3e:01:02:03 bridge=lab rate=10Mb/s",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_DOMAIN,
        .run = cmd_network_attach,
    },
    {
        .name = "network-detach",
        .arguments = "NAME|ID HANDLE|MAC",
        .summary = "take a network interface away from a running domain",
        .text =
            "The guest is asked to let go of it, and has ten seconds to do so. With --force it is not "
            "asked, and loses what was on its way.",
        .options = { { "--force", NULL, "do not ask the guest" } },
        .examples =
            "network-detach web 0\n"
            "network-detach web 00:16:3e:01:02:03",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_network_detach,
    },
    { .name = NULL }
};
