/* The driver of network cards with a card that is played here: frames arrive and leave unchanged, in one
 * buffer or many, with and without tables of descriptors, with what is said of checksums and segments; it is
 * never without buffers; a card that lies is given up, and then nothing is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "net/pool.h"
#include "virtio_card.h"

static uint8_t frame[PACKET_MAX], got[PACKET_MAX];

static void test_config(void **state)
{
    static const uint8_t mac[] = { 0x52, 0x54, 0, 1, 2, 3 };

    (void)state;
    memcpy(card_config, mac, sizeof(mac));
    card_config[6] = 1;
    card_config[10] = 9000 & 0xff;
    card_config[11] = 9000 >> 8;
    card_open(ALL);
    assert_memory_equal(card->mac, mac, NET_MAC);
    assert_int_equal(card->mtu, 9000);
    assert_true(card->link);
    assert_int_equal(card->accepts, NET_CHECKSUM | NET_TSO4 | NET_TSO6);
    assert_string_equal(card_function.driver, "virtio-net");
    card_config[6] = 0;
    card_config_event();
    card_run();
    assert_false(card->link);
    card_close();
    card_open(BIT(MTU));
    assert_int_equal(card->mtu, 4096 - 12 - 18);        /* a frame is in one buffer */
    assert_int_equal(card->mac[0] & 3, 2);
    assert_int_equal(card->accepts, 0);
    assert_true(card->link);                            /* it does not say otherwise */
    card_close();
    card_config[10] = card_config[11] = 0;
    card_open(BIT(MTU));
    assert_int_equal(card->mtu, 1500);
    card_close();
}

/* A TCP frame that could be cut into segments. */
static size_t tcp_frame(size_t payload)
{
    net_host_fill(frame, 54 + payload);
    frame[12] = 8;
    frame[13] = 0;
    frame[14] = 0x45;
    frame[20] = frame[21] = 0;
    frame[23] = 6;
    frame[46] = 0x50;
    return 54 + payload;
}

static void check_arrived(size_t n)
{
    assert_int_equal(arrived_count, 1);
    assert_int_equal(packet_read(arrived[0], 0, got, sizeof(got)), n);
    assert_int_equal(arrived[0]->bytes, n);
    assert_memory_equal(got, frame, n);
    assert_true(arrived[0]->pieces[0].bytes >= (n < PACKET_LINEAR ? n : PACKET_LINEAR));
}

static void test_receive_headers(void **state)
{
    static const struct {
        struct net_header h;
        bool in;
        enum packet_checksum checksum;
        enum packet_gso gso;
    } cases[] = {
        { { .flags = 0 }, true, PACKET_UNVERIFIED, PACKET_WHOLE },
        { { .flags = 2 }, true, PACKET_VERIFIED, PACKET_WHOLE },
        { { .flags = 1, .checksum_start = 34, .checksum_offset = 16 }, true, PACKET_BLANK, PACKET_WHOLE },
        { { .flags = 1, .checksum_start = 34, .checksum_offset = 6 }, true, PACKET_BLANK, PACKET_WHOLE },
        { { .flags = 1, .checksum_start = 33, .checksum_offset = 16 }, false, 0, 0 },
        { { .flags = 1, .checksum_start = 34, .checksum_offset = 15 }, false, 0, 0 },
        { { .flags = 1, .checksum_start = 65535, .checksum_offset = 16 }, false, 0, 0 },
        { { .flags = 1, .gso_type = 1, .gso_size = 1448, .checksum_start = 34, .checksum_offset = 16 }, true,
          PACKET_BLANK, PACKET_TCP4 },
        { { .flags = 1, .gso_type = 0x81, .gso_size = 1448, .checksum_start = 34, .checksum_offset = 16 },
          true, PACKET_BLANK, PACKET_TCP4 },
        { { .flags = 1, .gso_type = 1, .gso_size = 1448, .header_bytes = 9999, .checksum_start = 34,
            .checksum_offset = 16 }, true,
          PACKET_BLANK, PACKET_TCP4 },
        { { .flags = 0, .gso_type = 1, .gso_size = 1448, .checksum_start = 34, .checksum_offset = 16 }, false,
          0, 0 },
        { { .flags = 1, .gso_type = 4, .gso_size = 1448, .checksum_start = 34, .checksum_offset = 16 }, false,
          0, 0 },
        { { .flags = 1, .gso_type = 3, .gso_size = 1448, .checksum_start = 34, .checksum_offset = 6 }, false,
          0, 0 },
        { { .flags = 1, .gso_type = 1, .gso_size = 0, .checksum_start = 34, .checksum_offset = 16 }, false, 0,
          0 },
    };

    (void)state;
    card_config[6] = 1;
    card_open(ALL);
    net_attach(card, card_input, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = tcp_frame(8000);
        uint64_t drops = card->statistics.rx_drops;

        assert_true(card_inject(cases[i].h, frame, n));
        card_run();
        assert_int_equal(arrived_count, cases[i].in);
        assert_int_equal(card->statistics.rx_drops - drops, !cases[i].in);
        if (!cases[i].in)
            continue;
        check_arrived(n);
        assert_int_equal(arrived[0]->checksum, cases[i].checksum);
        assert_int_equal(arrived[0]->gso, cases[i].gso);
        if (cases[i].gso) {
            assert_int_equal(arrived[0]->header_bytes, 54);
            assert_int_equal(arrived[0]->gso_size, 1448);
        }
        packet_free(arrived[--arrived_count]);
    }
    assert_int_equal(card->statistics.rx_packets, sizeof(cases) / sizeof(cases[0]));
    card_close();
    card_open(BIT(MRG));                /* checksums were not agreed on */
    net_attach(card, card_input, NULL);
    assert_true(card_inject(cases[2].h, frame, tcp_frame(100)));
    card_run();
    assert_int_equal(arrived_count, 0);
    card_close();
}

/* Any number of frames of any size in both directions at once. */
static void test_traffic(void **state)
{
    static const uint64_t features[] = { ALL, ALL & ~BIT(INDIRECT), BIT(MRG) | BIT(MTU), BIT(MTU),
                                         ALL & ~BIT(MRG) };
    static struct { uint32_t id; } held[VIRTQ_MAX];
    struct net_header h;
    bool table;

    (void)state;
    card_config[6] = 1;
    card_config[10] = 0xff;
    card_config[11] = 0xff;
    for (unsigned f = 0; f < sizeof(features) / sizeof(features[0]); f++) {
        unsigned holding = 0, sent = 0, received = 0, tables = 0;

        card_open(features[f]);
        net_attach(card, card_input, NULL);
        for (int round = 0; round < 1500; round++) {
            size_t most = features[f] & BIT(MRG) ? PACKET_MAX : 4084, n;
            struct packet *p;
            ssize_t out_bytes;

            n = 14 + net_host_random(round % 20 ? 1500 : (unsigned)most - 13);
            net_host_fill(frame, n);
            assert_true(card_inject((struct net_header){ .flags = 0 }, frame, n));
            card_run();
            check_arrived(n);
            received++;
            p = arrived[--arrived_count];
            if (round % 3 == 0) {       /* frames of other makings have no room before them */
                packet_free(p);
                n = 14 + net_host_random(round % 2 ? 60000 : 1000);
                n = n < card->mtu ? n : card->mtu;
                net_host_fill(frame, n);
                p = net_host_packet(frame, n);
            }
            net_send(card, p);
            card_run();
            sent++;
            out_bytes = card_extract(&h, got, &held[holding].id, &table);
            if (out_bytes < 0) {        /* it waits for room */
                assert_false(features[f] & BIT(INDIRECT));
                while (holding)
                    card_use(1, held[--holding].id, 0);
                card_run();
                out_bytes = card_extract(&h, got, &held[holding].id, &table);
            }
            tables += table;
            assert_int_equal(out_bytes, n);
            assert_memory_equal(got, frame, n);
            assert_int_equal(h.flags, 0);
            assert_int_equal(h.gso_type, 0);
            holding++;
            for (unsigned back = holding >= 10 ? net_host_random(holding) : 0; back; back--) {
                unsigned pick = net_host_random(holding);

                card_use(1, held[pick].id, 0);
                held[pick] = held[--holding];
            }
        }
        assert_int_equal(card->statistics.rx_packets, received);
        assert_int_equal(card->statistics.tx_packets, sent);
        assert_int_equal(card->statistics.tx_drops, 0);
        assert_int_equal(tables != 0, features[f] == ALL);        /* elsewhere frames are
                                                                   * in one piece or two */
        card_close();
    }
    card_config[10] = card_config[11] = 0;
}

static void test_send_headers(void **state)
{
    struct net_header h;
    struct packet *p;
    uint32_t id;
    bool table;

    (void)state;
    card_open(ALL);
    for (int i = 0; i < 3; i++) {
        size_t n = tcp_frame(i ? 5000 : 100);

        frame[47] = i == 2 ? 0x90 : 0x10;
        p = net_host_packet(frame, n);
        p->checksum = PACKET_BLANK;
        p->checksum_start = 34;
        p->checksum_offset = 16;
        p->header_bytes = 54;
        p->gso_size = 1448;
        p->gso = i ? PACKET_TCP4 : PACKET_WHOLE;
        net_send(card, p);
        card_run();
        assert_int_equal(card_extract(&h, got, &id, &table), n);
        assert_memory_equal(got, frame, n);
        assert_int_equal(h.flags, 1);
        assert_int_equal(h.checksum_start, 34);
        assert_int_equal(h.checksum_offset, 16);
        assert_int_equal(h.gso_type, i == 0 ? 0 : i == 1 ? 1 : 0x81);
        assert_int_equal(h.gso_size, i ? 1448 : 0);
        assert_int_equal(h.header_bytes, i ? 54 : 0);
        card_use(1, id, 0);
    }
    card_close();
}

/* What the device does not take waits, so much of it, and goes out in order. */
static void test_full(void **state)
{
    struct net_header h;
    struct packet *p;
    unsigned n = 0, last = 0, gone = 0;
    uint32_t id;
    bool table;

    (void)state;
    card_open(ALL);
    while (card->statistics.tx_drops == 0) {
        memcpy(frame, &n, sizeof(n));
        p = packet_alloc(60);
        packet_write(p, 0, frame, 60);
        net_send(card, p);
        if (++n % 50 == 0)
            card_run();
    }
    assert_in_range(n, 512, 700);
    for (last = 0; gone < n - 1; last++) {
        assert_true(last < 10 * n);
        while (card_extract(&h, got, &id, &table) >= 0) {
            assert_memory_equal(got, &gone, sizeof(gone));
            gone++;
            card_use(1, id, 0);
        }
        card_run();
    }
    for (n = 0; card->statistics.tx_drops == 1; n++) {
        net_send(card, packet_alloc(1500 * (n % 2) + 14));
        p = packet_alloc(60000);
        p->gso = PACKET_TCP4;           /* the port cuts it itself */
        p->checksum = PACKET_BLANK;
        net_send(card, p);
    }
    assert_in_range(net_host_used(), 128 + 1300, 128 + 1344);    /* by memory too: its own
                                                                  * and of the common part */
    card_close();
}

/* Little that was sent may lie around; much is asked back. */
static void test_lingering(void **state)
{
    struct net_header h;
    struct packet *p;
    uint32_t id;
    bool table;

    (void)state;
    card_open(ALL);
    for (int i = 0; i < 22; i++) {
        p = packet_alloc(60000);
        p->gso = PACKET_TCP4;
        p->checksum = PACKET_BLANK;
        net_send(card, p);
        card_run();
        if (i == 0) {
            assert_int_equal(card_extract(&h, got, &id, &table), 60000);
            card_use(1, id, 0);
        }
        assert_int_equal(card_queues[1]->page->avail.used_event, i <= 17 ? 0 : 1);
    }
    while (card_extract(&h, got, &id, &table) >= 0)
        card_use(1, id, 0);
    card_run();
    assert_int_equal(net_host_used(), VIRTQ_MAX);
    card_close();
}

static void test_no_memory(void **state)
{
    static struct packet *all[POOL_PAGES];
    unsigned n = 0, injected = 0;

    (void)state;
    card_open(BIT(MRG));
    net_attach(card, card_input, NULL);
    while (n < POOL_PAGES && (all[n] = packet_alloc(600)) != NULL)
        n++;
    net_host_fill(frame, 100);
    while (card_inject((struct net_header){ .flags = 0 }, frame, 100)) {
        card_run();
        injected++;
        if (arrived_count > 100)
            packet_free(arrived[--arrived_count]);
        assert_true(injected < 1000);
        if (injected == 500)
            break;
    }
    assert_in_range(injected, 100, 500);        /* it goes on with what comes back */
    while (n)
        packet_free(all[--n]);
    card_run();
    assert_true(card_inject((struct net_header){ .flags = 0 }, frame, 100));
    card_close();
}

/* One lie each. */
static void test_lies(void **state)
{
    (void)state;
    for (int lie = 0; lie < 11; lie++) {
        uint64_t features = ALL;
        struct net_header h = { .flags = 0 };
        uint8_t *buffer;
        int head;

        if (lie == 10)
            features &= ~BIT(MRG);
        card_open(features);
        net_attach(card, card_input, NULL);
        head = card_next_chain(0);
        buffer = card_memory(card_queues[0]->page->desc[head].address);
        h.buffers = lie == 5 ? 0 : lie == 6 ? 19 : lie >= 7 ? 2 : 1;
        memcpy(buffer, &h, sizeof(h));
        switch (lie) {
        case 0: card_use(0, 200, 60); break;
        case 1: card_use(0, (uint32_t)head, 60); card_use(0, (uint32_t)head, 60); break;
        case 2: card_use(0, (uint32_t)head, 4097); break;
        case 3: card_use(0, (uint32_t)head, 11); break;
        case 4: card_use(0, (uint32_t)head, UINT32_MAX); break;
        case 5: case 6: card_use(0, (uint32_t)head, 60); break;
        /* more to come, and so little */
        case 7: card_use(0, (uint32_t)head, 60); break;
        case 8: card_use(0, (uint32_t)head, 4096); card_use(0, (uint32_t)card_next_chain(0), 0); break;
        case 9: card_use(1, 0, 0); break;                                            /* nothing was sent */
        /* the number does not count there */
        case 10: card_use(0, (uint32_t)head, 60); card_use(0, (uint32_t)head, 60); break;
        }
        card_run();
        assert_true(card_was_reset);
        assert_int_equal(net_host_used(), arrived_count);
        net_send(card, packet_alloc(60));
        assert_int_equal(card->statistics.tx_drops, 1);
        card_close();
    }
}

/* A frame that never ends, and random words wherever the device can write. */
static void test_random_lies(void **state)
{
    unsigned given_up = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        card_open(round % 2 ? ALL : ALL & ~BIT(MRG));
        net_attach(card, card_input, NULL);
        for (int step = 0; step < 60 && !card_was_reset; step++) {
            int head = card_next_chain(0);
            struct net_header h = { .flags = (uint8_t)net_host_random(4),
                                    .gso_type = (uint8_t)net_host_random(6),
                                    .buffers = (uint16_t)net_host_random(4),
                                    .checksum_start = (uint16_t)net_host_random(100),
                                    .checksum_offset = (uint16_t)net_host_random(20),
                                    .gso_size = (uint16_t)net_host_random(3000) };

            if (head >= 0) {
                memcpy(card_memory(card_queues[0]->page->desc[head].address), &h, sizeof(h));
                card_use(0, net_host_random(50) ? (uint32_t)head : net_host_random(140),
                    net_host_random(30) ? 2060 + net_host_random(2037) : net_host_random(5000));
            }
            card_queues[0]->page->desc[net_host_random(VIRTQ_MAX)].next = (uint16_t)net_host_random(65536);
            card_queues[1]->page->desc[net_host_random(VIRTQ_MAX)].flags = (uint16_t)net_host_random(65536);
            if (round % 10 == 0)
                card_queues[net_host_random(2)]->page->avail.index = (uint16_t)net_host_random(65536);
            net_send(card, packet_alloc(60 + net_host_random(1000)));
            card_run();
            while (arrived_count)
                packet_free(arrived[--arrived_count]);
        }
        given_up += card_was_reset;
        card_close();
    }
    assert_in_range(given_up, 100, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_receive_headers),
        cmocka_unit_test(test_traffic),
        cmocka_unit_test(test_send_headers),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_lingering),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_random_lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
