/*
 * Allocations that fail on demand: linked with --wrap for malloc, calloc and realloc.
 */
#include "xenstore_world.h"

unsigned long allocations_failed;
static unsigned long until;
static bool forever;

void fail_allocation(unsigned long n, bool all_after)
{
    until = n;
    forever = all_after;
}

static bool fails(void)
{
    if (until == 0)
        return false;
    if (--until > 0)
        return false;
    if (forever)
        until = 1;
    allocations_failed++;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t m)
{
    return fails() ? NULL : __real_calloc(n, m);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}
