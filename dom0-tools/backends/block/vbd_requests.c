/* vbd_requests.c: requests on their way from the ring to the disk and back.
 *
 * Answers are given in the order in which the requests were taken, so that the ring itself says what is not
 * answered: the requests from rsp_prod to req_prod, whose slots no answer has overwritten. A backend that is
 * started again begins there (docs/decisions.md). */
#include "vbd_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/time.h>

/* ---- slots and pages ---- */

static bool needs_data(const struct blkif_io *io)
{
    return io->kind == BLOCK_READ || io->kind == BLOCK_WRITE;
}

static bool take_pages(struct vbd *v, struct slot *s)
{
    unsigned wanted = needs_data(&s->io) ? s->io.segment_count : 0;

    if (wanted > v->free_page_count)
        return false;
    while (s->page_count < wanted)
        s->pages[s->page_count++] = v->free_pages[--v->free_page_count];
    return true;
}

static void free_pages(struct vbd *v, struct slot *s)
{
    while (s->page_count)
        v->free_pages[v->free_page_count++] = s->pages[--s->page_count];
}

/* ---- answers ---- */

static void stop(struct vbd *v, const char *why)
{
    printf("enso: %s: %s: the device is stopped\n", v->name, why);
    v->stopped = true;
}

static void answer(struct vbd *v, const struct slot *s)
{
    struct blkif_response *r = RING_GET_RESPONSE(&v->ring, v->ring.rsp_prod_pvt);

    memset(r, 0, sizeof(*r));           /* also its padding */
    r->id = s->io.id;
    r->operation = s->io.operation;
    r->status = (int16_t)s->status;
    v->ring.rsp_prod_pvt++;
    v->statistics.errors += s->status != BLKIF_RSP_OKAY;
}

static bool is_handed_over(const struct vbd *v)
{
    return v->closing && v->end == VBD_HAND_OVER;
}

void vbd_answer_oldest(struct vbd *v)
{
    struct slot *s;

    while ((s = STAILQ_FIRST(&v->taken)) != NULL && s->finished && !is_handed_over(v)) {
        STAILQ_REMOVE_HEAD(&v->taken, link);
        answer(v, s);
        STAILQ_INSERT_HEAD(&v->free, s, link);
    }
}

void vbd_publish_answers(struct vbd *v)
{
    int notify;

    if (v->ring.rsp_prod_pvt == v->published)
        return;
    v->published = v->ring.rsp_prod_pvt;
    v->answered_ns = pv_now_ns();
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&v->ring, notify);
    if (notify) {
        v->statistics.notifications++;
        pv_event_send(v->port);
    }
}

static void finish(struct vbd *v, struct slot *s)
{
    free_pages(v, s);
    s->finished = true;
}

/* ---- the device ---- */

static void on_done(struct block_request *b, int error)
{
    struct slot *s = b->arg;
    struct vbd *v = s->vbd;

    s->status = error ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
    s->next_done = NULL;
    *v->done_end = s;
    v->done_end = &s->next_done;
    pv_wake(&v->queue);
}

static void fill_block_request(struct slot *s)
{
    struct block_request *b = &s->block;

    b->operation = s->io.kind;
    b->sector = s->io.sector;
    b->sectors = s->io.sectors;
    b->segment_count = s->page_count;
    for (unsigned i = 0; i < s->page_count; i++) {
        const struct blkif_request_segment *segment = &s->io.segments[i];

        b->segments[i].machine = (uint64_t)vbd_frame_of(s->vbd, s->pages[i]) << PV_PAGE_SHIFT;
        b->segments[i].bytes = (segment->last_sect - segment->first_sect + 1) * BLOCK_SECTOR;
    }
    b->done = on_done;
    b->arg = s;
    b->hurry = false;
}

/* Hands a request to the device, if nothing is wrong with it. */
static void submit(struct vbd *v, struct slot *s)
{
    int rc = 0;

    if (s->status == BLKIF_RSP_OKAY) {
        fill_block_request(s);
        rc = block_submit(v->device, &s->block);
        if (rc == 0) {
            v->in_flight++;
            return;
        }
        s->status = rc == -ENOTSUP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
    }
    finish(v, s);
}

void vbd_take_done(struct vbd *v)
{
    bool on = pv_upcalls_disable();
    struct slot *list = v->done, *s;

    v->done = NULL;
    v->done_end = &v->done;
    pv_upcalls_restore(on);
    for (s = list; s; s = s->next_done) {
        v->in_flight--;
        if (s->status != BLKIF_RSP_OKAY || is_handed_over(v))
            continue;
        v->statistics.sectors_read += s->io.kind == BLOCK_READ ? s->io.sectors : 0;
        v->statistics.sectors_written += s->io.kind == BLOCK_WRITE ? s->io.sectors : 0;
        if (s->io.kind == BLOCK_READ)
            vbd_copy_data(v, s);
    }
    vbd_run_copies();
    for (s = list; s; s = s->next_done)
        finish(v, s);
}

/* ---- the ring ---- */

static void count(struct vbd *v, const struct slot *s)
{
    struct vbd_statistics *c = &v->statistics;
    uint64_t *const kinds[] = {
        [BLOCK_READ] = &c->reads, [BLOCK_WRITE] = &c->writes, [BLOCK_FLUSH] = &c->flushes,
        [BLOCK_DISCARD] = &c->discards,
    };

    c->requests++;
    if (s->status == BLKIF_RSP_OKAY)
        (*kinds[s->io.kind])++;
}

/* Takes the next request, if there are a slot and pages for it. NULL: not now. */
static struct slot *take_request(struct vbd *v)
{
    struct slot *s = STAILQ_FIRST(&v->free);
    struct blkif_request copy;

    if (!s)
        return NULL;
    RING_COPY_REQUEST(&v->ring, v->ring.req_cons, &copy);
    s->status = blkif_decode(&copy, &v->limits, &s->io);
    if (s->status == BLKIF_RSP_OKAY && !take_pages(v, s))
        return NULL;
    s->finished = false;
    STAILQ_REMOVE_HEAD(&v->free, link);
    STAILQ_INSERT_TAIL(&v->taken, s, link);
    v->ring.req_cons++;
    count(v, s);
    return s;
}

/* What the requests' memory holds: first the lists of segments, together, then what is to be written. */
static void fetch_all(struct vbd *v, struct slot **batch, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.indirect)
            vbd_fetch_list(v, batch[i]);
    vbd_run_copies();
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.indirect)
            batch[i]->status = vbd_take_list(v, batch[i]);
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.kind == BLOCK_WRITE)
            vbd_copy_data(v, batch[i]);
    vbd_run_copies();
}

/* What the front end's index says, once it is sane. */
static bool read_index(struct vbd *v, RING_IDX *prod)
{
    *prod = *(volatile RING_IDX *)&v->ring.sring->req_prod;
    xen_rmb();
    if (!RING_REQUEST_PROD_OVERFLOW(&v->ring, *prod) && *prod - v->ring.req_cons <= RING_SIZE(&v->ring))
        return true;
    stop(v, "its ring says more requests than it has room for");
    return false;
}

enum vbd_batch vbd_take_batch(struct vbd *v)
{
    struct slot *batch[SLOTS], *s = NULL;
    unsigned taken = 0;
    RING_IDX prod;

    if (!read_index(v, &prod) || v->ring.req_cons == prod)
        return BATCH_NONE;
    while (v->ring.req_cons != prod && (s = take_request(v)) != NULL)
        batch[taken++] = s;
    fetch_all(v, batch, taken);
    for (unsigned i = 0; i < taken; i++)
        submit(v, batch[i]);
    v->useless = 0;
    v->statistics.full += v->ring.req_cons != prod;
    return taken ? BATCH_SOME : BATCH_NO_ROOM;
}

void vbd_refuse_all(struct vbd *v)
{
    struct slot *s = STAILQ_FIRST(&v->free);
    struct blkif_request copy;
    RING_IDX prod;

    if (!read_index(v, &prod))
        return;
    while (v->ring.req_cons != prod) {
        RING_COPY_REQUEST(&v->ring, v->ring.req_cons++, &copy);
        blkif_decode(&copy, &v->limits, &s->io);
        s->status = BLKIF_RSP_ERROR;
        v->statistics.requests++;
        answer(v, s);
    }
    vbd_publish_answers(v);
}

bool vbd_more_requests(struct vbd *v)
{
    int more;

    RING_FINAL_CHECK_FOR_REQUESTS(&v->ring, more);
    return more;
}
