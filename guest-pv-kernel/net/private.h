/* private.h: a network frontend in three pieces: ring.c the rings, pages.c what is shared with the backend,
 * netfront.c follows the store; frames.c is what programs and the TCP/IP stack call. */
#ifndef PV_NET_PRIVATE_H
#define PV_NET_PRIVATE_H

#include <sys/queue.h>

#include <pv/netfront.h>
#include <pv/thread.h>

#include "net/ring.h"
#include "xenbus/frontend.h"

struct pv_netfront {
    LIST_ENTRY(pv_netfront) link;
    unsigned handle;
    struct pv_frontend fe;
    bool broken;                    /* it broke the protocol: nothing more is sent or taken */
    unsigned faults;                /* how often a backend broke the protocol */
    bool closing, ended;
    struct pv_waitq changed;        /* connected, disconnected, ended */
    struct pv_waitq activity;       /* frames have come, or were sent; a change */

    void *tx_page, *rx_page;
    grant_ref_t tx_ref, rx_ref;
    int tx_port, rx_port;           /* the same, if the backend has no two */
    struct nf_pages tx_pages, rx_pages;
    struct nf_tx tx;
    struct nf_rx rx;
    bool checksum4, checksum6;      /* the backend completes TCP checksums */

    uint8_t mac[6];
    char *address;                  /* `ip` of the configuration, or NULL */
    void (*on_link)(void *arg, bool up);
    void *arg;
};

/* ---- pages.c ---- */

/* Makes and grants rings and pages. 0, or a negative error, and then nothing is there. */
int pv_nf_share(struct pv_netfront *n);

/* Takes all back. Pages that the backend still has mapped are put aside, and freed when it has let go. */
void pv_nf_unshare(struct pv_netfront *n);

/* ---- netfront.c ---- */

/* As pv_netfront_open(), without waiting. on_link (may be NULL) is called in the frontend's thread. */
int pv_nf_start(unsigned handle, void (*on_link)(void *arg, bool up), void *arg, struct pv_netfront **net);

/* The backend broke the protocol: the rings are given up. */
void pv_nf_fault(struct pv_netfront *n);

/* ---- frames.c ---- */

/* Sends a frame made of pieces; blank: its checksum is to be completed. 0; -ENOBUFS no room now (`activity`
 * is woken when there is some); -ENOTCONN; -EMSGSIZE. Does not wait. */
struct pv_nf_piece { const void *at; size_t bytes; };
int pv_nf_output(struct pv_netfront *n, const struct pv_nf_piece *pieces, size_t count, bool blank);

/* The next frame: 1, or 0. The pages are to be released before anything waits. */
int pv_nf_take(struct pv_netfront *n, struct nf_frame *f);
void pv_nf_release(struct pv_netfront *n, const struct nf_frame *f);

/* Offers the released pages to the backend. */
void pv_nf_offer(struct pv_netfront *n);

#endif
