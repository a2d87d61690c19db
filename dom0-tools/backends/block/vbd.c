/* vbd.c: see vbd.h. A thread for each device moves requests: takes them from the ring, fetches what is to be
 * written, gives them to the device, delivers what was read, answers. The device's callbacks only queue.
 *
 * Answers are given in the order in which the requests were taken, so that the ring itself says what is not
 * answered: the requests from rsp_prod to req_prod, whose slots no answer has overwritten. A backend that is
 * started again begins there (docs/decisions.md). */
#include "vbd_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/time.h>

#define PAGE        4096u
#define STACK_BYTES (24u * 1024u)
#define USELESS     64u                 /* notifications without a request before the port is masked */
#define DEAF_NS     PV_NS_PER_MS        /* for so long */

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

/* The oldest requests, as far as they are finished: their slots are free then. */
static void answer_oldest(struct vbd *v)
{
    struct slot *s;

    while ((s = STAILQ_FIRST(&v->taken)) != NULL && s->finished && !v->abandoned) {
        STAILQ_REMOVE_HEAD(&v->taken, link);
        answer(v, s);
        STAILQ_INSERT_HEAD(&v->free, s, link);
    }
}

static void publish_answers(struct vbd *v)
{
    int notify;

    if (v->ring.rsp_prod_pvt == v->published)
        return;
    v->published = v->ring.rsp_prod_pvt;
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

/* What the device is done with: data that was read goes to the frontend. */
static void take_done(struct vbd *v)
{
    bool on = pv_upcalls_disable();
    struct slot *list = v->done, *s;

    v->done = NULL;
    v->done_end = &v->done;
    pv_upcalls_restore(on);
    for (s = list; s; s = s->next_done) {
        v->in_flight--;
        if (s->status != BLKIF_RSP_OKAY || v->abandoned)
            continue;
        v->statistics.sectors_read += s->io.kind == BLOCK_READ ? s->io.sectors : 0;
        v->statistics.sectors_written += s->io.kind == BLOCK_WRITE ? s->io.sectors : 0;
        if (s->io.kind == BLOCK_READ)
            vbd_copy_data(v, s);
    }
    vbd_run_copies(v);
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

enum batch { BATCH_NONE, BATCH_SOME, BATCH_NO_ROOM };

/* What the requests' memory holds: first the lists of segments, together, then what is to be written. */
static void fetch_all(struct vbd *v, struct slot **batch, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.indirect)
            vbd_fetch_list(v, batch[i]);
    vbd_run_copies(v);
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.indirect)
            batch[i]->status = vbd_take_list(v, batch[i]);
    for (unsigned i = 0; i < count; i++)
        if (batch[i]->status == BLKIF_RSP_OKAY && batch[i]->io.kind == BLOCK_WRITE)
            vbd_copy_data(v, batch[i]);
    vbd_run_copies(v);
}

/* One batch: requests are taken, their data is fetched together, then they go. */
static enum batch take_batch(struct vbd *v)
{
    struct slot *batch[SLOTS], *s = NULL;
    unsigned taken = 0;
    RING_IDX prod = *(volatile RING_IDX *)&v->ring.sring->req_prod;

    xen_rmb();
    if (RING_REQUEST_PROD_OVERFLOW(&v->ring, prod) || prod - v->ring.req_cons > RING_SIZE(&v->ring)) {
        stop(v, "its ring says more requests than it has room for");
        return BATCH_NONE;
    }
    if (v->ring.req_cons == prod)
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

/* True: requests are in the ring. Asks for a notification if there are none. */
static bool more_requests(struct vbd *v)
{
    int more;

    RING_FINAL_CHECK_FOR_REQUESTS(&v->ring, more);
    return more;
}

/* ---- the thread ---- */

/* A frontend that notifies for nothing costs us an interrupt each time: then it is heard once in a while. */
static void on_event(evtchn_port_t port, void *arg)
{
    struct vbd *v = arg;

    if (++v->useless > USELESS) {
        pv_event_mask(port);
        v->deaf = true;
    }
    v->kicked = true;
    pv_wake(&v->queue);
}

static void hear_again(struct vbd *v)
{
    if (!v->told)
        printf("enso: %s: its front end notifies without requests: it is heard once a millisecond\n",
               v->name);
    v->told = true;
    v->deaf = false;
    pv_event_unmask(v->port);
}

static bool is_ending(const struct vbd *v)
{
    return v->closing && v->in_flight == 0 && !v->done;
}

static void sleep_until_something(struct vbd *v)
{
    uint64_t wake_up = v->deaf ? pv_now_ns() + DEAF_NS : 0;

    while (v->deaf && wake_up && !v->done && !is_ending(v))
        if (!pv_wait(&v->queue, wake_up)) {
            hear_again(v);
            return;
        }
    while (!v->kicked && !v->done && !is_ending(v))
        pv_wait(&v->queue, UINT64_MAX);
}

static void run(void *arg)
{
    struct vbd *v = arg;

    while (!is_ending(v)) {
        enum batch batch = BATCH_NONE;

        pv_yield();     /* neither requests nor notifications, however many, may starve the others */
        v->kicked = false;
        take_done(v);
        answer_oldest(v);
        if (!v->closing && !v->stopped)
            batch = take_batch(v);
        answer_oldest(v);
        publish_answers(v);
        if (batch == BATCH_SOME)
            continue;
        /* Requests that wait for a slot or pages are taken when some come back: the disk has requests then. */
        if (batch == BATCH_NONE && !v->closing && !v->stopped && more_requests(v))
            continue;
        sleep_until_something(v);
    }
    v->ended = true;
    pv_wake(&v->queue);
    if (v->watcher)
        pv_wake(v->watcher);
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
    STAILQ_INIT(&v->free);
    STAILQ_INIT(&v->taken);
    for (unsigned i = 0; i < SLOTS; i++) {
        v->slots[i].vbd = v;
        STAILQ_INSERT_TAIL(&v->free, &v->slots[i], link);
    }
    return 0;
}

/* A ring that was in use goes on behind its last answer; a new one is at 0. */
static int map_ring(struct vbd *v, const struct vbd_ring *ring)
{
    int err = 0, port;
    struct blkif_sring *sring = pv_grant_map(v->frontend, ring->refs, ring->pages, true, &err);

    if (!sring)
        return err ? err : -ENOMEM;
    v->ring_pages = ring->pages;
    v->published = *(volatile RING_IDX *)&sring->rsp_prod;
    BACK_RING_ATTACH(&v->ring, sring, v->published, ring->pages * PAGE);
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

int vbd_open(struct vbd **vbd, const char *name, domid_t frontend, const struct vbd_ring *ring,
             struct block_device *device, bool read_only, bool discard)
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

void vbd_shut(struct vbd *v, bool answer, struct pv_waitq *watcher)
{
    v->closing = true;
    v->abandoned |= !answer;
    v->watcher = watcher;
    pv_wake(&v->queue);
}

bool vbd_ended(const struct vbd *v)
{
    return v->ended;
}

void vbd_free(struct vbd *v)
{
    let_go(v);
}

void vbd_close(struct vbd *v)
{
    vbd_shut(v, true, NULL);
    while (!v->ended)
        pv_wait(&v->queue, UINT64_MAX);
    let_go(v);
}

void vbd_resume_notify(struct vbd *v)
{
    pv_event_send(v->port);
}

bool vbd_stopped(const struct vbd *v)
{
    return v->stopped;
}

void vbd_statistics(const struct vbd *v, struct vbd_statistics *statistics)
{
    *statistics = v->statistics;
}
