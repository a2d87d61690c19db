/*
 * io.c: a guest whose input and output is measured: it moves blocks in rounds of known size and calls
 * io_mark() between them, where the debugger reads the counter of instructions. It speaks nothing but the
 * devices' protocols: the same image runs on any hypervisor that gives it a disk.
 *
 *   io block NAME      reads and overwrites the first 64 MiB of a disk
 */
#include "io.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

volatile unsigned io_marks;     /* that were passed; the debugger looks at it */

void io_mark(void)
{
    io_marks++;
}

void io_end(void)
{
    io_marks--;
}

void io_tell(const char *what, uint64_t count, uint64_t few, uint64_t notifications)
{
    printf("io: %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 "\n", what, count, few, notifications);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int rc = 1;

    if (argc == 3 && strcmp(argv[1], "block") == 0)
        rc = io_block(argv[2]);
    else
        printf("io: say `block NAME`\n");
    printf("io: %s\n", rc ? "failed" : "done");
    fflush(stdout);
    io_end();
    return rc;
}
