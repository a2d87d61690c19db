/* What is done with every frame: what a policy lets in, frames that lie about themselves, and how a frame is
 * made fit for a port that takes less than it asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "net/port.h"
#include "net_host.h"

static struct net_port port;
static unsigned came_in, went_out;
static struct packet *last;             /* went out, and is held here */

static void input(struct net_port *from, struct packet *p, void *arg)
{
    assert_ptr_equal(from, &port);
    assert_ptr_equal(arg, &came_in);
    came_in++;
    packet_free(p);
}

static void deliver(struct net_port *to, struct packet *p)
{
    assert_ptr_equal(to, &port);
    went_out++;
    if (last)
        packet_free(last);
    last = p;
}

static int setup(void **state)
{
    (void)state;
    port = (struct net_port){ .name = "p0", .mtu = 1500, .link = true, .deliver = deliver };
    came_in = went_out = 0;
    assert_int_equal(net_register(&port), 0);
    assert_int_equal(net_attach(&port, input, &came_in), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_detach(&port);
    net_unregister(&port);
    if (last)
        packet_free(last);
    last = NULL;
    assert_int_equal(net_host_used(), 0);
    return 0;
}

/* --- the policy --- */

/* A frame in hexadecimal; blanks do not count, the rest up to 60 bytes is zero, unless it ends in a dot. */
static struct packet *from_hex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[200] = { 0 };
    struct packet *p;
    size_t n = 0;
    bool high = true;

    for (; *text && *text != '.'; text++) {
        const char *digit = strchr(digits, *text);

        if (*text == ' ')
            continue;
        assert_non_null(digit);
        bytes[n] |= (uint8_t)((digit - digits) << (high ? 4 : 0));
        n += !high;
        high = !high;
    }
    n = *text == '.' || n > 60 ? n : 60;
    p = packet_alloc(n);
    packet_write(p, 0, bytes, n);
    return p;
}

#define TO    "ffffffffffff"
#define OWN   "00163e000001"
#define OTHER "00163e000002"
#define IP4   "0800 45000028 00000000 4006 0000"
#define SENDS(source) TO OWN IP4 source "0a000001"
#define ARP(op, mac, ip) TO OWN "0806 0001 0800 06 04" op mac ip "000000000000 0a000001"
#define DHCP(first, protocol, fragment, from, to) TO OWN "0800" first "000030 0000" fragment "40" protocol "0000 00000000 ffffffff" from to

static const struct { const char *what, *frame; bool locked, with_addresses; } frames[] = {
    { "own address",            SENDS("0a000005"), true, true },
    { "own second address",     SENDS("c0a80002"), true, true },
    { "another's IPv4",         SENDS("0a000006"), true, false },
    { "no IPv4 address",        SENDS("00000000"), true, false },
    { "another's MAC",          TO OTHER IP4 "0a000005 0a000001", false, false },
    { "IPv6",                   TO OWN "86dd 60000000 0000 3a ff", true, false },
    { "version 6 as IPv4",      TO OWN "0800 65000028 00000000 40060000 0a000005", true, false },
    { "a header too short",     TO OWN "0800 44000028 00000000 40060000 0a000005", true, false },
    { "IPv4 cut off",           TO OWN IP4 "0a0000.", true, false },
    { "nothing at all",         TO OWN "0800.", true, false },
    { "VLAN",                   TO OWN "8100 0001" IP4 "0a000006 0a000001", true, false },
    { "VLAN, own address",      TO OWN "8100 0001" IP4 "0a000005 0a000001", true, false },
    { "VLAN in VLAN",           TO OWN "88a8 0001 8100 0001" IP4 "0a000006", true, false },
    { "an old VLAN type",       TO OWN "9100 0001" IP4 "0a000006", true, false },
    { "a length, LLC and SNAP", TO OWN "0030 aaaa03 000000" IP4 "0a000006", true, false },
    { "PPPoE",                  TO OWN "8864 11000001 0016 0021", true, false },
    { "MPLS",                   TO OWN "8847 00000140", true, false },
    { "RARP",                   TO OWN "8035 0001 0800 06 04 0003" OWN "0a000005", true, false },
    { "ARP request",            ARP("0001", OWN, "0a000005"), true, true },
    { "ARP reply",              ARP("0002", OWN, "0a000005"), true, true },
    { "ARP probe",              ARP("0001", OWN, "00000000"), true, true },
    { "ARP reply for nobody",   ARP("0002", OWN, "00000000"), true, false },
    { "ARP for another",        ARP("0001", OWN, "0a000006"), true, false },
    { "ARP, another's MAC",     ARP("0002", OTHER, "0a000005"), true, false },
    { "ARP, reverse",           ARP("0003", OWN, "0a000005"), true, false },
    { "ARP, high operation",    ARP("0101", OWN, "0a000005"), true, false },
    { "ARP, long addresses",    TO OWN "0806 0001 0800 08 04 0001" OWN "0a000005", true, false },
    { "ARP for IPv6",           TO OWN "0806 0001 86dd 06 10 0001" OWN "0a000005", true, false },
    { "ARP cut off",            TO OWN "0806 0001 0800 06 04 0001" OWN "0a0000.", true, false },
    { "DHCP",                   DHCP("45", "11", "0000", "0044", "0043"), true, true },
    { "DHCP, not fragmented",   DHCP("45", "11", "4000", "0044", "0043"), true, true },
    { "DHCP behind options",    DHCP("46", "11", "0000", "01010101", "0044 0043"), true, true },
    { "DHCP hidden in options", DHCP("46", "11", "0000", "0044", "0043"), true, false },
    { "DHCP, a fragment",       DHCP("45", "11", "2000", "0044", "0043"), true, false },
    { "DHCP, a later fragment", DHCP("45", "11", "0003", "0044", "0043"), true, false },
    { "DHCP, as a server",      DHCP("45", "11", "0000", "0043", "0044"), true, false },
    { "DHCP's ports in TCP",    DHCP("45", "06", "0000", "0044", "0043"), true, false },
    { "DHCP cut off",           TO OWN "0800 45000030 00000000 40110000 00000000 ffffffff 0044.", true, false },
};

static bool gets_in(const char *hex)
{
    uint64_t drops = port.statistics.rx_drops, spoofed = port.statistics.spoofed;
    unsigned before = came_in;

    net_receive(&port, from_hex(hex));
    assert_int_equal(port.statistics.rx_drops - drops, came_in == before);
    assert_int_equal(port.statistics.spoofed - spoofed, came_in == before);
    return came_in != before;
}

static void test_policy(void **state)
{
    static const uint8_t own[NET_MAC] = { 0, 0x16, 0x3e, 0, 0, 1 };

    (void)state;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        port.policy = (struct net_policy){ .locked = false };
        assert_true(gets_in(frames[i].frame));
        port.policy.locked = true;
        memcpy(port.policy.mac, own, NET_MAC);
        if (gets_in(frames[i].frame) != frames[i].locked)
            fail_msg("locked: %s", frames[i].what);
        port.policy.address_count = 2;
        port.policy.addresses[0] = htonl(0x0a000005);
        port.policy.addresses[1] = htonl(0xc0a80002);
        if (gets_in(frames[i].frame) != frames[i].with_addresses)
            fail_msg("with addresses: %s", frames[i].what);
    }
    assert_int_equal(port.statistics.rx_packets, 3 * sizeof(frames) / sizeof(frames[0]));
}

/* Cut off anywhere, with any byte changed: it gets in only if what the policy looks at is still right. */
static void test_policy_of_anything(void **state)
{
    uint8_t bytes[100];

    (void)state;
    port.policy = (struct net_policy){ .address_count = 1, .addresses = { htonl(0x0a000005) } };
    for (int round = 0; round < 20000; round++) {
        struct packet *p = from_hex(frames[net_host_random(sizeof(frames) / sizeof(frames[0]))].frame);
        unsigned before = came_in;
        uint8_t value = (uint8_t)net_host_random(256);
        size_t n;

        packet_trim(p, 14 + net_host_random(50));
        packet_write(p, 12 + net_host_random(40), &value, 1);
        n = packet_read(p, 0, bytes, sizeof(bytes));
        net_receive(&port, p);
        if (came_in == before)
            continue;
        assert_true(bytes[12] == 8 && (bytes[13] == 0 || bytes[13] == 6) && n >= 34);
        if (bytes[13] == 0 && memcmp(bytes + 26, "\0\0\0\0", 4) != 0)
            assert_memory_equal(bytes + 26, "\x0a\0\0\x05", 4);
        if (bytes[13] == 6 && memcmp(bytes + 28, "\0\0\0\0", 4) != 0)
            assert_memory_equal(bytes + 28, "\x0a\0\0\x05", 4);
    }
    assert_true(came_in > 100);
}

/* --- what a frame says of itself --- */

static void test_lies(void **state)
{
    struct packet *p;

    (void)state;
    p = packet_alloc(13);
    net_receive(&port, p);
    assert_int_equal(came_in, 0);
    for (unsigned start = 0; start < 120; start++) {
        for (unsigned offset = 0; offset < 20; offset++) {
            unsigned before = came_in;

            p = from_hex(SENDS("0a000005"));
            p->checksum = PACKET_BLANK;
            p->checksum_start = (uint16_t)start;
            p->checksum_offset = (uint16_t)offset;
            net_receive(&port, p);
            assert_int_equal(came_in - before, start >= 34 && (offset == 6 || offset == 16) && start + offset + 2 <= 60);
        }
    }
    came_in = 0;
    p = packet_alloc(20);
    assert_true(packet_append(p, packet_alloc(100)));
    net_receive(&port, p);              /* the headers are not in one piece */
    assert_int_equal(came_in, 0);
    p = from_hex(SENDS("0a000005"));
    p->gso = PACKET_TCP4;               /* without the rest of it */
    p->gso_size = 100;
    net_receive(&port, p);
    assert_int_equal(came_in, 0);
    assert_int_equal(port.statistics.spoofed, 0);
    net_detach(&port);
    net_receive(&port, from_hex(SENDS("0a000005")));    /* nobody is there */
    net_refuse(&port, from_hex(SENDS("0a000005")));
    assert_int_equal(came_in, 0);
    assert_int_equal(port.statistics.rx_drops, 1 + 1 + 1 + 2 + 120 * 20 - (60 - 8 - 34 + 1) - (60 - 18 - 34 + 1));
}

/* --- sending --- */

static struct packet *tcp_frame(size_t payload, unsigned gso_size)
{
    struct packet *p = packet_alloc(54 + payload);
    uint8_t header[54] = { 0 };

    header[12] = 8;
    header[14] = 0x45;
    header[23] = 6;
    header[46] = 0x50;
    packet_write(p, 0, header, sizeof(header));
    p->checksum = PACKET_BLANK;
    p->checksum_start = 34;
    p->checksum_offset = 16;
    p->gso = gso_size ? PACKET_TCP4 : PACKET_WHOLE;
    p->gso_size = (uint16_t)gso_size;
    p->header_bytes = 54;
    return p;
}

static void test_offloads(void **state)
{
    (void)state;
    port.accepts = NET_CHECKSUM | NET_TSO4;
    net_send(&port, tcp_frame(5000, 1000));
    assert_int_equal(went_out, 1);
    assert_int_equal(last->gso, PACKET_TCP4);
    assert_int_equal(last->checksum, PACKET_BLANK);
    port.accepts = NET_CHECKSUM | NET_TSO6;
    net_send(&port, tcp_frame(5000, 1000));
    assert_int_equal(went_out, 6);
    assert_int_equal(last->bytes, 1054);
    assert_int_equal(last->checksum, PACKET_VERIFIED);
    port.accepts = NET_TSO4;            /* of no use without checksums */
    net_send(&port, tcp_frame(5000, 1000));
    assert_int_equal(went_out, 11);
    port.accepts = NET_CHECKSUM;
    net_send(&port, tcp_frame(100, 0));
    assert_int_equal(last->checksum, PACKET_BLANK);
    port.accepts = 0;
    net_send(&port, tcp_frame(100, 0));
    assert_int_equal(last->checksum, PACKET_VERIFIED);
    assert_int_equal(port.statistics.tx_packets, went_out);
    assert_int_equal(port.statistics.tx_bytes, 5054 + 5 * 1054 + 5 * 1054 + 154 + 154);
    assert_int_equal(port.statistics.tx_drops, 0);
}

static void test_shared_frames_stay(void **state)
{
    struct packet *p = tcp_frame(100, 0);
    uint8_t before[154], after[154];

    (void)state;
    packet_read(p, 0, before, sizeof(before));
    packet_hold(p);
    net_send(&port, p);
    assert_ptr_not_equal(last, p);
    assert_int_equal(p->checksum, PACKET_BLANK);
    packet_read(p, 0, after, sizeof(after));
    assert_memory_equal(before, after, sizeof(before));
    packet_free(p);
}

static void test_sizes(void **state)
{
    static const uint8_t tag[] = { 0x81, 0 };
    struct packet *p;

    (void)state;
    net_send(&port, packet_alloc(13));
    net_send(&port, packet_alloc(1515));
    net_send(&port, tcp_frame(5000, 1461));
    assert_int_equal(went_out, 0);
    assert_int_equal(port.statistics.tx_drops, 3);
    net_send(&port, packet_alloc(1514));
    net_send(&port, packet_alloc(14));
    net_send(&port, tcp_frame(1460, 1460));
    assert_int_equal(went_out, 3);
    for (unsigned n = 1518; n <= 1519; n++) {
        p = packet_alloc(n);
        packet_write(p, 12, tag, sizeof(tag));
        net_send(&port, p);
    }
    assert_int_equal(went_out, 4);
    assert_int_equal(last->bytes, 1518);
    port.link = false;
    net_send(&port, packet_alloc(60));
    assert_int_equal(went_out, 4);
    assert_int_equal(port.statistics.tx_drops, 5);
    assert_int_equal(port.statistics.tx_packets, 4);
}

static void test_names(void **state)
{
    static struct net_port other = { .name = "p0" }, third = { .name = "p2" };

    (void)state;
    assert_int_equal(net_register(&other), -EEXIST);
    strcpy(other.name, "p1");
    assert_int_equal(net_register(&other), 0);
    assert_int_equal(net_register(&third), 0);
    assert_ptr_equal(net_next(NULL), &port);
    assert_ptr_equal(net_next(&port), &other);
    net_unregister(&other);
    assert_null(net_find("p1"));
    assert_ptr_equal(net_next(&port), &third);
    assert_null(net_next(&third));
    net_unregister(&third);
    assert_ptr_equal(net_find("p0"), &port);
    assert_int_equal(net_attach(&port, input, NULL), -EBUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_policy_of_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_offloads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_frames_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
