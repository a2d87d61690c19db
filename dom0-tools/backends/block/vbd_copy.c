/* vbd_copy.c: data between the frontend's pages and ours. */
#include "vbd_private.h"

#include <string.h>

#include <pv/grant.h>

#define PAGE 4096u

xen_pfn_t vbd_frame_of(const struct vbd *v, const void *page)
{
    return v->frames[((const char *)page - v->pool) / PAGE];
}

void vbd_run_copies(struct vbd *v)
{
    if (v->copy_count == 0)
        return;
    pv_grant_copy(v->copies, v->copy_count);
    for (unsigned i = 0; i < v->copy_count; i++)
        if (v->copies[i].status != GNTST_okay)
            v->copy_owner[i]->status = BLKIF_RSP_ERROR;
    v->copy_count = 0;
}

static struct gnttab_copy *next_copy(struct vbd *v, struct slot *s)
{
    struct gnttab_copy *c;

    if (v->copy_count == COPIES)
        vbd_run_copies(v);
    v->copy_owner[v->copy_count] = s;
    c = &v->copies[v->copy_count++];
    memset(c, 0, sizeof(*c));
    return c;
}

/* `ref` at `offset` to the start of one of our pages. */
static void fetch(struct vbd *v, struct slot *s, grant_ref_t ref, uint16_t offset, uint16_t bytes, void *page)
{
    struct gnttab_copy *c = next_copy(v, s);

    c->flags = GNTCOPY_source_gref;
    c->len = bytes;
    c->source.u.ref = ref;
    c->source.domid = v->frontend;
    c->source.offset = offset;
    c->dest.u.gmfn = vbd_frame_of(v, page);
    c->dest.domid = DOMID_SELF;
}

static void deliver(struct vbd *v, struct slot *s, grant_ref_t ref, uint16_t offset, uint16_t bytes,
                    void *page)
{
    struct gnttab_copy *c = next_copy(v, s);

    c->flags = GNTCOPY_dest_gref;
    c->len = bytes;
    c->source.u.gmfn = vbd_frame_of(v, page);
    c->source.domid = DOMID_SELF;
    c->dest.u.ref = ref;
    c->dest.domid = v->frontend;
    c->dest.offset = offset;
}

void vbd_copy_data(struct vbd *v, struct slot *s)
{
    for (unsigned i = 0; i < s->io.segment_count; i++) {
        const struct blkif_request_segment *segment = &s->io.segments[i];
        uint16_t offset = (uint16_t)(segment->first_sect * BLOCK_SECTOR);
        uint16_t bytes = (uint16_t)((segment->last_sect - segment->first_sect + 1) * BLOCK_SECTOR);

        if (s->io.kind == BLOCK_WRITE)
            fetch(v, s, segment->gref, offset, bytes, s->pages[i]);
        else
            deliver(v, s, segment->gref, offset, bytes, s->pages[i]);
    }
}

/* By way of the first of its pages: from there it is read once. */
void vbd_fetch_list(struct vbd *v, struct slot *s)
{
    uint16_t bytes = (uint16_t)(s->io.segment_count * sizeof(struct blkif_request_segment));

    fetch(v, s, s->io.list, 0, bytes, s->pages[0]);
}

int vbd_take_list(struct vbd *v, struct slot *s)
{
    return blkif_take_segments(&s->io, s->pages[0], &v->limits);
}
