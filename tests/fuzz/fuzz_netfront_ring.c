/* The kit's network rings against a backend that answers what it likes, also while it is read. A buffer is
 * never with the backend and with us at once, pieces of a frame lie within their pages, each page comes
 * back once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "net/ring.h"

static uint8_t ring_pages[2][NF_PAGE] __attribute__((aligned(NF_PAGE)));
static uint8_t (*data_pages)[NF_PAGE];
static struct nf_pages tx_pages, rx_pages;
static struct nf_tx tx;
static struct nf_rx rx;
static bool ours[NF_SLOTS];             /* transmit buffers that were handed to us and not sent */
static bool held[NF_SLOTS];             /* receive pages of a frame that was not released */

static void fill(struct nf_pages *p, unsigned first, unsigned count)
{
    p->count = count;
    for (unsigned i = 0; i < count; i++) {
        p->page[i] = data_pages[first + i];
        p->ref[i] = 8 + first + i;
    }
}

static void send(void)
{
    unsigned number, bytes = 14 + kit_byte() * 8 % 1500;
    uint8_t *buffer = nf_tx_buffer(&tx, &number);

    if (!buffer)
        return;
    if (number >= NF_SLOTS || ours[number])
        kit_wrong("buffer %u is given twice", number);
    memset(buffer, (int)bytes, NF_TX_BYTES);
    nf_tx_send(&tx, number, bytes, bytes & 1);
    if (bytes & 2)
        nf_tx_publish(&tx);
}

/* False: the backend was found out. */
static bool receive(void)
{
    struct nf_frame f;
    int rc = nf_rx_take(&rx, &f, kit_byte() & 1);
    unsigned bytes = 0;

    if (rc < 0)
        return rc == -EPROTO ? false : (kit_wrong("%d", rc), false);
    if (rc == 0)
        return true;
    for (unsigned i = 0; i < f.piece_count; i++) {
        uintptr_t at = (uintptr_t)f.pieces[i].at;

        if (f.pieces[i].bytes == 0 || at % NF_PAGE + f.pieces[i].bytes > NF_PAGE)
            kit_wrong("a piece of %u bytes leaves its page", f.pieces[i].bytes);
        for (unsigned k = 0; k < f.pieces[i].bytes; k++)
            bytes += f.pieces[i].at[k] >= 0;
    }
    if (bytes != f.bytes || f.bytes > NF_FRAME_MAX)
        kit_wrong("a frame of %u bytes has %u", f.bytes, bytes);
    for (unsigned i = 0; i < f.page_count; i++) {
        if (f.pages[i] >= NF_SLOTS || held[f.pages[i]])
            kit_wrong("page %u comes twice", f.pages[i]);
        held[f.pages[i]] = true;
    }
    for (unsigned i = 0; i < f.page_count; i++)
        held[f.pages[i]] = false;
    nf_rx_release(&rx, &f);
    nf_rx_publish(&rx);
    return true;
}

/* Answers that may be meant well; else bytes anywhere. */
static void backend(unsigned op)
{
    netif_tx_sring_t *t = (netif_tx_sring_t *)ring_pages[0];
    netif_rx_sring_t *r = (netif_rx_sring_t *)ring_pages[1];
    struct netif_rx_response answer;

    switch (op >> 4 & 3) {
    case 0:
        t->ring[t->rsp_prod % NF_SLOTS].rsp = (netif_tx_response_t){ t->ring[t->rsp_prod % NF_SLOTS].req.id,
                                                                     (int16_t)((kit_byte() & 3) - 2) };
        t->rsp_prod++;
        break;
    case 1:
    case 2:
        answer = (struct netif_rx_response){
            .id = r->ring[r->rsp_prod % NF_SLOTS].req.id, .offset = kit_byte() & 63,
            .flags = kit_byte() & 15, .status = (int16_t)(kit_u16() % 4100),
        };
        r->ring[r->rsp_prod++ % NF_SLOTS].rsp = answer;
        break;
    default:
        if (op & 64)
            ((uint32_t *)ring_pages[op >> 7])[kit_byte() & 3] += kit_byte();
        else
            ring_pages[op >> 7][kit_u16() % NF_PAGE] = kit_byte();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool good = true;

    kit_input(data, size);
    kit_start();
    if (!data_pages)
        data_pages = aligned_alloc(NF_PAGE, (NF_TX_PAGES + NF_RX_PAGES) * NF_PAGE);
    kit_share(ring_pages, sizeof(ring_pages));
    memset(ring_pages, 0, sizeof(ring_pages));
    memset(held, 0, sizeof(held));
    fill(&tx_pages, 0, NF_TX_PAGES);
    fill(&rx_pages, NF_TX_PAGES, NF_RX_PAGES);
    nf_tx_init(&tx, ring_pages[0], &tx_pages);
    nf_rx_init(&rx, ring_pages[1], &rx_pages);
    nf_rx_publish(&rx);
    while (good && kit_input_left()) {
        unsigned op = kit_byte();

        if (op % 8 == 0)
            send();
        else if (op % 8 < 4)
            backend(op);
        else if (op % 8 == 4)
            good = nf_tx_reap(&tx) >= 0;
        else if (op % 8 == 5)
            kit_spoil(kit_byte() % 16, kit_byte());
        else if (op % 8 == 6)
            nf_tx_ask(&tx);
        else
            good = receive();
    }
    kit_end();
    return 0;
}
