/* table_device.c: the commands about the host's devices and what domains have of
 * them. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_device[] = {
    {
        .name = "lspci",
        .arguments = "",
        .summary = "list the host's PCI devices",
        .text =
            "Bus, device and function; what it is; vendor and device number; revision; and the driver of the "
            "control domain that has it.",
        .options = { { "--json", NULL, "as JSON" } },
        .examples = "lspci",
        .run = cmd_lspci,
    },
    {
        .name = "lsblk",
        .arguments = "",
        .summary = "list the host's disks and their partitions",
        .text =
            "Disks are virtio disks, vda and so on. Partitions are those of a GPT or of a classic table, "
            "with the numbers that Linux gives them. The table is read once, at boot. The JSON form has the "
            "counters of requests, of sectors of 512 bytes, and of errors.",
        .options = { { "--json", NULL, "as JSON" } },
        .examples = "lsblk",
        .run = cmd_lsblk,
    },
    {
        .name = "block-list",
        .arguments = "NAME|ID",
        .summary = "list the disks of a domain",
        .text =
            "Number and name of each disk in the domain, the backend's state (4: connected), mode, how many "
            "requests it got and how many of them failed, and what of the host's it is.",
        .options = { { "--json", NULL, "as JSON, with more counters" } },
        .examples = "block-list web",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_block_list,
    },
    {
        .name = "block-attach",
        .arguments = "NAME|ID DISK",
        .summary = "give a running domain a disk",
        .text =
            "DISK is written as in the list `disk` of a configuration; docs/config.md explains it.",
        .examples =
            "block-attach web vda3,raw,xvdb,w\n"
            "block-attach web vdev=xvdb,target=vda3    # the same, by keys",
        .min_words = 2, .max_words = COMMAND_ANY, .first = WORD_DOMAIN,
        .run = cmd_block_attach,
    },
    {
        .name = "block-detach",
        .arguments = "NAME|ID VDEV",
        .summary = "take a disk away from a running domain",
        .text =
            "The guest is asked to let go of it, and has ten seconds to do so: a file system on it must "
            "have been unmounted. With --force it is not asked: the disk is the host's at once, and the "
            "guest gets errors.",
        .options = { { "--force", NULL, "do not ask the guest" } },
        .examples = "block-detach web xvdb",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_block_detach,
    },
    {
        .name = "backend-restart",
        .arguments = "block",
        .summary = "start a backend again under running guests",
        .text =
            "The backend forgets all that it knows and begins anew with what the store and the guests' "
            "rings say; requests that it had not answered are done again. Guests do not notice. For tests.",
        .examples = "backend-restart block",
        .min_words = 1, .max_words = 1,
        .run = cmd_backend_restart,
    },
    { .name = NULL }
};
