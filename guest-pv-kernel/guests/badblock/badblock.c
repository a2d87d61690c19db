/* badblock.c: finds the mode that the command line names and runs it. */
#include "badblock.h"

#include <stdio.h>
#include <string.h>

#include <pv/sched.h>
#include <pv/time.h>

static const struct mode *const lists[] = { request_modes, ring_modes, state_modes };

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct mode *find(const char *name)
{
    for (unsigned i = 0; i < LISTS; i++)
        for (const struct mode *m = lists[i]; m->name; m++)
            if (strcmp(m->name, name) == 0)
                return m;
    return NULL;
}

static void help(void)
{
    for (unsigned i = 0; i < LISTS; i++)
        for (const struct mode *m = lists[i]; m->name; m++)
            printf("badblock %-10s %s\n", m->name, m->help);
}

int main(int argc, char **argv)
{
    const struct mode *m = argc > 1 ? find(argv[1]) : NULL;
    struct front f = { 0 };

    if (!m) {
        help();
        return argc > 1 && strcmp(argv[1], "help") != 0;
    }
    if (!front_find(&f)) {
        printf("badblock: no disk\n");
        return 2;
    }
    m->run(&f, argc > 2 ? argv[2] : "");
    fflush(stdout);
    return 0;
}
