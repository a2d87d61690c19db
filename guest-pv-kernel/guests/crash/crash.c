/* crash.c: finds the mode that the command line names and runs it. A mode that survives ends in
 * SHUTDOWN_crash. */
#include "crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/sched.h>
#include <pv/time.h>

static const struct mode *const lists[] = { death_modes, exhaust_modes, ring_modes, fuzz_modes,
                                           attack_modes };

#define LISTS (sizeof(lists) / sizeof(lists[0]))

void prng_seed(struct prng *p, const char *text)
{
    p->state = (strtoull(text, NULL, 0) + 1) * 0x9e3779b97f4a7c15UL;
}

/* xorshift64*: good enough to choose nonsense. */
uint64_t prng_next(struct prng *p)
{
    p->state ^= p->state >> 12;
    p->state ^= p->state << 25;
    p->state ^= p->state >> 27;
    return p->state * 0x2545f4914f6cdd1dUL;
}

uint64_t stop_time(const char *arg)
{
    uint64_t seconds = *arg ? strtoull(arg, NULL, 0) : 10;

    return pv_now_ns() + seconds * PV_NS_PER_SEC;
}

static void help(void)
{
    const struct mode *m;
    unsigned int i;

    for (i = 0; i < LISTS; i++)
        for (m = lists[i]; m->name; m++)
            printf("crash %-14s %s\n", m->name, m->help);
}

static const struct mode *find(const char *name)
{
    const struct mode *m;
    unsigned int i;

    for (i = 0; i < LISTS; i++)
        for (m = lists[i]; m->name; m++)
            if (strcmp(m->name, name) == 0)
                return m;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct mode *m = argc > 1 ? find(argv[1]) : NULL;

    if (!m) {
        help();
        return argc > 1 && strcmp(argv[1], "help") != 0;
    }
    printf("crash: %s\n", m->name);
    fflush(stdout);
    m->run(argc > 2 ? argv[2] : "");
    printf("crash: survived %s\n", m->name);
    fflush(stdout);
    pv_sleep_ns(PV_NS_PER_SEC / 5);
    pv_shutdown(SHUTDOWN_crash);
}
