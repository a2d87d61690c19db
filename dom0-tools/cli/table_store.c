/* table_store.c: the commands about the store. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_store[] = {
    {
        .name = "xenstore-ls",
        .arguments = "[PATH]",
        .summary = "show a part of the store as a tree",
        .text =
            "Without PATH the whole store. Bytes that cannot be printed are shown as \\ooo (octal).",
        .options = {
            { "-f", NULL, "full paths, one a line" },
            { "-p", NULL, "permissions too" },
        },
        .examples = "xenstore-ls -f /local/domain/1",
        .max_words = 1, .first = WORD_STORE,
        .run = cmd_xenstore_ls,
    },
    {
        .name = "xenstore-read",
        .arguments = "PATH ...",
        .summary = "print the values of keys",
        .text = "",
        .options = { { "-p", NULL, "print the path before each value" } },
        .examples = "xenstore-read /local/domain/0/name",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_read,
    },
    {
        .name = "xenstore-write",
        .arguments = "PATH VALUE [PATH VALUE ...]",
        .summary = "write keys, all or none",
        .text =
            "Keys above PATH are made where they are missing. All values are written in one "
            "transaction.",
        .examples = "xenstore-write /tool/note \"hello there\"",
        .min_words = 2, .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_write,
    },
    {
        .name = "xenstore-list",
        .arguments = "[PATH ...]",
        .summary = "print the names of the keys below keys",
        .text = "",
        .options = { { "-p", NULL, "print full paths" } },
        .examples = "xenstore-list /local/domain",
        .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_list,
    },
    {
        .name = "xenstore-rm",
        .arguments = "PATH ...",
        .summary = "delete keys and all that is below them",
        .text = "",
        .options = { { "-t", NULL, "delete the keys above too, as far as they become empty" } },
        .examples = "xenstore-rm /tool/note",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_rm,
    },
    {
        .name = "xenstore-exists",
        .arguments = "PATH ...",
        .summary = "succeed if all keys exist",
        .text =
            "Prints nothing; the exit status tells.",
        .examples = "xenstore-exists /tool/note || echo none",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_exists,
    },
    {
        .name = "xenstore-chmod",
        .arguments = "PATH PERMISSION ...",
        .summary = "set the permissions of a key",
        .text =
            "A permission is a letter and a domain id: n none, r read, w write, b both. The first one "
            "names the owner, and its letter is for all domains that are not named.",
        .options = { { "-r", NULL, "all keys below too" } },
        .examples = "xenstore-chmod /tool/note n0 r3    # domain 0 owns it, 3 may read it",
        .min_words = 2, .max_words = COMMAND_ANY, .first = WORD_STORE,
        .run = cmd_xenstore_chmod,
    },
    {
        .name = "xenstore-watch",
        .arguments = "PATH ...",
        .summary = "print the path of each change below keys",
        .text =
            "Each watch fires once at the beginning. Ctrl-C ends. @introduceDomain and @releaseDomain "
            "work too.",
        .options = { { "-n", "COUNT", "end after that many events" } },
        .examples = "xenstore-watch -n 2 /local/domain",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_STORE, .rest = WORD_STORE,
        .run = cmd_xenstore_watch,
    },
    { .name = NULL }
};
