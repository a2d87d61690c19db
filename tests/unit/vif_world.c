/* vif_world.c: see vif_world.h. */
#include "vif_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <xen/abi-barrier.h>

uint8_t guest[FRAMES][PAGE] __attribute__((aligned(PAGE)));
bool revoked[FRAMES];
struct netif_tx_sring *tx_ring;
struct netif_rx_sring *rx_ring;
struct netif_tx_front_ring tx;
struct netif_rx_front_ring rx;
unsigned mapped, bound, notified, masked;

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
    /* net_host.c's machine addresses */
    return (uint8_t *)(uintptr_t)((mfn << PV_PAGE_SHIFT) - UINT64_C(0x1000000000000)) + offset;
}

int pv_grant_copy(struct gnttab_copy *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gnttab_copy *c = &ops[i];
        uint8_t *from = side(c->flags & GNTCOPY_source_gref, c->source.u.ref, c->source.u.gmfn,
                             c->source.offset);
        uint8_t *to = side(c->flags & GNTCOPY_dest_gref, c->dest.u.ref, c->dest.u.gmfn, c->dest.offset);

        assert_true(c->len > 0 && c->source.offset + c->len <= PAGE && c->dest.offset + c->len <= PAGE);
        assert_int_equal(c->flags & GNTCOPY_source_gref ? c->source.domid : c->dest.domid, 5);
        c->status = from && to ? GNTST_okay : GNTST_bad_gntref;
        if (c->status == GNTST_okay)
            memcpy(to, from, c->len);
    }
    return 0;
}

pv_event_fn *handler;
void *handler_arg;

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
bool no_thread;

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return no_thread ? NULL : (struct pv_thread *)1;
}

static jmp_buf out;
bool disconnecting, time_passes;

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

void work(void)
{
    if (setjmp(out) == 0)
        thread(thread_arg);
}

/* ---- the frontend, and what is above the port ---- */

struct vif *vif;
struct vif_config config = { .name = "vif5.0", .domid = 5, .mtu = 1500,
                                    .policy = { .locked = true, .mac = { 0, 0x16, 0x3e, 1, 2, 3 } } };
struct vif_frontend frontend;
struct packet *got[600];
unsigned got_count;

static void on_input(struct net_port *from, struct packet *p, void *arg)
{
    (void)arg;
    assert_ptr_equal(from, vif_port(vif));
    assert_true(got_count < 600);
    got[got_count++] = p;
}

void forget(void)
{
    while (got_count)
        packet_free(got[--got_count]);
}

int setup(void **state)
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

int teardown(void **state)
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

void put_tx(unsigned ref, unsigned offset, unsigned size, unsigned flags)
{
    *RING_GET_REQUEST(&tx, tx.req_prod_pvt) =
        (struct netif_tx_request){ ref, (uint16_t)offset, (uint16_t)flags, (uint16_t)tx.req_prod_pvt,
                                   (uint16_t)size };
    tx.req_prod_pvt++;
}

void push_tx(void)
{
    RING_PUSH_REQUESTS(&tx);
    work();
}

int answer(void)
{
    assert_true(tx.rsp_cons != tx_ring->rsp_prod);
    return RING_GET_RESPONSE(&tx, tx.rsp_cons++)->status;
}

struct packet *small(void)
{
    struct packet *p = packet_alloc(100);

    packet_write(p, 0, "\1\2\3\4\5\6", 6);
    return p;
}
