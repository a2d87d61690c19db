/* disktest.h: what is asked for, and the pattern. */
#ifndef DISKTEST_H
#define DISKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR      512u
#define REQUEST_MAX (1u << 20)
#define DEPTH_MAX   64u

struct options {
    const char *disk;
    bool read, write, verify, random, tell, stay;
    uint64_t first, size;               /* bytes; size 0: to the end */
    uint64_t request_min, request_max;
    uint64_t depth, seed, flush, skew, passes;
};

/* Reads the words; false: one line has said what is wrong. */
bool options_read(struct options *o, int argc, char **argv);

/* The pattern of a sector: 64 words, of which no two sectors or seeds share one in a foreseeable way. */
void pattern_fill(void *buf, uint64_t seed, uint64_t sector, uint64_t sectors);

/* The first sector that is not as it should be; `sectors` if all are. */
uint64_t pattern_check(const void *buf, uint64_t seed, uint64_t sector, uint64_t sectors);

/* A number that follows from others without any order in it. */
uint64_t mix(uint64_t x);

#endif
