/*
 * dhcpd.h: a DHCP server for one /24: messages in, answers out. Pure: it knows no packets, time comes from
 * the caller. A station's messages must name the MAC address that they came from, so a station whose address
 * is locked holds one lease. Fixed size.
 *
 * Addresses are numbers in host order. Threads only, nothing waits.
 */
#ifndef ENSO_SERVICES_DHCPD_H
#define ENSO_SERVICES_DHCPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_MAC          6U
#define DHCP_HOSTNAME     32U
#define DHCP_MESSAGE      548U      /* bytes of an answer: what every client takes */
#define DHCP_LEASE_S      3600U
#define DHCP_CLIENT_PORT  68U
#define DHCP_SERVER_PORT  67U

struct dhcpd;

/* What is known of a station before it asks. */
struct dhcp_station {
    uint32_t address;                   /* configured; 0: one of the pool */
    char hostname[DHCP_HOSTNAME];       /* "" none */
};

struct dhcpd_settings {
    uint32_t server;    /* our address; router and DNS server as well. The pool: .2 to .254 of its /24 */
    uint16_t mtu;
    /* Fills in *station, which is zeroed; must not wait. */
    void (*find)(void *arg, const uint8_t *mac, struct dhcp_station *station);
    /* An address is configured for a station (whoever it is), so the pool must not give it away; must not
     * wait. */
    bool (*is_configured)(void *arg, uint32_t address);
    void *arg;
};

struct dhcpd *dhcpd_create(const struct dhcpd_settings *settings);      /* NULL without memory */
void dhcpd_destroy(struct dhcpd *d);

struct dhcp_answer {
    size_t bytes;                       /* of message */
    uint8_t message[DHCP_MESSAGE];      /* UDP payload */
    uint32_t to;                        /* destination address: 0xffffffff for everybody's */
    uint8_t to_mac[DHCP_MAC];
    uint32_t leased;                    /* not 0: the station has this address now */
    uint32_t lease_s;
};

/* Takes the UDP payload of a message to the server's port that came from a MAC address. False: there is
 * nothing to answer. */
bool dhcpd_handle(struct dhcpd *d, const uint8_t *message, size_t bytes, const uint8_t *from_mac,
                  uint64_t now_s, struct dhcp_answer *answer);

/* What was leased, also if it is over: the one at *cookie (0 at first) or behind it; false: no more. */
struct dhcp_lease {
    uint32_t address;
    uint8_t mac[DHCP_MAC];
    uint64_t until_s;                   /* of the caller's clock */
    char hostname[DHCP_HOSTNAME];       /* what we told the station, "" nothing */
};
bool dhcpd_next(const struct dhcpd *d, unsigned *cookie, struct dhcp_lease *lease);

/* The address leased to a station, 0: none. */
uint32_t dhcpd_address(const struct dhcpd *d, const uint8_t *mac, uint64_t now_s);

struct dhcpd_statistics {
    uint64_t messages, answers, malformed, refused;     /* refused: NAKs, and no address left */
};
void dhcpd_statistics(const struct dhcpd *d, struct dhcpd_statistics *s);

#endif
