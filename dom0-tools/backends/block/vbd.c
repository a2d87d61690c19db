/* vbd.c: see vbd.h. One thread for each device does it all: it takes requests from the ring as long as it has pages for their data, fetches
 * what is to be written, hands requests to the device, delivers what was read, answers. The device's callbacks only queue. */
#include "vbd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <xen/io/blkif.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

#include "blkif.h"

#define PAGE        4096u
#define SLOTS       32u         /* requests that the device may have at once */
#define PAGES       96u         /* for their data: three of the longest */
#define COPIES      64u         /* grant copies in a batch */
#define STACK_BYTES (24u * 1024u)

/* A request on its way. */
struct slot {
    struct vbd *vbd;
    struct blkif_io io;
    struct block_request block;
    void *pages[BLKIF_SEGMENTS];
    unsigned page_count;
    int status;                 /* BLKIF_RSP_* */
    struct slot *next;
};

struct vbd {
    char name[24];
    domid_t frontend;
    struct block_device *device;
    struct blkif_limits limits;
    struct blkif_back_ring ring;
    unsigned ring_pages;
    evtchn_port_t port;
    struct pv_waitq queue;      /* the thread sleeps here */
    bool kicked, closing, stopped, ended;
    struct slot slots[SLOTS], *free_slots;
    struct slot *done, **done_end;      /* from the device; upcalls are off when it changes */
    unsigned in_flight;
    char *pool;                 /* PAGES of them */
    xen_pfn_t frames[PAGES];
    void *free_pages[PAGES];
    unsigned free_page_count;
    struct gnttab_copy copies[COPIES];
    struct slot *copy_owner[COPIES];
    unsigned copy_count;
    struct vbd_statistics statistics;
};

/* The frame of one of the pool's pages. */
static xen_pfn_t frame_of(const struct vbd *v, const void *page)
{
    return v->frames[((const char *)page - v->pool) / PAGE];
}

/* ---- grant copies, in batches ---- */

static void run_copies(struct vbd *v)
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
    if (v->copy_count == COPIES)
        run_copies(v);
    v->copy_owner[v->copy_count] = s;
    return &v->copies[v->copy_count++];
}

/* One segment between the front end's page and ours; ours begins at its start. */
static void copy_segment(struct vbd *v, struct slot *s, unsigned i)
{
    const struct blkif_request_segment *segment = &s->io.segments[i];
    uint16_t offset = (uint16_t)(segment->first_sect * BLOCK_SECTOR);
    uint16_t bytes = (uint16_t)((segment->last_sect - segment->first_sect + 1) * BLOCK_SECTOR);
    struct gnttab_copy *c = next_copy(v, s);

    memset(c, 0, sizeof(*c));
    c->len = bytes;
    if (s->io.kind == BLOCK_WRITE) {
        c->flags = GNTCOPY_source_gref;
        c->source.u.ref = segment->gref;
        c->source.domid = v->frontend;
        c->source.offset = offset;
        c->dest.u.gmfn = frame_of(v, s->pages[i]);
        c->dest.domid = DOMID_SELF;
    } else {
        c->flags = GNTCOPY_dest_gref;
        c->source.u.gmfn = frame_of(v, s->pages[i]);
        c->source.domid = DOMID_SELF;
        c->dest.u.ref = segment->gref;
        c->dest.domid = v->frontend;
        c->dest.offset = offset;
    }
}

static void copy_data(struct vbd *v, struct slot *s)
{
    for (unsigned i = 0; i < s->io.segment_count; i++)
        copy_segment(v, s, i);
}

/* The list of an indirect request: fetched into the first of its pages. */
static int fetch_segments(struct vbd *v, struct slot *s)
{
    struct gnttab_copy *c = next_copy(v, s);

    memset(c, 0, sizeof(*c));
    c->flags = GNTCOPY_source_gref;
    c->len = (uint16_t)(s->io.segment_count * sizeof(struct blkif_request_segment));
    c->source.u.ref = s->io.list;
    c->source.domid = v->frontend;
    c->dest.u.gmfn = frame_of(v, s->pages[0]);
    c->dest.domid = DOMID_SELF;
    run_copies(v);
    return s->status ? s->status : blkif_take_segments(&s->io, s->pages[0], &v->limits);
}

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

static void free_slot(struct vbd *v, struct slot *s)
{
    while (s->page_count)
        v->free_pages[v->free_page_count++] = s->pages[--s->page_count];
    s->next = v->free_slots;
    v->free_slots = s;
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

static void publish_answers(struct vbd *v)
{
    int notify;

    if (v->ring.rsp_prod_pvt == v->ring.sring->rsp_prod)
        return;
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&v->ring, notify);
    if (notify) {
        v->statistics.notifications++;
        pv_event_send(v->port);
    }
}

/* ---- the device ---- */

static void on_done(struct block_request *b, int error)
{
    struct slot *s = b->arg;
    struct vbd *v = s->vbd;

    s->status = error ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
    s->next = NULL;
    *v->done_end = s;
    v->done_end = &s->next;
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

        b->segments[i].machine = (uint64_t)frame_of(s->vbd, s->pages[i]) << PV_PAGE_SHIFT;
        b->segments[i].bytes = (segment->last_sect - segment->first_sect + 1) * BLOCK_SECTOR;
    }
    b->done = on_done;
    b->arg = s;
}

/* Hands a request to the device, or answers it. */
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
    answer(v, s);
    free_slot(v, s);
}

/* What the device is done with: data that was read goes to the front end, then the answers. */
static bool finish(struct vbd *v)
{
    bool on = pv_upcalls_disable();
    struct slot *list = v->done, *s;

    v->done = NULL;
    v->done_end = &v->done;
    pv_upcalls_restore(on);
    for (s = list; s; s = s->next) {
        if (s->status == BLKIF_RSP_OKAY && s->io.kind == BLOCK_READ)
            copy_data(v, s);
        if (s->status == BLKIF_RSP_OKAY) {
            v->statistics.sectors_read += s->io.kind == BLOCK_READ ? s->io.sectors : 0;
            v->statistics.sectors_written += s->io.kind == BLOCK_WRITE ? s->io.sectors : 0;
        }
    }
    run_copies(v);
    while ((s = list) != NULL) {
        list = s->next;
        v->in_flight--;
        answer(v, s);
        free_slot(v, s);
    }
    return v->in_flight == 0;
}

/* ---- the ring ---- */

/* Takes the next request, if there are a slot and pages for it. False: not now. */
static bool take_request(struct vbd *v, struct slot **batch, unsigned *count)
{
    struct slot *s = v->free_slots;
    struct blkif_request copy;

    if (!s)
        return false;
    RING_COPY_REQUEST(&v->ring, v->ring.req_cons, &copy);
    s->status = blkif_decode(&copy, &v->limits, &s->io);
    if (s->status == BLKIF_RSP_OKAY && !take_pages(v, s))
        return false;
    v->free_slots = s->next;
    v->ring.req_cons++;
    v->statistics.requests++;
    batch[(*count)++] = s;
    return true;
}

/* One batch: requests are taken, their data is fetched together, then they go. True: there was something. */
static bool take_batch(struct vbd *v)
{
    struct slot *batch[SLOTS];
    unsigned count = 0;
    RING_IDX prod = *(volatile RING_IDX *)&v->ring.sring->req_prod;

    xen_rmb();
    if (RING_REQUEST_PROD_OVERFLOW(&v->ring, prod)) {
        stop(v, "its ring says more requests than it has room for");
        return false;
    }
    while (v->ring.req_cons != prod && take_request(v, batch, &count))
        ;
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.indirect)
            batch[i]->status = fetch_segments(v, batch[i]);
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.kind == BLOCK_WRITE)
            copy_data(v, batch[i]);
    run_copies(v);
    for (unsigned i = 0; i < count; i++)
        submit(v, batch[i]);
    return count > 0;
}

/* True: requests are in the ring that could be taken now. Asks for a notification if there are none. */
static bool more_requests(struct vbd *v)
{
    int more;

    RING_FINAL_CHECK_FOR_REQUESTS(&v->ring, more);
    return more;
}

static void on_event(evtchn_port_t port, void *arg)
{
    struct vbd *v = arg;

    (void)port;
    v->kicked = true;
    pv_wake(&v->queue);
}

static void run(void *arg)
{
    struct vbd *v = arg;

    for (;;) {
        bool idle, busy = false;

        pv_yield();     /* neither requests nor notifications, however many, may starve the others */
        idle = finish(v);
        v->kicked = false;
        if (!v->closing && !v->stopped)
            busy = take_batch(v);
        publish_answers(v);
        if (v->closing && idle && !v->done)
            break;
        if (busy)
            continue;
        /* Requests that wait for pages are taken when some come back. */
        if (!v->closing && !v->stopped && v->in_flight == 0 && more_requests(v))
            continue;
        if (!v->closing && !v->stopped)
            more_requests(v);
        while (!v->kicked && !v->done && !(v->closing && v->in_flight == 0))
            pv_wait(&v->queue, UINT64_MAX);
    }
    v->ended = true;
    pv_wake(&v->queue);
}

/* ---- up and down ---- */

static int make_pool(struct vbd *v)
{
    v->pool = pv_region_alloc(PAGES * PAGE);
    if (!v->pool)
        return -ENOMEM;
    for (unsigned i = 0; i < PAGES; i++) {
        v->frames[i] = pv_virt_to_mfn(v->pool + i * PAGE);
        v->free_pages[v->free_page_count++] = v->pool + i * PAGE;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        v->slots[i].vbd = v;
        free_slot(v, &v->slots[i]);
    }
    return 0;
}

static int map_ring(struct vbd *v, const struct vbd_ring *ring)
{
    int err = 0, port;
    struct blkif_sring *sring = pv_grant_map(v->frontend, ring->refs, ring->pages, true, &err);

    if (!sring)
        return err ? err : -ENOMEM;
    v->ring_pages = ring->pages;
    BACK_RING_INIT(&v->ring, sring, ring->pages * PAGE);
    port = pv_event_bind_interdomain(v->frontend, ring->port, on_event, v);
    if (port < 0) {
        pv_grant_unmap(sring, ring->pages);
        v->ring.sring = NULL;
        return port;
    }
    v->port = (evtchn_port_t)port;
    return 0;
}

static void let_go(struct vbd *v)
{
    if (v->port)
        pv_event_close(v->port);
    if (v->ring.sring)
        pv_grant_unmap(v->ring.sring, v->ring_pages);
    if (v->pool)
        pv_region_free(v->pool, PAGES * PAGE);
    free(v);
}

int vbd_open(struct vbd **vbd, const char *name, domid_t frontend, const struct vbd_ring *ring, struct block_device *device,
             bool read_only, bool discard)
{
    struct vbd *v = calloc(1, sizeof(*v));
    int rc;

    if (!v)
        return -ENOMEM;
    snprintf(v->name, sizeof(v->name), "%s", name);
    v->frontend = frontend;
    v->device = device;
    v->limits = (struct blkif_limits){ device->sectors, read_only, discard && device->can_discard };
    v->done_end = &v->done;
    pv_waitq_init(&v->queue);
    rc = make_pool(v);
    if (rc == 0)
        rc = map_ring(v, ring);
    if (rc == 0 && !pv_thread_create(v->name, STACK_BYTES, run, v))
        rc = -ENOMEM;
    if (rc) {
        let_go(v);
        return rc;
    }
    *vbd = v;
    return 0;
}

void vbd_close(struct vbd *v)
{
    v->closing = true;
    pv_wake(&v->queue);
    while (!v->ended)
        pv_wait(&v->queue, UINT64_MAX);
    let_go(v);
}

bool vbd_stopped(const struct vbd *v)
{
    return v->stopped;
}

void vbd_statistics(const struct vbd *v, struct vbd_statistics *statistics)
{
    *statistics = v->statistics;
}
