/* Frames to a guest whose frontend is played: whole, once, in as many pages as they take; a guest that
 * takes nothing has a bounded number of them waiting. */
#include "vif_world.h"

#include <string.h>

#include <xen/abi-barrier.h>

static void offer(unsigned n)
{
    while (n--) {
        unsigned slot = rx.req_prod_pvt % 256;

        *RING_GET_REQUEST(&rx, rx.req_prod_pvt) =
            (struct netif_rx_request){ (uint16_t)(slot + 1000), 0, RX_PAGE + slot };
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
        assert_int_equal(flags & ~NETRXF_more_data,
                         bytes > 1514 ? NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info
                                      : NETRXF_data_validated);
        assert_int_equal(net_host_used(), 0);
    }
}

/* A burst of short frames waits; one that takes nothing has a bounded number waiting, and after a while
 * none at all. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_to_the_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backlog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_few_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_without_grants, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
