/* nat_fragment.c: see nat_fragment.h. */
#include "nat_fragment.h"

#include <string.h>

#include "nat_table.h"

/* Longer than the fragments of a datagram need, shorter than a sender needs to use its number again. */
#define TIME_FRAGMENTS UINT64_C(10000)

static struct nat_datagram datagram(uint32_t from, uint32_t to, const struct nat_view *v)
{
    return (struct nat_datagram){ from, to, get16(v->ip + IP4_ID), v->protocol };
}

static struct nat_fragmented_list *bucket(struct nat *n, const struct nat_datagram *d)
{
    return &n->fragments.buckets[nat_hash(n, d, sizeof(*d)) % NAT_HOSTS];
}

static struct nat_fragmented *find(struct nat *n, const struct nat_datagram *d, uint64_t now_ms)
{
    struct nat_fragmented *f;

    LIST_FOREACH(f, bucket(n, d), link)
    if (memcmp(&f->before, d, sizeof(*d)) == 0)
        break;
    return f && f->expires_ms > now_ms ? f : NULL;
}

static void forget(struct nat_fragmented *f)
{
    if (f->expires_ms)
        LIST_REMOVE(f, link);
    f->expires_ms = 0;
}

static struct nat_fragmented *take_place(struct nat *n, uint32_t inside)
{
    unsigned host = inside % NAT_HOSTS;
    struct nat_fragmented *f = &n->fragments.hosts[host].places[n->fragments.hosts[host].next++ % NAT_FRAGMENTED];

    forget(f);
    return f;
}

void nat_keep_fragment(struct nat *n, struct nat_view *v, uint32_t inside, bool to_outside, uint64_t now_ms)
{
    struct nat_datagram before = datagram(v->from, v->to, v);
    struct nat_datagram after = datagram(get32(v->ip + IP4_FROM), get32(v->ip + IP4_TO), v);
    struct nat_fragmented *f = find(n, &before, now_ms);

    if (f && (f->after.from != after.from || f->after.to != after.to)) {
        forget(f);              /* another connection's, with the same number already */
        f = NULL;
    }
    if (!f) {
        f = take_place(n, inside);
        f->before = before;
        f->after = after;
        if (to_outside)
            f->after.id = (uint16_t)nat_draw(n);
        LIST_INSERT_HEAD(bucket(n, &before), f, link);
    }
    f->expires_ms = now_ms + TIME_FRAGMENTS;
    nat_set_id(v, f->after.id);
}

const struct nat_datagram *nat_first_fragment(struct nat *n, const struct nat_view *v, uint64_t now_ms)
{
    struct nat_datagram before = datagram(v->from, v->to, v);
    const struct nat_fragmented *f = find(n, &before, now_ms);

    return f ? &f->after : NULL;
}

void nat_follow_fragment(struct nat_view *v, const struct nat_datagram *as)
{
    nat_set_address(v, IP4_FROM, as->from);
    nat_set_address(v, IP4_TO, as->to);
    nat_set_id(v, as->id);
    nat_count_hop(v);
}

void nat_forget_fragments(struct nat *n, uint32_t inside)
{
    for (unsigned i = 0; i < NAT_FRAGMENTED; i++)
        forget(&n->fragments.hosts[inside % NAT_HOSTS].places[i]);
}
