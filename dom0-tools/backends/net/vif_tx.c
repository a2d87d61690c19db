/* vif_tx.c: packets from the guest: taken from the ring, fetched by one batch of grant copies, answered,
 * handed to the port. No wait is between the first and the last of this, so that the batch's memory is
 * everybody's. */
#include <string.h>

#include <xen/abi-barrier.h>
#include <pv/event.h>
#include <pv/time.h>

#include "../xenbus/copies.h"
#include "vif_private.h"

#define PACKETS 32u             /* of a turn */
#define BYTES   (256u * 1024u)  /* ... after which it takes no more packets */

static struct netif_tx batch[PACKETS];
static struct packet *packets[PACKETS];
static int16_t status[PACKETS];

/* ---- fetching ---- */

static void note_failure(void *owner)
{
    *(int16_t *)owner = NETIF_RSP_ERROR;
}

static struct copies copies = { .failed = note_failure };

/* The fragments of batch[i] fill the packet's pieces one after the other; both add up to its bytes. */
static void fetch(struct vif *v, unsigned i)
{
    const struct netif_tx *tx = &batch[i];
    const struct packet_piece *piece = packets[i]->pieces;
    unsigned filled = 0;

    for (unsigned k = 0; k < tx->fragment_count; k++) {
        const struct netif_fragment *f = &tx->fragments[k];

        for (unsigned done = 0; done < f->bytes;) {
            unsigned room = piece->bytes - filled;
            unsigned bytes = f->bytes - done < room ? f->bytes - done : room;

            copies_fetch(&copies, &status[i], v->config.domid, f->ref, f->offset + done,
                         piece->machine + filled, bytes);
            done += bytes;
            filled += bytes;
            if (filled == piece->bytes) {
                piece++;
                filled = 0;
            }
        }
    }
}

/* ---- the ring ---- */

/* Copies one packet's entries, of which `left` are published. Null, or why not. */
static const char *take_packet(struct vif_queue *q, struct netif_tx *tx, unsigned left)
{
    union netif_tx_sring_entry entry;
    RING_IDX cons = q->tx.req_cons;
    const char *why;

    RING_COPY_REQUEST(&q->tx, cons, &entry.req);
    why = netif_tx_first(tx, &entry.req);
    while (!why && netif_tx_wants(tx)) {
        if (tx->entries == left)
            return "a packet without its end";
        RING_COPY_REQUEST(&q->tx, cons + tx->entries, &entry.req);
        why = netif_tx_next(tx, &entry);
    }
    q->tx.req_cons = cons + tx->entries;
    return why;
}

/* Whether the rate allows a packet, which may be longer than what is left: later ones wait for it. */
static bool may_send(struct vif *v, uint64_t now, uint64_t *later)
{
    if (net_rate_take(&v->rate, 0, now))
        return true;
    *later = net_rate_when(&v->rate);
    return false;
}

static void prepare(struct vif *v, unsigned i)
{
    packets[i] = NULL;
    status[i] = NETIF_RSP_ERROR;
    if (!netif_tx_usable(&batch[i]))
        return;
    packets[i] = packet_alloc(batch[i].bytes);
    status[i] = packets[i] ? NETIF_RSP_OKAY : NETIF_RSP_DROPPED;
    if (packets[i])
        fetch(v, i);
}

static void answer(struct vif_queue *q, unsigned i)
{
    struct netif_tx_response answers[NETIF_CHAIN];

    netif_tx_answers(&batch[i], status[i], answers);
    for (unsigned k = 0; k < batch[i].entries; k++)
        *RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++) = answers[k];
}

static void publish(struct vif_queue *q)
{
    int notify;

    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
    if (notify) {
        q->vif->notifications++;
        pv_event_send(q->tx_port);
    }
}

static void hand_on(struct vif *v, unsigned i)
{
    struct packet *p = packets[i];

    if (status[i] == NETIF_RSP_OKAY && netif_tx_finish(&batch[i], p, v->port.mtu)) {
        net_receive(&v->port, p);
        return;
    }
    v->errors++;
    v->port.statistics.rx_drops++;
    if (p)
        packet_free(p);
}

bool vif_tx_turn(struct vif_queue *q, uint64_t *later)
{
    struct vif *v = q->vif;
    RING_IDX prod = *(volatile RING_IDX *)&q->tx.sring->req_prod;
    uint64_t now = v->rate.bytes ? pv_now_ns() : 0;
    const char *why = NULL;
    unsigned n = 0, bytes = 0;

    xen_rmb();
    if (RING_REQUEST_PROD_OVERFLOW(&q->tx, prod)) {
        vif_stop(v, "its ring says more requests than it has room for");
        return false;
    }
    while (n < PACKETS && bytes < BYTES && q->tx.req_cons != prod && may_send(v, now, later)) {
        why = take_packet(q, &batch[n], prod - q->tx.req_cons);
        if (why)
            break;
        net_rate_take(&v->rate, batch[n].bytes, now);
        bytes += batch[n].bytes;
        prepare(v, n++);
    }
    copies_run(&copies);
    for (unsigned i = 0; i < n; i++)
        answer(q, i);
    if (n)
        publish(q);
    for (unsigned i = 0; i < n; i++)
        hand_on(v, i);
    if (why)
        vif_stop(v, why);
    return n > 0;
}

bool vif_tx_arm(struct vif_queue *q)
{
    int more;

    RING_FINAL_CHECK_FOR_REQUESTS(&q->tx, more);
    return more;
}
