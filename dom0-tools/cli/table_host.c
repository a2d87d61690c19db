/* table_host.c: the commands about the machine. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_host[] = {
    {
        .name = "info",
        .arguments = "[FIELD]",
        .summary = "describe the host: CPUs, memory, versions",
        .text =
            "total_memory and free_memory are in MiB; free_frames is exact, in frames of 4 KiB. With "
            "the name of a field its value alone is printed.",
        .options = { { "--json", NULL, "as JSON; memory in KiB" } },
        .examples =
            "info\n"
            "info free_frames",
        .max_words = 1,
        .run = cmd_info,
    },
    {
        .name = "dmesg",
        .arguments = "",
        .summary = "print the hypervisor's log",
        .text = "",
        .options = { { "-c", NULL, "clear it after printing" } },
        .examples = "dmesg",
        .run = cmd_dmesg,
    },
    {
        .name = "debug-keys",
        .arguments = "KEYS",
        .summary = "let the hypervisor report about itself",
        .text =
            "Each letter is one report; h lists them. The reports go to the hypervisor's log (dmesg) "
            "and to the serial console.",
        .examples = "debug-keys h; dmesg",
        .min_words = 1, .max_words = 1,
        .run = cmd_debug_keys,
    },
    {
        .name = "free",
        .arguments = "",
        .summary = "show who holds the memory",
        .text =
            "Host memory by holder, and what the control domain uses of its own. All figures are in "
            "KiB.",
        .options = { { "--drop", NULL, "first give back what is kept to be quicker" } },
        .examples = "free --drop",
        .run = cmd_free,
    },
    {
        .name = "poweroff",
        .arguments = "",
        .summary = "switch the host off",
        .text =
            "Domains are not asked: use `shutdown -a -w` first. File systems are unmounted.",
        .examples = "shutdown -a -w -t 60; poweroff",
        .run = cmd_poweroff,
    },
    {
        .name = "exit",
        .arguments = "[CODE]",
        .summary = "end the host; under a test rig with an exit code",
        .text =
            "CODE (0 to 127, default $?) is written to QEMU's isa-debug-exit device at port 0xf4; "
            "QEMU then ends with status 2 * CODE + 1. Without such a device the host is switched off.",
        .examples = "create hello.cfg && exit 0 || exit 1",
        .max_words = 1,
        .run = cmd_exit,
    },
    { .name = NULL }
};
