/* vbd.c: see vbd.h. A thread for each device moves requests: takes them from the ring, fetches what is to be
 * written, gives them to the device, delivers what was read, answers (vbd_requests.c). The device's callbacks
 * only queue. */
#include "vbd_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/time.h>

#define PAGE        4096u
#define STACK_BYTES (24u * 1024u)
#define USELESS     64u                 /* notifications without a request before the port is masked */
#define DEAF_NS     PV_NS_PER_MS        /* for so long */
#define LOOK_NS     (5 * PV_NS_PER_MS)  /* how often to look whether a front end has let go */
#define QUIET_NS    (100 * PV_NS_PER_MS)    /* without requests, until one that says so is believed */
#define LET_GO_NS   (10 * PV_NS_PER_SEC)    /* what any front end may take for it */

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

static bool is_idle(const struct vbd *v)
{
    return v->closing && v->in_flight == 0 && !v->done;
}

static void sleep_until_something(struct vbd *v)
{
    uint64_t wake_up = v->deaf ? pv_now_ns() + DEAF_NS : 0;

    while (v->deaf && wake_up && !v->done && !is_idle(v))
        if (!pv_wait(&v->queue, wake_up)) {
            hear_again(v);
            return;
        }
    while (!v->kicked && !v->done && !is_idle(v))
        pv_wait(&v->queue, UINT64_MAX);
}

/* Until it is shut and the disk has nothing of it any more. */
static void serve(struct vbd *v)
{
    while (!is_idle(v)) {
        enum vbd_batch batch = BATCH_NONE;

        pv_yield();     /* neither requests nor notifications, however many, may starve the others */
        v->kicked = false;
        vbd_take_done(v);
        vbd_answer_oldest(v);
        if (!v->closing && !v->stopped)
            batch = vbd_take_batch(v);
        vbd_answer_oldest(v);
        vbd_publish_answers(v);
        if (batch == BATCH_SOME)
            continue;
        /* Requests that wait for a slot or pages are taken when some come back: the disk has some then. */
        if (batch == BATCH_NONE && !v->closing && !v->stopped && vbd_more_requests(v))
            continue;
        sleep_until_something(v);
    }
}

/* Whether nobody misses the ring any more. Front ends close the port when they are through; some wait for us
 * to let go first, and say that they have closed while requests are still on their way into the ring. */
static bool may_let_go(const struct vbd *v, uint64_t since)
{
    uint64_t now = pv_now_ns();

    if (v->stopped || v->end == VBD_HAND_OVER || !pv_event_has_peer(v->port) || now - since > LET_GO_NS)
        return true;
    return v->end == VBD_CLOSE && now - v->answered_ns > QUIET_NS;
}

/* Requests that nobody answers would keep a front end from ever letting go of its disk. */
static void refuse_rest(struct vbd *v)
{
    uint64_t since = pv_now_ns();

    while (!may_let_go(v, since)) {
        vbd_refuse_all(v);
        if (!v->stopped && !vbd_more_requests(v))
            pv_wait(&v->queue, pv_now_ns() + LOOK_NS);
        pv_yield();
    }
}

static void tell(struct vbd *v)
{
    pv_wake(&v->queue);
    if (v->watcher)
        pv_wake(v->watcher);
}

static void run(void *arg)
{
    struct vbd *v = arg;

    serve(v);
    v->idle = true;
    tell(v);
    refuse_rest(v);
    v->ended = true;
    tell(v);
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

void vbd_shut(struct vbd *v, enum vbd_end end, struct pv_waitq *watcher)
{
    struct slot *s;

    STAILQ_FOREACH(s, &v->taken, link)
        s->block.hurry = true;
    v->closing = true;
    v->end = end;
    v->watcher = watcher;
    pv_wake(&v->queue);
}

bool vbd_is_idle(const struct vbd *v)
{
    return v->idle;
}

bool vbd_ended(const struct vbd *v)
{
    return v->ended;
}

void vbd_free(struct vbd *v)
{
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
