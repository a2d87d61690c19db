/* services.c: starting the services, and what commands change. uplink.h's functions are here too. */
#include "services.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lwip/netif.h>
#include <pv/error.h>
#include <pv/net.h>
#include <pv/time.h>

#include "address.h"
#include "forwards.h"
#include "state.h"
#include "stations.h"
#include "uplink.h"

#define CARD            "eth0"
#define GUESTS_ADDRESS  0xc0a87a01U     /* 192.168.122.1 */

/* The guests' side gives a station less than the other side, where one station, the router, sends
 * everything. */
#define PAGES_OF_GUEST  160U
#define PAGES_OF_CARD   640U
#define PAGES_GUESTS    1280U
#define PAGES_CARD      1280U

struct services services = { .wake = PV_WAITQ_INIT };

static const uint8_t guests_mac[NET_MAC] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static int start_guests(void)
{
    struct interface *g = &services.guests;
    struct bridge *bridge;
    int rc = bridge_create(GUESTS_BRIDGE, &bridge);

    g->queue.pages_of_class = PAGES_OF_GUEST;
    g->queue.pages_most = PAGES_GUESTS;
    if (rc || (rc = interface_init(g, GUESTS_BRIDGE, guests_mac, &services.wake)) ||
        (rc = guests_init(GUESTS_ADDRESS)))
        return rc;
    return interface_in_bridge(g, bridge);
}

/* Routes: everything goes to the uplink, if there is one; the guests' network is no way out. */
static void set_routes(void)
{
    pv_net_lock();
    netif_set_gw(services.guests.netif, IP4_ADDR_ANY4);
    netif_set_default(services.has_uplink ? services.uplink.netif : NULL);
    pv_net_unlock();
}

static int start_uplink(struct net_port *card)
{
    struct interface *u = &services.uplink;
    int rc;

    u->card = card;
    u->queue.pages_of_class = PAGES_OF_CARD;
    u->queue.pages_most = PAGES_CARD;
    rc = interface_init(u, card->name, card->mac, &services.wake);
    if (rc || (rc = interface_on_card(u)))
        return rc;
    services.has_uplink = true;
    return services_use_dhcp();
}

int services_start(void)
{
    struct net_port *card = net_find(CARD);
    int rc;

    if (getentropy(services.key, sizeof(services.key)))
        services.key[0] = pv_now_ns();
    rc = start_guests();
    if (rc)
        return rc;
    rc = card ? start_uplink(card) : 0;
    if (rc)
        printf("enso: %s cannot be used by the control domain (%s)\n", CARD, pv_errno_name(rc));
    set_routes();
    forwards_read(SERVICES_FORWARDS);
    rc = stations_start(guests_stations_changed);
    return rc ? rc : router_start();
}

bool services_wait_uplink(uint64_t deadline_ns)
{
    return services.has_uplink && services.uplink.link &&
           pv_net_wait(services.uplink.netif, deadline_ns) == 0;
}

int services_use_dhcp(void)
{
    if (!services.has_uplink)
        return -ENODEV;
    services.uplink.dhcp = true;
    return pv_net_dhcp(services.uplink.netif);
}

int services_use_address(uint32_t address, unsigned bits, uint32_t router, uint32_t name_server)
{
    char own[ADDRESS_TEXT], way[ADDRESS_TEXT], text[2 * ADDRESS_TEXT + 8];
    int rc;

    if (!services.has_uplink)
        return -ENODEV;
    snprintf(text, sizeof(text), "%s/%u %s", address_text(address, own), bits, address_text(router, way));
    rc = pv_net_static(services.uplink.netif, text);
    if (rc == 0)
        services.uplink.dhcp = false;
    return rc ? rc : pv_net_name_server(0, address_text(name_server, own));
}

void services_forwards_changed(void)
{
    guests_stations_changed();
}

/* ---- uplink.h ---- */

static bool is_own(const struct net_port *port)
{
    return port == &services.guests.port || port == &services.uplink.port;
}

int uplink_join_bridge(struct bridge *bridge, struct net_port *port)
{
    struct interface *u = &services.uplink;
    int rc;

    if (!services.has_uplink || port != u->card || port->bridge)
        return bridge_join(bridge, port);
    if (strcmp(bridge_name(bridge), GUESTS_BRIDGE) == 0)
        return -EINVAL;
    interface_away(u);
    rc = bridge_join(bridge, port);
    if (rc == 0 && (rc = interface_in_bridge(u, bridge)) != 0)
        bridge_leave(port);
    if (rc)
        interface_on_card(u);
    return rc;
}

int uplink_leave_bridge(struct net_port *port)
{
    struct interface *u = &services.uplink;
    bool moves = services.has_uplink && port == u->card && u->port.bridge;

    if (is_own(port))
        return -EPERM;
    bridge_leave(port);
    if (moves) {
        interface_away(u);
        interface_on_card(u);
    }
    return 0;
}
