/* pool.c: a stack of free pages: what was given back last is still in the processor's cache. */
#include "pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

static struct pool_page *free_pages;            /* room for all_count of them */
static unsigned free_count, all_count, reserved;
static bool no_more;                            /* there was no memory when it was last asked for */

/* n more pages. */
static bool grow(unsigned n)
{
    struct pool_page *room = realloc(free_pages, (all_count + n) * sizeof(*room));

    if (room)
        free_pages = room;
    no_more = !room || pool_source(free_pages + free_count, n) != n;
    if (no_more)
        return false;
    free_count += n;
    all_count += n;
    return true;
}

bool pool_take(struct pool_page *pages, unsigned n)
{
    unsigned bound = POOL_PAGES + reserved, more = bound > all_count ? bound - all_count : 0;

    if (n > free_count && more)
        grow(more < POOL_STEP ? more : POOL_STEP);
    if (n > free_count)
        return false;
    free_count -= n;
    memcpy(pages, free_pages + free_count, n * sizeof(*pages));
    return true;
}

void pool_give(struct pool_page page)
{
    free_pages[free_count++] = page;
}

bool pool_reserve(unsigned pages)
{
    if (all_count < reserved + pages && !grow(reserved + pages - all_count))
        return false;
    reserved += pages;
    return true;
}

void pool_unreserve(unsigned pages)
{
    reserved -= pages;
}

unsigned pool_common(void)
{
    unsigned most = no_more ? all_count : POOL_PAGES + reserved;

    return most > reserved ? (most - reserved) / 5 * 2 : 0;
}

void pool_count(size_t *pages, size_t *taken)
{
    *pages = all_count;
    *taken = all_count - free_count;
}

/* ---- small pieces ---- */

/* At the beginning of a page that is split; its pieces lie behind it. */
struct split {
    LIST_ENTRY(split) link;                     /* while it has free pieces */
    uint64_t machine;
    unsigned free_count;
    uint8_t free[POOL_SMALLS];
};

_Static_assert(sizeof(struct split) <= POOL_SMALL && (POOL_SMALLS + 1) * POOL_SMALL == POOL_PAGE,
               "a page is its description and its pieces");

static LIST_HEAD(, split) splits = LIST_HEAD_INITIALIZER(splits);

static struct split *split_page(void)
{
    struct pool_page page;
    struct split *s;

    if (!pool_take(&page, 1))
        return NULL;
    s = (struct split *)page.at;
    s->machine = page.machine;
    for (s->free_count = 0; s->free_count < POOL_SMALLS; s->free_count++)
        s->free[s->free_count] = (uint8_t)(s->free_count + 1);
    LIST_INSERT_HEAD(&splits, s, link);
    return s;
}

bool pool_take_small(struct pool_page *piece)
{
    struct split *s = LIST_FIRST(&splits);
    unsigned at;

    if (!s)
        s = split_page();
    if (!s)
        return false;
    at = s->free[--s->free_count] * POOL_SMALL;
    if (s->free_count == 0)
        LIST_REMOVE(s, link);
    *piece = (struct pool_page){ (uint8_t *)s + at, s->machine + at };
    return true;
}

void pool_give_small(struct pool_page piece)
{
    uintptr_t at = (uintptr_t)piece.at % POOL_PAGE;
    struct split *s = (struct split *)(piece.at - at);

    s->free[s->free_count++] = (uint8_t)(at / POOL_SMALL);
    if (s->free_count == 1)
        LIST_INSERT_HEAD(&splits, s, link);
    if (s->free_count < POOL_SMALLS)
        return;
    LIST_REMOVE(s, link);
    pool_give((struct pool_page){ (uint8_t *)s, s->machine });
}
