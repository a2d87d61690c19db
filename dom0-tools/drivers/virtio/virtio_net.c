/*
 * virtio_net.c: virtio network cards: pages of packets lie in the receive queue, and frames that are sent are
 * described piece by piece; nothing is copied. Events only wake the card's thread, which does everything
 * else: so queues are touched by threads alone.
 */
#include "virtio_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

#include "../../net/bridge.h"
#include "../../net/pool.h"
#include "../../net/share.h"
#include "net_header.h"
#include "virtio.h"

#define F_CSUM       (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MTU        (UINT64_C(1) << 3)
#define F_MAC        (UINT64_C(1) << 5)
#define F_GUEST_TSO4 (UINT64_C(1) << 7)
#define F_GUEST_TSO6 (UINT64_C(1) << 8)
#define F_GUEST_ECN  (UINT64_C(1) << 9)
#define F_HOST_TSO4  (UINT64_C(1) << 11)
#define F_HOST_TSO6  (UINT64_C(1) << 12)
#define F_HOST_ECN   (UINT64_C(1) << 13)
#define F_MRG_RXBUF  (UINT64_C(1) << 15)
#define F_STATUS     (UINT64_C(1) << 16)

#define GUEST_TSO (F_GUEST_TSO4 | F_GUEST_TSO6 | F_GUEST_ECN)

enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_MTU = 10 };
enum { QUEUE_RECEIVE = 0, QUEUE_SEND = 1, ENTRY_CONFIG = 2 };
#define STATUS_LINK 1
#define MTU_LEAST 68
#define FRAME_EXTRA 18          /* Ethernet's header and a VLAN tag */

#define HEADER sizeof(struct net_header)
#define BUDGET 64U              /* frames, before others have their turn */
#define RETRY (10 * PV_NS_PER_MS)

#define WAITING 512U            /* frames that wait for room in the queue, at the most */
#define SEND_PAGES 320U         /* for frames that are sent that nobody else has; LINGERING and some more */
#define LINGERING 256U          /* pages that may stay in the queue when they
                                 * have been sent, until somebody looks */

/* What a frame that is being sent needs beside its pieces. */
struct slot {
    struct net_header header;
    uint32_t pad;
    struct virtq_desc table[PACKET_PIECES + 1];
    struct packet *packet;
    struct slot *next;          /* in the free list */
};

#define SLOTS_PER_PAGE (4096 / sizeof(struct slot))
#define SLOT_PAGES ((VIRTQ_MAX + SLOTS_PER_PAGE - 1) / SLOTS_PER_PAGE)

struct card {
    struct net_port port;
    struct virtio virtio;
    struct virtq receive, send;
    struct slot *slots;                     /* free ones */
    struct packet *waiting[WAITING];        /* a ring: the oldest at `oldest` */
    unsigned oldest, waiting_count;
    struct net_share share;                 /* of frames that wait or are in the send queue */
    unsigned sent_pages;                    /* of frames in the send queue */
    struct packet *partial;                 /* a frame whose other buffers are still to come */
    unsigned partial_left;
    struct net_header partial_header;
    struct pv_waitq wake;
    bool event, config_event, unpublished, dead;
};

static void on_queue(evtchn_port_t port, void *arg)
{
    struct card *c = arg;

    (void)port;
    c->event = true;
    pv_wake(&c->wake);
}

static void on_config(evtchn_port_t port, void *arg)
{
    struct card *c = arg;

    c->config_event = true;
    on_queue(port, arg);
}

/* So that what others let wait neither stops it from sending nor from receiving. */
static int reserve(struct card *c)
{
    if (!pool_reserve(VIRTQ_MAX))
        return -ENOMEM;
    if (net_share_open(&c->share, SEND_PAGES) == 0)
        return 0;
    pool_unreserve(VIRTQ_MAX);
    return -ENOMEM;
}

static void unreserve(struct card *c)
{
    net_share_close(&c->share);
    pool_unreserve(VIRTQ_MAX);
}

/* A frame was sent, or never will be. */
static void forget(struct card *c, struct packet *p)
{
    net_share_give(&c->share, p);
    packet_free(p);
}

/* The device is not to be trusted with anything any more. */
static void give_up(struct card *c, const char *why)
{
    struct packet *p;
    struct slot *s;

    printf("enso: network card %s %s: it is given up\n", c->port.name, why);
    c->dead = true;
    c->port.link = false;
    virtio_reset(&c->virtio);
    while ((p = virtq_reclaim(&c->receive)) != NULL)
        packet_free(p);
    while ((s = virtq_reclaim(&c->send)) != NULL)
        forget(c, s->packet);
    for (; c->waiting_count; c->waiting_count--)
        forget(c, c->waiting[c->oldest++ % WAITING]);
    if (c->partial)
        packet_free(c->partial);
    unreserve(c);
}

/* --- sending --- */

/* A header right before the frame, where nobody else can look at it: one part instead of two. */
static bool prepend_header(struct card *c, struct packet *p, struct virtq_part *part)
{
    struct packet_piece *first = &p->pieces[0];
    struct net_header header;

    if (p->refs != 1 || (uintptr_t)first->at % PV_PAGE_SIZE < HEADER)
        return false;
    net_header_make(&header, p, c->virtio.features & F_HOST_ECN);
    memcpy(first->at - HEADER, &header, HEADER);        /* it may be an odd address */
    *part = (struct virtq_part){ first->machine - HEADER, first->bytes + (uint32_t)HEADER, false };
    return true;
}

/* False: no room now. */
static bool put(struct card *c, struct packet *p)
{
    struct virtq_part parts[PACKET_PIECES + 1];
    struct slot *s = c->slots;
    unsigned n = 0, i = 0;
    bool added;

    if (!s || c->send.free_count == 0)
        return false;
    if (prepend_header(c, p, &parts[0])) {
        n = i = 1;
    } else {
        net_header_make(&s->header, p, c->virtio.features & F_HOST_ECN);
        parts[n++] = (struct virtq_part){ pv_virt_to_machine(&s->header), HEADER, false };
    }
    for (; i < p->piece_count; i++)
        parts[n++] = (struct virtq_part){ p->pieces[i].machine, p->pieces[i].bytes, false };
    if (n > 2 && c->virtio.features & VIRTIO_F_INDIRECT)
        added = virtq_add_table(&c->send, parts, n, s->table, pv_virt_to_machine(s->table), s);
    else
        added = virtq_add(&c->send, parts, n, s);
    if (!added)
        return false;
    c->slots = s->next;
    s->packet = p;
    c->sent_pages += p->piece_count;
    c->unpublished = true;
    return true;
}

/* Frames go to the device together, when the card's thread runs. */
static void deliver(struct net_port *port, struct packet *p)
{
    struct card *c = port->owner;

    if (c->waiting_count == WAITING || !net_share_take(&c->share, p)) {
        port->statistics.tx_drops++;
        packet_free(p);
        return;
    }
    if (c->waiting_count || !put(c, p))
        c->waiting[(c->oldest + c->waiting_count++) % WAITING] = p;
    if (!c->event)
        on_queue(0, c);
}

/* Takes back what was sent. False: the device lies. */
static bool take_sent(struct card *c)
{
    struct slot *s;
    uint32_t bytes;
    bool broken;

    while ((s = virtq_take(&c->send, &bytes, &broken)) != NULL) {
        c->sent_pages -= s->packet->piece_count;
        forget(c, s->packet);
        s->next = c->slots;
        c->slots = s;
    }
    return !broken;
}

static void put_waiting(struct card *c)
{
    while (c->waiting_count && put(c, c->waiting[c->oldest % WAITING])) {
        c->oldest = (c->oldest + 1) % WAITING;
        c->waiting_count--;
    }
    if (c->unpublished && virtq_publish(&c->send))
        virtio_notify(&c->virtio, QUEUE_SEND);
    c->unpublished = false;
}

/* An interrupt is only of use while something waits for room, or for memory. False: the device lies. */
static bool send_all(struct card *c)
{
    do {
        if (!take_sent(c))
            return false;
        put_waiting(c);
    } while ((c->waiting_count || c->sent_pages > LINGERING) && virtq_arm(&c->send));
    return true;
}

/* --- receiving --- */

static void fill(struct card *c)
{
    struct virtq_part part = { .bytes = PV_PAGE_SIZE, .device_writes = true };
    bool any = false;

    while (c->receive.free_count) {
        struct packet *p = packet_alloc(PV_PAGE_SIZE);

        if (!p)
            break;
        part.machine = p->pieces[0].machine;
        virtq_add(&c->receive, &part, 1, p);
        any = true;
    }
    if (any && virtq_publish(&c->receive))
        virtio_notify(&c->virtio, QUEUE_RECEIVE);
}

static void receive(struct card *c, struct packet *p)
{
    if (net_header_apply(&c->partial_header, p, c->virtio.features & F_GUEST_CSUM))
        net_receive(&c->port, p);
    else
        net_refuse(&c->port, p);
}

/* The first buffer of a frame: it holds all of it, or what others rely on to be in one piece. */
static bool begin(struct card *c, struct packet *p, uint32_t bytes)
{
    struct net_header *h = &c->partial_header;
    unsigned buffers;

    if (bytes < HEADER)
        return false;
    memcpy(h, p->pieces[0].at, sizeof(*h));
    buffers = c->virtio.features & F_MRG_RXBUF ? h->buffers : 1;
    if (buffers == 0 || buffers > PACKET_PIECES || (buffers > 1 && bytes < HEADER + PACKET_LINEAR))
        return false;
    packet_trim(p, bytes);
    packet_pull(p, HEADER);
    c->partial = p;
    c->partial_left = buffers - 1;
    return true;
}

/* One buffer that the device has used; its reference is taken. False: the device lies. */
static bool take_buffer(struct card *c, struct packet *p, uint32_t bytes)
{
    bool good = bytes <= PV_PAGE_SIZE;

    if (good && c->partial) {
        packet_trim(p, bytes);
        good = bytes != 0 && packet_append(c->partial, p);
        c->partial_left--;
    } else if (good) {
        good = begin(c, p, bytes);
    }
    if (!good) {
        packet_free(p);
        return false;
    }
    if (c->partial_left == 0) {
        p = c->partial;
        c->partial = NULL;
        receive(c, p);
    }
    return true;
}

/* How many buffers there were, BUDGET at the most; -1: the device lies. */
static int receive_some(struct card *c)
{
    unsigned n = 0;
    uint32_t bytes;
    bool broken = false;
    struct packet *p;

    while (n < BUDGET && (p = virtq_take(&c->receive, &bytes, &broken)) != NULL) {
        n++;
        if (!take_buffer(c, p, bytes))
            return -1;
    }
    return broken ? -1 : (int)n;
}

/* --- the card --- */

static void read_status(struct card *c)
{
    c->config_event = false;
    c->port.link = !(c->virtio.features & F_STATUS) ||
                   virtio_config16(&c->virtio, CONFIG_STATUS) & STATUS_LINK;
}

/* One round. True: there is more to do at once. */
static bool work(struct card *c)
{
    int received;

    c->event = false;
    if (c->config_event) {
        read_status(c);
        if (virtio_failed(&c->virtio)) {
            give_up(c, "needs a reset");
            return false;
        }
    }
    received = receive_some(c);
    if (received < 0 || !send_all(c)) {
        give_up(c, "says what cannot be");
        return false;
    }
    fill(c);
    return received == BUDGET || virtq_arm(&c->receive);
}

static void run(void *arg)
{
    struct card *c = arg;

    while (!c->dead) {
        if (work(c) || c->event)
            pv_yield();
        else if (!c->dead)
            pv_wait(&c->wake, c->receive.free_count ? pv_now_ns() + RETRY : UINT64_MAX);
    }
}

static void read_mac(struct card *c)
{
    uint8_t *mac = c->port.mac;

    for (unsigned i = 0; i < NET_MAC; i++)
        mac[i] = virtio_config8(&c->virtio, CONFIG_MAC + i);
    if (!(c->virtio.features & F_MAC) && getentropy(mac, NET_MAC) == 0)
        mac[0] = (uint8_t)((mac[0] & ~1) | 2);      /* an address of our own making, of one station */
}

/* Without joined buffers a frame must fit into one page. */
static void read_mtu(struct card *c)
{
    const unsigned page = PV_PAGE_SIZE - HEADER - FRAME_EXTRA;
    unsigned mtu = c->virtio.features & F_MTU ? virtio_config16(&c->virtio, CONFIG_MTU) : 1500;

    if (mtu < MTU_LEAST)
        mtu = 1500;
    c->port.mtu = (uint16_t)(mtu > page && !(c->virtio.features & F_MRG_RXBUF) ? page : mtu);
}

static void read_config(struct card *c)
{
    uint64_t features = c->virtio.features;

    read_mac(c);
    read_mtu(c);
    read_status(c);
    c->port.accepts = (features & F_CSUM ? NET_CHECKSUM : 0) | (features & F_HOST_TSO4 ? NET_TSO4 : 0) |
                      (features & F_HOST_TSO6 ? NET_TSO6 : 0);
}

static bool make_slots(struct card *c)
{
    for (unsigned page = 0; page < SLOT_PAGES; page++) {
        struct slot *s = pv_pages_alloc(1);

        if (!s)
            return false;
        for (unsigned i = 0; i < SLOTS_PER_PAGE; i++) {
            s[i].next = c->slots;
            c->slots = &s[i];
        }
    }
    return true;
}

static int open_card(struct card *c, struct pci_function *f)
{
    const uint64_t wanted = F_CSUM | F_GUEST_CSUM | F_MTU | F_MAC | GUEST_TSO | F_HOST_TSO4 | F_HOST_TSO6 |
                            F_HOST_ECN | F_MRG_RXBUF | F_STATUS | VIRTIO_F_INDIRECT;
    int rc = virtio_open(&c->virtio, f, wanted);

    /* Large frames are only received into joined buffers. */
    if (rc == 0 && c->virtio.features & GUEST_TSO && !(c->virtio.features & F_MRG_RXBUF))
        rc = virtio_open(&c->virtio, f, wanted & ~GUEST_TSO);
    if (rc)
        return rc;
    if (!make_slots(c))
        return -ENOMEM;
    rc = virtio_queue(&c->virtio, QUEUE_RECEIVE, &c->receive, on_queue, c);
    if (rc == 0)
        rc = virtio_queue(&c->virtio, QUEUE_SEND, &c->send, on_queue, c);
    if (rc == 0 && c->virtio.features & F_STATUS)
        rc = virtio_config_event(&c->virtio, ENTRY_CONFIG, on_config, c);
    if (rc)
        return rc;
    read_config(c);
    virtio_start(&c->virtio);
    rc = net_register(&c->port);
    if (rc)
        return rc;
    if (pv_thread_create(c->port.name, 0, run, c))
        return 0;
    net_unregister(&c->port);
    return -ENOMEM;
}

int virtio_net_open(struct pci_function *f, unsigned number)
{
    struct card *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    pv_waitq_init(&c->wake);
    c->port.owner = c;
    c->port.deliver = deliver;
    c->port.learn_limit = BRIDGE_LEARN_CARD;
    snprintf(c->port.name, sizeof(c->port.name), "eth%u", number);
    rc = reserve(c);
    if (rc)
        return rc;
    rc = open_card(c, f);
    if (rc == 0) {
        f->driver = "virtio-net";
        return 0;
    }
    if (c->virtio.registers)
        virtio_reset(&c->virtio);       /* c stays: an event may still name it */
    unreserve(c);
    return rc;
}
