/*
 * The network backend's rings, against a frontend and a network that do what they like: the interface is a
 * member of a bridge, with one other port behind which the input sends frames of all kinds and takes what
 * comes. The first byte of the input chooses the frontend: a hostile one, which writes whatever wherever in
 * its rings, also while they are read; or one that keeps to the rules of the rings, though not in what it
 * sends, which checks that each of its entries is answered exactly once and in the right place.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/abi-barrier.h>
#include <xen/io/netif.h>

#include "backends/net/vif.h"
#include "kit/kit.h"
#include "net/bridge.h"
#include "net/pool.h"

#define QUEUES    2u
#define TX(q)     (2 * (q))         /* the peer's page of a ring; its reference has the same number */
#define RX(q)     (2 * (q) + 1)
#define DATA      8u
#define SLOTS     256u

static struct vif *vif;
static struct bridge *bridge;
static struct net_port sink;
static struct vif_config config;
static bool honest, connected;
static unsigned queues;

/* The frontend that keeps to the rules. */
static struct netif_tx_front_ring tx[QUEUES];
static struct netif_rx_front_ring rx[QUEUES];
static unsigned extra_of[QUEUES][SLOTS];    /* slot of the ring: 1 it holds an extra info */
static uint16_t id_of[QUEUES][SLOTS];       /* slot of the ring: the id that is to be in the answer */
static uint16_t offered[QUEUES][SLOTS];

/* ---- the network ---- */

/* What goes out of the other port: all of it was written by somebody, and it is what the port takes. */
static void sink_deliver(struct net_port *port, struct packet *p)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < p->piece_count; i++) {
        kit_check_filled(kit_machine(p->pieces[i].machine, p->pieces[i].bytes), p->pieces[i].bytes);
        bytes += p->pieces[i].bytes;
    }
    if (bytes != p->bytes || bytes < 14 || p->piece_count > PACKET_PIECES)
        kit_wrong("a frame of %u bytes in pieces of %u", p->bytes, bytes);
    if (p->checksum == PACKET_BLANK && !(port->accepts & NET_CHECKSUM))
        kit_wrong("a blank checksum for a port that does not take it");
    if (p->gso != PACKET_WHOLE && !(port->accepts & (p->gso == PACKET_TCP4 ? NET_TSO4 : NET_TSO6)))
        kit_wrong("a frame to be cut for a port that does not cut");
    if (p->gso == PACKET_WHOLE && p->bytes > port->mtu + 18u)
        kit_wrong("a frame of %u bytes", p->bytes);
    packet_free(p);
}

static void put16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

/* Headers of a kind at the beginning of a page; the rest of it is there too. Returns how long they are. */
static unsigned make_headers(uint8_t *p, unsigned kind, unsigned bytes, const uint8_t *from)
{
    unsigned tcp = kind & 1, ip6 = kind >> 1 & 1, at = 14, ip = ip6 ? 40 : 20, l4 = tcp ? 20 : 8;

    memset(p, 0x40 + (kind & 15), 256);
    memset(p, kind & 16 ? 0xff : 2, 6);
    memcpy(p + 6, from, 6);
    if (kind & 32) {
        put16(p + 12, 0x8100);
        at = 18;
    }
    put16(p + at - 2, kind & 64 ? 0x0806 : ip6 ? 0x86dd : 0x0800);
    if (ip6) {
        p[at] = 0x60;
        put16(p + at + 4, bytes > at + 40 ? bytes - at - 40 : 0);
        p[at + 6] = tcp ? 6 : 17;
    } else {
        p[at] = 0x45;
        put16(p + at + 2, bytes > at ? bytes - at : 0);
        put16(p + at + 6, 0);
        p[at + 9] = tcp ? 6 : 17;
    }
    if (tcp)
        p[at + ip + 12] = 0x50;
    else
        put16(p + at + ip + 4, bytes > at + ip ? bytes - at - ip : 0);
    return at + ip + l4;
}

/* A frame comes in through the other port. */
static void from_network(void)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
    unsigned kind = kit_byte(), how = kit_byte(), headers;
    unsigned bytes = 14 + kit_u16() % (how & 128 ? 65000 : 1600);
    struct packet *p = packet_alloc(bytes);
    uint8_t page[256];

    if (!p)
        return;
    for (unsigned i = 0; i < p->piece_count; i++)
        memset(p->pieces[i].at, 0x33, p->pieces[i].bytes);
    headers = make_headers(page, kind, bytes, mac);
    if (!(kind & 16))
        memcpy(page, config.policy.mac, 6);
    packet_write(p, 0, page, bytes < 200 ? bytes : 200);
    if (how & 1 && bytes > headers) {
        p->checksum = PACKET_BLANK;
        p->checksum_start = (uint16_t)(headers - (kind & 1 ? 20 : 8));
        p->checksum_offset = kind & 1 ? 16 : 6;
    } else if (how & 2) {
        p->checksum = PACKET_VERIFIED;
    }
    if (how & 4 && p->checksum == PACKET_BLANK && kind & 1) {
        p->gso = kind & 2 ? PACKET_TCP6 : PACKET_TCP4;
        p->gso_size = (uint16_t)(1 + (kit_byte() << 3));
        p->header_bytes = (uint16_t)(headers + (how >> 4 & 1));
    }
    net_receive(&sink, p);
}

/* ---- the frontend ---- */

static void tx_answers(unsigned q)
{
    if (tx[q].sring->rsp_prod - tx[q].rsp_cons > tx[q].req_prod_pvt - tx[q].rsp_cons)
        kit_wrong("more answers than packets");
    while (tx[q].rsp_cons != tx[q].sring->rsp_prod) {
        unsigned slot = tx[q].rsp_cons % SLOTS;
        struct netif_tx_response *r = RING_GET_RESPONSE(&tx[q], tx[q].rsp_cons++);

        if (extra_of[q][slot] ? r->status != NETIF_RSP_NULL : r->status > 0 || r->status < -2)
            kit_wrong("status %d of %s", r->status, extra_of[q][slot] ? "an extra info" : "a fragment");
        if (!extra_of[q][slot] && r->id != id_of[q][slot])
            kit_wrong("id %u is answered instead of %u", r->id, id_of[q][slot]);
    }
}

static void rx_answers(unsigned q)
{
    bool extra = false;

    if (rx[q].sring->rsp_prod - rx[q].rsp_cons > rx[q].req_prod_pvt - rx[q].rsp_cons)
        kit_wrong("more frames than room for them");
    while (rx[q].rsp_cons != rx[q].sring->rsp_prod) {
        unsigned slot = rx[q].rsp_cons % SLOTS;
        struct netif_rx_response *r = RING_GET_RESPONSE(&rx[q], rx[q].rsp_cons++);

        if (extra) {            /* an extra info has no id */
            extra = false;
            continue;
        }
        if (r->id != offered[q][slot])
            kit_wrong("a frame is in page %u instead of %u", r->id, offered[q][slot]);
        if (r->status < -2 || (r->status > 0 && r->offset + r->status > (int)KIT_PAGE))
            kit_wrong("status %d at %u", r->status, r->offset);
        extra = r->flags & NETRXF_extra_info;
    }
    if (extra)
        kit_wrong("an extra info is missing");
}

/* Entries of one packet, in the ring's place or in the private index of the frontend that keeps to the
 * rules. */
struct chain {
    union netif_tx_sring_entry entry[24];
    bool is_extra[24];
    unsigned count;
};

static void make_chain(struct chain *c)
{
    unsigned kind = kit_byte(), how = kit_byte(), total = kit_u16(), page;
    unsigned fragments = 1 + kit_byte() % (how & 64 ? 20 : 4);
    struct netif_tx_request *r;

    if (how & 128)
        total = total % 1500 + 14;
    memset(c, 0, sizeof(*c));
    page = DATA + kit_byte() % (KIT_FRAMES - DATA);
    make_headers(kit_peer[page], kind, total, config.policy.mac);
    r = &c->entry[c->count++].req;
    *r = (struct netif_tx_request){ .gref = page, .size = (uint16_t)total,
                                    .flags = how & (NETTXF_csum_blank | NETTXF_data_validated) };
    if (how & 4) {
        struct netif_extra_info *e = (struct netif_extra_info *)&c->entry[c->count];

        r->flags |= NETTXF_extra_info | NETTXF_csum_blank;
        c->is_extra[c->count++] = true;
        e->type = how & 8 ? XEN_NETIF_EXTRA_TYPE_GSO : kit_byte() % 6;
        e->u.gso.type = kind & 2 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
        e->u.gso.size = (uint16_t)(kit_byte() << 3);
    }
    for (unsigned i = 1; i < fragments; i++) {
        c->entry[i > 1 ? c->count - 1 : 0].req.flags |= NETTXF_more_data;
        r = &c->entry[c->count++].req;
        r->gref = DATA + kit_byte() % (KIT_FRAMES - DATA);
        r->offset = (uint16_t)(kit_byte() << 4);
        r->size = (uint16_t)(kit_byte() << 4);
        if (how & 32 && r->size > KIT_PAGE - r->offset)
            r->size = (uint16_t)(KIT_PAGE - r->offset);
    }
}

/* As the rules are: fragments within their pages that add up, of which the first has something; known extra
 * infos. */
static void mend_chain(struct chain *c)
{
    struct netif_tx_request *first = &c->entry[0].req;
    unsigned total = 1 + first->size % KIT_PAGE;

    for (unsigned i = 1; i < c->count; i++) {
        struct netif_tx_request *r = &c->entry[i].req;
        struct netif_extra_info *e = (struct netif_extra_info *)r;

        if (c->is_extra[i]) {
            e->type = XEN_NETIF_EXTRA_TYPE_GSO;
            e->u.gso.size |= 1;
            continue;
        }
        r->offset %= KIT_PAGE;
        r->size = r->size % (KIT_PAGE - r->offset) + 1;
        if (total + r->size > 0xffff)
            r->size = 1;
        total += r->size;
    }
    first->size = (uint16_t)(total > 0xffff ? 0xffff : total);
}

static bool send_honest(unsigned q, struct chain *c)
{
    if (RING_FREE_REQUESTS(&tx[q]) < c->count)
        return false;
    for (unsigned i = 0; i < c->count; i++) {
        unsigned slot = tx[q].req_prod_pvt % SLOTS;

        if (!c->is_extra[i])
            c->entry[i].req.id = id_of[q][slot] = (uint16_t)(slot ^ 0x155);
        extra_of[q][slot] = c->is_extra[i];
        memcpy(RING_GET_REQUEST(&tx[q], tx[q].req_prod_pvt++), &c->entry[i].req, sizeof(c->entry[i].req));
    }
    RING_PUSH_REQUESTS(&tx[q]);
    return true;
}

static void send_packet(unsigned q)
{
    struct netif_tx_sring *ring = (struct netif_tx_sring *)kit_peer[TX(q)];
    struct chain c;

    make_chain(&c);
    if (honest) {
        mend_chain(&c);
        send_honest(q, &c);
        return;
    }
    for (unsigned i = 0; i < c.count; i++)
        memcpy(&ring->ring[ring->req_prod++ % SLOTS].req, &c.entry[i].req, sizeof(c.entry[i].req));
}

static void offer_pages(unsigned q)
{
    struct netif_rx_sring *ring = (struct netif_rx_sring *)kit_peer[RX(q)];
    unsigned n = kit_byte();

    for (unsigned i = 0; i < n && !(honest && RING_FULL(&rx[q])); i++) {
        struct netif_rx_request r = { .id = (uint16_t)(i * 7), .gref = DATA + (i + n) % (KIT_FRAMES - DATA) };

        if (!honest) {
            ring->ring[ring->req_prod++ % SLOTS].req = r;
            continue;
        }
        offered[q][rx[q].req_prod_pvt % SLOTS] = r.id;
        *RING_GET_REQUEST(&rx[q], rx[q].req_prod_pvt++) = r;
    }
    if (honest)
        RING_PUSH_REQUESTS(&rx[q]);
}

static void scribble(void)
{
    unsigned where = kit_byte(), page = where >> 1 & 3;

    if (where & 1)
        ((uint32_t *)kit_peer[page])[where >> 3 & 3] += kit_byte();
    else
        kit_bytes(kit_peer[page] + kit_u16() % (KIT_PAGE - 64), 1 + kit_byte() % 64);
}

static void init_rings(void)
{
    for (unsigned q = 0; q < QUEUES; q++) {
        struct netif_tx_sring *t = (struct netif_tx_sring *)kit_peer[TX(q)];
        struct netif_rx_sring *r = (struct netif_rx_sring *)kit_peer[RX(q)];

        SHARED_RING_INIT(t);
        SHARED_RING_INIT(r);
        FRONT_RING_INIT(&tx[q], t, KIT_PAGE);
        FRONT_RING_INIT(&rx[q], r, KIT_PAGE);
    }
}

static void connect_vif(void)
{
    unsigned wishes = kit_byte(), how = kit_byte();
    struct vif_frontend f = {
        .queues = queues,
        .wishes = { wishes & 1, wishes & 2, wishes & 4, wishes & 8, (int)(wishes >> 4 & 3) % 3 - 1 },
        .rx_notify = wishes & 64,
    };

    for (unsigned q = 0; q < queues; q++) {
        f.queue[q].tx = TX(q);
        f.queue[q].rx = RX(q);
        f.queue[q].tx_port = 10 + q;
        f.queue[q].rx_port = wishes & 128 ? 10 + q : 20 + q;
    }
    init_rings();
    if (how & 1)
        kit_fail_after(1 + (how >> 1) % 8);
    connected = vif_connect(vif, &f) == 0;
    kit_fail_after(0);
}

/* ---- steps ---- */

static void ring_all(void)
{
    for (unsigned i = 0; i < 2 * queues; i++)
        kit_event(kit_port(i));
}

static void step(void)
{
    unsigned op = kit_byte(), q = op >> 4 & (queues - 1);

    switch (op % 15) {
    case 0:
    case 1:
        send_packet(q);
        break;
    case 2:
        offer_pages(q);
        break;
    case 3:
    case 4:
        from_network();
        break;
    case 5:
        honest ? send_packet(q) : scribble();
        break;
    case 6:
        kit_grant(DATA + kit_byte() % 56, DATA + kit_byte() % 56, op & 16, op & 32);
        break;
    case 7:
        if (honest)
            kit_plan_event(kit_byte(), kit_port(op >> 4));
        else
            kit_plan_from_input();
        break;
    case 8:
        kit_pass((uint64_t)kit_byte() << (op >> 4) << 12);
        break;
    case 9:
        if (!honest) {
            send_packet(q);
            kit_spoil(kit_byte() % 64, kit_byte());
        }
        ring_all();
        kit_run();
        break;
    case 10:
        sink.accepts = op >> 4 & 7;
        break;
    case 11:
        if (op >= 0xc0) {
            vif_disconnect(vif);
            connect_vif();
        }
        break;
    case 12:
        kit_bytes(kit_peer[DATA + kit_byte() % 56] + kit_byte(), op >> 4);      /* other headers */
        break;
    default:
        ring_all();
        kit_run();
        break;
    }
}

static void check(void)
{
    if (!honest || !connected)
        return;
    if (vif_stopped(vif))
        kit_wrong("a correct frontend's device is stopped");
    for (unsigned q = 0; q < queues; q++) {
        tx_answers(q);
        rx_answers(q);
    }
}

/* The frontend that keeps to the rules has all of its packets answered, and a stopped device stays so. */
static void finish(void)
{
    struct vif_statistics before, after;

    for (unsigned i = 0; i < 64 && honest && connected; i++) {
        ring_all();
        kit_pass(1000000000);
        check();
    }
    for (unsigned q = 0; q < queues && honest && connected; q++)
        if (tx[q].rsp_cons != tx[q].req_prod_pvt)
            kit_wrong("%u entries are not answered", tx[q].req_prod_pvt - tx[q].rsp_cons);
    vif_statistics(vif, &before);
    ring_all();
    kit_run();
    vif_statistics(vif, &after);
    if (before.stopped && (!after.stopped || before.port.rx_packets != after.port.rx_packets))
        kit_wrong("a stopped device goes on");
}

static void begin(unsigned flags)
{
    static const uint8_t mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 }, sink_mac[6] = { 2, 0, 0, 0, 0, 9 };

    honest = flags & 1;
    queues = flags & 2 ? 2 : 1;
    config = (struct vif_config){
        .name = "vif5.0", .domid = KIT_PEER, .mtu = 1500, .policy.locked = flags & 4,
    };
    memcpy(config.policy.mac, mac, 6);
    if (flags & 8) {
        config.policy.address_count = 1;
        config.policy.addresses[0] = 0x41414141;        /* what make_headers() leaves for kind 1 */
    }
    if (flags & 16) {
        config.rate_bytes = 20000;
        config.rate_us = 50000;
    }
    memset(&sink, 0, sizeof(sink));
    strcpy(sink.name, "sink");
    memcpy(sink.mac, sink_mac, 6);
    sink.mtu = 1500;
    sink.link = true;
    sink.deliver = sink_deliver;
    if (net_register(&sink) || vif_create(&vif, &config) || bridge_create("br", &bridge) ||
        bridge_join(bridge, &sink) || bridge_join(bridge, vif_port(vif)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t pages, used;

    kit_input(data, size);
    kit_start();
    kit_forget_pool();
    begin(kit_byte());
    for (unsigned i = DATA; i < KIT_FRAMES; i++)
        memset(kit_peer[i], (int)i, KIT_PAGE);
    connect_vif();
    kit_run();
    while (kit_input_left()) {
        step();
        check();
    }
    finish();
    vif_disconnect(vif);
    bridge_leave(vif_port(vif));
    bridge_leave(&sink);
    vif_destroy(vif);
    net_unregister(&sink);
    if (bridge_delete(bridge))
        kit_wrong("the bridge still has members");
    packet_pool(&pages, &used);
    if (used)
        kit_wrong("%zu pages of packets are left", used);
    kit_end();
    return 0;
}
