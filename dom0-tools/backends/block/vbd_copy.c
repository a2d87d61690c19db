/* vbd_copy.c: data between the frontend's pages and ours. */
#include "vbd_private.h"

#include "../xenbus/copies.h"

#define PAGE 4096u

static void failed(void *owner)
{
    struct slot *s = owner;

    s->status = BLKIF_RSP_ERROR;
}

static struct copies copies = { .failed = failed };

xen_pfn_t vbd_frame_of(const struct vbd *v, const void *page)
{
    return v->frames[((const char *)page - v->pool) / PAGE];
}

static uint64_t machine_of(const struct vbd *v, const void *page)
{
    return (uint64_t)vbd_frame_of(v, page) << PV_PAGE_SHIFT;
}

void vbd_run_copies(void)
{
    copies_run(&copies);
}

void vbd_copy_data(struct vbd *v, struct slot *s)
{
    for (unsigned i = 0; i < s->io.segment_count; i++) {
        const struct blkif_request_segment *segment = &s->io.segments[i];
        unsigned offset = segment->first_sect * BLOCK_SECTOR;
        unsigned bytes = (segment->last_sect - segment->first_sect + 1u) * BLOCK_SECTOR;
        uint64_t page = machine_of(v, s->pages[i]);

        if (s->io.kind == BLOCK_WRITE)
            copies_fetch(&copies, s, v->frontend, segment->gref, offset, page, bytes);
        else
            copies_deliver(&copies, s, v->frontend, segment->gref, offset, page, bytes);
    }
}

/* By way of the first of its pages: from there it is read once. */
void vbd_fetch_list(struct vbd *v, struct slot *s)
{
    unsigned bytes = s->io.segment_count * (unsigned)sizeof(struct blkif_request_segment);

    copies_fetch(&copies, s, v->frontend, s->io.list, 0, machine_of(v, s->pages[0]), bytes);
}

int vbd_take_list(struct vbd *v, struct slot *s)
{
    return blkif_take_segments(&s->io, s->pages[0], &v->limits);
}
