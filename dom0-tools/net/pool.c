/* pool.c: a stack of free pages: what was given back last is still in the processor's cache. */
#include "pool.h"

#include <string.h>

static struct pool_page free_pages[POOL_PAGES];
static unsigned free_count, all_count;

static void grow(void)
{
    unsigned n = POOL_PAGES - all_count < POOL_STEP ? POOL_PAGES - all_count : POOL_STEP;

    if (n == 0)
        return;
    n = pool_source(free_pages + free_count, n);
    free_count += n;
    all_count += n;
}

bool pool_take(struct pool_page *pages, unsigned n)
{
    if (n > free_count)
        grow();
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

void pool_count(size_t *pages, size_t *taken)
{
    *pages = all_count;
    *taken = all_count - free_count;
}
