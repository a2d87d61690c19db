/* interface.c: see interface.h. */
#include "interface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>
#include <pv/net.h>

#define MTU 1500
#define MOST_FOR_STACK 65535U       /* bytes of a frame that lwIP can be given */

static const uint8_t everybody[NET_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* ---- from the network ---- */

/* Only what is for us, and of the kinds that are looked at at all, gets a place in the queue. */
static bool is_wanted(const struct interface *i, const uint8_t *header)
{
    unsigned type = get16(header + ETH_TYPE);

    return (type == ETH_IPV4 || type == ETH_ARP) &&
           (memcmp(header, i->mac, NET_MAC) == 0 || memcmp(header, everybody, NET_MAC) == 0);
}

static void enqueue(struct interface *i, struct packet *p)
{
    uint8_t header[ETH_BYTES];

    if (packet_read(p, 0, header, sizeof(header)) < sizeof(header) || !is_wanted(i, header)) {
        packet_free(p);
        return;
    }
    if (fair_queue_put(&i->queue, p, get32(header + ETH_FROM + 2)))
        pv_wake(i->wake);
}

static void on_card_frame(struct net_port *from, struct packet *p, void *arg)
{
    (void)from;
    enqueue(arg, p);
}

static void on_bridge_frame(struct net_port *port, struct packet *p)
{
    enqueue(port->owner, p);
}

/* ---- to the network ---- */

void interface_send(struct interface *i, struct packet *p)
{
    if (i->port.bridge)
        net_receive(&i->port, p);
    else if (i->card && i->card->input == on_card_frame)
        net_send(i->card, p);
    else
        packet_free(p);
}

/* Alone in its bridge: there is nobody to hear it, and no need for memory. */
static bool is_alone(const struct interface *i)
{
    const struct bridge *b = i->port.bridge;

    return b && bridge_member(b, NULL) == &i->port && !bridge_member(b, &i->port);
}

static int output(void *arg, struct pbuf *b, unsigned checksum_start, unsigned checksum_offset)
{
    struct packet *p;
    size_t at = 0;

    if (is_alone(arg))
        return 0;
    p = packet_alloc(b->tot_len);
    if (!p)
        return -ENOBUFS;
    for (; b; b = b->next)
        at += packet_write(p, at, b->payload, b->len);
    p->checksum = checksum_start ? PACKET_BLANK : PACKET_VERIFIED;
    p->checksum_start = (uint16_t)checksum_start;
    p->checksum_offset = (uint16_t)checksum_offset;
    interface_send(arg, p);
    return 0;
}

/* ---- to lwIP ---- */

static void one_to_stack(struct interface *i, struct packet *p)
{
    struct pbuf *b = pv_net_frame(p->bytes);

    if (b) {
        packet_read(p, 0, b->payload, p->bytes);
        pv_net_input(i->netif, b, p->checksum != PACKET_UNVERIFIED);
    }
    packet_free(p);
}

void interface_to_stack(struct interface *i, struct packet *p)
{
    struct packet *next;

    if (p->bytes <= MOST_FOR_STACK) {
        one_to_stack(i, p);
        return;
    }
    for (p = packet_segment(p); p; p = next) {
        next = p->next;
        p->next = NULL;
        one_to_stack(i, p);
    }
}

bool interface_waits_for_udp(uint16_t port)
{
    const struct udp_pcb *pcb;

    pv_net_lock();
    for (pcb = udp_pcbs; pcb && pcb->local_port != port; pcb = pcb->next)
        ;
    pv_net_unlock();
    return pcb != NULL;
}

/* ---- where it is ---- */

int interface_init(struct interface *i, const char *name, const uint8_t *mac, struct pv_waitq *wake)
{
    struct pv_net_device device = { .mtu = MTU, .flags = PV_NET_CHECKSUM, .output = output, .arg = i };

    snprintf(i->name, sizeof(i->name), "%s", name);
    memcpy(i->mac, mac, NET_MAC);
    memcpy(device.mac, mac, NET_MAC);
    i->wake = wake;
    snprintf(i->port.name, sizeof(i->port.name), "%.10s.host", name);
    memcpy(i->port.mac, mac, NET_MAC);
    i->port.mtu = MTU;
    i->port.accepts = NET_CHECKSUM | NET_TSO4;
    i->port.link = true;
    i->port.policy.locked = true; /* nobody else's frames, and nobody learns our address elsewhere */
    memcpy(i->port.policy.mac, mac, NET_MAC);
    i->port.deliver = on_bridge_frame;
    i->port.owner = i;
    return pv_net_add(&device, &i->netif);
}

int interface_on_card(struct interface *i)
{
    int rc = net_attach(i->card, on_card_frame, i);

    interface_check_link(i);
    return rc;
}

int interface_in_bridge(struct interface *i, struct bridge *bridge)
{
    int rc = net_register(&i->port);

    if (rc)
        return rc;
    rc = bridge_join(bridge, &i->port);
    if (rc)
        net_unregister(&i->port);
    interface_check_link(i);
    return rc;
}

void interface_away(struct interface *i)
{
    if (i->port.bridge) {
        bridge_leave(&i->port);
        net_unregister(&i->port);
    } else if (i->card && i->card->input == on_card_frame) {
        net_detach(i->card);
    }
}

void interface_check_link(struct interface *i)
{
    bool link = i->port.bridge || (i->card && i->card->input == on_card_frame && i->card->link);

    if (link == i->link)
        return;
    i->link = link;
    pv_net_set_link(i->netif, link);
}

uint32_t interface_address(const struct interface *i)
{
    return lwip_ntohl(ip4_addr_get_u32(netif_ip4_addr(i->netif)));
}

uint32_t interface_mask(const struct interface *i)
{
    return lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(i->netif)));
}

uint32_t interface_router(const struct interface *i)
{
    return lwip_ntohl(ip4_addr_get_u32(netif_ip4_gw(i->netif)));
}
