/* copies.c: see copies.h. */
#include "copies.h"

#include <string.h>

#include <pv/grant.h>
#include <pv/memory.h>

static struct gnttab_copy *next(struct copies *c, void *owner, unsigned bytes)
{
    struct gnttab_copy *op;

    if (c->count == COPIES_MOST)
        copies_run(c);
    c->owners[c->count] = owner;
    op = &c->ops[c->count++];
    memset(op, 0, sizeof(*op));
    op->len = (uint16_t)bytes;
    return op;
}

void copies_fetch(struct copies *c, void *owner, domid_t frontend, grant_ref_t ref, unsigned offset,
                  uint64_t to, unsigned bytes)
{
    struct gnttab_copy *op = next(c, owner, bytes);

    op->flags = GNTCOPY_source_gref;
    op->source.u.ref = ref;
    op->source.domid = frontend;
    op->source.offset = (uint16_t)offset;
    op->dest.u.gmfn = to >> PV_PAGE_SHIFT;
    op->dest.offset = to & (PV_PAGE_SIZE - 1);
    op->dest.domid = DOMID_SELF;
}

void copies_deliver(struct copies *c, void *owner, domid_t frontend, grant_ref_t ref, unsigned offset,
                    uint64_t from, unsigned bytes)
{
    struct gnttab_copy *op = next(c, owner, bytes);

    op->flags = GNTCOPY_dest_gref;
    op->source.u.gmfn = from >> PV_PAGE_SHIFT;
    op->source.offset = from & (PV_PAGE_SIZE - 1);
    op->source.domid = DOMID_SELF;
    op->dest.u.ref = ref;
    op->dest.offset = (uint16_t)offset;
    op->dest.domid = frontend;
}

void copies_run(struct copies *c)
{
    if (c->count)
        pv_grant_copy(c->ops, c->count);
    for (unsigned i = 0; i < c->count; i++)
        if (c->ops[i].status != GNTST_okay)
            c->failed(c->owners[i]);
    c->count = 0;
}
