/* A bridge against a model that is a list in the order of hearing: members come and go, some of them locked,
 * stations move, entries age and are pushed out; each frame has to arrive where the model says, and nowhere
 * else, and nothing is held afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pv/time.h>

#include "net/bridge.h"
#include "net_host.h"

#define PORTS 8
#define STATIONS 40
#define LIMIT 5         /* of a port in the model test */

static struct net_port ports[PORTS];
static unsigned delivered[PORTS];       /* since the last look */
static uint8_t frame[100], arrived[100];
static struct bridge *lan;

static struct packet *kept[20];         /* instead of being looked at */
static unsigned kept_count;
static bool keep;

static void forget_kept(void)
{
    while (kept_count)
        packet_free(kept[--kept_count]);
}

static void deliver(struct net_port *port, struct packet *p)
{
    if (keep) {
        kept[kept_count++] = p;
        return;
    }
    delivered[port - ports]++;
    assert_int_equal(packet_read(p, 0, arrived, sizeof(arrived)), p->bytes);
    assert_memory_equal(arrived, frame, p->bytes);
    packet_free(p);
}

static void station(uint8_t *mac, unsigned n)
{
    const uint8_t all[NET_MAC] = { 2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

    memcpy(mac, all, NET_MAC);
}

static int setup(void **state)
{
    (void)state;
    memset(ports, 0, sizeof(ports));
    for (unsigned i = 0; i < PORTS; i++) {
        snprintf(ports[i].name, NET_NAME, "p%u", i);
        ports[i].mtu = 1500;
        ports[i].link = true;
        ports[i].deliver = deliver;
        assert_int_equal(net_register(&ports[i]), 0);
    }
    assert_int_equal(bridge_create("lan", &lan), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PORTS; i++) {
        net_detach(&ports[i]);
        net_unregister(&ports[i]);
    }
    assert_int_equal(bridge_delete(lan), 0);
    assert_int_equal(net_host_used(), 0);
    return 0;
}

static void lock(unsigned port, unsigned n)
{
    ports[port].policy.locked = true;
    station(ports[port].policy.mac, n);
}

/* Sends a frame into a port. */
static void send_macs(unsigned port, const uint8_t *to, const uint8_t *from)
{
    struct packet *p;

    memset(delivered, 0, sizeof(delivered));
    net_host_fill(frame, sizeof(frame));
    memcpy(frame, to, NET_MAC);
    memcpy(frame + NET_MAC, from, NET_MAC);
    p = packet_alloc(60);
    packet_write(p, 0, frame, 60);
    net_receive(&ports[port], p);
}

static void send(unsigned port, unsigned to, unsigned from)
{
    uint8_t macs[2 * NET_MAC];

    station(macs, to);
    station(macs + NET_MAC, from);
    send_macs(port, macs, macs + NET_MAC);
}

/* Which ports got the frame, as bits; none twice. */
static unsigned who(void)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < PORTS; i++) {
        assert_in_range(delivered[i], 0, 1);
        bits |= delivered[i] << i;
    }
    return bits;
}

static void join(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        assert_int_equal(bridge_join(lan, &ports[i]), 0);
}

static void test_learning(void **state)
{
    (void)state;
    join(0, 4);
    send(0, 20, 10);
    assert_int_equal(who(), 0xe);       /* unknown: everywhere but where it came from */
    send(1, 10, 20);
    assert_int_equal(who(), 0x1);
    send(0, 20, 10);
    assert_int_equal(who(), 0x2);
    send(0, 10, 10);
    assert_int_equal(who(), 0);         /* it is there already */
    send(2, 10, 20);
    send(0, 20, 10);
    assert_int_equal(who(), 0x4);       /* a station moves */
    bridge_leave(&ports[2]);
    send(0, 20, 10);
    assert_int_equal(who(), 0xa);
    net_host_now += BRIDGE_AGE_S * PV_NS_PER_SEC;
    send(3, 10, 30);
    assert_int_equal(who(), 0x3);       /* too old */
}

static void test_groups(void **state)
{
    static const struct { uint8_t to[NET_MAC]; unsigned who; } cases[] = {
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 0x6 },
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb }, 0x6 },
        { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, 0x6 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 }, 0 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e }, 0 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0f }, 0 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x10 }, 0x6 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x01, 0x00 }, 0x6 },
    };
    static const uint8_t group[NET_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, none[NET_MAC] = { 0 };
    uint8_t mac[NET_MAC];

    (void)state;
    lock(2, 7);
    join(0, 3);
    station(mac, 10);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_macs(0, cases[i].to, mac);
        assert_int_equal(who(), cases[i].who);
    }
    assert_int_equal(ports[0].statistics.rx_drops, 3);
    send_macs(0, mac, group);           /* no station has such an address */
    assert_int_equal(who(), 0);
    send_macs(0, mac, none);
    assert_int_equal(who(), 0);
    assert_int_equal(ports[0].statistics.rx_drops, 5);
}

static void test_locked(void **state)
{
    (void)state;
    lock(1, 20);
    lock(2, 30);
    join(0, 5);
    send(0, 20, 10);
    assert_int_equal(who(), 0x2);       /* known before it has said anything */
    send(0, 99, 10);
    assert_int_equal(who(), 0x18);      /* not the locked ones' business */
    send(1, 10, 30);
    assert_int_equal(who(), 0);
    assert_int_equal(ports[1].statistics.spoofed, 1);
    send(3, 10, 20);                    /* nobody else is that station */
    assert_int_equal(who(), 0);
    assert_int_equal(ports[3].statistics.spoofed, 1);
    assert_int_equal(ports[3].statistics.rx_drops, 1);
    send(0, 20, 10);
    assert_int_equal(who(), 0x2);
    lock(5, 20);
    assert_int_equal(bridge_join(lan, &ports[5]), -EADDRINUSE);
    assert_null(ports[5].bridge);
    lock(5, 40);
    send(3, 10, 40);                    /* until it is there, the address is free */
    assert_int_equal(who(), 0x1);
    assert_int_equal(bridge_join(lan, &ports[5]), 0);
    send(0, 40, 10);
    assert_int_equal(who(), 0x20);
    net_host_now += 2 * BRIDGE_AGE_S * PV_NS_PER_SEC;
    send(0, 40, 10);
    assert_int_equal(who(), 0x20);      /* does not age */
    bridge_leave(&ports[5]);
    send(0, 40, 10);
    assert_int_equal(who(), 0x18);
}

/* A large frame for everybody is cut once, and a checksum counted once: all of them get the same. */
static void test_flooded_offloads(void **state)
{
    struct packet *p = packet_alloc(54 + 2500);
    uint8_t header[54] = { 0 };

    (void)state;
    join(0, 4);
    ports[1].accepts = NET_CHECKSUM | NET_TSO4;
    header[6] = 2;
    header[12] = 8;
    header[14] = 0x45;
    header[23] = 6;
    header[46] = 0x50;
    packet_write(p, 0, header, sizeof(header));
    p->checksum = PACKET_BLANK;
    p->checksum_start = 34;
    p->checksum_offset = 16;
    p->gso = PACKET_TCP4;
    p->gso_size = 1000;
    p->header_bytes = 54;
    keep = true;
    net_receive(&ports[0], p);
    assert_int_equal(kept_count, 9);
    for (unsigned i = 0; i < 9; i++) {
        assert_ptr_equal(kept[i], kept[i / 3 * 3]);
        assert_int_equal(kept[i]->checksum, PACKET_VERIFIED);
        assert_int_equal(kept[i]->bytes, i < 6 ? 1054 : 554);
    }
    forget_kept();
    p = packet_alloc(60);
    packet_write(p, 0, header, sizeof(header));
    p->checksum = PACKET_BLANK;
    p->checksum_start = 34;
    p->checksum_offset = 16;
    net_receive(&ports[0], p);
    assert_int_equal(kept_count, 3);
    assert_int_equal(kept[2]->checksum, PACKET_VERIFIED);
    assert_ptr_equal(kept[0], kept[2]);
    forget_kept();
    keep = false;
}

static void count(void *arg, const uint8_t *mac, const struct net_port *port, unsigned age_s)
{
    (void)mac;
    (void)age_s;
    ((unsigned *)arg)[port - ports]++;
}

/* A port that floods the table pushes its own entries out. */
static void test_floods(void **state)
{
    unsigned counts[PORTS] = { 0 };

    (void)state;
    join(0, 4);
    ports[1].learn_limit = 1024;
    for (unsigned i = 0; i < 50; i++)
        send(0, 1, 100 + i);
    for (unsigned i = 0; i < 3000; i++)
        send(2, 1, 1000 + i);
    for (unsigned i = 0; i < 3000; i++)
        send(1, 1, 5000 + i);
    bridge_learnt(lan, count, counts);
    assert_int_equal(counts[0], 50);
    assert_int_equal(counts[2], BRIDGE_LEARN_PORT);
    assert_int_equal(counts[1], BRIDGE_TABLE - 50 - BRIDGE_LEARN_PORT);
    send(3, 100, 9000);
    assert_int_equal(who(), 0x1);       /* the table is full: what is in it is of use, what is not cannot get in */
    send(0, 9000, 100);
    assert_int_equal(who(), 0xe);
    send(0, 7999, 100);
    assert_int_equal(who(), 0x2);       /* the newest of the flooder's own */
    net_host_now += BRIDGE_AGE_S * PV_NS_PER_SEC;
    send(3, 100, 9000);
    send(0, 9000, 100);
    assert_int_equal(who(), 0x8);       /* old ones make room */
    lock(4, 12000);
    assert_int_equal(bridge_join(lan, &ports[4]), 0);
}

static void test_full_of_locked(void **state)
{
    static struct net_port many[BRIDGE_TABLE + 1];

    (void)state;
    for (unsigned i = 0; i <= BRIDGE_TABLE; i++) {
        many[i].policy.locked = true;
        station(many[i].policy.mac, i);
        assert_int_equal(bridge_join(lan, &many[i]), i < BRIDGE_TABLE ? 0 : -ENOSPC);
    }
    assert_null(many[BRIDGE_TABLE].input);
    join(0, 2);
    send(0, 5000, 6000);
    assert_int_equal(who(), 0x2);
    for (unsigned i = 0; i < BRIDGE_TABLE; i++)
        net_detach(&many[i]);
    for (unsigned i = 0; i < 2; i++)
        bridge_leave(&ports[i]);
}

static void test_names(void **state)
{
    static const char *const bad[] = { "", "-x", "a b", "a/b", "1234567890123456", "a\nb", "\xc3\xa4" };
    struct bridge *b, *other;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(bridge_create(bad[i], &b), -EINVAL);
    assert_int_equal(bridge_create("lan", &b), -EEXIST);
    assert_int_equal(bridge_create("p3", &b), -EEXIST);
    assert_int_equal(bridge_create("xen-br0.1_2", &b), 0);
    assert_ptr_equal(bridge_find("xen-br0.1_2"), b);
    assert_ptr_equal(bridge_next(NULL), lan);
    assert_ptr_equal(bridge_next(lan), b);
    assert_null(bridge_next(b));
    assert_int_equal(bridge_join(b, &ports[0]), 0);
    assert_int_equal(bridge_join(lan, &ports[0]), -EBUSY);
    assert_int_equal(net_attach(&ports[0], NULL, NULL), -EBUSY);
    assert_int_equal(bridge_delete(b), -EBUSY);
    assert_ptr_equal(bridge_member(b, NULL), &ports[0]);
    assert_null(bridge_member(b, &ports[0]));
    net_detach(&ports[0]);
    assert_null(ports[0].bridge);
    assert_int_equal(bridge_delete(b), 0);
    assert_null(bridge_find("xen-br0.1_2"));
    assert_int_equal(bridge_create("again", &other), 0);
    assert_int_equal(bridge_delete(other), 0);
}

/* --- the model --- */

static struct heard { unsigned station, port; uint64_t when; bool fixed; } heard[PORTS * LIMIT + PORTS];
static unsigned heard_count;

static void model_remove(unsigned i)
{
    memmove(&heard[i], &heard[i + 1], (--heard_count - i) * sizeof(heard[0]));
}

static struct heard *model_find(unsigned n)
{
    for (unsigned i = 0; i < heard_count; i++)
        if (heard[i].station == n)
            return &heard[i];
    return NULL;
}

static void model_leave(unsigned port)
{
    for (unsigned i = heard_count; i-- > 0;)
        if (heard[i].port == port)
            model_remove(i);
}

static void model_hear(unsigned n, unsigned port, bool fixed)
{
    struct heard *h = model_find(n);
    unsigned own = 0, oldest = 0;

    if (h && h->port == port && net_host_now - h->when < PV_NS_PER_SEC)
        return;
    if (h)
        model_remove((unsigned)(h - heard));
    for (unsigned i = heard_count; i-- > 0;)
        if (heard[i].port == port) {
            own++;
            oldest = i;
        }
    if (own == LIMIT)
        model_remove(oldest);
    heard[heard_count++] = (struct heard){ n, port, net_host_now, fixed };
}

/* What a frame must do; the ports that get it. */
static unsigned model_send(unsigned port, unsigned to, unsigned from)
{
    struct heard *h = model_find(from);
    unsigned bits = 0;

    if (!ports[port].bridge)
        return 0;
    if (ports[port].policy.locked ? !h || h->port != port || !h->fixed : h && h->fixed)
        return 0;
    if (!ports[port].policy.locked)
        model_hear(from, port, false);
    h = model_find(to);
    if (h && (h->fixed || net_host_now - h->when < BRIDGE_AGE_S * PV_NS_PER_SEC))
        return h->port == port ? 0 : 1U << h->port;
    for (unsigned i = 0; i < PORTS; i++)
        if (i != port && ports[i].bridge && !ports[i].policy.locked)
            bits |= 1U << i;
    return bits;
}

static void move_port(unsigned port)
{
    struct heard *h;

    if (ports[port].bridge) {
        bridge_leave(&ports[port]);
        model_leave(port);
        return;
    }
    ports[port].policy.locked = false;
    if (net_host_random(2)) {
        unsigned n = net_host_random(STATIONS);

        lock(port, n);
        h = model_find(n);
        if (h && h->fixed) {
            assert_int_equal(bridge_join(lan, &ports[port]), -EADDRINUSE);
            return;
        }
        model_hear(n, port, true);
    }
    assert_int_equal(bridge_join(lan, &ports[port]), 0);
}

static void check_table(void)
{
    unsigned counts[PORTS] = { 0 }, model[PORTS] = { 0 };

    bridge_learnt(lan, count, counts);
    for (unsigned i = 0; i < heard_count; i++)
        if (heard[i].fixed || net_host_now - heard[i].when < BRIDGE_AGE_S * PV_NS_PER_SEC)
            model[heard[i].port]++;
    assert_memory_equal(counts, model, sizeof(counts));
}

static void test_model(void **state)
{
    unsigned frames = 0;

    (void)state;
    heard_count = 0;
    for (unsigned i = 0; i < PORTS; i++)
        ports[i].learn_limit = LIMIT;
    for (int round = 0; round < 100000; round++) {
        unsigned port = net_host_random(PORTS), to = net_host_random(STATIONS), from = net_host_random(STATIONS), bits;

        switch (net_host_random(40)) {
        case 0:
            move_port(port);
            break;
        case 1:
            net_host_now += net_host_random(200) * PV_NS_PER_SEC;
            break;
        default:
            if (ports[port].policy.locked && net_host_random(2))
                from = (unsigned)(ports[port].policy.mac[4] << 8 | ports[port].policy.mac[5]);
            bits = model_send(port, to, from);
            send(port, to, from);
            assert_int_equal(who(), bits);
            frames += bits != 0;
        }
        if (round % 100 == 0)
            check_table();
    }
    assert_true(frames > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_learning, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_locked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flooded_offloads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_floods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_of_locked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_model, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
