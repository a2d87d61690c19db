/* vif.c: see vif.h. One thread for each connected interface does it all, in turns of bounded work; event
 * handlers only flag and wake, and mask their port until the thread has looked: a flood of notifications is
 * one a turn. */
#include "vif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/time.h>

#include "vif_private.h"

#define PAGE         4096u
#define STACK_BYTES  (24u * 1024u)
#define IDLE_WAKES   64u                    /* for nothing, in a row, before the thread takes its time */
#define IDLE_NS      (5 * PV_NS_PER_MS)
#define POLL_NS      (10 * PV_NS_PER_MS)    /* how often to look for pages from a guest that does not tell */

void vif_stop(struct vif *v, const char *why)
{
    if (v->stopped)
        return;
    printf("enso: vif %u of d%u: %s: the device is stopped\n", v->config.handle, v->config.domid, why);
    v->stopped = true;
    v->port.link = false;
    vif_drop_backlog(v);
}

/* ---- the thread ---- */

static void on_event(evtchn_port_t port, void *arg)
{
    struct vif *v = arg;

    pv_event_mask(port);
    v->kicked = true;
    pv_wake(&v->wait);
}

static void unmask(struct vif *v)
{
    for (unsigned i = 0; i < v->queue_count; i++) {
        struct vif_queue *q = &v->queues[i];

        pv_event_unmask(q->tx_port);
        if (q->rx_port != q->tx_port)
            pv_event_unmask(q->rx_port);
    }
}

static bool turn(struct vif *v, uint64_t *later)
{
    bool busy = false;

    for (unsigned i = 0; i < v->queue_count && !v->stopped; i++)
        busy |= vif_rx_turn(&v->queues[i]);
    for (unsigned i = 0; i < v->queue_count && !v->stopped; i++)
        busy |= vif_tx_turn(&v->queues[i], later);
    return busy;
}

static unsigned waiting(const struct vif *v)
{
    unsigned n = 0;

    for (unsigned i = 0; i < v->queue_count; i++)
        n += v->queues[i].waiting;
    return n;
}

/* Asks for notifications. True: something came meanwhile. Requests that the rate forbids are not asked
 * for. */
static bool arm(struct vif *v, bool limited)
{
    bool more = false;

    for (unsigned i = 0; i < v->queue_count; i++) {
        more |= vif_rx_arm(&v->queues[i]);
        more |= !limited && vif_tx_arm(&v->queues[i]);
    }
    return more;
}

/* Until there is something to do: a notification, a frame from the networks, the time at which the rate
 * allows more, the end. */
static void sleep_until(struct vif *v, uint64_t later)
{
    unsigned before = waiting(v);
    uint64_t deadline = later;

    if (before && !v->rx_notify && pv_now_ns() + POLL_NS < deadline)
        deadline = pv_now_ns() + POLL_NS;
    while (!v->kicked && !v->closing && waiting(v) == before)
        if (!pv_wait(&v->wait, deadline))
            break;
}

/* Somebody rings and has nothing to say: not at once again. */
static void slow_down(struct vif *v)
{
    uint64_t until = pv_now_ns() + IDLE_NS;

    while (!v->closing && pv_now_ns() < until)
        if (!pv_wait(&v->wait, until))
            break;
}

static void serve(struct vif *v)
{
    while (!v->closing && !v->stopped) {
        uint64_t later = UINT64_MAX;
        bool rung = v->kicked;

        pv_yield();     /* neither packets nor notifications, however many, may starve the others */
        v->kicked = false;
        if (turn(v, &later)) {
            v->idle = 0;
            continue;
        }
        if (v->stopped || (later == UINT64_MAX && arm(v, false)) || (later != UINT64_MAX && arm(v, true)))
            continue;
        if (rung && ++v->idle > IDLE_WAKES)
            slow_down(v);
        unmask(v);
        sleep_until(v, later);
    }
}

static void run(void *arg)
{
    struct vif *v = arg;

    serve(v);
    while (!v->closing)
        pv_wait(&v->wait, UINT64_MAX);
    v->running = false;
    pv_wake(&v->wait);
}

/* ---- rings ---- */

static void *map_ring(struct vif *v, grant_ref_t ref, int *err)
{
    void *ring = pv_grant_map(v->config.domid, &ref, 1, true, err);

    if (!ring && *err == 0)
        *err = -ENOMEM;
    return ring;
}

static int bind(struct vif *v, evtchn_port_t remote, evtchn_port_t *port)
{
    int rc = pv_event_bind_interdomain(v->config.domid, remote, on_event, v);

    if (rc < 0)
        return rc;
    *port = (evtchn_port_t)rc;
    return 0;
}

static int open_queue(struct vif_queue *q, grant_ref_t tx, grant_ref_t rx, evtchn_port_t tx_port,
                      evtchn_port_t rx_port)
{
    struct vif *v = q->vif;
    int rc = 0;
    void *ring = map_ring(v, tx, &rc);

    if (!ring)
        return rc;
    BACK_RING_INIT(&q->tx, (struct netif_tx_sring *)ring, PAGE);
    ring = map_ring(v, rx, &rc);
    if (!ring)
        return rc;
    BACK_RING_INIT(&q->rx, (struct netif_rx_sring *)ring, PAGE);
    rc = bind(v, tx_port, &q->tx_port);
    if (rc == 0 && rx_port == tx_port)
        q->rx_port = q->tx_port;
    else if (rc == 0)
        rc = bind(v, rx_port, &q->rx_port);
    return rc;
}

static void close_queue(struct vif_queue *q)
{
    if (q->rx_port && q->rx_port != q->tx_port)
        pv_event_close(q->rx_port);
    if (q->tx_port)
        pv_event_close(q->tx_port);
    if (q->rx.sring)
        pv_grant_unmap(q->rx.sring, 1);
    if (q->tx.sring)
        pv_grant_unmap(q->tx.sring, 1);
}

static void let_go(struct vif *v)
{
    vif_drop_backlog(v);
    for (unsigned i = 0; i < v->queue_count; i++)
        close_queue(&v->queues[i]);
    free(v->queues);
    v->queues = NULL;
    v->queue_count = 0;
}

static int open_queues(struct vif *v, const struct vif_frontend *f)
{
    int rc = 0;

    v->queues = calloc(f->queues, sizeof(*v->queues));
    if (!v->queues)
        return -ENOMEM;
    v->queue_count = f->queues;
    for (unsigned i = 0; i < f->queues; i++)
        v->queues[i].vif = v;
    for (unsigned i = 0; i < f->queues && rc == 0; i++)
        rc = open_queue(&v->queues[i], f->queue[i].tx, f->queue[i].rx, f->queue[i].tx_port,
                        f->queue[i].rx_port);
    return rc;
}

int vif_connect(struct vif *v, const struct vif_frontend *f)
{
    int rc;

    v->closing = v->stopped = false;
    v->kicked = true;
    v->idle = 0;
    v->checksum6 = f->wishes.checksum6;
    v->rx_notify = f->rx_notify;
    net_rate_init(&v->rate, v->config.rate_bytes, v->config.rate_us, pv_now_ns());
    rc = open_queues(v, f);
    if (rc == 0) {
        v->running = true;
        if (!pv_thread_create(v->config.name, STACK_BYTES, run, v))
            rc = -ENOMEM;
    }
    if (rc) {
        v->running = false;
        let_go(v);
        return rc;
    }
    v->port.accepts = netif_accepts(&f->wishes);
    v->port.link = true;
    return 0;
}

void vif_disconnect(struct vif *v)
{
    if (!v->queues)
        return;
    v->port.link = false;
    v->closing = true;
    pv_wake(&v->wait);
    while (v->running)
        pv_wait(&v->wait, UINT64_MAX);
    let_go(v);
}

/* ---- the interface ---- */

static bool mac_is_taken(const uint8_t *mac)
{
    for (const struct net_port *port = net_next(NULL); port; port = net_next(port))
        if (memcmp(port->mac, mac, NET_MAC) == 0)
            return true;
    return false;
}

int vif_create(struct vif **vif, const struct vif_config *config)
{
    struct vif *v;
    int rc;

    if (mac_is_taken(config->policy.mac))
        return -EADDRINUSE;
    v = calloc(1, sizeof(*v));
    if (!v)
        return -ENOMEM;
    v->config = *config;
    pv_waitq_init(&v->wait);
    strcpy(v->port.name, config->name);
    memcpy(v->port.mac, config->policy.mac, NET_MAC);
    v->port.mtu = config->mtu;
    v->port.policy = config->policy;
    v->port.deliver = vif_deliver;
    v->port.owner = v;
    rc = net_share_open(&v->share, VIF_PAGES);
    if (rc == 0 && (rc = net_register(&v->port)) != 0)
        net_share_close(&v->share);
    if (rc) {
        free(v);
        return rc;
    }
    *vif = v;
    return 0;
}

void vif_destroy(struct vif *v)
{
    net_detach(&v->port);
    net_unregister(&v->port);
    net_share_close(&v->share);
    free(v);
}

struct net_port *vif_port(struct vif *v)
{
    return &v->port;
}

bool vif_is_connected(const struct vif *v)
{
    return v->queues != NULL;
}

bool vif_stopped(const struct vif *v)
{
    return v->stopped;
}

void vif_statistics(const struct vif *v, struct vif_statistics *s)
{
    *s = (struct vif_statistics){ v->port.statistics, v->errors, v->notifications, v->queue_count,
                                  v->stopped };
}
