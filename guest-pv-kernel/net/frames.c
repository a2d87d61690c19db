/* frames.c: frames out and in. */
#include "net/private.h"

#include <errno.h>
#include <string.h>
#include <pv/event.h>
#include <pv/time.h>

int pv_nf_output(struct pv_netfront *n, const struct pv_nf_piece *pieces, size_t count, bool blank)
{
    unsigned number, bytes = 0;
    uint8_t *buffer;
    size_t i;

    if (!n->fe.connected || n->broken)
        return -ENOTCONN;
    buffer = nf_tx_buffer(&n->tx, &number);
    if (!buffer || n->tx.free_count < NF_SLOTS / 4) {
        int rc = nf_tx_reap(&n->tx);

        if (rc < 0) {
            pv_nf_fault(n);
            return -ENOTCONN;
        }
        buffer = nf_tx_buffer(&n->tx, &number);
    }
    if (!buffer)
        return nf_tx_ask(&n->tx) ? pv_nf_output(n, pieces, count, blank) : -ENOBUFS;
    for (i = 0; i < count; i++) {
        if (pieces[i].bytes > NF_TX_BYTES - bytes)
            return -EMSGSIZE;
        memcpy(buffer + bytes, pieces[i].at, pieces[i].bytes);
        bytes += (unsigned)pieces[i].bytes;
    }
    nf_tx_send(&n->tx, number, bytes, blank);
    if (nf_tx_publish(&n->tx))
        pv_event_send((evtchn_port_t)n->tx_port);
    return 0;
}

int pv_nf_take(struct pv_netfront *n, struct nf_frame *f)
{
    int rc = n->fe.connected && !n->broken ? nf_rx_take(&n->rx, f, true) : 0;

    if (rc >= 0)
        return rc;
    pv_nf_fault(n);
    return 0;
}

void pv_nf_release(struct pv_netfront *n, const struct nf_frame *f)
{
    nf_rx_release(&n->rx, f);
}

void pv_nf_offer(struct pv_netfront *n)
{
    if (n->fe.connected && !n->broken && nf_rx_publish(&n->rx))
        pv_event_send((evtchn_port_t)n->rx_port);
}

/* ---- for programs ---- */

int pv_netfront_send(struct pv_netfront *n, const void *frame, size_t bytes)
{
    struct pv_nf_piece piece = { frame, bytes };
    int rc;

    if (bytes < 14 || bytes > 1514)
        return -EMSGSIZE;
    while ((rc = pv_nf_output(n, &piece, 1, false)) == -ENOBUFS)
        pv_wait(&n->activity, UINT64_MAX);
    return rc;
}

ssize_t pv_netfront_receive(struct pv_netfront *n, void *buf, size_t size, uint64_t deadline_ns)
{
    struct nf_frame f;
    size_t done = 0, part;
    unsigned i;

    while (pv_nf_take(n, &f) == 0)
        if (!pv_wait(&n->activity, deadline_ns) && pv_now_ns() >= deadline_ns)
            return -ETIMEDOUT;
    for (i = 0; i < f.piece_count; i++) {
        part = f.pieces[i].bytes < size - done ? f.pieces[i].bytes : size - done;
        memcpy((char *)buf + done, f.pieces[i].at, part);
        done += part;
    }
    pv_nf_release(n, &f);
    pv_nf_offer(n);
    return (ssize_t)done;
}

const uint8_t *pv_netfront_mac(const struct pv_netfront *n)
{
    return n->mac;
}

const char *pv_netfront_address(const struct pv_netfront *n)
{
    return n->address;
}
