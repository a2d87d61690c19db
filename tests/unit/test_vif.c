/* A network interface with a frontend that is played: frames from the guest arrive whole, once; grants that
 * fail, rings that lie, and a guest that rings without end cost the frontend its frames or its device, and
 * never a page of a packet. */
#include "vif_world.h"

#include <errno.h>
#include <string.h>

#include <xen/abi-barrier.h>

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

/* The handler masks its port until the thread has looked; who rings for nothing is heard two hundred times
 * a second at the most. */
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
        cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood_of_notifications, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_connected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
