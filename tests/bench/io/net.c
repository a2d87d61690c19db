/* net.c: see net.h. The kit's frontend finds the backend and shares rings and pages with it; the transmit
 * ring and its pages are used here without its copies. */
#include "net.h"

#include <stdio.h>
#include <string.h>

#include <pv/error.h>
#include <pv/event.h>
#include <pv/memory.h>
#include <pv/time.h>

#include "net/private.h"

#define WAIT_NS     (20 * PV_NS_PER_SEC)
#define DATA_PAGES  112u                /* of NF_TX_PAGES; the others are for messages */
#define LARGE_PAGES (NET_LARGE / PV_PAGE_SIZE)
#define LARGE_SLOTS (1 + 1 + LARGE_PAGES)       /* headers, extra info, payload */

uint64_t net_errors;

static struct pv_netfront *front;
static uint8_t peer[6];
static unsigned prepared, next_page, next_message;      /* bytes of a frame, 0: large ones; pages */

/* ---- headers ---- */

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static unsigned sum16(const uint8_t *p, unsigned bytes)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < bytes; i += 2)
        sum += get16(p + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* The headers of a frame whose packet has so many bytes; the checksum's field holds the sum of the pseudo
 * header. */
static void make_headers(uint8_t *frame, const uint8_t to[6], unsigned bytes, unsigned port, bool tcp)
{
    static const uint8_t ip[20] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 0, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2 };
    uint8_t *at = frame + 14, *next = at + 20, pseudo[12] = { 10, 77, 0, 1, 10, 77, 0, 2, 0, tcp ? 6 : 17 };

    memcpy(frame, to, 6);
    memcpy(frame + 6, pv_netfront_mac(front), 6);
    put16(frame + 12, 0x0800);
    memcpy(at, ip, sizeof(ip));
    put16(at + 2, bytes);
    at[9] = pseudo[9];
    put16(at + 10, ~sum16(at, sizeof(ip)) & 0xffff);
    put16(pseudo + 10, bytes - 20);
    memset(next, 0, 20);
    put16(next, port);
    put16(next + 2, port);
    if (tcp) {
        next[12] = 5 << 4;
        next[13] = 0x10;        /* ACK */
        put16(next + 14, 0xffff);
    } else {
        put16(next + 4, bytes - 20);
    }
    put16(next + (tcp ? 16 : 6), sum16(pseudo, sizeof(pseudo)));
}

void net_prepare(unsigned bytes, unsigned port)
{
    prepared = bytes ? 14 + bytes : 0;
    next_page = 0;
    for (unsigned i = 0; i < DATA_PAGES; i++) {
        memset(front->tx_pages.page[i], 'a' + (int)(i % 26), PV_PAGE_SIZE);
        if (bytes)
            make_headers(front->tx_pages.page[i], peer, bytes, port, false);
        else if (i % (1 + LARGE_PAGES) == 0)
            make_headers(front->tx_pages.page[i], peer, 40 + NET_LARGE, port, true);
    }
}

/* ---- the transmit ring ---- */

static void take_answers(void)
{
    netif_tx_front_ring_t *ring = &front->tx.ring;
    RING_IDX produced = __atomic_load_n(&ring->sring->rsp_prod, __ATOMIC_ACQUIRE);

    for (; ring->rsp_cons != produced; ring->rsp_cons++)
        net_errors += RING_GET_RESPONSE(ring, ring->rsp_cons)->status < NETIF_RSP_OKAY;
}

static void wait_for_room(unsigned slots)
{
    netif_tx_front_ring_t *ring = &front->tx.ring;

    for (take_answers(); RING_FREE_REQUESTS(ring) < slots; take_answers()) {
        ring->sring->rsp_event = ring->rsp_cons + 1;
        xen_mb();
        if (__atomic_load_n(&ring->sring->rsp_prod, __ATOMIC_ACQUIRE) == ring->rsp_cons && !net_wait()) {
            net_errors++;
            return;
        }
    }
}

static void put_request(unsigned page, unsigned bytes, unsigned flags)
{
    netif_tx_front_ring_t *ring = &front->tx.ring;
    RING_IDX at = ring->req_prod_pvt++;

    *RING_GET_REQUEST(ring, at) = (struct netif_tx_request){
        .gref = front->tx_pages.ref[page], .flags = (uint16_t)flags, .id = (uint16_t)(at % NF_SLOTS),
        .size = (uint16_t)bytes,
    };
}

/* The first request has the length of the whole. */
static void put_large(unsigned first)
{
    netif_tx_front_ring_t *ring = &front->tx.ring;
    struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

    extra.u.gso.size = NET_SEGMENT;
    extra.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    put_request(first, NET_HEADERS_TCP + NET_LARGE,
                NETTXF_csum_blank | NETTXF_data_validated | NETTXF_extra_info | NETTXF_more_data);
    memcpy(RING_GET_REQUEST(ring, ring->req_prod_pvt++), &extra, sizeof(extra));
    for (unsigned i = 1; i <= LARGE_PAGES; i++)
        put_request(first + i, PV_PAGE_SIZE, i < LARGE_PAGES ? NETTXF_more_data : 0);
}

static void publish(void)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front->tx.ring, notify);
    if (notify)
        pv_event_send((evtchn_port_t)front->tx_port);
}

void net_send(void)
{
    wait_for_room(prepared ? 1 : LARGE_SLOTS);
    if (prepared)
        put_request(next_page, prepared, NETTXF_csum_blank | NETTXF_data_validated);
    else
        put_large(next_page);
    next_page = (next_page + (prepared ? 1 : 1 + LARGE_PAGES)) % DATA_PAGES;
    publish();
}

static void send_message(const uint8_t to[6], uint32_t what, uint32_t a, uint32_t b)
{
    unsigned page = DATA_PAGES + next_message++ % (NF_TX_PAGES - DATA_PAGES);
    struct net_message message = { NET_MAGIC, what, a, b };
    uint8_t *frame = front->tx_pages.page[page];

    make_headers(frame, to, NET_HEADERS_UDP - 14 + sizeof(message), PORT_CONTROL, false);
    memcpy(frame + NET_HEADERS_UDP, &message, sizeof(message));
    wait_for_room(1);
    put_request(page, NET_HEADERS_UDP + sizeof(message), NETTXF_csum_blank | NETTXF_data_validated);
    publish();
}

void net_say(uint32_t what, uint32_t a, uint32_t b)
{
    send_message(peer, what, a, b);
}

void net_call(uint32_t what)
{
    static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    send_message(everybody, what, 0, 0);
}

/* ---- what comes ---- */

static void look_at(const struct nf_frame *f, struct net_arrival *a)
{
    const uint8_t *frame = f->pieces[0].at;
    unsigned headers;

    memset(a, 0, sizeof(*a));
    if (f->pieces[0].bytes < NET_HEADERS_UDP || get16(frame + 12) != 0x0800 || frame[14] != 0x45)
        return;
    headers = frame[23] == 17 ? NET_HEADERS_UDP : frame[23] == 6 ? NET_HEADERS_TCP : 0;
    a->packet = get16(frame + 16);
    if (headers == 0 || a->packet + 14 > f->bytes || a->packet + 14 < headers)
        return;
    a->payload = a->packet + 14 - headers;
    a->port = get16(frame + 36);
    memcpy(a->from, frame + 6, 6);
    if (a->port != PORT_CONTROL)
        return;
    if (f->pieces[0].bytes >= headers + sizeof(a->message))
        memcpy(&a->message, frame + headers, sizeof(a->message));
    if (a->message.magic != NET_MAGIC)
        a->port = 0;
}

bool net_take(struct net_arrival *a)
{
    struct nf_frame f;

    if (pv_nf_take(front, &f) != 1) {
        pv_nf_offer(front);
        return false;
    }
    look_at(&f, a);
    pv_nf_release(front, &f);
    return true;
}

bool net_wait(void)
{
    return pv_wait(&front->activity, pv_now_ns() + WAIT_NS);
}

void net_set_peer(const uint8_t mac[6])
{
    memcpy(peer, mac, 6);
}

int net_open(void)
{
    int rc = pv_netfront_open(0, pv_now_ns() + WAIT_NS, &front);

    if (rc)
        printf("io: interface 0: %s\n", pv_errno_name(rc));
    return rc;
}
