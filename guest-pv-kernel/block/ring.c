/* ring.c: the ring that a disk's frontend shares with the backend. Our indices are private; what the backend
 * writes is taken once and must answer something that was asked. What is not answered stays in `active`, in
 * the order in which it was asked. */
#include "block/private.h"

#include <errno.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/grant.h>

void pv_blk_ring_init(struct pv_blkfront *d)
{
    TAILQ_INIT(&d->free);
    TAILQ_INIT(&d->active);
    for (unsigned i = 0; i < SLOTS; i++)
        TAILQ_INSERT_TAIL(&d->free, &d->slots[i], link);
    d->waiting_end = &d->waiting;
}

/* ---- up and down ---- */

static void on_event(evtchn_port_t port, void *arg)
{
    struct pv_blkfront *d = arg;

    (void)port;
    d->kicked = true;
    pv_wake(&d->fe.watcher.waitq);
}

static void let_go(struct pv_blkfront *d)
{
    pv_grant_free_pages(d->ring.sring, 1u << d->ring_order, d->ring_refs, d->ring_granted);
    d->ring_granted = 0;
    d->ring.sring = NULL;
}

int pv_blk_ring_make(struct pv_blkfront *d, unsigned order)
{
    struct blkif_sring *sring;
    char *pages;
    int rc = 0;

    d->ring_order = order < RING_ORDER ? order : RING_ORDER;
    pages = pv_grant_kept() > PV_GRANT_KEPT_MOST ? NULL : pv_pages_alloc(1u << d->ring_order);
    if (!pages)
        return -ENOMEM;
    sring = (struct blkif_sring *)pages;
    XEN_FRONT_RING_INIT(&d->ring, sring, PV_PAGE_SIZE << d->ring_order);
    while (rc >= 0 && d->ring_granted < 1u << d->ring_order) {
        rc = pv_grant_access(d->fe.backend, pages + d->ring_granted * PV_PAGE_SIZE, false);
        if (rc >= 0)
            d->ring_refs[d->ring_granted++] = (grant_ref_t)rc;
    }
    if (rc >= 0)
        rc = pv_event_alloc_unbound(d->fe.backend, on_event, d);
    if (rc < 0) {
        let_go(d);
        return rc;
    }
    d->port = rc;
    return 0;
}

void pv_blk_ring_drop(struct pv_blkfront *d)
{
    struct slot *s;

    if (!d->ring.sring)
        return;
    pv_event_close((evtchn_port_t)d->port);
    d->port = 0;
    let_go(d);
    TAILQ_FOREACH(s, &d->active, link) {
        s->sent = false;
        pv_blk_ungrant(d, s);       /* the next backend may be another domain */
    }
    d->unsent = TAILQ_FIRST(&d->active);
}

void pv_blk_ring_free(struct pv_blkfront *d)
{
    pv_blk_ring_drop(d);
    while (d->list_count)
        pv_pages_free(d->lists[--d->list_count], 1);
}

/* ---- requests ---- */

/* What a part was made for may be more than this backend takes. */
static bool is_possible(const struct pv_blkfront *d, const struct slot *s)
{
    return s->segments <= d->features.segments;
}

static bool send(struct pv_blkfront *d, struct slot *s)
{
    struct blkif_request r;

    if (pv_blk_grant_again(d, s))
        return false;
    pv_blk_fill_request(d, s, &r);
    memcpy(RING_GET_REQUEST(&d->ring, d->ring.req_prod_pvt), &r, sizeof(r));
    d->ring.req_prod_pvt++;
    d->statistics.requests++;
    s->sent = true;
    return true;
}

static void publish(struct pv_blkfront *d)
{
    int notify;

    if (d->ring.req_prod_pvt == d->ring.sring->req_prod)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&d->ring, notify);
    if (notify) {
        d->statistics.notifications++;
        pv_event_send((evtchn_port_t)d->port);
    }
}

/* The next part that is to be sent; NULL if there is none, or no room for one. */
static struct slot *next_part(struct pv_blkfront *d)
{
    while (!d->unsent && pv_blk_make_part(d))
        continue;
    return d->unsent;
}

static bool nothing_is_sent(const struct pv_blkfront *d)
{
    return d->ring.req_prod_pvt == d->ring.rsp_cons;
}

void pv_blk_pump(struct pv_blkfront *d)
{
    struct slot *s;

    if (!d->fe.connected || d->pumping)
        return;
    d->pumping = true;          /* `done` may submit: that is taken here too */
    while (!RING_FULL(&d->ring) && (s = next_part(d)) != NULL) {
        if (is_possible(d, s) && !send(d, s) && !nothing_is_sent(d))
            break;              /* grants come back with the next answer */
        d->unsent = TAILQ_NEXT(s, link);
        if (!s->sent)
            pv_blk_end_part(d, s, -EIO);
    }
    d->pumping = false;
    publish(d);
}

/* ---- answers ---- */

static int error_of(int16_t status)
{
    return status == BLKIF_RSP_OKAY ? 0 : status == BLKIF_RSP_EOPNOTSUPP ? -ENOTSUP : -EIO;
}

static int take_answer(struct pv_blkfront *d)
{
    struct blkif_response r;
    struct slot *s;

    RING_COPY_RESPONSE(&d->ring, d->ring.rsp_cons, &r);
    if (r.id >= SLOTS || !d->slots[r.id].sent)
        return -EPROTO;
    d->ring.rsp_cons++;
    s = &d->slots[r.id];
    s->sent = false;
    pv_blk_end_part(d, s, error_of(r.status));
    return 0;
}

int pv_blk_take_answers(struct pv_blkfront *d)
{
    RING_IDX prod = *(volatile RING_IDX *)&d->ring.sring->rsp_prod;
    int more;

    xen_rmb();
    if (prod - d->ring.rsp_cons > d->ring.req_prod_pvt - d->ring.rsp_cons)
        return -EPROTO;         /* more answers than there were questions */
    while (d->ring.rsp_cons != prod)
        if (take_answer(d))
            return -EPROTO;
    pv_blk_pump(d);
    RING_FINAL_CHECK_FOR_RESPONSES(&d->ring, more);
    return more != 0;
}

void pv_blk_fail_all(struct pv_blkfront *d, int error)
{
    struct pv_blk_request *r;
    struct slot *s;

    d->unsent = NULL;
    r = d->waiting;
    d->waiting = NULL;
    d->waiting_end = &d->waiting;
    while (r) {
        struct pv_blk_request *next = r->next;

        r->issued = r->sectors;         /* no more parts will be made */
        r->error = r->error ? r->error : error;
        if (r->parts == 0)
            r->done(r, r->error);
        r = next;
    }
    while ((s = TAILQ_FIRST(&d->active)) != NULL) {
        s->sent = false;
        pv_blk_end_part(d, s, error);
    }
}
