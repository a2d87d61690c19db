/*
 * io.c: a guest whose input and output is measured: it moves blocks in rounds of known size and calls
 * io_mark() between them, where the debugger reads the counter of instructions. It speaks nothing but the
 * devices' protocols: the same image runs on any hypervisor that gives it a disk or an interface.
 *
 *   io block NAME      reads and overwrites the first 64 MiB of a disk
 *   io packets         sends to whoever answers, and lets it send
 *   io answer          is the other end of `io packets`, and measures nothing
 */
#include "io.h"

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

void io_tell(const char *what, double count)
{
    printf("io: %s | %.3f\n", what, count);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int rc = 1;

    if (argc == 3 && strcmp(argv[1], "block") == 0)
        rc = io_block(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "packets") == 0)
        rc = io_packets();
    else if (argc == 2 && strcmp(argv[1], "answer") == 0)
        rc = io_answer();
    else
        printf("io: say `block NAME`, `packets` or `answer`\n");
    printf("io: %s\n", rc ? "failed" : "done");
    fflush(stdout);
    io_end();
    return rc;
}
