/* guests.c: the control domain as its guests see it: router, DHCP server, DNS forwarder, somebody who answers
 * pings; and nothing else. lwIP gets only what answers its own questions and connections. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pv/net.h>
#include <pv/time.h>

#include "address.h"
#include "forwards.h"
#include "nat_view.h"
#include "neighbour.h"
#include "services.h"
#include "state.h"
#include "stations.h"

#define MTU            1500

enum {
    ARP_KIND = 0,
    ARP_OPERATION = 6,
    ARP_FROM_MAC = 8,
    ARP_FROM = 14,
    ARP_TO_MAC = 18,
    ARP_TO = 24,
    ARP_BYTES = 28
};
enum { ARP_ASKS = 1, ARP_ANSWERS = 2 };

static uint32_t our_address(void)
{
    return interface_address(&services.guests);
}

/* ---- DHCP ---- */

static void find_station(void *arg, const uint8_t *mac, struct dhcp_station *station)
{
    const struct station *s = stations_by_mac(mac);

    (void)arg;
    if (!s)
        return;
    if (strcmp(s->bridge, GUESTS_BRIDGE) == 0)
        station->address = s->address;
    if (strlen(s->domain) < sizeof(station->hostname))
        strcpy(station->hostname, s->domain);
}

static bool is_configured(void *arg, uint32_t address)
{
    (void)arg;
    return stations_by_address(address) != NULL;
}

static void fill_dhcp_frame(struct packet *p, const struct dhcp_answer *a)
{
    uint8_t frame[ETH_BYTES + IP4_BYTES + UDP_BYTES] = { 0 }, *ip = frame + ETH_BYTES, *udp = ip + IP4_BYTES;

    memcpy(frame + ETH_TO, a->to_mac, ETH_MAC);
    memcpy(frame + ETH_FROM, services.guests.mac, ETH_MAC);
    put16(frame + ETH_TYPE, ETH_IPV4);
    ip[0] = 0x45;
    put16(ip + IP4_TOTAL, (uint32_t)(IP4_BYTES + UDP_BYTES + a->bytes));
    ip[IP4_TTL] = 64;
    ip[IP4_PROTOCOL] = IP_UDP;
    put32(ip + IP4_FROM, our_address());
    put32(ip + IP4_TO, a->to);
    put16(ip + IP4_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_BYTES)));
    put16(udp + PORT_FROM, DHCP_SERVER_PORT);
    put16(udp + PORT_TO, DHCP_CLIENT_PORT);
    put16(udp + UDP_LENGTH, (uint32_t)(UDP_BYTES + a->bytes));      /* without a checksum: IPv4 allows that */
    packet_write(p, 0, frame, sizeof(frame));
    packet_write(p, sizeof(frame), a->message, a->bytes);
}

static void serve_dhcp(struct packet *p, uint64_t now_ms)
{
    uint8_t message[DHCP_MESSAGE + 952], from[ETH_MAC];
    size_t bytes = packet_read(p, ETH_BYTES + IP4_BYTES + UDP_BYTES, message, sizeof(message));
    struct dhcp_answer answer;
    struct packet *reply;

    packet_read(p, ETH_FROM, from, sizeof(from));
    packet_free(p);
    if (!dhcpd_handle(services.dhcpd, message, bytes, from, now_ms / 1000, &answer))
        return;
    if (answer.leased) {
        services.leased = true;
        nat_lease(services.nat, answer.leased, from, now_ms + answer.lease_s * 1000ULL);
        guests_stations_changed();
    }
    reply = packet_alloc(ETH_BYTES + IP4_BYTES + UDP_BYTES + answer.bytes);
    if (!reply)
        return;
    fill_dhcp_frame(reply, &answer);
    interface_send(&services.guests, reply);
}

/* ---- ARP ---- */

/* Who asks for us is answered here; lwIP sees the answers to what it has asked, of stations that may have the
 * address they name. */
void guests_arp(struct packet *p, uint64_t now_ms)
{
    uint8_t frame[ETH_BYTES + ARP_BYTES], *arp = frame + ETH_BYTES;
    static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
    uint32_t from;

    if (packet_read(p, 0, frame, sizeof(frame)) < sizeof(frame) ||
        memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0 || get32(arp + ARP_TO) != our_address() ||
        memcmp(arp + ARP_FROM_MAC, frame + ETH_FROM, ETH_MAC) != 0) {
        packet_free(p);
        return;
    }
    from = get32(arp + ARP_FROM);
    if (get16(arp + ARP_OPERATION) == ARP_ANSWERS &&
        nat_is_guest(services.nat, from, frame + ETH_FROM, now_ms)) {
        interface_to_stack(&services.guests, p);
        return;
    }
    p = get16(arp + ARP_OPERATION) == ARP_ASKS ? packet_own(p) : (packet_free(p), NULL);
    if (!p)
        return;
    put16(arp + ARP_OPERATION, ARP_ANSWERS);
    memcpy(arp + ARP_TO_MAC, arp + ARP_FROM_MAC, ETH_MAC);
    put32(arp + ARP_TO, from);
    memcpy(arp + ARP_FROM_MAC, services.guests.mac, ETH_MAC);
    put32(arp + ARP_FROM, our_address());
    packet_write(p, ETH_BYTES, arp, ARP_BYTES);
    neighbour_send_to(&services.guests, p, arp + ARP_TO_MAC);
}

/* ---- for ourselves ---- */

/* Each fragment by itself: the later ones go back as they are. */
static void answer_ping(struct packet *p, struct nat_view *v)
{
    uint8_t mac[ETH_MAC];
    uint16_t kind;

    if (v->part != NAT_LATER_FRAGMENT) {
        kind = get16(v->body + ICMP_TYPE);
        v->body[ICMP_TYPE] = ICMP_ECHO_REPLY;
        put16(v->body + ICMP_CHECKSUM,
              checksum_replace16(get16(v->body + ICMP_CHECKSUM), kind, get16(v->body + ICMP_TYPE)));
    }
    put32(v->ip + IP4_FROM, v->to);          /* the sum of both stays the same */
    put32(v->ip + IP4_TO, v->from);
    memcpy(mac, p->pieces[0].at + ETH_FROM, ETH_MAC);
    neighbour_send_to(&services.guests, p, mac);
}

/* What lwIP may have asked for: answers, and segments of connections that it has opened. */
static bool is_for_stack(const struct nat_view *v)
{
    if (v->part != NAT_WHOLE)
        return false;
    if (v->protocol == IP_TCP)
        return (v->body[TCP_FLAGS] & (TCP_SYN | TCP_ACK)) != TCP_SYN;
    if (v->protocol == IP_UDP)
        return interface_waits_for_udp(v->to_port);
    return v->body[ICMP_TYPE] == ICMP_ECHO_REPLY || v->body[ICMP_TYPE] == ICMP_UNREACHABLE ||
           v->body[ICMP_TYPE] == ICMP_TIME_EXCEEDED;
}

void guests_local(struct packet *p, uint64_t now_ms)
{
    struct nat_view v;

    (void)now_ms;
    if (nat_look(p, &v) != NAT_FINE) {
        packet_free(p);
    } else if (v.protocol == IP_ICMP && (v.part == NAT_LATER_FRAGMENT || v.body[ICMP_TYPE] == ICMP_ECHO)) {
        answer_ping(p, &v);
    } else if (v.to == our_address() && is_for_stack(&v)) {
        interface_to_stack(&services.guests, p);
    } else {
        services.guests.refused++;
        packet_free(p);
    }
}

/* ---- what comes in ---- */

static bool is_dhcp(struct packet *p, uint32_t *to)
{
    struct nat_view v;

    if (nat_look(p, &v) != NAT_FINE)
        return false;
    *to = v.to;
    return v.part == NAT_WHOLE && v.protocol == IP_UDP && v.to_port == DHCP_SERVER_PORT &&
           (v.to == 0xffffffff || v.to == our_address());
}

static void tell_sender(struct packet *p, enum nat_verdict why, uint64_t now_ms)
{
    struct packet *error = nat_error(services.nat, p, why, our_address(), services.guests.mac, now_ms);

    if (error)
        interface_send(&services.guests, error);
}

void guests_frame(struct packet *p, uint64_t now_ms)
{
    bool group = p->pieces[0].at[ETH_TO] & 1;
    enum nat_verdict verdict;
    struct nat_hop hop;
    uint32_t to = 0;

    if (is_dhcp(p, &to)) {
        serve_dhcp(p, now_ms);
        return;
    }
    verdict = group ? NAT_DROP : nat_from_inside(services.nat, p, now_ms, &hop);
    if (verdict == NAT_FORWARD) {
        router_send_out(p, hop.address, now_ms);
    } else if (verdict == NAT_LOCAL) {
        guests_local(p, now_ms);
    } else {
        if (verdict != NAT_DROP)
            tell_sender(p, verdict, now_ms);
        packet_free(p);
    }
}

/* ---- addresses ---- */

uint32_t services_domain_address(const char *domain)
{
    const struct station *s = stations_by_domain(domain, GUESTS_BRIDGE);

    if (!s)
        return 0;
    return s->address ? s->address : dhcpd_address(services.dhcpd, s->mac, services_ms(pv_now_ns()) / 1000);
}

/* Configured addresses belong to their interfaces as long as these exist. */
void guests_stations_changed(void)
{
    const struct station *s;

    for (unsigned i = 0; (s = stations_at(i)) != NULL; i++)
        if (s->address && strcmp(s->bridge, GUESTS_BRIDGE) == 0)
            nat_lease(services.nat, s->address, s->mac, UINT64_MAX);
    forwards_resolve(services_domain_address);
}

int guests_init(uint32_t address)
{
    struct nat_settings nat = {
        .gateway = address, .mtu = MTU, .key = { services.key[0], services.key[1] }, .forward = forwards_find
    };
    struct dhcpd_settings dhcp = {
        .server = address, .mtu = MTU, .find = find_station, .is_configured = is_configured
    };
    struct dhcpd *new_dhcpd = dhcpd_create(&dhcp);
    struct nat *new_nat = nat_create(&nat);
    char text[ADDRESS_TEXT + 3];

    if (!new_nat || !new_dhcpd) {
        nat_destroy(new_nat);
        dhcpd_destroy(new_dhcpd);
        return -ENOMEM;
    }
    nat_destroy(services.nat);
    dhcpd_destroy(services.dhcpd);
    services.nat = new_nat;
    services.dhcpd = new_dhcpd;
    strcat(address_text(address, text), "/24");
    return pv_net_static(services.guests.netif, text);
}
