/* pool.h: the pages that packets are made of: taken when they are needed, up to a bound, and kept. Threads
 * only. */
#ifndef ENSO_NET_POOL_H
#define ENSO_NET_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_PAGE   4096U
#define POOL_PAGES  5120U       /* 20 MiB, and what is reserved */
#define POOL_STEP   64U         /* so many more at a time */
#define POOL_SMALL  512U        /* bytes of a small piece of memory */
#define POOL_SMALLS 7U          /* ... of which a page has so many */

/* A page of this domain, or a small piece of one, that devices and grant copies can be pointed at. */
struct pool_page {
    uint8_t *at;
    uint64_t machine;
};

/* Takes n pages, or none and says false: the bound is reached or there is no memory. Contents are whatever
 * was there. */
bool pool_take(struct pool_page *pages, unsigned n);
void pool_give(struct pool_page page);

/* A small piece; pages are split for them, and whole again when none of their pieces is used. */
bool pool_take_small(struct pool_page *piece);
void pool_give_small(struct pool_page piece);

/* Raises the bound, and gets so many pages at once: false, and nothing, if there is no memory; and lowers it
 * again: what there is by then is kept. */
bool pool_reserve(unsigned pages);
void pool_unreserve(unsigned pages);

/* How many pages frames that wait may share: two of five that can be had and are not reserved. */
unsigned pool_common(void);

/* How many there are, and how many are taken. */
void pool_count(size_t *pages, size_t *taken);

/* Where the pool gets pages from (pages.c; tests have their own): n for good, or 0 and nothing. */
unsigned pool_source(struct pool_page *pages, unsigned n);

#endif
