/*
 * The guest that dies badly, on request. Each mode is a function that gets the word behind the mode's name
 * ("" without one).
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdint.h>

struct mode {
    const char *name, *help;
    void (*run)(const char *arg);
};

/* Lists of modes, each ended by an entry without name. */
extern const struct mode death_modes[], exhaust_modes[], ring_modes[], fuzz_modes[], attack_modes[];

/* Pseudo-random numbers that depend on the seed alone. */
struct prng {
    uint64_t state;
};
void prng_seed(struct prng *p, const char *text);
uint64_t prng_next(struct prng *p);

/* The word as seconds of system time from now, 10 s without a number: when to stop. */
uint64_t stop_time(const char *arg);

#endif
