/*
 * Transports on the kit.
 *
 * A transport that was kicked by its client, or that has something to send, waits in one queue and is
 * served in turn, a bounded number of requests each time: a client that never stops asking gets its share
 * and no more.
 */
#include "transport.h"

#include "conn.h"
#include "ring.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/grant_table.h>
#include <pv/error.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/memory.h>

/* Requests of one client in one turn. */
#define TURN_REQUESTS 8u

enum mapping { MAPPED_NOT, MAPPED_FRAME, MAPPED_GRANT };

struct transport {
    TAILQ_ENTRY(transport) link;        /* in `ready`, when queued */
    struct transport *kick_next;        /* in `kicked`; upcalls off */
    bool kicked;                        /* upcalls off */
    bool queued;
    domid_t domid;
    evtchn_port_t port;
    enum mapping mapping;
    struct ring ring;
    struct conn *conn;
};

struct pv_waitq transport_work = PV_WAITQ_INIT;

static TAILQ_HEAD(, transport) ready = TAILQ_HEAD_INITIALIZER(ready);

/* Filled by the event handler, emptied by the thread. */
static struct transport *kicked;

static void on_event(evtchn_port_t port, void *arg)
{
    struct transport *t = arg;

    (void)port;
    if (!t->kicked) {
        t->kicked = true;
        t->kick_next = kicked;
        kicked = t;
    }
    pv_wake(&transport_work);
}

static void enqueue(struct transport *t)
{
    if (t->queued)
        return;
    t->queued = true;
    TAILQ_INSERT_TAIL(&ready, t, link);
}

static void collect_kicked(void)
{
    bool were_on = pv_upcalls_disable();
    struct transport *t = kicked, *next;

    kicked = NULL;
    for (; t; t = next) {
        next = t->kick_next;
        t->kicked = false;
        enqueue(t);
    }
    pv_upcalls_restore(were_on);
}

void transport_wake(struct conn *c)
{
    enqueue(c->transport);
}

static void *map_page(struct transport *t, xen_pfn_t mfn)
{
    grant_ref_t ref = GNTTAB_RESERVED_XENSTORE;
    void *page = pv_map_frames(t->domid, &mfn, 1, true, NULL);

    t->mapping = MAPPED_FRAME;
    if (!page) {
        page = pv_grant_map(t->domid, &ref, 1, true, NULL);
        t->mapping = MAPPED_GRANT;
    }
    if (!page)
        t->mapping = MAPPED_NOT;
    return page;
}

static void transport_free(struct transport *t)
{
    if (t->port)
        pv_event_close(t->port);
    collect_kicked();
    if (t->queued)
        TAILQ_REMOVE(&ready, t, link);
    if (t->conn)
        conn_close(t->conn);
    if (t->mapping == MAPPED_FRAME)
        pv_unmap(t->ring.page, 1);
    if (t->mapping == MAPPED_GRANT)
        pv_grant_unmap(t->ring.page, 1);
    free(t);
}

static int start(struct store *s, struct transport *t, void *page)
{
    ring_open(&t->ring, page);
    t->conn = conn_open(s, t->domid, t);
    if (!t->conn)
        return -ENOMEM;
    enqueue(t);
    return 0;
}

int transport_open(struct store *s, domid_t domid, uint64_t mfn, evtchn_port_t remote_port)
{
    struct transport *t = calloc(1, sizeof(*t));
    int rc;

    if (!t)
        return -ENOMEM;
    t->domid = domid;
    t->ring.page = map_page(t, mfn);
    if (!t->ring.page) {
        transport_free(t);
        return -EINVAL;
    }
    rc = pv_event_bind_interdomain(domid, remote_port, on_event, t);
    if (rc > 0) {
        t->port = (evtchn_port_t)rc;
        rc = start(s, t, t->ring.page);
    }
    if (rc < 0)
        transport_free(t);
    return rc;
}

int transport_open_local(struct store *s, void *page, evtchn_port_t *client_port)
{
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
    struct transport *t = calloc(1, sizeof(*t));
    int rc;

    if (!t)
        return -ENOMEM;
    t->domid = 0;
    rc = pv_event_alloc_unbound(DOMID_SELF, on_event, t);
    if (rc > 0) {
        t->port = (evtchn_port_t)rc;
        bind.remote_port = t->port;
        rc = pv_errno_from_xen(HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind));
    }
    if (rc == 0)
        rc = start(s, t, page);
    if (rc)
        transport_free(t);
    *client_port = bind.local_port;
    return rc;
}

void transport_close(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);

    if (d && d->conn)
        transport_free(d->conn->transport);
}

static enum ring_state serve(struct store *s, struct transport *t)
{
    const char *why;
    bool notify = false;
    enum ring_state state = ring_pump(&t->ring, t->conn, TURN_REQUESTS, &notify, &why);

    if (notify)
        pv_event_send(t->port);
    if (state == RING_BROKEN)
        store_log(s, "xenstore: domain %u: %s; its connection is stopped until the domain is gone", t->domid,
                  why);
    return state;
}

/* One round: whoever is ready now gets one turn; who becomes ready meanwhile, or has more, waits for the
 * next. A request may close other transports, so the round ends at a mark rather than at a remembered
 * element. */
enum transport_turn transport_run(struct store *s)
{
    struct transport mark = { .queued = true }, *t;
    bool starved = false;

    collect_kicked();
    TAILQ_INSERT_TAIL(&ready, &mark, link);
    while ((t = TAILQ_FIRST(&ready)) != &mark) {
        enum ring_state state;

        TAILQ_REMOVE(&ready, t, link);
        t->queued = false;
        state = serve(s, t);
        if (state == RING_MORE || state == RING_STARVED)
            enqueue(t);
        starved |= state == RING_STARVED;
    }
    TAILQ_REMOVE(&ready, &mark, link);
    if (!TAILQ_FIRST(&ready))
        return TRANSPORT_IDLE;
    return starved ? TRANSPORT_STARVED : TRANSPORT_BUSY;
}
