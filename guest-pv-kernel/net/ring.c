/* ring.c: a network frontend's rings: what is sent, what comes, and what a backend may not do. */
#include "net/ring.h"

#include <errno.h>

/* ---- sending ---- */

void nf_tx_init(struct nf_tx *t, void *ring_page, const struct nf_pages *pages)
{
    unsigned i;

    memset(t, 0, sizeof(*t));
    XEN_FRONT_RING_INIT(&t->ring, (netif_tx_sring_t *)ring_page, NF_PAGE);
    t->pages = pages;
    t->free_count = NF_SLOTS;
    for (i = 0; i < NF_SLOTS; i++)
        t->free[i] = (uint16_t)(NF_SLOTS - 1 - i);
}

static unsigned offset_of(unsigned number)
{
    return number % (NF_PAGE / NF_TX_BYTES) * NF_TX_BYTES;
}

uint8_t *nf_tx_buffer(struct nf_tx *t, unsigned *number)
{
    if (t->free_count == 0)
        return NULL;
    *number = t->free[t->free_count - 1];
    return (uint8_t *)t->pages->page[*number / (NF_PAGE / NF_TX_BYTES)] + offset_of(*number);
}

void nf_tx_send(struct nf_tx *t, unsigned number, unsigned bytes, bool blank)
{
    struct netif_tx_request *request = RING_GET_REQUEST(&t->ring, t->ring.req_prod_pvt);

    t->free_count--;                    /* it was the last one: nf_tx_buffer() */
    t->busy[number] = true;
    request->gref = t->pages->ref[number / (NF_PAGE / NF_TX_BYTES)];
    request->offset = (uint16_t)offset_of(number);
    request->flags = blank ? NETTXF_csum_blank | NETTXF_data_validated : 0;
    request->id = (uint16_t)number;
    request->size = (uint16_t)bytes;
    t->ring.req_prod_pvt++;
}

bool nf_tx_publish(struct nf_tx *t)
{
    bool notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&t->ring, notify);
    return notify;
}

int nf_tx_reap(struct nf_tx *t)
{
    RING_IDX produced = __atomic_load_n(&t->ring.sring->rsp_prod, __ATOMIC_ACQUIRE);
    RING_IDX news = produced - t->ring.rsp_cons;
    struct netif_tx_response answer;

    if (news > t->ring.req_prod_pvt - t->ring.rsp_cons)
        return -EPROTO;
    while (t->ring.rsp_cons != produced) {
        RING_COPY_RESPONSE(&t->ring, t->ring.rsp_cons, &answer);
        if (answer.id >= NF_SLOTS || !t->busy[answer.id])
            return -EPROTO;
        t->busy[answer.id] = false;
        t->free[t->free_count++] = answer.id;
        t->errors += answer.status != NETIF_RSP_OKAY;
        t->ring.rsp_cons++;
    }
    return (int)news;
}

bool nf_tx_ask(struct nf_tx *t)
{
    t->ring.sring->rsp_event = t->ring.rsp_cons + 1;
    xen_mb();
    return __atomic_load_n(&t->ring.sring->rsp_prod, __ATOMIC_ACQUIRE) != t->ring.rsp_cons;
}

/* ---- receiving ---- */

static void offer(struct nf_rx *r, unsigned page)
{
    struct netif_rx_request *request = RING_GET_REQUEST(&r->ring, r->ring.req_prod_pvt);

    request->id = (uint16_t)page;
    request->pad = 0;
    request->gref = r->pages->ref[page];
    r->at[r->ring.req_prod_pvt % NF_SLOTS] = (uint16_t)page;
    r->ring.req_prod_pvt++;
}

void nf_rx_init(struct nf_rx *r, void *ring_page, const struct nf_pages *pages)
{
    unsigned i;

    memset(r, 0, sizeof(*r));
    XEN_FRONT_RING_INIT(&r->ring, (netif_rx_sring_t *)ring_page, NF_PAGE);
    r->pages = pages;
    for (i = 0; i < NF_RX_PAGES; i++)
        offer(r, i);
}

bool nf_rx_publish(struct nf_rx *r)
{
    bool notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&r->ring, notify);
    return notify;
}

void nf_rx_release(struct nf_rx *r, const struct nf_frame *f)
{
    unsigned i;

    for (i = 0; i < f->page_count; i++)
        offer(r, f->pages[i]);
}

/* How a frame is read: entry by entry, until one says that it is the last. */
struct reading {
    RING_IDX next;
    bool more, extra;       /* what the last entry announced */
    bool bad;
};

/* A fragment. -EPROTO: it cannot be what we offered. */
static int take_fragment(struct nf_rx *r, struct nf_frame *f, struct reading *reading, unsigned page)
{
    struct netif_rx_response answer;
    bool first = f->page_count == 0;

    RING_COPY_RESPONSE(&r->ring, reading->next, &answer);
    if (answer.id != page || (answer.status > 0 && answer.offset + (unsigned)answer.status > NF_PAGE) ||
        (answer.flags & NETRXF_gso_prefix) || (!first && (answer.flags & NETRXF_extra_info)))
        return -EPROTO;
    reading->more = (answer.flags & NETRXF_more_data) != 0;
    reading->extra = (answer.flags & NETRXF_extra_info) != 0;
    if (first)
        f->verified = (answer.flags & (NETRXF_data_validated | NETRXF_csum_blank)) != 0;
    if (answer.status <= 0) {
        reading->bad = true;
        return 0;
    }
    f->pieces[f->piece_count].at = (const uint8_t *)r->pages->page[page] + answer.offset;
    f->pieces[f->piece_count].bytes = (unsigned)answer.status;
    f->piece_count++;
    f->bytes += (unsigned)answer.status;
    return 0;
}

/* An extra info takes a slot, whose page is not used. What it says (the size of segments, a hash) is of no
 * use to us. */
static void take_extra(struct nf_rx *r, struct reading *reading)
{
    struct netif_extra_info extra;

    XEN_RING_COPY_ONCE_(&extra, (struct netif_extra_info *)RING_GET_RESPONSE(&r->ring, reading->next));
    reading->extra = (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
}

/* Reads a whole frame from the entries before `produced`. 1; 0: its end has not come yet; -EPROTO. */
static int read_frame(struct nf_rx *r, struct nf_frame *f, struct reading *reading, RING_IDX produced)
{
    int rc = 0;

    memset(f, 0, sizeof(*f));
    *reading = (struct reading){ .next = r->ring.rsp_cons, .more = true };
    while (reading->extra || reading->more) {
        unsigned page = r->at[reading->next % NF_SLOTS];

        if (f->page_count == NF_ENTRIES)
            return -EPROTO;
        if (reading->next == produced)
            return 0;
        if (reading->extra)
            take_extra(r, reading);
        else
            rc = take_fragment(r, f, reading, page);
        if (rc != 0)
            return rc;
        f->pages[f->page_count++] = (uint16_t)page;
        reading->next++;
    }
    return 1;
}

static int take_once(struct nf_rx *r, struct nf_frame *f)
{
    RING_IDX produced = __atomic_load_n(&r->ring.sring->rsp_prod, __ATOMIC_ACQUIRE);
    struct reading reading;
    int rc;

    if (produced - r->ring.rsp_cons > r->ring.req_prod_pvt - r->ring.rsp_cons)
        return -EPROTO;
    while (r->ring.rsp_cons != produced) {
        rc = read_frame(r, f, &reading, produced);
        if (rc != 1)
            return rc;
        r->ring.rsp_cons = reading.next;
        if (!reading.bad && f->bytes <= NF_FRAME_MAX)
            return 1;
        r->errors++;
        nf_rx_release(r, f);
    }
    return 0;
}

int nf_rx_take(struct nf_rx *r, struct nf_frame *f, bool ask)
{
    int rc = take_once(r, f);
    RING_IDX seen;

    if (rc != 0 || !ask)
        return rc;
    seen = __atomic_load_n(&r->ring.sring->rsp_prod, __ATOMIC_ACQUIRE);
    r->ring.sring->rsp_event = seen + 1;
    xen_mb();
    return take_once(r, f);
}
