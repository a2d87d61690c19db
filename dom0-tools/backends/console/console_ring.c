/*
 * The console ring. Everything in the page is hostile.
 */
#include "console_ring.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void publish(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}

void console_ring_open(struct console_ring *r, struct xencons_interface *page)
{
    r->page = page;
    r->out_cons = load(&page->out_cons);
    r->in_prod = load(&page->in_prod);
}

int console_ring_take(struct console_ring *r, char *buf, size_t len)
{
    const uint32_t size = sizeof(r->page->out);
    uint32_t news = load(&r->page->out_prod) - r->out_cons;
    uint32_t at = r->out_cons & (size - 1), first;

    if (news > size)
        return -EPROTO;
    if (len > news)
        len = news;
    first = size - at < len ? size - at : (uint32_t)len;
    memcpy(buf, r->page->out + at, first);
    memcpy(buf + first, r->page->out, len - first);
    r->out_cons += (uint32_t)len;
    if (len > 0)
        publish(&r->page->out_cons, r->out_cons);
    return (int)len;
}

int console_ring_give(struct console_ring *r, const char *buf, size_t len)
{
    const uint32_t size = sizeof(r->page->in);
    uint32_t full = r->in_prod - load(&r->page->in_cons);
    uint32_t at = r->in_prod & (size - 1), first;

    if (full > size)
        return -EPROTO;
    if (len > size - full)
        len = size - full;
    first = size - at < len ? size - at : (uint32_t)len;
    memcpy(r->page->in + at, buf, first);
    memcpy(r->page->in, buf + first, len - first);
    r->in_prod += (uint32_t)len;
    if (len > 0)
        publish(&r->page->in_prod, r->in_prod);
    return (int)len;
}
