/* The DHCP server: messages of stations that say anything, over days. An address belongs to one station at
 * a time and is of the pool or configured; answers fit. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "services/dhcp_message.h"
#include "services/dhcpd.h"

#define SERVER     0xc0a87a01u
#define CONFIGURED 0xc0a87a32u      /* of station 1 */
#define STATIONS   300u

static uint64_t now;

static void mac_of(unsigned station, uint8_t mac[DHCP_MAC])
{
    memcpy(mac, (uint8_t[]){ 2, 0, 0, 0, (uint8_t)(station >> 8), (uint8_t)station }, DHCP_MAC);
}

static void find(void *arg, const uint8_t *mac, struct dhcp_station *station)
{
    (void)arg;
    if (mac[5] == 1 && mac[4] == 0) {
        station->address = CONFIGURED;
        strcpy(station->hostname, "one");
    }
}

static bool is_configured(void *arg, uint32_t address)
{
    (void)arg;
    return address == CONFIGURED;
}

static void check_leases(const struct dhcpd *d)
{
    static bool taken[256];
    struct dhcp_lease lease;
    unsigned cookie = 0;

    memset(taken, 0, sizeof(taken));
    while (dhcpd_next(d, &cookie, &lease)) {
        unsigned last = lease.address & 255;

        if (lease.until_s <= now)
            continue;
        if ((lease.address ^ SERVER) >> 8 || last < 2 || last > 254)
            kit_wrong("%08x is leased", lease.address);
        if (taken[last])
            kit_wrong("%08x is leased twice", lease.address);
        if (lease.address == CONFIGURED && (lease.mac[5] != 1 || lease.mac[4]))
            kit_wrong("a station has the address of another one");
        taken[last] = true;
    }
}

/* A client's message; then bytes of the input anywhere. */
static size_t make_message(uint8_t *m, unsigned station)
{
    static const uint8_t cookie[4] = { 99, 130, 83, 99 };
    unsigned type = kit_byte(), at = 240;

    memset(m, 0, 400);
    m[0] = 1;
    m[1] = 1;
    m[2] = 6;
    mac_of(station, m + 28);
    memcpy(m + 236, cookie, 4);
    memcpy(m + at, (uint8_t[]){ 53, 1, (uint8_t)(1 + type % 8) }, 3);
    at += 3;
    if (type & 8) {
        memcpy(m + at, (uint8_t[]){ 50, 4, 192, 168, 122, kit_byte() }, 6);
        at += 6;
    }
    if (type & 16) {
        memcpy(m + at, (uint8_t[]){ 54, 4, 192, 168, 122, 1 }, 6);
        at += 6;
    }
    if (type & 32)
        memcpy(m + 12, (uint8_t[]){ 192, 168, 122, kit_byte() }, 4);
    m[at++] = 255;
    for (unsigned n = type >> 6; n; n--)
        m[kit_u16() % 400] = kit_byte();
    return type & 64 ? kit_u16() % 400 : at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dhcpd_settings settings = {
        .server = SERVER, .mtu = 1500, .find = find, .is_configured = is_configured,
    };
    struct dhcpd *d = dhcpd_create(&settings);
    static struct dhcp_answer answer;

    kit_input(data, size);
    now = 1000;
    while (kit_input_left()) {
        unsigned station = kit_u16() % STATIONS;
        uint8_t message[400], mac[DHCP_MAC], *exact;
        size_t bytes = make_message(message, station);

        mac_of(kit_byte() < 250 ? station : station + 1, mac);
        exact = malloc(bytes);
        memcpy(exact, message, bytes);
        if (dhcpd_handle(d, exact, bytes, mac, now, &answer) &&
            (answer.bytes > DHCP_MESSAGE || answer.bytes < 241))
            kit_wrong("an answer of %zu bytes", answer.bytes);
        free(exact);
        now += kit_byte() * 16u;
        check_leases(d);
    }
    dhcpd_destroy(d);
    return 0;
}
