/* vif_rx.c: frames to the guest: they wait in a bounded backlog for pages that the guest offers, and are
 * copied there by one batch of grant copies. */
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/time.h>

#include "../xenbus/copies.h"
#include "vif_private.h"

#define FRAMES  32u                     /* of a turn */
#define ENTRIES 128u                    /* of the ring, in a turn */
#define CROWD        8u                 /* frames that wait, from which on short ones are kept compact */
#define STALE_NS     (10 * PV_NS_PER_SEC)       /* a guest that takes nothing for so long has gone away */

/* A turn: which frames, in which entries. Nothing waits while these are in use. */
static struct packet *frames[FRAMES];
static unsigned first_entry[FRAMES];
static bool failed[FRAMES];
static struct netif_rx_request requests[ENTRIES];
static unsigned frame_count, entry_count;

/* ---- the backlog ---- */

static struct packet *take_first(struct vif_queue *q)
{
    struct packet *p = q->backlog[q->first];

    q->first = (q->first + 1) % VIF_BACKLOG;
    q->waiting--;
    net_share_give(&q->vif->share, p);
    return p;
}

static void drop_waiting(struct vif_queue *q)
{
    while (q->waiting) {
        packet_free(take_first(q));
        q->vif->port.statistics.tx_drops++;
    }
}

void vif_drop_backlog(struct vif *v)
{
    for (unsigned i = 0; i < v->queue_count; i++)
        drop_waiting(&v->queues[i]);
}

static struct packet *suit(struct vif *v, struct packet *p)
{
    if (p->checksum != PACKET_BLANK || p->gso != PACKET_WHOLE || v->checksum6 || !netif_is_ip6(p))
        return p;
    p = packet_own(p);
    if (p)
        packet_complete_checksum(p);
    return p;
}

void vif_deliver(struct net_port *port, struct packet *p)
{
    struct vif *v = port->owner;
    struct vif_queue *q = &v->queues[v->queue_count > 1 ? netif_hash(p) % v->queue_count : 0];
    uint64_t now = pv_now_ns();

    if (v->share.held == 0)
        v->moved_ns = now;
    else if (now - v->moved_ns > STALE_NS)
        vif_drop_backlog(v);
    p = suit(v, p);
    if (p && q->waiting >= CROWD)
        p = packet_compact(p);
    if (!p || q->waiting == VIF_BACKLOG || !net_share_take(&v->share, p)) {
        port->statistics.tx_drops++;
        if (p)
            packet_free(p);
        return;
    }
    q->backlog[(q->first + q->waiting++) % VIF_BACKLOG] = p;
    pv_wake(&v->wait);
}

/* ---- copies ---- */

static void note_failure(void *owner)
{
    *(bool *)owner = true;
}

static struct copies copies = { .failed = note_failure };

/* A frame's bytes fill the pages of its entries from their beginning; the second entry may be an extra info,
 * whose page stays empty. */
static void send_frame(struct vif *v, unsigned i)
{
    const struct packet *p = frames[i];
    unsigned entry = first_entry[i], at = 0;

    for (unsigned k = 0; k < p->piece_count; k++) {
        const struct packet_piece *piece = &p->pieces[k];

        for (unsigned done = 0; done < piece->bytes;) {
            unsigned bytes = piece->bytes - done < NETIF_PAGE - at ? piece->bytes - done : NETIF_PAGE - at;

            copies_deliver(&copies, &failed[i], v->config.domid, requests[entry].gref, at,
                           piece->machine + done, bytes);
            done += bytes;
            at += bytes;
            if (at == NETIF_PAGE) {
                entry += entry == first_entry[i] && p->gso != PACKET_WHOLE ? 2 : 1;
                at = 0;
            }
        }
    }
}

/* ---- the ring ---- */

/* Takes the first waiting frame and the entries for it, if the guest has offered enough. */
static bool take_frame(struct vif_queue *q, RING_IDX prod)
{
    unsigned entries;

    if (q->waiting == 0 || frame_count == FRAMES)
        return false;
    entries = netif_rx_entries(q->backlog[q->first]);
    if (entries > prod - q->rx.req_cons || entries > ENTRIES - entry_count)
        return false;
    for (unsigned k = 0; k < entries; k++)
        RING_COPY_REQUEST(&q->rx, q->rx.req_cons + k, &requests[entry_count + k]);
    q->rx.req_cons += entries;
    frames[frame_count] = take_first(q);
    first_entry[frame_count] = entry_count;
    failed[frame_count] = false;
    send_frame(q->vif, frame_count++);
    entry_count += entries;
    return true;
}

static void answer(struct vif_queue *q, unsigned i)
{
    union netif_rx_sring_entry answers[PACKET_PIECES + 1];
    uint16_t ids[PACKET_PIECES + 1];
    unsigned entries = netif_rx_entries(frames[i]);

    for (unsigned k = 0; k < entries; k++)
        ids[k] = requests[first_entry[i] + k].id;
    netif_rx_answers(frames[i], ids, failed[i], answers);
    for (unsigned k = 0; k < entries; k++)
        *RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++) = answers[k].rsp;
    if (failed[i]) {
        q->vif->errors++;
        q->vif->port.statistics.tx_drops++;
    }
    packet_free(frames[i]);
}

static void publish(struct vif_queue *q)
{
    int notify;

    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
    if (notify) {
        q->vif->notifications++;
        pv_event_send(q->rx_port);
    }
}

bool vif_rx_turn(struct vif_queue *q)
{
    RING_IDX prod = *(volatile RING_IDX *)&q->rx.sring->req_prod;

    xen_rmb();
    if (RING_REQUEST_PROD_OVERFLOW(&q->rx, prod)) {
        vif_stop(q->vif, "its ring offers more pages than it has room for");
        return false;
    }
    frame_count = entry_count = 0;
    while (take_frame(q, prod))
        ;
    if (frame_count == 0)
        return false;
    copies_run(&copies);
    q->vif->moved_ns = pv_now_ns();
    for (unsigned i = 0; i < frame_count; i++)
        answer(q, i);
    publish(q);
    return true;
}

/* While nothing waits, what the guest offers is of no interest. */
bool vif_rx_arm(struct vif_queue *q)
{
    RING_IDX prod = *(volatile RING_IDX *)&q->rx.sring->req_prod;

    if (q->waiting == 0)
        return false;
    q->rx.sring->req_event = prod + 1;
    xen_mb();
    prod = *(volatile RING_IDX *)&q->rx.sring->req_prod;
    return prod - q->rx.req_cons >= netif_rx_entries(q->backlog[q->first]);
}
