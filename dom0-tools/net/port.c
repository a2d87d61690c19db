/* port.c: ports by name, and what is done with every frame that comes in or goes out through one. */
#include "port.h"

#include <errno.h>
#include <string.h>

#include "bridge.h"
#include "policy.h"

#define HEADER 14U
#define TYPE_AT 12U
#define TAG 4U

static TAILQ_HEAD(, net_port) ports = TAILQ_HEAD_INITIALIZER(ports);

int net_register(struct net_port *port)
{
    if (net_find(port->name))
        return -EEXIST;
    port->input = NULL;
    port->bridge = NULL;
    TAILQ_INSERT_TAIL(&ports, port, link_all);
    return 0;
}

void net_unregister(struct net_port *port)
{
    TAILQ_REMOVE(&ports, port, link_all);
}

struct net_port *net_find(const char *name)
{
    struct net_port *p;

    TAILQ_FOREACH(p, &ports, link_all)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

struct net_port *net_next(const struct net_port *port)
{
    return port ? TAILQ_NEXT(port, link_all) : TAILQ_FIRST(&ports);
}

int net_attach(struct net_port *port, net_input_fn *input, void *arg)
{
    if (port->input)
        return -EBUSY;
    port->input = input;
    port->input_arg = arg;
    return 0;
}

void net_detach(struct net_port *port)
{
    if (port->bridge)
        bridge_leave(port);
    port->input = NULL;
    port->input_arg = NULL;
}

static void drop_received(struct net_port *port, struct packet *p)
{
    port->statistics.rx_drops++;
    packet_free(p);
}

void net_refuse(struct net_port *port, struct packet *p)
{
    port->statistics.rx_packets++;
    port->statistics.rx_bytes += p->bytes;
    drop_received(port, p);
}

/* What everybody behind relies on. */
static bool is_sound(const struct packet *p)
{
    uint32_t linear = p->bytes < PACKET_LINEAR ? p->bytes : PACKET_LINEAR;

    return p->bytes >= HEADER && p->pieces[0].bytes >= linear &&
           (p->checksum != PACKET_BLANK || packet_blank_valid(p)) &&
           (p->gso == PACKET_WHOLE || packet_gso_valid(p));
}

void net_receive(struct net_port *port, struct packet *p)
{
    port->statistics.rx_packets++;
    port->statistics.rx_bytes += p->bytes;
    if (!port->input || !is_sound(p)) {
        drop_received(port, p);
    } else if (!policy_allows(&port->policy, p)) {
        port->statistics.spoofed++;
        drop_received(port, p);
    } else {
        port->input(port, p, port->input_arg);
    }
}

static void drop_sent(struct net_port *port, struct packet *p)
{
    port->statistics.tx_drops++;
    if (p)
        packet_free(p);
}

static void deliver(struct net_port *port, struct packet *p)
{
    port->statistics.tx_packets++;
    port->statistics.tx_bytes += p->bytes;
    port->deliver(port, p);
}

/* Whole frames, or such as the port cuts itself. */
static void send_one(struct net_port *port, struct packet *p)
{
    if (p->checksum == PACKET_BLANK && !(port->accepts & NET_CHECKSUM)) {
        p = packet_own(p);
        if (p)
            packet_complete_checksum(p);
    }
    if (p)
        deliver(port, p);
    else
        drop_sent(port, NULL);
}

static bool cuts(const struct net_port *port, const struct packet *p)
{
    unsigned needed = NET_CHECKSUM | (p->gso == PACKET_TCP4 ? NET_TSO4 : NET_TSO6);

    return (port->accepts & needed) == needed;
}

/* A VLAN tag makes a frame longer than what the port's MTU says. */
static bool fits(const struct net_port *port, const struct packet *p)
{
    unsigned largest = p->gso == PACKET_WHOLE ? p->bytes : (unsigned)p->header_bytes + p->gso_size;
    uint8_t type[2] = { 0 };

    if (largest <= port->mtu + HEADER)
        return true;
    packet_read(p, TYPE_AT, type, sizeof(type));
    return largest <= port->mtu + HEADER + TAG && type[0] == 0x81 && type[1] == 0;
}

void net_send(struct net_port *port, struct packet *p)
{
    if (!port->link || p->bytes < HEADER || !fits(port, p)) {
        drop_sent(port, p);
    } else if (p->gso == PACKET_WHOLE || cuts(port, p)) {
        send_one(port, p);
    } else {
        p = packet_segment(p);
        if (!p)
            drop_sent(port, NULL);
        while (p) {
            struct packet *next = p->next;

            p->next = NULL;
            deliver(port, p);
            p = next;
        }
    }
}
