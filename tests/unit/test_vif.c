/* A network interface with a frontend that is played here: frames arrive whole, once, in both directions; grants that fail, rings that lie,
 * a guest that takes nothing or rings without end cost the frontend its frames or its device, and never a page of a packet. The interface's
 * thread runs whenever it does not wait: pv_wait() below is where it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <xen/abi-barrier.h>

#include "backends/net/vif.h"
#include "net_host.h"

#define PAGE    4096
#define FRAMES  600         /* granted pages of the frontend: reference n is page n */
#define TX_RING 1
#define RX_RING 2
#define TX_PAGE 8           /* 32 to send from */
#define RX_PAGE 64          /* one for each entry of the ring */

static uint8_t guest[FRAMES][PAGE] __attribute__((aligned(PAGE)));
static bool revoked[FRAMES];
static struct netif_tx_sring *tx_ring;
static struct netif_rx_sring *rx_ring;
static struct netif_tx_front_ring tx;
static struct netif_rx_front_ring rx;
static unsigned mapped, bound, notified, masked;

/* ---- the kit ---- */

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    assert_int_equal(domid, 5);
    assert_true(writable && n == 1);
    if (refs[0] >= FRAMES || revoked[refs[0]]) {
        *err = -EINVAL;
        return NULL;
    }
    mapped++;
    return guest[refs[0]];
}

int pv_grant_unmap(void *p, size_t n)
{
    assert_int_equal(n, 1);
    assert_true((uint8_t *)p >= guest[0] && (uint8_t *)p < guest[FRAMES]);
    mapped--;
    return 0;
}

static uint8_t *side(bool by_reference, grant_ref_t ref, xen_pfn_t mfn, uint16_t offset)
{
    if (by_reference)
        return ref < FRAMES && !revoked[ref] ? guest[ref] + offset : NULL;
    return (uint8_t *)(uintptr_t)((mfn << PV_PAGE_SHIFT) - UINT64_C(0x1000000000000)) + offset;    /* net_host.c's machine addresses */
}

int pv_grant_copy(struct gnttab_copy *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gnttab_copy *c = &ops[i];
        uint8_t *from = side(c->flags & GNTCOPY_source_gref, c->source.u.ref, c->source.u.gmfn, c->source.offset);
        uint8_t *to = side(c->flags & GNTCOPY_dest_gref, c->dest.u.ref, c->dest.u.gmfn, c->dest.offset);

        assert_true(c->len > 0 && c->source.offset + c->len <= PAGE && c->dest.offset + c->len <= PAGE);
        assert_int_equal(c->flags & GNTCOPY_source_gref ? c->source.domid : c->dest.domid, 5);
        c->status = from && to ? GNTST_okay : GNTST_bad_gntref;
        if (c->status == GNTST_okay)
            memcpy(to, from, c->len);
    }
    return 0;
}

static pv_event_fn *handler;
static void *handler_arg;

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    assert_int_equal(remote, 5);
    handler = fn;
    handler_arg = arg;
    if (remote_port >= 20)
        return -EINVAL;
    bound++;
    return (int)remote_port + 100;
}

int pv_event_close(evtchn_port_t port)
{
    assert_true(port >= 100);
    bound--;
    return 0;
}

int pv_event_send(evtchn_port_t port)
{
    assert_true(port >= 100);
    notified++;
    return 0;
}

void pv_event_mask(evtchn_port_t port)
{
    (void)port;
    masked++;
}

void pv_event_unmask(evtchn_port_t port)
{
    (void)port;
    masked = 0;
}

void pv_yield(void)
{
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

static void (*thread)(void *);
static void *thread_arg;
static bool no_thread;

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return no_thread ? NULL : (struct pv_thread *)1;
}

static jmp_buf out;
static bool disconnecting, time_passes;

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    if (q->woken) {
        q->woken = false;
        return true;
    }
    if (disconnecting) {
        disconnecting = false;
        thread(thread_arg);
        return true;
    }
    if (!time_passes || deadline_ns == UINT64_MAX)
        longjmp(out, 1);
    net_host_now = deadline_ns;
    return false;
}

static void work(void)
{
    if (setjmp(out) == 0)
        thread(thread_arg);
}

/* ---- the frontend, and what is above the port ---- */

static struct vif *vif;
static struct vif_config config = { .name = "vif5.0", .domid = 5, .mtu = 1500,
                                    .policy = { .locked = true, .mac = { 0, 0x16, 0x3e, 1, 2, 3 } } };
static struct vif_frontend frontend;
static struct packet *got[600];
static unsigned got_count;

static void on_input(struct net_port *from, struct packet *p, void *arg)
{
    (void)arg;
    assert_ptr_equal(from, vif_port(vif));
    assert_true(got_count < 600);
    got[got_count++] = p;
}

static void forget(void)
{
    while (got_count)
        packet_free(got[--got_count]);
}

static int setup(void **state)
{
    (void)state;
    memset(guest, 0, sizeof(guest));
    memset(revoked, 0, sizeof(revoked));
    notified = masked = 0;
    time_passes = no_thread = false;
    tx_ring = (struct netif_tx_sring *)guest[TX_RING];
    rx_ring = (struct netif_rx_sring *)guest[RX_RING];
    SHARED_RING_INIT(tx_ring);
    SHARED_RING_INIT(rx_ring);
    FRONT_RING_INIT(&tx, tx_ring, PAGE);
    FRONT_RING_INIT(&rx, rx_ring, PAGE);
    memset(&frontend, 0, sizeof(frontend));
    frontend.queues = 1;
    frontend.queue[0].tx = TX_RING;
    frontend.queue[0].rx = RX_RING;
    frontend.queue[0].tx_port = 9;
    frontend.queue[0].rx_port = 10;
    frontend.rx_notify = true;
    frontend.wishes = (struct netif_wishes){ true, true, true, true, -1 };
    assert_int_equal(vif_create(&vif, &config), 0);
    assert_int_equal(net_attach(vif_port(vif), on_input, NULL), 0);
    return vif_connect(vif, &frontend);
}

static int teardown(void **state)
{
    (void)state;
    forget();
    disconnecting = true;
    vif_disconnect(vif);
    disconnecting = false;
    vif_destroy(vif);
    assert_int_equal(mapped, 0);
    assert_int_equal(bound, 0);
    assert_int_equal(net_host_used(), 0);
    config.rate_bytes = config.rate_us = 0;
    return 0;
}

static void put_tx(unsigned ref, unsigned offset, unsigned size, unsigned flags)
{
    *RING_GET_REQUEST(&tx, tx.req_prod_pvt) = (struct netif_tx_request){ ref, (uint16_t)offset, (uint16_t)flags,
                                                                        (uint16_t)tx.req_prod_pvt, (uint16_t)size };
    tx.req_prod_pvt++;
}

static void push_tx(void)
{
    RING_PUSH_REQUESTS(&tx);
    work();
}

/* The status of the next answer, which must be there. */
static int answer(void)
{
    assert_true(tx.rsp_cons != tx_ring->rsp_prod);
    return RING_GET_RESPONSE(&tx, tx.rsp_cons++)->status;
}

/* Fills the guest's pages with a frame in fragments of odd sizes. */
static void send_frame(const uint8_t *frame, unsigned bytes)
{
    unsigned at = 0, page = TX_PAGE, sizes[NETIF_FRAGMENTS], offsets[NETIF_FRAGMENTS], n = 0;

    while (at < bytes) {
        unsigned size = 1 + net_host_random(PAGE), left = bytes - at;

        size = n + 17 >= NETIF_FRAGMENTS || size > left ? left < PAGE ? left : PAGE : size;
        offsets[n] = net_host_random(PAGE - size + 1);
        memcpy(guest[page + n] + offsets[n], frame + at, size);
        at += size;
        sizes[n++] = size;
    }
    for (unsigned i = 0; i < n; i++)
        put_tx(page + i, offsets[i], i ? sizes[i] : bytes, i + 1 < n ? NETTXF_more_data : 0);
    push_tx();
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(answer(), NETIF_RSP_OKAY);
}

static void test_from_the_guest(void **state)
{
    static uint8_t frame[65535], back[65535];

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        unsigned bytes = round < 40 ? 14 + round * 40 : 14 + net_host_random(4096 * 4);

        net_host_fill(frame, bytes);
        memcpy(frame + 6, config.policy.mac, 6);
        send_frame(frame, bytes);
        assert_int_equal(got_count, 1);
        assert_int_equal(got[0]->bytes, bytes);
        packet_read(got[0], 0, back, bytes);
        assert_memory_equal(back, frame, bytes);
        forget();
    }
    assert_true(notified > 0);
}

/* What the guest has no grant for is answered with an error; frames around it arrive. */
static void test_failing_grants(void **state)
{
    (void)state;
    memcpy(guest[TX_PAGE] + 6, config.policy.mac, 6);
    revoked[TX_PAGE + 1] = true;
    put_tx(TX_PAGE, 0, 60, 0);
    put_tx(TX_PAGE, 0, 160, NETTXF_more_data);
    put_tx(TX_PAGE + 1, 0, 100, 0);
    put_tx(99999, 0, 60, 0);
    put_tx(TX_PAGE, 0, 13, 0);
    put_tx(TX_PAGE, 0, 60, 0);
    push_tx();
    assert_int_equal(answer(), NETIF_RSP_OKAY);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(answer(), NETIF_RSP_ERROR);
    assert_int_equal(answer(), NETIF_RSP_OKAY);
    assert_int_equal(got_count, 2);
    assert_false(vif_stopped(vif));
    forget();
}

static void test_lying_indices(void **state)
{
    static const uint32_t lies[] = { 257, 258, 1000, 0x7fffffff, 0x80000000, 0xffffffff };
    struct vif_statistics s;

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(lies) / sizeof(lies[0]); i++) {
        if (i % 2)
            tx_ring->req_prod = lies[i / 2];
        else
            rx_ring->req_prod = lies[i / 2];
        work();
        assert_true(vif_stopped(vif));
        assert_false(vif_port(vif)->link);
        vif_statistics(vif, &s);
        assert_true(s.stopped);
        teardown(state);
        setup(state);
    }
}

static void test_chains_without_end(void **state)
{
    (void)state;
    put_tx(TX_PAGE, 0, 200, NETTXF_more_data);
    push_tx();
    assert_true(vif_stopped(vif));
    assert_int_equal(got_count, 0);
}

/* ---- to the guest ---- */

static void offer(unsigned n)
{
    while (n--) {
        unsigned slot = rx.req_prod_pvt % 256;

        *RING_GET_REQUEST(&rx, rx.req_prod_pvt) = (struct netif_rx_request){ (uint16_t)(slot + 1000), 0, RX_PAGE + slot };
        rx.req_prod_pvt++;
    }
    RING_PUSH_REQUESTS(&rx);
}

/* Collects one frame from the ring: its bytes. */
static unsigned collect(uint8_t *to, unsigned *flags)
{
    unsigned bytes = 0, more;

    *flags = RING_GET_RESPONSE(&rx, rx.rsp_cons)->flags;
    do {
        struct netif_rx_response *r = RING_GET_RESPONSE(&rx, rx.rsp_cons);

        assert_true(rx.rsp_cons != rx_ring->rsp_prod);
        assert_int_equal(r->id, rx.rsp_cons % 256 + 1000);
        assert_true(r->status > 0 && r->offset == 0);
        memcpy(to + bytes, guest[RX_PAGE + rx.rsp_cons % 256], (size_t)r->status);
        bytes += (unsigned)r->status;
        more = r->flags & NETRXF_more_data;
        rx.rsp_cons += 1 + ((r->flags & NETRXF_extra_info) != 0);
    } while (more);
    return bytes;
}

static void test_to_the_guest(void **state)
{
    static uint8_t frame[65549], back[65549];
    unsigned flags;

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        unsigned bytes = 14 + net_host_random(round % 4 ? 1500 : 64000);
        struct packet *p;

        net_host_fill(frame, bytes);
        p = net_host_packet(frame, bytes);
        p->checksum = PACKET_VERIFIED;
        if (bytes > 1514) {
            p->checksum = PACKET_BLANK;
            p->gso = PACKET_TCP4;
            p->gso_size = 1400;
            p->header_bytes = 54;
        }
        offer(256 - (rx.req_prod_pvt - rx.rsp_cons));
        net_send(vif_port(vif), p);
        work();
        assert_int_equal(collect(back, &flags), bytes);
        assert_memory_equal(back, frame, bytes);
        assert_int_equal(flags & ~NETRXF_more_data, bytes > 1514 ? NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info
                                                                 : NETRXF_data_validated);
        assert_int_equal(net_host_used(), 0);
    }
}

static struct packet *small(void)
{
    struct packet *p = packet_alloc(100);

    packet_write(p, 0, "\1\2\3\4\5\6", 6);
    return p;
}

/* A burst of short frames waits; one that takes nothing has a bounded number waiting, and after a while none at all. */
static void test_backlog(void **state)
{
    struct net_statistics *s = &vif_port(vif)->statistics;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        net_send(vif_port(vif), small());
    assert_int_equal(s->tx_drops, 0);
    for (unsigned i = 0; i < 1000; i++)
        net_send(vif_port(vif), small());
    work();
    assert_true(net_host_used() > 0 && net_host_used() <= 1024 / 7 + 8);
    assert_int_equal(s->tx_drops, 2000 - 1024);
    net_host_now += 11 * PV_NS_PER_SEC;
    net_send(vif_port(vif), small());
    assert_int_equal(net_host_used(), 1);
    offer(1);
    work();
    assert_int_equal(rx_ring->rsp_prod, 1);
    assert_int_equal(net_host_used(), 0);
}

/* A large frame waits for as many pages as it takes, without the thread turning around all the time. */
static void test_too_few_pages(void **state)
{
    static uint8_t back[65549];
    struct packet *p = packet_alloc(9000);
    unsigned flags;

    (void)state;
    p->checksum = PACKET_BLANK;
    p->gso = PACKET_TCP4;
    p->gso_size = 1400;
    p->header_bytes = 54;
    offer(2);
    net_send(vif_port(vif), p);
    work();
    assert_int_equal(rx_ring->rsp_prod, 0);
    assert_int_equal(rx_ring->req_event, 3);
    offer(2);
    work();
    assert_int_equal(collect(back, &flags), 9000);
}

static void test_pages_without_grants(void **state)
{
    uint8_t back[4096];
    unsigned flags;

    (void)state;
    revoked[RX_PAGE] = true;
    offer(2);
    net_send(vif_port(vif), small());
    net_send(vif_port(vif), small());
    work();
    assert_int_equal(RING_GET_RESPONSE(&rx, rx.rsp_cons)->status, NETIF_RSP_ERROR);
    assert_int_equal(RING_GET_RESPONSE(&rx, rx.rsp_cons)->flags, 0);
    rx.rsp_cons++;
    assert_int_equal(collect(back, &flags), 100);
    assert_false(vif_stopped(vif));
}

/* ---- the rest ---- */

static void test_rate(void **state)
{
    unsigned turns = 0;

    teardown(state);
    config.rate_bytes = 1000;
    config.rate_us = 1000;
    setup(state);
    memcpy(guest[TX_PAGE] + 6, config.policy.mac, 6);
    for (unsigned i = 0; i < 100; i++)
        put_tx(TX_PAGE, 0, 100, 0);
    push_tx();
    assert_int_equal(got_count, 10);
    while (got_count < 100) {
        net_host_now += PV_NS_PER_MS;
        work();
        turns++;
    }
    assert_int_equal(turns, 9);
}

/* The handler masks its port until the thread has looked; who rings for nothing is heard two hundred times a second at the most. */
static void test_flood_of_notifications(void **state)
{
    uint64_t begun;

    (void)state;
    work();
    handler(110, handler_arg);
    assert_int_equal(masked, 1);
    work();
    assert_int_equal(masked, 0);
    time_passes = true;
    begun = net_host_now;
    for (unsigned i = 0; i < 264; i++) {
        handler(110, handler_arg);
        work();
    }
    assert_true(net_host_now - begun >= 199 * 5 * PV_NS_PER_MS);
}

/* Whatever cannot be had, nothing is kept. */
static void test_what_cannot_be_connected(void **state)
{
    struct vif_frontend bad;
    struct vif *other;

    disconnecting = true;
    vif_disconnect(vif);
    bad = frontend, bad.queue[0].tx = FRAMES;
    assert_int_equal(vif_connect(vif, &bad), -EINVAL);
    bad = frontend, bad.queue[0].rx = FRAMES;
    assert_int_equal(vif_connect(vif, &bad), -EINVAL);
    bad = frontend, bad.queue[0].tx_port = 20;
    assert_int_equal(vif_connect(vif, &bad), -EINVAL);
    bad = frontend, bad.queue[0].rx_port = 20;
    assert_int_equal(vif_connect(vif, &bad), -EINVAL);
    bad = frontend, bad.queues = 4;
    assert_int_equal(vif_connect(vif, &bad), 0);        /* one ring for all: its frontend's affair */
    disconnecting = true;
    vif_disconnect(vif);
    bad.queue[3].rx = FRAMES;
    assert_int_equal(vif_connect(vif, &bad), -EINVAL);
    no_thread = true;
    assert_int_equal(vif_connect(vif, &frontend), -ENOMEM);
    no_thread = false;
    assert_int_equal(mapped + bound, 0);
    assert_false(vif_is_connected(vif));
    assert_false(vif_port(vif)->link);
    assert_int_equal(vif_create(&other, &config), -EADDRINUSE);
    assert_int_equal(vif_connect(vif, &frontend), 0);
    (void)state;
}

/* Garbage in both rings, many times: it ends, and nothing is lost. */
static void test_garbage(void **state)
{
    for (unsigned round = 0; round < 3000; round++) {
        net_host_fill((uint8_t *)tx_ring + 64, 256 * 12);
        net_host_fill((uint8_t *)rx_ring + 64, 256 * 8);
        for (unsigned i = 0; i < 256; i++) {
            struct netif_tx_request *r = &tx_ring->ring[i].req;

            if (net_host_random(4) == 0)
                continue;
            r->gref %= FRAMES * 2;
            r->offset %= PAGE / 2;
            r->size = (uint16_t)(r->size % (net_host_random(2) ? 2000 : 8000));
            r->flags &= net_host_random(3) ? 3 : 15;
        }
        tx_ring->req_prod += net_host_random(60);
        rx_ring->req_prod += net_host_random(60);
        for (unsigned i = 0; i < 10; i++)
            net_send(vif_port(vif), small());
        work();
        forget();
        if (!vif_stopped(vif))
            continue;
        teardown(state);
        setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_from_the_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_grants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lying_indices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chains_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_to_the_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backlog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_few_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_without_grants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood_of_notifications, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_connected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
