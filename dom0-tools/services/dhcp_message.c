/* dhcp_message.c: see dhcp_message.h. */
#include "dhcp_message.h"

#include <string.h>

#include "inet.h"

/* Places in a message. */
enum {
    AT_OPERATION = 0,
    AT_KIND = 1,
    AT_LENGTH = 2,
    AT_TRANSACTION = 4,
    AT_FLAGS = 10,
    AT_CLIENT = 12,
    AT_YOURS = 16,
    AT_SERVER = 20,
    AT_RELAY = 24,
    AT_MAC = 28,
    AT_COOKIE = 236,
    AT_OPTIONS = 240
};
enum { ASKS = 1, ANSWERS = 2, ETHERNET = 1 };

enum {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_HOSTNAME = 12,
    OPTION_MTU = 26,
    OPTION_BROADCAST = 28,
    OPTION_REQUESTED = 50,
    OPTION_LEASE = 51,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_END = 255
};

#define COOKIE   0x63825363U
#define SMALLEST 300U           /* what old relays and clients expect of a message */

static void read_option(struct dhcp_request *r, uint8_t option, const uint8_t *value, unsigned bytes)
{
    if (option == OPTION_TYPE && bytes == 1)
        r->type = value[0];
    else if (option == OPTION_REQUESTED && bytes == 4)
        r->requested = get32(value);
    else if (option == OPTION_SERVER && bytes == 4)
        r->server = get32(value);
}

static void read_options(struct dhcp_request *r, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_PAD) {
            at++;
            continue;
        }
        if (end - at < 2 || end - at - 2 < at[1])
            return;
        read_option(r, at[0], at + 2, at[1]);
        at += 2 + at[1];
    }
}

bool dhcp_read_request(const uint8_t *m, size_t bytes, struct dhcp_request *r)
{
    *r = (struct dhcp_request){ 0 };
    if (bytes < AT_OPTIONS || m[AT_OPERATION] != ASKS || m[AT_KIND] != ETHERNET || m[AT_LENGTH] != DHCP_MAC)
        return false;
    if (get32(m + AT_COOKIE) != COOKIE || get32(m + AT_RELAY) != 0)
        return false;
    memcpy(r->transaction, m + AT_TRANSACTION, sizeof(r->transaction));
    memcpy(r->flags, m + AT_FLAGS, sizeof(r->flags));
    r->broadcast = m[AT_FLAGS] & 0x80;
    r->client_address = get32(m + AT_CLIENT);
    memcpy(r->mac, m + AT_MAC, DHCP_MAC);
    read_options(r, m + AT_OPTIONS, m + bytes);
    return r->type >= DHCP_DISCOVER && r->type <= DHCP_INFORM;
}

static uint8_t *put_option(uint8_t *at, uint8_t option, const void *value, unsigned bytes)
{
    at[0] = option;
    at[1] = (uint8_t)bytes;
    memcpy(at + 2, value, bytes);
    return at + 2 + bytes;
}

static uint8_t *put_number(uint8_t *at, uint8_t option, uint32_t value)
{
    uint8_t bytes[4];

    put32(bytes, value);
    return put_option(at, option, bytes, sizeof(bytes));
}

/* What a station needs to know of its network. */
static uint8_t *put_network(uint8_t *at, const struct dhcp_reply *reply)
{
    uint8_t mtu[2];

    if (reply->lease_s)
        at = put_number(at, OPTION_LEASE, reply->lease_s);
    at = put_number(at, OPTION_MASK, 0xffffff00);
    at = put_number(at, OPTION_ROUTER, reply->server);
    at = put_number(at, OPTION_DNS, reply->server);
    at = put_number(at, OPTION_BROADCAST, reply->server | 0xff);
    put16(mtu, reply->mtu);
    at = put_option(at, OPTION_MTU, mtu, sizeof(mtu));
    if (reply->hostname[0])
        at = put_option(at, OPTION_HOSTNAME, reply->hostname,
                        (unsigned)strnlen(reply->hostname, DHCP_HOSTNAME));
    return at;
}

size_t dhcp_write_reply(const struct dhcp_request *r, const struct dhcp_reply *reply, uint8_t m[DHCP_MESSAGE])
{
    uint8_t *at = m + AT_OPTIONS;

    memset(m, 0, DHCP_MESSAGE);
    m[AT_OPERATION] = ANSWERS;
    m[AT_KIND] = ETHERNET;
    m[AT_LENGTH] = DHCP_MAC;
    memcpy(m + AT_TRANSACTION, r->transaction, sizeof(r->transaction));
    memcpy(m + AT_FLAGS, r->flags, sizeof(r->flags));
    put32(m + AT_CLIENT, reply->type == DHCP_NAK ? 0 : r->client_address);
    put32(m + AT_YOURS, reply->address);
    put32(m + AT_SERVER, reply->type == DHCP_NAK ? 0 : reply->server);
    memcpy(m + AT_MAC, r->mac, DHCP_MAC);
    put32(m + AT_COOKIE, COOKIE);
    at = put_option(at, OPTION_TYPE, &reply->type, 1);
    at = put_number(at, OPTION_SERVER, reply->server);
    if (reply->type != DHCP_NAK)
        at = put_network(at, reply);
    *at++ = OPTION_END;
    return (size_t)(at - m) < SMALLEST ? SMALLEST : (size_t)(at - m);
}
