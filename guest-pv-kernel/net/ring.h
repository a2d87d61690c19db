/*
 * ring.h: a network frontend's two rings. Pure: pages, grants and notifications are the caller's. The
 * backend's answers are copied out of the shared page once, then checked: an index, a number or a length that
 * cannot be is -EPROTO, and then the rings are to be given up. Frames to send are copied into pages that stay
 * granted, two frames a page; frames that come are read in place until they are released.
 */
#ifndef PV_NET_RING_H
#define PV_NET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/abi-barrier.h>
#include <xen/io/netif.h>

#define NF_PAGE 4096u
#define NF_SLOTS 256u                   /* of each ring */
#define NF_TX_BYTES 2048u               /* room for a frame to send */
#define NF_TX_PAGES (NF_SLOTS * NF_TX_BYTES / NF_PAGE)
#define NF_RX_PAGES NF_SLOTS
#define NF_ENTRIES 24u                  /* of a frame that comes: fragments and extra infos */
#define NF_FRAME_MAX 65535u

/* Pages that are granted to the backend, and by which references. */
struct nf_pages {
    unsigned count;
    void *page[NF_SLOTS];
    grant_ref_t ref[NF_SLOTS];
};

struct nf_tx {
    netif_tx_front_ring_t ring;
    const struct nf_pages *pages;
    uint16_t free[NF_SLOTS];            /* numbers of buffers */
    unsigned free_count;
    bool busy[NF_SLOTS];                /* the backend has it */
    uint64_t errors;                    /* frames that it refused */
};

struct nf_rx {
    netif_rx_front_ring_t ring;
    const struct nf_pages *pages;
    uint16_t at[NF_SLOTS];              /* which page was offered in a slot */
    /* frames that it could not deliver, or that were longer than NF_FRAME_MAX */
    uint64_t errors;
};

/* A frame that has come: its pieces, in pages that are ours until nf_rx_release(). */
struct nf_frame {
    unsigned bytes;
    bool verified;                      /* its checksum is right, or was never needed */
    unsigned piece_count;
    struct { const uint8_t *at; unsigned bytes; } pieces[NF_ENTRIES];
    unsigned page_count;
    uint16_t pages[NF_ENTRIES];
};

/* Start with zeroed ring pages. NF_TX_PAGES and NF_RX_PAGES pages. */
void nf_tx_init(struct nf_tx *t, void *ring_page, const struct nf_pages *pages);
void nf_rx_init(struct nf_rx *r, void *ring_page, const struct nf_pages *pages);

/* A buffer of NF_TX_BYTES to be filled, and its number; NULL: all are with the backend. It is sent by
 * nf_tx_send(), blank: with a checksum that is still to be completed. */
uint8_t *nf_tx_buffer(struct nf_tx *t, unsigned *number);
void nf_tx_send(struct nf_tx *t, unsigned number, unsigned bytes, bool blank);

/* Takes answers: how many, or -EPROTO. */
int nf_tx_reap(struct nf_tx *t);

/* Asks to be notified of the next answer. True: one has come meanwhile. */
bool nf_tx_ask(struct nf_tx *t);

/* The next frame: 1; 0 none (with ask: to be notified of the next); -EPROTO. */
int nf_rx_take(struct nf_rx *r, struct nf_frame *f, bool ask);
void nf_rx_release(struct nf_rx *r, const struct nf_frame *f);

/* Publish what was sent, or released. True: the backend wants to be notified. */
bool nf_tx_publish(struct nf_tx *t);
bool nf_rx_publish(struct nf_rx *r);

#endif
