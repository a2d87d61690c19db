/* table_shell.c: the commands of the shell itself and of the boot archive's files. The texts here are the
 * manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_shell[] = {
    {
        .name = "help",
        .arguments = "[COMMAND ...]",
        .summary = "list the commands, or explain one",
        .text =
            "Words are separated by blanks; '...' and \"...\" keep blanks, a backslash keeps the next "
            "character, # begins a comment. `;` separates commands; after && a command runs only if "
            "the one before it succeeded, after || only if it failed; $? is the last exit status. A "
            "leading `xl` is ignored.\n\n"
            "TAB completes commands, files, domain names and store paths. Up and down go through "
            "older lines, Ctrl-R searches them. Ctrl-A, -E, -B, -F, -K, -U, -W, -Y, -T, -L and the "
            "cursor keys edit as usual. Ctrl-C gives up a line, or interrupts a command that waits.",
        .examples = "help create",
        .max_words = COMMAND_ANY, .first = WORD_COMMAND, .rest = WORD_COMMAND,
        .run = cmd_help,
    },
    {
        .name = "ls",
        .arguments = "[PATH ...]",
        .summary = "list files",
        .text =
            "The archive that was loaded with the control domain is the read-only tree under /; file "
            "systems of disks are mounted in it.",
        .options = { { "-l", NULL, "with kind, size and date" } },
        .examples = "ls -l /",
        .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_ls,
    },
    {
        .name = "cat",
        .arguments = "FILE ...",
        .summary = "print files",
        .text = "",
        .examples = "cat hello.cfg",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_cat,
    },
    {
        .name = "echo",
        .arguments = "[WORD ...]",
        .summary = "print words",
        .text = "",
        .examples = "echo status $?",
        .max_words = COMMAND_ANY, .plain = true,
        .run = cmd_echo,
    },
    {
        .name = "sleep",
        .arguments = "TIME",
        .summary = "wait",
        .text =
            "TIME is in seconds or has a unit: 2, 0.5, 300ms, 1m. Ctrl-C ends it.",
        .examples = "sleep 0.5",
        .min_words = 1, .max_words = 1,
        .run = cmd_sleep,
    },
    {
        .name = "history",
        .arguments = "",
        .summary = "print the lines typed so far",
        .text = "",
        .options = { { "-c", NULL, "forget them" } },
        .examples = "history",
        .run = cmd_history,
    },
    {
        .name = "clear",
        .arguments = "",
        .summary = "clear the screen",
        .text = "",
        .examples = "clear",
        .run = cmd_clear,
    },
    { .name = NULL }
};
