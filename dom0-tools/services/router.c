/* router.c: the thread of the services: takes the frames that have come in, a bounded number of each side in
 * turn, and looks now and then at what changes by itself: cables, our own addresses, times. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lwip/dns.h>
#include <lwip/netif.h>
#include <pv/net.h>
#include <pv/time.h>

#include "address.h"
#include "nat_view.h"
#include "neighbour.h"
#include "state.h"

#define BATCH       64U
#define TICK_MS     250U
#define RETRY_MS    10U
#define DHCP_CLIENT 68U

/* ---- the outer network ---- */

void router_send_out(struct packet *p, uint32_t address, uint64_t now_ms)
{
    struct interface *u = &services.uplink;
    uint32_t mask = interface_mask(u), hop = address;

    if ((address ^ interface_address(u)) & mask)
        hop = interface_router(u);
    if (hop)
        neighbour_send(u, p, hop, now_ms);
    else
        packet_free(p);
}

static void send_in(struct packet *p, const struct nat_hop *hop, uint64_t now_ms)
{
    if (hop->known)
        neighbour_send_to(&services.guests, p, hop->mac);
    else
        neighbour_send(&services.guests, p, hop->address, now_ms);
}

/* Broadcasts: the DHCP client's answers alone. UDP: what somebody waits for. Later fragments: lwIP keeps few
 * that miss their first one. */
static bool is_for_stack(struct packet *p)
{
    bool group = p->pieces[0].at[ETH_TO] & 1;
    struct nat_view v;

    if (nat_look(p, &v) != NAT_FINE)
        return false;
    if (v.protocol == IP_UDP && v.part != NAT_LATER_FRAGMENT)
        return v.to_port == DHCP_CLIENT || (!group && interface_waits_for_udp(v.to_port));
    return !group;
}

static void local(struct packet *p)
{
    if (is_for_stack(p)) {
        interface_to_stack(&services.uplink, p);
    } else {
        services.uplink.refused++;
        packet_free(p);
    }
}

static void tell_sender(struct packet *p, enum nat_verdict why, uint64_t now_ms)
{
    struct packet *error =
        nat_error(services.nat, p, why, interface_address(&services.uplink), services.uplink.mac, now_ms);

    if (error)
        interface_send(&services.uplink, error);
}

void uplink_frame(struct packet *p, uint64_t now_ms)
{
    struct nat_hop hop;
    enum nat_verdict verdict = nat_from_outside(services.nat, p, now_ms, &hop);

    if (verdict == NAT_FORWARD) {
        send_in(p, &hop, now_ms);
    } else if (verdict == NAT_LOCAL) {
        local(p);
    } else {
        if (verdict != NAT_DROP)
            tell_sender(p, verdict, now_ms);
        packet_free(p);
    }
}

/* ARP of the outer network: lwIP's, if it is about us at all. */
static void uplink_arp(struct packet *p)
{
    uint8_t target[4] = { 0 };
    uint32_t own = interface_address(&services.uplink);

    packet_read(p, ETH_BYTES + 24, target, sizeof(target));
    if (own && get32(target) == own)
        interface_to_stack(&services.uplink, p);
    else
        packet_free(p);
}

/* ---- frames ---- */

static void handle(struct interface *i, struct packet *p, uint64_t now_ms)
{
    uint8_t type[2] = { 0 };
    bool guests = i == &services.guests;

    packet_read(p, ETH_TYPE, type, sizeof(type));
    if (get16(type) == ETH_ARP) {
        if (guests)
            guests_arp(p, now_ms);
        else
            uplink_arp(p);
        return;
    }
    p = packet_own(p);
    if (p && guests)
        guests_frame(p, now_ms);
    else if (p)
        uplink_frame(p, now_ms);
}

/* True if more waits. */
static bool take_batch(struct interface *i, uint64_t now_ms)
{
    struct packet *p;

    for (unsigned n = 0; n < BATCH && (p = fair_queue_take(&i->queue)) != NULL; n++)
        handle(i, p, now_ms);
    return i->queue.frames != 0;
}

/* ---- what changes by itself ---- */

static uint32_t name_server(void)
{
    const ip_addr_t *server;
    uint32_t address;

    pv_net_lock();
    server = dns_getserver(0);
    address = server && IP_IS_V4(server) ? lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(server))) : 0;
    pv_net_unlock();
    return address;
}

/* The guests' network must not be the outer one too. */
static void keep_apart(uint32_t outer, uint32_t mask)
{
    uint32_t own = interface_address(&services.guests);
    char text[ADDRESS_TEXT];

    if (!outer || ((own ^ outer) & mask & 0xffffff00))
        return;
    if (services.leased) {
        nat_set_outside(services.nat, 0);       /* guests have addresses of it: no way out for them now */
        return;
    }
    while (!((own ^ outer) & mask & 0xffffff00))
        own = (own & 0xffff0000) | ((own + 0x100) & 0xff00) | 1;
    if (guests_init(own) == 0)
        printf("enso: the network of guests is %s/24, because the outer one has the other addresses\n",
               address_text(own, text));
}

static void follow_addresses(void)
{
    uint32_t outer = services.has_uplink && services.uplink.link ? interface_address(&services.uplink) : 0;

    nat_set_dns(services.nat, name_server());
    nat_set_outside(services.nat, outer);
    keep_apart(outer, interface_mask(&services.uplink));
}

static void tick(uint64_t now_ms)
{
    if (services.has_uplink) {
        interface_check_link(&services.uplink);
        follow_addresses();
        neighbour_keep(&services.uplink, interface_router(&services.uplink), now_ms);
    }
    nat_tick(services.nat, now_ms);
}

static void run(void *arg)
{
    uint64_t next_tick = 0, now, retry;
    bool more;

    (void)arg;
    for (;;) {
        now = services_ms(pv_now_ns());
        if (now >= next_tick) {
            tick(now);
            next_tick = now + TICK_MS;
        }
        more = take_batch(&services.guests, now);
        more |= services.has_uplink && take_batch(&services.uplink, now);
        retry = neighbour_retry(now) ? now + RETRY_MS : next_tick;
        if (more)
            pv_yield();
        else
            pv_wait(&services.wake, (retry < next_tick ? retry : next_tick) * PV_NS_PER_MS);
    }
}

int router_start(void)
{
    return pv_thread_create("services", 32768, run, NULL) ? 0 : -ENOMEM;
}
