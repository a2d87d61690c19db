/* dhcpd.c: see dhcpd.h. dhcp_message.c reads and writes the messages. */
#include "dhcpd.h"

#include <stdlib.h>
#include <string.h>

#include "dhcp_message.h"

#define POOL_FIRST  2U
#define POOL_LAST   254U
#define OFFER_S     30U         /* an address that was offered waits so long to be asked for */

struct entry {
    uint8_t mac[DHCP_MAC];
    uint8_t declined;           /* the station says that somebody uses this one */
    bool used;                  /* offered at least once */
    uint64_t until_s;
    char hostname[DHCP_HOSTNAME];
};

/* Leases by the last byte of the address. */
struct dhcpd {
    struct dhcpd_settings settings;
    struct dhcpd_statistics statistics;
    struct entry entries[POOL_LAST + 1];
};

struct dhcpd *dhcpd_create(const struct dhcpd_settings *settings)
{
    struct dhcpd *d = calloc(1, sizeof(*d));

    if (d)
        d->settings = *settings;
    return d;
}

void dhcpd_destroy(struct dhcpd *d)
{
    free(d);
}

static uint32_t network(const struct dhcpd *d)
{
    return d->settings.server & ~0xffU;
}

static struct entry *entry_of(struct dhcpd *d, uint32_t address)
{
    unsigned last = address & 0xff;

    return (address & ~0xffU) == network(d) && last >= POOL_FIRST && last <= POOL_LAST &&
                   address != d->settings.server
               ? &d->entries[last]
               : NULL;
}

static unsigned find_mac(const struct dhcpd *d, const uint8_t *mac)
{
    for (unsigned i = POOL_FIRST; i <= POOL_LAST; i++)
        if (d->entries[i].used && memcmp(d->entries[i].mac, mac, DHCP_MAC) == 0)
            return i;
    return 0;
}

/* May the pool give this one to a station that has none? */
static bool is_free(const struct dhcpd *d, unsigned i, uint64_t now_s, unsigned declined)
{
    const struct entry *e = &d->entries[i];
    uint32_t address = network(d) | i;

    return address != d->settings.server && i != declined && (!e->used || e->until_s <= now_s) &&
           !d->settings.is_configured(d->settings.arg, address);
}

/* Never used ones first, then the one that has been free for the longest time. Where the search begins
 * depends on the station, so that it finds its old address even if we have forgotten it. */
static unsigned take_from_pool(const struct dhcpd *d, const uint8_t *mac, uint64_t now_s, unsigned declined)
{
    const unsigned n = POOL_LAST - POOL_FIRST + 1;
    unsigned best = 0, start = mac[5] ^ mac[4] * 7U;

    for (unsigned k = 0; k < n; k++) {
        unsigned i = POOL_FIRST + (start + k) % n;

        if (!is_free(d, i, now_s, declined))
            continue;
        if (!d->entries[i].used)
            return i;
        if (!best || d->entries[i].until_s < d->entries[best].until_s)
            best = i;
    }
    return best;
}

/* The station's address, entered for it; 0: there is none for it. */
static uint32_t address_for(struct dhcpd *d, const uint8_t *mac, const struct dhcp_station *station,
                            uint64_t now_s)
{
    unsigned old = find_mac(d, mac), i = old;
    uint8_t declined = old ? d->entries[old].declined : 0;

    if (station->address) {
        if (!entry_of(d, station->address))
            return 0;
        i = station->address & 0xff;
        declined = 0;
    } else if (!old || old == declined || d->settings.is_configured(d->settings.arg, network(d) | old)) {
        i = take_from_pool(d, mac, now_s, declined);
    }
    if (i == 0)
        return 0;
    if (old && old != i)
        d->entries[old] = (struct entry){ 0 };
    if (!d->entries[i].used || memcmp(d->entries[i].mac, mac, DHCP_MAC) != 0)
        d->entries[i] = (struct entry){ .until_s = 0 };
    d->entries[i].used = true;
    d->entries[i].declined = declined;
    memcpy(d->entries[i].mac, mac, DHCP_MAC);
    memcpy(d->entries[i].hostname, station->hostname, DHCP_HOSTNAME);
    d->entries[i].hostname[DHCP_HOSTNAME - 1] = 0;
    return network(d) | i;
}

static void extend(struct dhcpd *d, uint32_t address, uint64_t until_s)
{
    struct entry *e = entry_of(d, address);

    if (e->until_s < until_s)
        e->until_s = until_s;
}

/* Where an answer goes: a station that has an address is reached by it, others by their MAC address, unless
 * they want a broadcast. */
static void direct(const struct dhcp_request *r, uint8_t type, uint32_t address, struct dhcp_answer *a)
{
    memcpy(a->to_mac, r->mac, DHCP_MAC);
    a->to = r->client_address ? r->client_address : address;
    if (type == DHCP_NAK || (!r->client_address && r->broadcast)) {
        a->to = 0xffffffff;
        memset(a->to_mac, 0xff, DHCP_MAC);
    }
}

static bool answer_with(struct dhcpd *d, const struct dhcp_request *r, uint8_t type, uint32_t address,
                        const struct dhcp_station *station, struct dhcp_answer *a)
{
    struct dhcp_reply reply = { .type = type,
                                .address = address,
                                .server = d->settings.server,
                                .mtu = d->settings.mtu,
                                .lease_s = r->type == DHCP_INFORM ? 0 : DHCP_LEASE_S,
                                .hostname = station->hostname };

    *a = (struct dhcp_answer){ .lease_s = DHCP_LEASE_S };
    a->bytes = dhcp_write_reply(r, &reply, a->message);
    direct(r, type, address, a);
    if (type == DHCP_ACK && r->type == DHCP_REQUEST)
        a->leased = address;
    d->statistics.answers++;
    d->statistics.refused += type == DHCP_NAK;
    return true;
}

static bool on_request(struct dhcpd *d, const struct dhcp_request *r, const struct dhcp_station *station,
                       uint64_t now_s, struct dhcp_answer *a)
{
    uint32_t wanted = r->client_address ? r->client_address : r->requested;
    uint32_t address;

    if (r->server && r->server != d->settings.server)
        return false;           /* it has chosen another server */
    address = address_for(d, r->mac, station, now_s);
    if (address == 0 || wanted != address)
        return answer_with(d, r, DHCP_NAK, 0, station, a);
    extend(d, address, now_s + DHCP_LEASE_S);
    return answer_with(d, r, DHCP_ACK, address, station, a);
}

static bool on_discover(struct dhcpd *d, const struct dhcp_request *r, const struct dhcp_station *station,
                        uint64_t now_s, struct dhcp_answer *a)
{
    uint32_t address = address_for(d, r->mac, station, now_s);

    if (address == 0) {
        d->statistics.refused++;
        return false;
    }
    extend(d, address, now_s + OFFER_S);
    return answer_with(d, r, DHCP_OFFER, address, station, a);
}

/* The station gives its lease back, or says that its address is somebody else's. */
static void on_return(struct dhcpd *d, const struct dhcp_request *r, uint64_t now_s)
{
    unsigned i = find_mac(d, r->mac);

    if (i == 0)
        return;
    if (r->type == DHCP_DECLINE && r->requested == (network(d) | i))
        d->entries[i].declined = (uint8_t)i;
    if (d->entries[i].until_s > now_s)
        d->entries[i].until_s = now_s;
}

bool dhcpd_handle(struct dhcpd *d, const uint8_t *message, size_t bytes, const uint8_t *from_mac,
                  uint64_t now_s, struct dhcp_answer *answer)
{
    struct dhcp_station station = { 0 };
    struct dhcp_request r;

    d->statistics.messages++;
    if (!dhcp_read_request(message, bytes, &r) || memcmp(r.mac, from_mac, DHCP_MAC) != 0) {
        d->statistics.malformed++;
        return false;
    }
    d->settings.find(d->settings.arg, r.mac, &station);
    switch (r.type) {
    case DHCP_DISCOVER:
        return on_discover(d, &r, &station, now_s, answer);
    case DHCP_REQUEST:
        return on_request(d, &r, &station, now_s, answer);
    case DHCP_INFORM:
        return r.client_address && answer_with(d, &r, DHCP_ACK, 0, &station, answer);
    case DHCP_RELEASE:
    case DHCP_DECLINE:
        on_return(d, &r, now_s);
        return false;
    default:
        return false;
    }
}

bool dhcpd_next(const struct dhcpd *d, unsigned *cookie, struct dhcp_lease *lease)
{
    for (; *cookie <= POOL_LAST; ++*cookie) {
        const struct entry *e = &d->entries[*cookie];

        if (!e->used || e->until_s == 0)
            continue;
        *lease = (struct dhcp_lease){ .address = network(d) | *cookie, .until_s = e->until_s };
        memcpy(lease->mac, e->mac, DHCP_MAC);
        memcpy(lease->hostname, e->hostname, DHCP_HOSTNAME);
        ++*cookie;
        return true;
    }
    return false;
}

uint32_t dhcpd_address(const struct dhcpd *d, const uint8_t *mac, uint64_t now_s)
{
    unsigned i = find_mac(d, mac);

    return i && d->entries[i].until_s > now_s ? network(d) | i : 0;
}

void dhcpd_statistics(const struct dhcpd *d, struct dhcpd_statistics *s)
{
    *s = d->statistics;
}
