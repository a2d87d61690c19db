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
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>

/* Requests of one client in one turn. */
#define TURN_REQUESTS 8u

/* A client that rings that often in a row without having anything for us is not listened to for a while:
 * each ring costs us an upcall. */
#define IDLE_KICKS    16u
#define REST_NS       (10 * PV_NS_PER_MS)

/* How long to wait for memory. */
#define RETRY_NS      (10 * PV_NS_PER_MS)

enum mapping { MAPPED_NOT, MAPPED_FRAME, MAPPED_GRANT };

struct transport {
    TAILQ_ENTRY(transport) link;        /* in `ready`, when queued */
    struct transport *kick_next;        /* in `kicked`; upcalls off */
    bool kicked;                        /* upcalls off */
    bool queued;
    bool rang;                          /* its client has kicked since its last turn */
    bool resting;                       /* in `resting`: its port is masked */
    unsigned int idle_kicks;
    uint64_t rest_until;
    TAILQ_ENTRY(transport) rest_link;
    domid_t domid;
    evtchn_port_t port;
    enum mapping mapping;
    struct ring ring;
    struct conn *conn;
};

struct pv_waitq transport_work = PV_WAITQ_INIT;

static TAILQ_HEAD(, transport) ready = TAILQ_HEAD_INITIALIZER(ready);
static TAILQ_HEAD(, transport) resting = TAILQ_HEAD_INITIALIZER(resting);

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
        t->rang = true;
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
    if (t->resting)
        TAILQ_REMOVE(&resting, t, rest_link);
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

int transport_open_local(struct store *s, void *page)
{
    struct transport *t = calloc(1, sizeof(*t));
    int rc;

    if (!t)
        return -ENOMEM;
    t->domid = 0;
    rc = pv_event_alloc_unbound(DOMID_SELF, on_event, t);
    if (rc > 0) {
        t->port = (evtchn_port_t)rc;
        rc = start(s, t, page);
    }
    if (rc) {
        transport_free(t);
        return rc;
    }
    return (int)t->port;
}

void transport_close(struct store *s, domid_t domid)
{
    struct domain *d = domain_find(&s->domains, domid);

    if (d && d->conn)
        transport_free(d->conn->transport);
}

static void rest(struct transport *t, uint64_t now)
{
    t->resting = true;
    t->rest_until = now + REST_NS;
    TAILQ_INSERT_TAIL(&resting, t, rest_link);
    pv_event_mask(t->port);
}

/* Listens again to those that have rested; what they said meanwhile kicks at once. */
static void wake_rested(uint64_t now)
{
    struct transport *t;

    while ((t = TAILQ_FIRST(&resting)) != NULL && t->rest_until <= now) {
        TAILQ_REMOVE(&resting, t, rest_link);
        t->resting = false;
        pv_event_unmask(t->port);
    }
}

static enum ring_state serve(struct store *s, struct transport *t, uint64_t now)
{
    const char *why;
    bool notify = false, rang = t->rang;
    enum ring_state state = ring_pump(&t->ring, t->conn, TURN_REQUESTS, &notify, &why);

    t->rang = false;
    if (notify) {
        t->idle_kicks = 0;
        pv_event_send(t->port);
    } else if (rang && t->domid != 0 && ++t->idle_kicks > IDLE_KICKS && !t->resting) {
        rest(t, now);
    }
    if (state == RING_BROKEN)
        store_log(s, "xenstore: domain %u: %s; its connection is stopped until the domain is gone", t->domid,
                  why);
    return state;
}

/* One round: whoever is ready now gets one turn; who becomes ready meanwhile, or has more, waits for the
 * next. A request may close other transports, so the round ends at a mark rather than at a remembered
 * element. */
uint64_t transport_run(struct store *s)
{
    struct transport mark = { .queued = true }, *t;
    uint64_t now = pv_now_ns();
    bool starved = false;

    wake_rested(now);
    collect_kicked();
    TAILQ_INSERT_TAIL(&ready, &mark, link);
    while ((t = TAILQ_FIRST(&ready)) != &mark) {
        enum ring_state state;

        TAILQ_REMOVE(&ready, t, link);
        t->queued = false;
        state = serve(s, t, now);
        if (state == RING_MORE || state == RING_STARVED)
            enqueue(t);
        starved |= state == RING_STARVED;
    }
    TAILQ_REMOVE(&ready, &mark, link);
    if (TAILQ_FIRST(&ready))
        return starved ? now + RETRY_NS : 0;
    return TAILQ_FIRST(&resting) ? TAILQ_FIRST(&resting)->rest_until : UINT64_MAX;
}
