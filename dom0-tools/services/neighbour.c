/* neighbour.c: see neighbour.h. */
#include "neighbour.h"

#include <string.h>

#include <lwip/etharp.h>
#include <pv/net.h>

#define CACHE      64U
#define KEPT_MS    10000U       /* then lwIP is asked again */
#define WAITING    32U
#define PER_SENDER 8U
#define ROUTER_MS  60000U       /* the router's is used so long after it was last heard of */
#define REFRESH_MS 10000U
#define WAIT_MS    1000U
#define ASK_MS     250U

struct cached {
    const struct interface *interface;
    uint32_t address;
    uint64_t until_ms;
    uint8_t mac[ETH_MAC];
};

struct waiting {
    struct interface *interface;
    struct packet *packet;      /* NULL: free */
    uint32_t address;
    uint32_t sender;            /* of its MAC address, from whom it came */
    uint64_t until_ms;
};

static struct cached cache[CACHE], router;
static uint64_t router_asked_ms;
static struct waiting waiting[WAITING];
static unsigned waiting_count;
static uint64_t asked_ms;

static struct cached *place(uint32_t address)
{
    return &cache[(address ^ address >> 8) % CACHE];
}

/* lwIP's answer, if it has one now; `ask`: else it is to find out. */
static bool resolve(struct interface *i, uint32_t address, bool ask, struct cached *c, uint64_t now_ms)
{
    ip4_addr_t wanted = { lwip_htonl(address) };
    const ip4_addr_t *found;
    struct eth_addr *mac;
    bool known;

    pv_net_lock();
    known = etharp_find_addr(i->netif, &wanted, &mac, &found) >= 0;
    if (known) {
        *c = (struct cached){ i, address, now_ms + KEPT_MS, { 0 } };
        memcpy(c->mac, mac->addr, ETH_MAC);
    } else if (ask) {
        etharp_query(i->netif, &wanted, NULL);
    }
    pv_net_unlock();
    return known;
}

static bool find(struct interface *i, uint32_t address, bool ask, uint8_t mac[ETH_MAC], uint64_t now_ms)
{
    struct cached *c = place(address);

    if (router.interface == i && router.address == address && router.until_ms > now_ms)
        c = &router;
    if ((c->interface != i || c->address != address || c->until_ms <= now_ms) &&
        !resolve(i, address, ask, c, now_ms))
        return false;
    memcpy(mac, c->mac, ETH_MAC);
    return true;
}

void neighbour_send_to(struct interface *i, struct packet *p, const uint8_t *mac)
{
    packet_write(p, ETH_TO, mac, ETH_MAC);
    packet_write(p, ETH_FROM, i->mac, ETH_MAC);
    interface_send(i, p);
}

/* Whoever makes us look for many stations at once has few places here, and
 * so pushes few out of lwIP's table. */
static bool has_place(uint32_t sender)
{
    unsigned n = 0;

    for (unsigned k = 0; k < WAITING; k++)
        n += waiting[k].packet && waiting[k].sender == sender;
    return n < PER_SENDER && waiting_count < WAITING;
}

static void hold(struct waiting w)
{
    unsigned k = 0;

    while (waiting[k].packet)
        k++;
    waiting[k] = w;
    waiting_count++;
}

void neighbour_send(struct interface *i, struct packet *p, uint32_t address, uint64_t now_ms)
{
    uint8_t mac[ETH_MAC], from[4];
    bool room;

    packet_read(p, ETH_FROM + 2, from, sizeof(from));
    room = has_place(get32(from));
    if (find(i, address, room, mac, now_ms))
        neighbour_send_to(i, p, mac);
    else if (room)
        hold((struct waiting){ i, p, address, get32(from), now_ms + WAIT_MS });
    else
        packet_free(p);
}

void neighbour_keep(struct interface *i, uint32_t address, uint64_t now_ms)
{
    bool known = router.address == address && router.interface == i && router.until_ms > now_ms;
    ip4_addr_t wanted = { lwip_htonl(address) };
    struct cached found;

    if (address == 0 || now_ms - router_asked_ms < (known ? REFRESH_MS : ASK_MS))
        return;
    router_asked_ms = now_ms;
    if (resolve(i, address, false, &found, now_ms)) {
        router = found;
        router.until_ms = now_ms + ROUTER_MS;
    }
    pv_net_lock();
    etharp_query(i->netif, &wanted, NULL);
    pv_net_unlock();
}

unsigned neighbour_retry(uint64_t now_ms)
{
    bool ask = now_ms - asked_ms >= ASK_MS;
    uint8_t mac[ETH_MAC];

    if (waiting_count == 0)
        return 0;
    if (ask)
        asked_ms = now_ms;
    for (unsigned k = 0; k < WAITING; k++) {
        struct waiting w = waiting[k];
        bool known = w.packet && find(w.interface, w.address, ask, mac, now_ms);

        if (!w.packet || (!known && w.until_ms > now_ms))
            continue;
        waiting[k].packet = NULL;
        waiting_count--;
        if (known)
            neighbour_send_to(w.interface, w.packet, mac);
        else
            packet_free(w.packet);
    }
    return waiting_count;
}

bool neighbour_next(unsigned *cookie, struct neighbour *n)
{
    struct netif *netif;
    ip4_addr_t *address;
    struct eth_addr *mac;
    bool found = false;

    pv_net_lock();
    while (!found && *cookie < ARP_TABLE_SIZE)
        found = etharp_get_entry((*cookie)++, &address, &netif, &mac) != 0;
    if (found) {
        *n = (struct neighbour){ netif, lwip_ntohl(ip4_addr_get_u32(address)), { 0 } };
        memcpy(n->mac, mac->addr, ETH_MAC);
    }
    pv_net_unlock();
    return found;
}
