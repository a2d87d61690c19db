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

#include <pv/memory.h>
#include <pv/thread.h>

#include "drivers/virtio/net_header.h"
#include "drivers/virtio/virtio.h"
#include "drivers/virtio/virtio_net.h"
#include "net/pool.h"
#include "net/port.h"
#include "net_host.h"

#define MACHINE UINT64_C(0x1000000000000)       /* net_host.c's */

enum { CSUM = 0, GUEST_CSUM = 1, MTU = 3, MAC = 5, GUEST_TSO4 = 7, HOST_TSO4 = 11, HOST_ECN = 13, MRG = 15,
       STATUS = 16, INDIRECT = 28 };
#define BIT(n) (UINT64_C(1) << (n))
#define ALL \
    (BIT(CSUM) | BIT(GUEST_CSUM) | BIT(MTU) | BIT(MAC) | BIT(GUEST_TSO4) | BIT(8) | BIT(HOST_TSO4) | \
     BIT(12) | BIT(HOST_ECN) | BIT(MRG) | BIT(STATUS) | BIT(INDIRECT))

static uint64_t offered;
static uint8_t config[16];
static struct virtq *queues[2];
static uint16_t seen[2];                /* the device's place in the rings of what is available */
static pv_event_fn *config_fn;
static void *config_arg;
static bool needs_reset, was_reset;
static unsigned kicks[2];
static void (*thread)(void *);
static void *thread_arg;
static jmp_buf out;
static size_t pages_used;               /* since the card was opened */
static struct pci_function function;
static struct net_port *card;

/* --- what the driver stands on --- */

int virtio_open(struct virtio *v, struct pci_function *f, uint64_t wanted)
{
    memset(v, 0, sizeof(*v));
    v->function = f;
    v->registers = (void *)config;
    v->features = offered & wanted;
    return 0;
}

uint8_t virtio_config8(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return config[offset];
}

uint16_t virtio_config16(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return (uint16_t)(config[offset] | config[offset + 1] << 8);
}

int virtio_queue(struct virtio *v, unsigned number, struct virtq *q, pv_event_fn *fn, void *arg)
{
    (void)v;
    (void)fn;
    (void)arg;
    virtq_init(q, pv_pages_alloc(1));
    queues[number] = q;
    seen[number] = 0;
    return 0;
}

int virtio_config_event(struct virtio *v, unsigned entry, pv_event_fn *fn, void *arg)
{
    (void)v;
    (void)entry;
    config_fn = fn;
    config_arg = arg;
    return 0;
}

void virtio_start(struct virtio *v)
{
    (void)v;
}

void virtio_reset(struct virtio *v)
{
    (void)v;
    was_reset = true;
}

bool virtio_failed(const struct virtio *v)
{
    (void)v;
    return needs_reset;
}

void virtio_notify(struct virtio *v, unsigned number)
{
    (void)v;
    kicks[number]++;
}

void *pv_pages_alloc(size_t n)
{
    static uint8_t *pages;

    if (!pages)
        pages = aligned_alloc(4096, 64 * 4096);
    pages_used += n;
    assert_true(pages_used <= 64);
    return memset(pages + (pages_used - n) * 4096, 0, n * 4096);
}

xen_pfn_t pv_virt_to_mfn(const void *p)
{
    return (uintptr_t)p >> 12;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return (struct pv_thread *)arg;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

void pv_yield(void)
{
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    (void)deadline_ns;
    q->woken = false;
    longjmp(out, 1);
}

/* --- the card --- */

static void *memory(uint64_t machine)
{
    return (void *)(uintptr_t)(machine >= MACHINE ? machine - MACHINE : machine);
}

static void run(void)
{
    if (setjmp(out) == 0)
        thread(thread_arg);
}

static void open_card(uint64_t features)
{
    offered = features;
    needs_reset = was_reset = false;
    config_fn = NULL;
    pages_used = 0;
    assert_int_equal(virtio_net_open(&function, 0), 0);
    card = net_find("eth0");
    assert_non_null(card);
    run();
}

/* Head of the next chain that the device can use; -1: none. */
static int next_chain(unsigned queue)
{
    struct virtq_page *page = queues[queue]->page;

    if (seen[queue] == page->avail.index)
        return -1;
    return page->avail.ring[seen[queue]++ % VIRTQ_MAX];
}

static void use(unsigned queue, uint32_t id, uint32_t bytes)
{
    struct virtq_used *used = &queues[queue]->page->used;

    used->ring[used->index % VIRTQ_MAX].id = id;
    used->ring[used->index % VIRTQ_MAX].length = bytes;
    used->index++;
}

/* Puts a header and a frame into the receive queue, in as many buffers as it takes. False: there are not
 * enough. */
static bool inject(struct net_header h, const uint8_t *frame, size_t n)
{
    static uint8_t all[PACKET_MAX + 12];
    size_t done = 0, bytes = n + sizeof(h);
    unsigned buffers = (unsigned)((bytes + 4095) / 4096);
    struct virtq_page *page = queues[0]->page;

    if ((uint16_t)(page->avail.index - seen[0]) < buffers)
        return false;
    h.buffers = (uint16_t)buffers;
    memcpy(all, &h, sizeof(h));
    memcpy(all + sizeof(h), frame, n);
    for (; done < bytes; buffers--) {
        int head = next_chain(0);
        struct virtq_desc *d = &page->desc[head];
        uint32_t step = bytes - done < d->length ? (uint32_t)(bytes - done) : d->length;

        assert_int_equal(d->flags, 2);
        assert_int_equal(d->length, 4096);
        memcpy(memory(d->address), all + done, step);
        use(0, (uint32_t)head, step);
        done += step;
    }
    return true;
}

/* Reads the next frame that is sent; its length, or -1. */
static ssize_t extract(struct net_header *h, uint8_t *frame, uint32_t *id, bool *table)
{
    static uint8_t all[PACKET_MAX + 12];
    int head = next_chain(1);
    struct virtq_desc *list = queues[1]->page->desc, *d;
    size_t n = 0;

    if (head < 0)
        return -1;
    d = &list[head];
    *table = d->flags == 4;
    if (*table) {
        list = memory(d->address);
        d = list;
    }
    for (;; d = &list[d->next]) {
        assert_int_equal(d->flags & ~1, 0);
        assert_true((d->address & 4095) + d->length <= 4096);
        memcpy(all + n, memory(d->address), d->length);
        n += d->length;
        if (!(d->flags & 1))
            break;
    }
    memcpy(h, all, sizeof(*h));
    memcpy(frame, all + sizeof(*h), n - sizeof(*h));
    *id = (uint32_t)head;
    return (ssize_t)(n - sizeof(*h));
}

/* --- above the card --- */

static struct packet *arrived[128];
static unsigned arrived_count;

static void input(struct net_port *from, struct packet *p, void *arg)
{
    (void)arg;
    assert_ptr_equal(from, card);
    assert_true(arrived_count < 128);
    arrived[arrived_count++] = p;
}

static void close_card(void)
{
    needs_reset = true;
    if (config_fn)
        config_fn(0, config_arg);
    else
        use(0, 4096, 0);
    run();
    while (arrived_count)
        packet_free(arrived[--arrived_count]);
    assert_true(was_reset);
    assert_false(card->link);
    assert_int_equal(net_host_used(), 0);
    net_detach(card);
    net_unregister(card);
    free(card);             /* a card is kept in the domain; nothing names it here any more */
}

static uint8_t frame[PACKET_MAX], got[PACKET_MAX];

static void test_config(void **state)
{
    static const uint8_t mac[] = { 0x52, 0x54, 0, 1, 2, 3 };

    (void)state;
    memcpy(config, mac, sizeof(mac));
    config[6] = 1;
    config[10] = 9000 & 0xff;
    config[11] = 9000 >> 8;
    open_card(ALL);
    assert_memory_equal(card->mac, mac, NET_MAC);
    assert_int_equal(card->mtu, 9000);
    assert_true(card->link);
    assert_int_equal(card->accepts, NET_CHECKSUM | NET_TSO4 | NET_TSO6);
    assert_string_equal(function.driver, "virtio-net");
    config[6] = 0;
    config_fn(0, config_arg);
    run();
    assert_false(card->link);
    close_card();
    open_card(BIT(MTU));
    assert_int_equal(card->mtu, 4096 - 12 - 18);        /* a frame is in one buffer */
    assert_int_equal(card->mac[0] & 3, 2);
    assert_int_equal(card->accepts, 0);
    assert_true(card->link);                            /* it does not say otherwise */
    close_card();
    config[10] = config[11] = 0;
    open_card(BIT(MTU));
    assert_int_equal(card->mtu, 1500);
    close_card();
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
    config[6] = 1;
    open_card(ALL);
    net_attach(card, input, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = tcp_frame(8000);
        uint64_t drops = card->statistics.rx_drops;

        assert_true(inject(cases[i].h, frame, n));
        run();
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
    close_card();
    open_card(BIT(MRG));                /* checksums were not agreed on */
    net_attach(card, input, NULL);
    assert_true(inject(cases[2].h, frame, tcp_frame(100)));
    run();
    assert_int_equal(arrived_count, 0);
    close_card();
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
    config[6] = 1;
    config[10] = 0xff;
    config[11] = 0xff;
    for (unsigned f = 0; f < sizeof(features) / sizeof(features[0]); f++) {
        unsigned holding = 0, sent = 0, received = 0, tables = 0;

        open_card(features[f]);
        net_attach(card, input, NULL);
        for (int round = 0; round < 1500; round++) {
            size_t most = features[f] & BIT(MRG) ? PACKET_MAX : 4084, n;
            struct packet *p;
            ssize_t out_bytes;

            n = 14 + net_host_random(round % 20 ? 1500 : (unsigned)most - 13);
            net_host_fill(frame, n);
            assert_true(inject((struct net_header){ .flags = 0 }, frame, n));
            run();
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
            run();
            sent++;
            out_bytes = extract(&h, got, &held[holding].id, &table);
            if (out_bytes < 0) {        /* it waits for room */
                assert_false(features[f] & BIT(INDIRECT));
                while (holding)
                    use(1, held[--holding].id, 0);
                run();
                out_bytes = extract(&h, got, &held[holding].id, &table);
            }
            tables += table;
            assert_int_equal(out_bytes, n);
            assert_memory_equal(got, frame, n);
            assert_int_equal(h.flags, 0);
            assert_int_equal(h.gso_type, 0);
            holding++;
            for (unsigned back = holding >= 10 ? net_host_random(holding) : 0; back; back--) {
                unsigned pick = net_host_random(holding);

                use(1, held[pick].id, 0);
                held[pick] = held[--holding];
            }
        }
        assert_int_equal(card->statistics.rx_packets, received);
        assert_int_equal(card->statistics.tx_packets, sent);
        assert_int_equal(card->statistics.tx_drops, 0);
        assert_int_equal(tables != 0, features[f] == ALL);        /* elsewhere frames are
                                                                   * in one piece or two */
        close_card();
    }
    config[10] = config[11] = 0;
}

static void test_send_headers(void **state)
{
    struct net_header h;
    struct packet *p;
    uint32_t id;
    bool table;

    (void)state;
    open_card(ALL);
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
        run();
        assert_int_equal(extract(&h, got, &id, &table), n);
        assert_memory_equal(got, frame, n);
        assert_int_equal(h.flags, 1);
        assert_int_equal(h.checksum_start, 34);
        assert_int_equal(h.checksum_offset, 16);
        assert_int_equal(h.gso_type, i == 0 ? 0 : i == 1 ? 1 : 0x81);
        assert_int_equal(h.gso_size, i ? 1448 : 0);
        assert_int_equal(h.header_bytes, i ? 54 : 0);
        use(1, id, 0);
    }
    close_card();
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
    open_card(ALL);
    while (card->statistics.tx_drops == 0) {
        memcpy(frame, &n, sizeof(n));
        p = packet_alloc(60);
        packet_write(p, 0, frame, 60);
        net_send(card, p);
        if (++n % 50 == 0)
            run();
    }
    assert_in_range(n, 512, 700);
    for (last = 0; gone < n - 1; last++) {
        assert_true(last < 10 * n);
        while (extract(&h, got, &id, &table) >= 0) {
            assert_memory_equal(got, &gone, sizeof(gone));
            gone++;
            use(1, id, 0);
        }
        run();
    }
    for (n = 0; card->statistics.tx_drops == 1; n++) {
        net_send(card, packet_alloc(1500 * (n % 2) + 14));
        p = packet_alloc(60000);
        p->gso = PACKET_TCP4;           /* the port cuts it itself */
        p->checksum = PACKET_BLANK;
        net_send(card, p);
    }
    assert_in_range(net_host_used(), 128 + 1300, 128 + 1344);    /* by memory too: its own and of the common part */
    close_card();
}

/* Little that was sent may lie around; much is asked back. */
static void test_lingering(void **state)
{
    struct net_header h;
    struct packet *p;
    uint32_t id;
    bool table;

    (void)state;
    open_card(ALL);
    for (int i = 0; i < 22; i++) {
        p = packet_alloc(60000);
        p->gso = PACKET_TCP4;
        p->checksum = PACKET_BLANK;
        net_send(card, p);
        run();
        if (i == 0) {
            assert_int_equal(extract(&h, got, &id, &table), 60000);
            use(1, id, 0);
        }
        assert_int_equal(queues[1]->page->avail.used_event, i <= 17 ? 0 : 1);
    }
    while (extract(&h, got, &id, &table) >= 0)
        use(1, id, 0);
    run();
    assert_int_equal(net_host_used(), VIRTQ_MAX);
    close_card();
}

static void test_no_memory(void **state)
{
    static struct packet *all[POOL_PAGES];
    unsigned n = 0, injected = 0;

    (void)state;
    open_card(BIT(MRG));
    net_attach(card, input, NULL);
    while (n < POOL_PAGES && (all[n] = packet_alloc(600)) != NULL)
        n++;
    net_host_fill(frame, 100);
    while (inject((struct net_header){ .flags = 0 }, frame, 100)) {
        run();
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
    run();
    assert_true(inject((struct net_header){ .flags = 0 }, frame, 100));
    close_card();
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
        open_card(features);
        net_attach(card, input, NULL);
        head = next_chain(0);
        buffer = memory(queues[0]->page->desc[head].address);
        h.buffers = lie == 5 ? 0 : lie == 6 ? 19 : lie >= 7 ? 2 : 1;
        memcpy(buffer, &h, sizeof(h));
        switch (lie) {
        case 0: use(0, 200, 60); break;
        case 1: use(0, (uint32_t)head, 60); use(0, (uint32_t)head, 60); break;
        case 2: use(0, (uint32_t)head, 4097); break;
        case 3: use(0, (uint32_t)head, 11); break;
        case 4: use(0, (uint32_t)head, UINT32_MAX); break;
        case 5: case 6: use(0, (uint32_t)head, 60); break;
        /* more to come, and so little */
        case 7: use(0, (uint32_t)head, 60); break;
        case 8: use(0, (uint32_t)head, 4096); use(0, (uint32_t)next_chain(0), 0); break;
        case 9: use(1, 0, 0); break;                                            /* nothing was sent */
        /* the number does not count there */
        case 10: use(0, (uint32_t)head, 60); use(0, (uint32_t)head, 60); break;
        }
        run();
        assert_true(was_reset);
        assert_int_equal(net_host_used(), arrived_count);
        net_send(card, packet_alloc(60));
        assert_int_equal(card->statistics.tx_drops, 1);
        close_card();
    }
}

/* A frame that never ends, and random words wherever the device can write. */
static void test_random_lies(void **state)
{
    unsigned given_up = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        open_card(round % 2 ? ALL : ALL & ~BIT(MRG));
        net_attach(card, input, NULL);
        for (int step = 0; step < 60 && !was_reset; step++) {
            int head = next_chain(0);
            struct net_header h = { .flags = (uint8_t)net_host_random(4),
                                    .gso_type = (uint8_t)net_host_random(6),
                                    .buffers = (uint16_t)net_host_random(4),
                                    .checksum_start = (uint16_t)net_host_random(100),
                                    .checksum_offset = (uint16_t)net_host_random(20),
                                    .gso_size = (uint16_t)net_host_random(3000) };

            if (head >= 0) {
                memcpy(memory(queues[0]->page->desc[head].address), &h, sizeof(h));
                use(0, net_host_random(50) ? (uint32_t)head : net_host_random(140),
                    net_host_random(30) ? 2060 + net_host_random(2037) : net_host_random(5000));
            }
            queues[0]->page->desc[net_host_random(VIRTQ_MAX)].next = (uint16_t)net_host_random(65536);
            queues[1]->page->desc[net_host_random(VIRTQ_MAX)].flags = (uint16_t)net_host_random(65536);
            if (round % 10 == 0)
                queues[net_host_random(2)]->page->avail.index = (uint16_t)net_host_random(65536);
            net_send(card, packet_alloc(60 + net_host_random(1000)));
            run();
            while (arrived_count)
                packet_free(arrived[--arrived_count]);
        }
        given_up += was_reset;
        close_card();
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
