/* memory.c: lwIP's heap: malloc within a budget, so that whoever sends, or does not read, cannot take all of
 * a domain's memory. */
#include "private.h"
#include "arch/cc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <pv/console.h>
#include <pv/memory.h>
#include <pv/net.h>

#define BUDGET_MIN (512UL << 10)
#define BUDGET_MAX (32UL << 20)

static size_t budget, used;
bool pv_net_receiving;

void pv_net_memory_init(void)
{
    size_t quarter = pv_pages_free_count() * PV_PAGE_SIZE / 4;

    budget = quarter < BUDGET_MIN ? BUDGET_MIN : quarter > BUDGET_MAX ? BUDGET_MAX : quarter;
}

void pv_net_memory(size_t *bytes_used, size_t *bytes_most)
{
    *bytes_used = used;
    *bytes_most = budget;
}

void *pv_net_malloc(size_t bytes)
{
    size_t most = pv_net_receiving ? budget : budget / 4 * 3;
    void *p;

    if (bytes > most || used > most - bytes)
        return NULL;
    p = malloc(bytes);
    if (p)
        used += malloc_usable_size(p);
    return p;
}

void *pv_net_calloc(size_t n, size_t bytes)
{
    void *p = bytes != 0 && n > SIZE_MAX / bytes ? NULL : pv_net_malloc(n * bytes);

    return p ? memset(p, 0, n * bytes) : NULL;
}

void pv_net_free(void *p)
{
    used -= malloc_usable_size(p);
    free(p);
}

void pv_net_assert(const char *what, const char *file, int line)
{
    pv_panic("lwIP: %s (%s:%d)", what, file, line);
}
