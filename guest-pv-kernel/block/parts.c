/* parts.c: a caller's request is cut into parts of as many pages as a request of the ring may name. A page
 * is granted where it is if its data lies at whole blocks of the disk, else a page of ours goes between. */
#include "block/private.h"

#include <errno.h>
#include <string.h>

#include <pv/console.h>
#include <pv/grant.h>

static bool has_data(enum pv_blk_operation operation)
{
    return operation == PV_BLK_READ || operation == PV_BLK_WRITE;
}

/* ---- lists of segments: pages that are kept for the next part ---- */

static struct blkif_request_segment *take_list(struct pv_blkfront *d)
{
    if (d->list_count)
        return d->lists[--d->list_count];
    if (d->lists_made == LISTS)
        return NULL;
    d->lists[0] = pv_pages_alloc(1);
    d->lists_made += d->lists[0] != NULL;
    return d->lists[0];
}

/* ---- grants ---- */

/* A page that the backend still uses is not ours any more: nothing else can be done. */
static void take_back(struct pv_blkfront *d, grant_ref_t ref)
{
    d->granted--;
    if (pv_grant_end(ref) == -EBUSY)
        pv_console_emergency("pv: %s: the backend keeps a page\n", d->fe.front);
}

static int give(struct pv_blkfront *d, const void *page, bool readonly)
{
    int ref = d->granted < GRANTS ? pv_grant_access(d->fe.backend, page, readonly) : -ENOSPC;

    d->granted += ref >= 0;
    return ref;
}

void pv_blk_ungrant(struct pv_blkfront *d, struct slot *s)
{
    while (s->granted)
        take_back(d, s->refs[--s->granted]);
    if (s->list_ref >= 0)
        take_back(d, (grant_ref_t)s->list_ref);
    s->list_ref = -1;
}

int pv_blk_grant_again(struct pv_blkfront *d, struct slot *s)
{
    int ref = 0;

    if (s->list && s->list_ref < 0) {
        ref = give(d, s->list, true);
        s->list_ref = ref;
    }
    while (ref >= 0 && s->granted < s->segments) {
        ref = give(d, s->pages[s->granted], s->operation == PV_BLK_WRITE);
        if (ref >= 0)
            s->refs[s->granted++] = (grant_ref_t)ref;
    }
    return ref < 0 ? ref : 0;
}

/* ---- segments ---- */

/* Bytes of the next segment: to the end of the page, or a page full that is copied. */
static unsigned piece(const char *at, uint64_t rest, bool bounce)
{
    unsigned room = bounce ? PV_PAGE_SIZE : PV_PAGE_SIZE - ((uintptr_t)at & (PV_PAGE_SIZE - 1));

    return rest < room ? (unsigned)rest : room;
}

static unsigned pieces(const char *at, uint64_t bytes, bool bounce)
{
    uint64_t offset = bounce ? 0 : (uintptr_t)at & (PV_PAGE_SIZE - 1);
    uint64_t n = (offset + bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;

    return n < SEGMENTS ? (unsigned)n : SEGMENTS;
}

static int add_page(struct pv_blkfront *d, struct slot *s, char *at, unsigned bytes, bool bounce)
{
    unsigned i = s->segments, offset = (uintptr_t)at & (PV_PAGE_SIZE - 1);
    char *page = at - offset;
    int ref = bounce ? -EINVAL : give(d, page, s->operation == PV_BLK_WRITE);

    if (ref == -EINVAL) {       /* not where it could be granted from */
        page = pv_pages_alloc(1);
        if (!page)
            return -ENOMEM;
        offset = 0;
        ref = give(d, page, s->operation == PV_BLK_WRITE);
        if (ref < 0)
            pv_pages_free(page, 1);
        else
            s->bounced |= 1u << i;
    }
    if (ref < 0)
        return ref;
    if ((s->bounced & (1u << i)) && s->operation == PV_BLK_WRITE)
        memcpy(page, at, bytes);
    s->pages[i] = page;
    s->refs[i] = (grant_ref_t)ref;
    s->first[i] = (uint8_t)(offset / SECTOR);
    s->last[i] = (uint8_t)((offset + bytes) / SECTOR - 1);
    s->segments = s->granted = i + 1;
    return 0;
}

/* Pages for at most `most` segments. What could not be had is for the next part; an error only if nothing
 * could. */
static int add_pages(struct pv_blkfront *d, struct slot *s, uint64_t bytes, unsigned most,
                     bool bounce)
{
    uint64_t at = 0;
    int rc = 0;

    while (at < bytes && s->segments < most) {
        unsigned n = piece(s->data + at, bytes - at, bounce);

        rc = add_page(d, s, s->data + at, n, bounce);
        if (rc)
            break;
        at += n;
    }
    s->sectors = at / SECTOR;
    return at ? 0 : rc;
}

/* If the pages that were to be had end within a block of the disk, the part ends before that block. */
static void end_at_block(struct pv_blkfront *d, struct slot *s)
{
    while (s->segments && s->sectors % d->disk.granularity) {
        unsigned i = --s->segments;

        s->granted--;
        take_back(d, s->refs[i]);
        s->sectors -= s->last[i] - s->first[i] + 1u;
        if (s->bounced & (1u << i))
            pv_pages_free(s->pages[i], 1);
        s->bounced &= ~(1u << i);
    }
}

/* ---- a part comes and goes ---- */

/* As many segments as the next part needs and may have; a list for them if it takes one. */
static unsigned plan(struct pv_blkfront *d, struct slot *s, uint64_t bytes, bool bounce)
{
    unsigned wanted = pieces(s->data, bytes, bounce);

    if (wanted > BLKIF_MAX_SEGMENTS_PER_REQUEST && d->features.segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        s->list = take_list(d);
    if (s->list && (s->list_ref = give(d, s->list, true)) < 0) {
        d->lists[d->list_count++] = s->list;
        s->list = NULL;
    }
    if (!s->list && wanted > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        wanted = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    return wanted < d->features.segments ? wanted : d->features.segments;
}

static void drop_list(struct pv_blkfront *d, struct slot *s)
{
    if (s->list_ref >= 0)
        take_back(d, (grant_ref_t)s->list_ref);
    s->list_ref = -1;
    if (s->list)
        d->lists[d->list_count++] = s->list;
    s->list = NULL;
}

static void free_slot(struct pv_blkfront *d, struct slot *s)
{
    pv_blk_ungrant(d, s);
    for (unsigned i = 0; i < s->segments; i++)
        if (s->bounced & (1u << i))
            pv_pages_free(s->pages[i], 1);
    drop_list(d, s);
    TAILQ_INSERT_HEAD(&d->free, s, link);
}

static int fill(struct pv_blkfront *d, struct slot *s, struct pv_blk_request *r)
{
    uint64_t rest = r->sectors - r->issued;
    bool bounce;
    unsigned most;
    int rc;

    s->owner = r;
    s->sent = false;
    s->operation = r->operation;
    s->sector = r->sector + r->issued;
    s->sectors = rest;
    s->segments = s->granted = s->bounced = 0;
    s->list = NULL;
    s->list_ref = -1;
    if (!has_data(r->operation))
        return 0;
    s->data = (char *)r->buf + r->issued * SECTOR;
    bounce = (uintptr_t)s->data % (d->disk.granularity * SECTOR) != 0;
    most = plan(d, s, rest * SECTOR, bounce);
    if (d->granted + most > GRANTS && !TAILQ_EMPTY(&d->active))
        return -EAGAIN;         /* better one long part soon than many short ones now */
    rc = add_pages(d, s, rest * SECTOR, most, bounce);
    end_at_block(d, s);
    if (s->segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
        drop_list(d, s);        /* there were fewer pages than it was planned for */
    return rc ? rc : s->sectors ? 0 : -ENOMEM;
}

static void leave_queue(struct pv_blkfront *d)
{
    d->waiting = d->waiting->next;
    if (!d->waiting)
        d->waiting_end = &d->waiting;
}

static void finish_if_done(struct pv_blk_request *r)
{
    if (r->parts == 0 && r->issued == r->sectors)
        r->done(r, r->error);
}

bool pv_blk_make_part(struct pv_blkfront *d)
{
    struct slot *s = TAILQ_FIRST(&d->free);
    struct pv_blk_request *r = d->waiting;
    int rc;

    if (!s || !r)
        return false;
    TAILQ_REMOVE(&d->free, s, link);
    rc = fill(d, s, r);
    if (rc) {
        free_slot(d, s);
        if (!TAILQ_EMPTY(&d->active))
            return false;       /* some of that will come back */
        r->error = r->error ? r->error : rc;
        r->issued = r->sectors;
        leave_queue(d);
        finish_if_done(r);
        return d->waiting != NULL;
    }
    TAILQ_INSERT_TAIL(&d->active, s, link);
    if (!d->unsent)
        d->unsent = s;
    r->parts++;
    r->issued += s->sectors;
    if (r->issued == r->sectors)
        leave_queue(d);
    return true;
}

void pv_blk_end_part(struct pv_blkfront *d, struct slot *s, int error)
{
    struct pv_blk_request *r = s->owner;
    char *to = s->data;

    TAILQ_REMOVE(&d->active, s, link);
    for (unsigned i = 0; i < s->segments; i++) {
        unsigned bytes = (s->last[i] - s->first[i] + 1u) * SECTOR;

        if (!error && s->operation == PV_BLK_READ && (s->bounced & (1u << i)))
            memcpy(to, s->pages[i], bytes);
        to += bytes;
    }
    free_slot(d, s);
    r->parts--;
    r->error = r->error ? r->error : error;
    finish_if_done(r);
}

/* ---- as the ring has it ---- */

static uint8_t operation_of(const struct pv_blkfront *d, const struct slot *s)
{
    switch (s->operation) {
    case PV_BLK_READ:
        return BLKIF_OP_READ;
    case PV_BLK_WRITE:
        return BLKIF_OP_WRITE;
    case PV_BLK_DISCARD:
        return BLKIF_OP_DISCARD;
    default:                    /* an empty barrier is a flush, and more */
        return d->features.flush || !d->features.barrier ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_WRITE_BARRIER;
    }
}

static void fill_segments(const struct slot *s, struct blkif_request_segment *to)
{
    for (unsigned i = 0; i < s->segments; i++)
        to[i] = (struct blkif_request_segment){
            .gref = s->refs[i], .first_sect = s->first[i], .last_sect = s->last[i] };
}

static void fill_indirect(const struct pv_blkfront *d, const struct slot *s, struct blkif_request *r)
{
    struct blkif_request_indirect to = {
        .operation = BLKIF_OP_INDIRECT,
        .indirect_op = operation_of(d, s),
        .nr_segments = (uint16_t)s->segments,
        .id = (uint64_t)(s - d->slots),
        .sector_number = s->sector,
        .handle = (blkif_vdev_t)d->number,
        .indirect_grefs = { (grant_ref_t)s->list_ref },
    };

    fill_segments(s, s->list);
    memcpy(r, &to, sizeof(to));
}

static void fill_discard(const struct pv_blkfront *d, const struct slot *s, struct blkif_request *r)
{
    struct blkif_request_discard to = {
        .operation = BLKIF_OP_DISCARD,
        .handle = (blkif_vdev_t)d->number,
        .id = (uint64_t)(s - d->slots),
        .sector_number = s->sector,
        .nr_sectors = s->sectors,
    };

    memcpy(r, &to, sizeof(to));
}

void pv_blk_fill_request(const struct pv_blkfront *d, const struct slot *s, struct blkif_request *r)
{
    memset(r, 0, sizeof(*r));
    if (s->list) {
        fill_indirect(d, s, r);
    } else if (s->operation == PV_BLK_DISCARD) {
        fill_discard(d, s, r);
    } else {
        r->operation = operation_of(d, s);
        r->nr_segments = (uint8_t)s->segments;
        r->handle = (blkif_vdev_t)d->number;
        r->id = (uint64_t)(s - d->slots);
        r->sector_number = s->sector;
        fill_segments(s, r->seg);
    }
}
