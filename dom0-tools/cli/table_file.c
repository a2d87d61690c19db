/* table_file.c: the commands about file systems and files. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_file[] = {
    {
        .name = "mount",
        .arguments = "[DEVICE DIRECTORY]",
        .summary = "mount a file system, or list those that are mounted",
        .text =
            "DEVICE is a disk or partition of the host (`lsblk`) with an ext2, ext3 or ext4 file system, or "
            "LABEL=NAME. DIRECTORY appears if it lies right below /. A journal that a crash left is "
            "replayed first; what cannot be written safely is refused with the reason and can be mounted "
            "with -r.\n\n"
            "The file system with the label enso-data is mounted at /data when the host starts.",
        .options = { { "-r", NULL, "for reading only: the device stays as it is" } },
        .examples = "mount vdb1 /mnt\nmount -r LABEL=root /guest",
        .max_words = 2, .rest = WORD_FILE,
        .run = cmd_mount,
    },
    {
        .name = "umount",
        .arguments = "DIRECTORY|DEVICE ...",
        .summary = "unmount file systems",
        .text =
            "All is written before. Files that are in use, as a domain's disk too, keep their file system.",
        .examples = "umount /mnt",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_umount,
    },
    {
        .name = "df",
        .arguments = "[PATH ...]",
        .summary = "show how full file systems are",
        .text = "In KiB: all that are mounted, or those that the files lie on.",
        .options = { { "-h", NULL, "with units" } },
        .examples = "df -h\ndf /data/volumes",
        .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_df,
    },
    {
        .name = "sync",
        .arguments = "",
        .summary = "make durable what was written",
        .text = "Without it names and sizes are made durable after some seconds.",
        .examples = "cp /hello.cfg /data; sync",
        .run = cmd_sync,
    },
    {
        .name = "cp",
        .arguments = "FILE ... TARGET",
        .summary = "copy files",
        .text =
            "TARGET is a file or a directory. Long zeros become holes. Ctrl-C ends it and removes the "
            "incomplete copy.",
        .options = { { "-r", NULL, "directories with all that is in them" } },
        .examples = "cp /boot/vmlinuz /data/kernels",
        .min_words = 2, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_cp,
    },
    {
        .name = "mv",
        .arguments = "FILE ... TARGET",
        .summary = "rename or move files",
        .text = "Within a file system it happens at once, and replaces a file of that name.",
        .examples = "mv /data/a.cfg /data/b.cfg",
        .min_words = 2, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_mv,
    },
    {
        .name = "rm",
        .arguments = "FILE ...",
        .summary = "remove files",
        .text = "",
        .options = { { "-r", NULL, "directories with all that is in them" },
                     { "-f", NULL, "no word about what is not there" } },
        .examples = "rm /data/old.cfg",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_rm,
    },
    {
        .name = "mkdir",
        .arguments = "DIRECTORY ...",
        .summary = "make directories",
        .text = "",
        .options = { { "-p", NULL, "also those above; no error if it is there" } },
        .examples = "mkdir -p /data/volumes/old",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_mkdir,
    },
    {
        .name = "rmdir",
        .arguments = "DIRECTORY ...",
        .summary = "remove empty directories",
        .text = "",
        .examples = "rmdir /data/volumes/old",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_rmdir,
    },
    {
        .name = "touch",
        .arguments = "FILE ...",
        .summary = "make empty files, or give files today's date",
        .text = "",
        .examples = "touch /data/note",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_touch,
    },
    {
        .name = "truncate",
        .arguments = "FILE ...",
        .summary = "set the size of files: make volumes",
        .text =
            "A file that grows reads as zeros and takes room when it is written. What lies behind the new "
            "end is lost.",
        .options = { { "-s", "SIZE", "in bytes, or with K, M, G or T" } },
        .examples = "truncate -s 2G /data/volumes/new.img",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FILE,
        .run = cmd_truncate,
    },
    { .name = NULL }
};
