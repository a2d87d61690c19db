/* pattern.c: what a sector holds follows from its number and the seed alone, so whoever knows them can check
 * any sector at any time (tests/system/test_block_guests.py does, in the image). */
#include "disktest.h"

#define WORDS (SECTOR / 8)
#define GAMMA 0x9e3779b97f4a7c15u

/* splitmix64's step. */
uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t base(uint64_t seed, uint64_t sector)
{
    return mix(seed * GAMMA + sector);
}

void pattern_fill(void *buf, uint64_t seed, uint64_t sector, uint64_t sectors)
{
    uint64_t *word = buf;

    for (uint64_t s = 0; s < sectors; s++) {
        uint64_t x = base(seed, sector + s);

        for (unsigned i = 0; i < WORDS; i++)
            *word++ = mix(x += GAMMA);
    }
}

uint64_t pattern_check(const void *buf, uint64_t seed, uint64_t sector, uint64_t sectors)
{
    const uint64_t *word = buf;

    for (uint64_t s = 0; s < sectors; s++) {
        uint64_t x = base(seed, sector + s);

        for (unsigned i = 0; i < WORDS; i++)
            if (*word++ != mix(x += GAMMA))
                return s;
    }
    return sectors;
}
