/* test_dhcpd.c: the DHCP server, message by message: what it says, byte for byte where clients look, and what
 * it ignores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/dhcp_message.h"
#include "services/inet.h"

#define SERVER 0xc0a87a01U

static const uint8_t station_a[6] = { 0x00, 0x16, 0x3e, 1, 2, 3 },
                     station_b[6] = { 0x00, 0x16, 0x3e, 1, 2, 4 }, fixed[6] = { 0x00, 0x16, 0x3e, 9, 9, 9 };
static struct dhcpd *server;
static struct dhcp_answer answer;

static void find(void *arg, const uint8_t *mac, struct dhcp_station *station)
{
    (void)arg;
    if (memcmp(mac, fixed, 6) == 0) {
        station->address = SERVER + 76;
        strcpy(station->hostname, "web");
    }
}

static bool is_configured(void *arg, uint32_t address)
{
    (void)arg;
    return address == SERVER + 76;
}

static int set_up(void **state)
{
    (void)state;
    server = dhcpd_create(&(struct dhcpd_settings){
        .server = SERVER, .mtu = 1500, .find = find, .is_configured = is_configured });
    return server ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    dhcpd_destroy(server);
    return 0;
}

struct message {
    uint8_t bytes[600];
    size_t length;
};

static struct message make(uint8_t type, const uint8_t *mac, uint32_t requested, uint32_t from_server)
{
    struct message m = { { 1, 1, 6, 0, 0xca, 0xfe, 0xba, 0xbe }, 240 };

    memcpy(m.bytes + 28, mac, 6);
    put32(m.bytes + 236, 0x63825363);
    memcpy(m.bytes + m.length, (uint8_t[]){ 53, 1, type }, 3);
    m.length += 3;
    if (requested) {
        memcpy(m.bytes + m.length, (uint8_t[]){ 50, 4 }, 2);
        put32(m.bytes + m.length + 2, requested);
        m.length += 6;
    }
    if (from_server) {
        memcpy(m.bytes + m.length, (uint8_t[]){ 54, 4 }, 2);
        put32(m.bytes + m.length + 2, from_server);
        m.length += 6;
    }
    m.bytes[m.length++] = 255;
    return m;
}

static bool give(struct message m, const uint8_t *mac, uint64_t now)
{
    return dhcpd_handle(server, m.bytes, m.length, mac, now, &answer);
}

/* An option of the answer: its length, -1 if it is not there. */
static int option(uint8_t which, uint8_t *value)
{
    const uint8_t *at = answer.message + 240;

    for (; *at != 255; at += 2 + at[1])
        if (*at == which) {
            memcpy(value, at + 2, at[1]);
            return at[1];
        }
    return -1;
}

static uint32_t number(uint8_t which)
{
    uint8_t value[256];

    assert_int_equal(option(which, value), 4);
    return get32(value);
}

static uint8_t type(void)
{
    uint8_t value[256];

    assert_int_equal(option(53, value), 1);
    return value[0];
}

static uint32_t yours(void)
{
    return get32(answer.message + 16);
}

static uint32_t lease(const uint8_t *mac, uint64_t now)
{
    uint32_t address;

    assert_true(give(make(DHCP_DISCOVER, mac, 0, 0), mac, now));
    assert_int_equal(type(), DHCP_OFFER);
    address = yours();
    assert_int_equal(answer.leased, 0);
    assert_true(give(make(DHCP_REQUEST, mac, address, SERVER), mac, now));
    assert_int_equal(type(), DHCP_ACK);
    assert_int_equal(yours(), address);
    assert_int_equal(answer.leased, address);
    return address;
}

static void test_the_bytes_of_an_answer(void **state)
{
    uint32_t address = lease(station_a, 10);
    uint8_t value[256];

    (void)state;
    assert_in_range(address, SERVER + 1, SERVER + 253);
    assert_int_equal(answer.message[0], 2);
    assert_memory_equal(answer.message + 4, "\xca\xfe\xba\xbe", 4);
    assert_memory_equal(answer.message + 28, station_a, 6);
    assert_int_equal(get32(answer.message + 236), 0x63825363);
    assert_int_equal(number(54), SERVER);
    assert_int_equal(number(1), 0xffffff00);
    assert_int_equal(number(3), SERVER);
    assert_int_equal(number(6), SERVER);
    assert_int_equal(number(28), SERVER | 0xff);
    assert_int_equal(number(51), DHCP_LEASE_S);
    assert_int_equal(option(26, value), 2);
    assert_int_equal(get16(value), 1500);
    assert_int_equal(option(12, value), -1);
    assert_true(answer.bytes >= 300 && answer.bytes <= DHCP_MESSAGE);
    assert_int_equal(answer.to, address);
    assert_memory_equal(answer.to_mac, station_a, 6);
}

static void test_leases_are_kept_and_differ(void **state)
{
    uint32_t a = lease(station_a, 10), b = lease(station_b, 10);
    struct dhcp_lease found;
    unsigned cookie = 0;

    (void)state;
    assert_true(a != b);
    assert_int_equal(lease(station_a, 20), a);
    assert_int_equal(dhcpd_address(server, station_a, 20), a);
    assert_int_equal(dhcpd_address(server, station_a, 20 + DHCP_LEASE_S), 0);
    assert_int_equal(lease(station_a, 100000), a);              /* long after it was over */
    assert_true(dhcpd_next(server, &cookie, &found));
    assert_true(dhcpd_next(server, &cookie, &found));
    assert_false(dhcpd_next(server, &cookie, &found));
}

static void test_a_configured_address(void **state)
{
    uint8_t value[256];

    (void)state;
    assert_int_equal(lease(fixed, 10), SERVER + 76);
    assert_int_equal(option(12, value), 3);
    assert_memory_equal(value, "web", 3);
    assert_true(give(make(DHCP_REQUEST, fixed, SERVER + 5, 0), fixed, 10));
    assert_int_equal(type(), DHCP_NAK);
    assert_int_equal(yours(), 0);
    assert_int_equal(answer.to, 0xffffffff);
    assert_int_equal(answer.leased, 0);
}

static void test_renewal_and_return(void **state)
{
    uint32_t address = lease(station_a, 10);
    struct message m = make(DHCP_REQUEST, station_a, 0, 0);

    (void)state;
    put32(m.bytes + 12, address);
    assert_true(give(m, station_a, 1000));
    assert_int_equal(type(), DHCP_ACK);
    assert_int_equal(answer.to, address);
    assert_int_equal(dhcpd_address(server, station_a, 1000 + DHCP_LEASE_S - 1), address);
    assert_false(give(make(DHCP_RELEASE, station_a, 0, SERVER), station_a, 1010));
    assert_int_equal(dhcpd_address(server, station_a, 1011), 0);
    m = make(DHCP_INFORM, station_a, 0, 0);
    put32(m.bytes + 12, address);
    assert_true(give(m, station_a, 1020));
    assert_int_equal(yours(), 0);
    assert_int_equal(answer.leased, 0);
}

static void test_a_declined_address_is_not_offered_to_the_same_station(void **state)
{
    uint32_t address = lease(station_a, 10);

    (void)state;
    assert_false(give(make(DHCP_DECLINE, station_a, address, SERVER), station_a, 11));
    assert_true(lease(station_a, 12) != address);
}

static void test_the_pool_ends_and_comes_back(void **state)
{
    uint8_t mac[6] = { 0, 0x16, 0x3e, 0, 0, 0 };
    unsigned given = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        put16(mac + 4, i);
        given += give(make(DHCP_DISCOVER, mac, 0, 0), mac, 10);
    }
    assert_int_equal(given, 252);           /* .2 to .254, without the one that is configured */
    assert_true(give(make(DHCP_DISCOVER, mac, 0, 0), mac, 41));
    assert_int_equal(lease(fixed, 41), SERVER + 76);
}

static void test_what_is_ignored(void **state)
{
    struct message m = make(DHCP_DISCOVER, station_a, 0, 0);
    struct dhcpd_statistics s;

    (void)state;
    assert_false(give(m, station_b, 10));           /* not from the one that it names */
    m.bytes[0] = 2;
    assert_false(give(m, station_a, 10));
    m = make(DHCP_DISCOVER, station_a, 0, 0);
    m.bytes[27] = 9;                                /* a relay's */
    assert_false(give(m, station_a, 10));
    m = make(DHCP_DISCOVER, station_a, 0, 0);
    m.bytes[236] = 0;
    assert_false(give(m, station_a, 10));
    m = make(DHCP_DISCOVER, station_a, 0, 0);
    m.bytes[241] = 200;                             /* an option that goes beyond the end */
    assert_false(give(m, station_a, 10));
    m.length = 200;
    assert_false(give(m, station_a, 10));
    assert_false(
        give(make(DHCP_REQUEST, station_a, SERVER + 5, SERVER + 9), station_a, 10)); /* another server's */
    dhcpd_statistics(server, &s);
    assert_int_equal(s.malformed, 6);
    assert_int_equal(s.answers, 0);
}

static void test_noise(void **state)
{
    (void)state;
    srand(7);
    for (unsigned i = 0; i < 100000; i++) {
        struct message m = make((uint8_t)(1 + rand() % 8), station_a, (uint32_t)rand(), 0);
        uint8_t *exact;

        for (unsigned k = (unsigned)rand() % 8; k > 0; k--)
            m.bytes[(unsigned)rand() % m.length] = (uint8_t)rand();
        m.length = (unsigned)rand() % (m.length + 1);
        exact = malloc(m.length ? m.length : 1);
        memcpy(exact, m.bytes, m.length);
        dhcpd_handle(server, exact, m.length, station_a, i, &answer);
        free(exact);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_bytes_of_an_answer),
        TEST(test_leases_are_kept_and_differ),
        TEST(test_a_configured_address),
        TEST(test_renewal_and_return),
        TEST(test_a_declined_address_is_not_offered_to_the_same_station),
        TEST(test_the_pool_ends_and_comes_back),
        TEST(test_what_is_ignored),
        TEST(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
