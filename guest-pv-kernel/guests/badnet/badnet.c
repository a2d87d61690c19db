/* badnet.c: finds the mode that the command line names, runs it, and tells whether the backend still serves
 * it. */
#include "badnet.h"

#include <stdio.h>
#include <string.h>

#include <pv/time.h>

static const struct mode *const lists[] = { packet_modes, flood_modes, early_modes };

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct mode *find(const char *name, bool *early)
{
    for (unsigned i = 0; i < LISTS; i++) {
        for (const struct mode *m = lists[i]; m->name; m++) {
            if (strcmp(m->name, name) == 0) {
                *early = lists[i] == early_modes;
                return m;
            }
        }
    }
    return NULL;
}

static void help(void)
{
    for (unsigned i = 0; i < LISTS; i++)
        for (const struct mode *m = lists[i]; m->name; m++)
            printf("badnet %-10s %s\n", m->name, m->help);
}

int main(int argc, char **argv)
{
    bool early = false;
    const struct mode *m = argc > 1 ? find(argv[1], &early) : NULL;
    static struct front f;
    unsigned good, errors;

    if (!m) {
        help();
        return argc > 1 && strcmp(argv[1], "help") != 0;
    }
    if (!front_find(&f) || (!early && !front_connect(&f))) {
        printf("badnet: no interface\n");
        return 2;
    }
    m->run(&f);
    if (!early) {
        front_push(&f);
        front_answers(&f, &good, &errors);
        printf("badnet: %s: %u good, %u errors, then %s\n", m->name, good, errors,
               front_alive(&f) ? "alive" : "stopped");
    } else {
        printf("badnet: %s: backend in state %u\n", m->name, front_backend_state(&f));
    }
    fflush(stdout);
    pv_sleep_ns(3600 * PV_NS_PER_SEC);
    return 0;
}
