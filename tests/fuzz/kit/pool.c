/* pool.c: the pages of packets, which stay from input to input. */
#include "kit/kit.h"
#include "net/pool.h"

static uint8_t *pool;
static unsigned pool_pages;

unsigned pool_source(struct pool_page *pages, unsigned n)
{
    if (!pool)
        pool = kit_lasting(POOL_PAGES);
    if (pool_pages + n > POOL_PAGES || kit_fails())
        return 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t *page = pool + pool_pages++ * POOL_PAGE;

        pages[i] = (struct pool_page){ page, (uintptr_t)page };
    }
    return n;
}

void kit_forget_pool(void)
{
    if (pool)
        kit_forget(pool, pool_pages * POOL_PAGE);
}
