/* dhcp_message.h: the bytes of DHCP. Pure. */
#ifndef ENSO_SERVICES_DHCP_MESSAGE_H
#define ENSO_SERVICES_DHCP_MESSAGE_H

#include "dhcpd.h"

enum {
    DHCP_DISCOVER = 1,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM
};

struct dhcp_request {
    uint8_t type;                       /* DHCP_* */
    uint8_t transaction[4], flags[2];
    bool broadcast;
    uint8_t mac[DHCP_MAC];
    uint32_t client_address;            /* it has this one already; 0: none */
    uint32_t requested, server;         /* options; 0: not there */
};

/* False: no message of a client on an Ethernet of ours. Messages of relays are not taken. */
bool dhcp_read_request(const uint8_t *message, size_t bytes, struct dhcp_request *r);

struct dhcp_reply {
    uint8_t type;
    uint32_t address;                   /* the station's; 0: none */
    uint32_t server;                    /* router and DNS server too; the network is its /24 */
    uint32_t lease_s;                   /* 0: none */
    uint16_t mtu;
    const char *hostname;
};

/* Writes an answer to r. Returns its bytes. */
size_t dhcp_write_reply(const struct dhcp_request *r, const struct dhcp_reply *reply,
                        uint8_t message[DHCP_MESSAGE]);

#endif
