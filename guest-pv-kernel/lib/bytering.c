/* bytering.c: shared byte rings; see bytering.h for the rules. Runs on the host too (unit tests). */
#include "lib/bytering.h"

#include <errno.h>
#include <string.h>

void pv_bytering_init(struct pv_bytering *r, char *data, uint32_t size, uint32_t *own_shared, uint32_t *other)
{
    r->data = data;
    r->size = size;
    r->own_shared = own_shared;
    r->other = other;
    r->own = __atomic_load_n(own_shared, __ATOMIC_ACQUIRE);
}

static void publish(struct pv_bytering *r, uint32_t own)
{
    r->own = own;
    __atomic_store_n(r->own_shared, own, __ATOMIC_RELEASE);
}

/* Bytes from index `at` to the end of the buffer, at most n. */
static uint32_t until_wrap(const struct pv_bytering *r, uint32_t at, uint32_t n)
{
    uint32_t left = r->size - (at & (r->size - 1));

    return n < left ? n : left;
}

long pv_bytering_write(struct pv_bytering *r, const void *from, size_t len)
{
    uint32_t used = r->own - __atomic_load_n(r->other, __ATOMIC_ACQUIRE);
    uint32_t n, first;

    if (used > r->size)
        return -EPROTO;
    n = len < r->size - used ? (uint32_t)len : r->size - used;
    first = until_wrap(r, r->own, n);
    memcpy(r->data + (r->own & (r->size - 1)), from, first);
    memcpy(r->data, (const char *)from + first, n - first);
    publish(r, r->own + n);
    return n;
}

long pv_bytering_read(struct pv_bytering *r, void *to, size_t len, int *was_full)
{
    uint32_t used = __atomic_load_n(r->other, __ATOMIC_ACQUIRE) - r->own;
    uint32_t n, first;

    if (used > r->size)
        return -EPROTO;
    if (was_full)
        *was_full = used == r->size;
    n = len < used ? (uint32_t)len : used;
    first = until_wrap(r, r->own, n);
    memcpy(to, r->data + (r->own & (r->size - 1)), first);
    memcpy((char *)to + first, r->data, n - first);
    publish(r, r->own + n);
    return n;
}

void pv_bytering_skip(struct pv_bytering *r)
{
    publish(r, __atomic_load_n(r->other, __ATOMIC_ACQUIRE));
}
