/* table_device.c: the commands about the host's devices. The texts here are the manual. */
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
            "Disks are virtio disks, vda and so on. Partitions are those of a GPT or of a classic table, with "
            "the numbers that Linux gives them. The table is read once, at boot. The JSON form has the counters "
            "of requests, of sectors of 512 bytes, and of errors.",
        .options = { { "--json", NULL, "as JSON" } },
        .examples = "lsblk",
        .run = cmd_lsblk,
    },
    { .name = NULL }
};
