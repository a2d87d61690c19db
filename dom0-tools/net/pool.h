/* pool.h: the pages that packets are made of: taken when they are needed, up to a bound, and kept. Threads
 * only. */
#ifndef ENSO_NET_POOL_H
#define ENSO_NET_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_PAGE  4096U
#define POOL_PAGES 4096U        /* 16 MiB */
#define POOL_STEP  64U          /* so many more at a time */

/* A page of this domain that devices and grant copies can be pointed at. */
struct pool_page {
    uint8_t *at;
    uint64_t machine;
};

/* Takes n pages, or none and says false: the bound is reached or there is no memory. Contents are whatever
 * was there. */
bool pool_take(struct pool_page *pages, unsigned n);
void pool_give(struct pool_page page);

/* How many there are, and how many are taken. */
void pool_count(size_t *pages, size_t *taken);

/* Where the pool gets pages from (pages.c; tests have their own): n for good, or 0 and nothing. */
unsigned pool_source(struct pool_page *pages, unsigned n);

#endif
